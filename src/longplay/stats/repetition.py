"""How far replies of one dialogue repeat themselves and those before them. Knows texts only, not who wrote them.

Words are those of `stats.word_patterns`. What depends on how long a text is (distinct words, compression) is measured
over windows of one length, or against the same text without what stands before it.
"""

import zlib
from collections.abc import Sequence

import msgspec
import numpy as np

from longplay.stats.intervals import Floats
from longplay.stats.word_patterns import words

PREVIOUS = 5  # replies that one is compared with
TEMPLATE = 5  # words of a run that counts as taken over
WINDOW = 100  # words over which distinct ones are counted
RUNAWAY_TIMES, RUNAWAY_LEAST = 4, 2_000
_RAW = -15  # deflate without headers, whose bytes would weigh on short replies
_REACH = 2**15  # bytes that deflate looks back


class Repetition(msgspec.Struct, frozen=True, eq=False):
    """One entry a reply, NaN where it was not obtained or too short to say.

    `length`: characters. `runaway`: 1 where it was cut, or has over RUNAWAY_TIMES times the median length of the
    dialogue's replies and at least RUNAWAY_LEAST characters. `compression`: bytes over bytes compressed. `saved`: share
    of its compressed bytes that knowing the PREVIOUS replies saves. `shared`: share of its runs of TEMPLATE words that
    one of these replies has too. `opening`, `ending`: most words that it begins or ends with as one of them does.
    The last four need a reply before.
    """

    length: Floats
    runaway: Floats
    compression: Floats
    saved: Floats
    shared: Floats
    opening: Floats
    ending: Floats


def repetition(replies: Sequence[str | None], cut: Sequence[bool]) -> Repetition:
    """Measures of each reply of one dialogue, in its order. `replies`: None = not obtained; `cut` at the token limit.

    Raises ValueError where the two are not equally long.
    """
    if len(replies) != len(cut):
        raise ValueError(f"{len(replies)} replies and {len(cut)} flags must be equally many.")
    lengths = np.array([np.nan if text is None else len(text) for text in replies], dtype=np.float64)
    known = ~np.isnan(lengths)
    most = max(RUNAWAY_TIMES * float(np.median(lengths[known])), RUNAWAY_LEAST) if known.any() else 0.0
    runaway = np.where(known, (lengths > most) | np.array(cut, dtype=np.bool_), np.nan)
    found = np.full((5, len(replies)), np.nan)
    before: list[_Reply] = []
    for place, text in enumerate(replies):
        if text is None:
            continue
        reply = _Reply(text)
        found[:, place] = reply.compression(), *reply.against(before)
        before = [*before, reply][-PREVIOUS:]
    return Repetition(lengths, runaway, *found)


def distinct(replies: Sequence[str | None], length: int, window: int = WINDOW) -> float:
    """Distinct-n: mean share of different runs among each `window` runs of `length` words that follow each other.

    Runs do not reach over the end of a reply, windows do. NaN where there are fewer runs. A moving average, since the
    share among all words of a text falls as the text grows (Covington & McFall 2010).
    """
    numbers: dict[tuple[str, ...], int] = {}
    runs = [
        numbers.setdefault(run, len(numbers)) for text in replies if text is not None for run in _runs(text, length)
    ]
    count = len(runs)
    if count < window:
        return float("nan")
    order = np.argsort(runs, kind="stable")
    before = np.full(count, -1, dtype=np.int64)
    same = np.asarray(runs)[order]
    again = np.flatnonzero(same[1:] == same[:-1])
    before[order[again + 1]] = order[again]
    at = np.arange(count)
    # a window counts a run where it begins after the run's last time before
    first = np.maximum(np.maximum(before + 1, at - window + 1), 0)
    last = np.minimum(at, count - window)
    return float(np.maximum(last - first + 1, 0).sum() / ((count - window + 1) * window))


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    found = words(text)
    return list(zip(*(found[start:] for start in range(length)), strict=False))


class _Reply:
    """A reply taken apart once, to be compared with those before and after it."""

    def __init__(self, text: str) -> None:
        self.bytes = text.encode(errors="surrogatepass")
        self.words = words(text)
        self.runs = frozenset(zip(*(self.words[start:] for start in range(TEMPLATE)), strict=False))
        self.packed = len(_packed(self.bytes, b""))

    def compression(self) -> float:
        return len(self.bytes) / self.packed if self.bytes else np.nan

    def against(self, before: "Sequence[_Reply]") -> tuple[float, float, float, float]:
        """`saved`, `shared`, `opening`, `ending`."""
        if not before or not self.bytes:
            return np.nan, np.nan, np.nan, np.nan
        known = b"\n".join(reply.bytes for reply in before)
        saved = 1 - len(_packed(self.bytes, known)) / self.packed
        taken = self.runs & set[tuple[str, ...]]().union(*(reply.runs for reply in before))
        shared = len(taken) / len(self.runs) if self.runs else np.nan
        opening = max(_common(self.words, reply.words) for reply in before)
        ending = max(_common(self.words[::-1], reply.words[::-1]) for reply in before)
        return saved, shared, opening, ending


def _packed(text: bytes, known: bytes) -> bytes:
    packer = zlib.compressobj(wbits=_RAW, zdict=known[-_REACH:])
    return packer.compress(text) + packer.flush()


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two texts share from their start on."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
