"""One persona beside the baseline on one probe: mined on half of the items, counted on the others. Makes no intervals.

What tells persona answers from baseline answers before the dialogue is found on half of the items; how often it occurs
is counted on the items that played no part in finding it, else the best of chance finds would seem to fade by itself.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.analysis.wording.miners import Miner
from longplay.records import Setting
from longplay.records.word_patterns import Toward
from longplay.stats.intervals import Floats
from longplay.stats.word_patterns import Gram, Pattern, Present, Texts

TOWARD: tuple[Toward, ...] = ("persona", "baseline")


class Point(NamedTuple):
    """Where an answer was given."""

    script: str
    checkpoint: int


class Who(NamedTuple):
    """What is compared: a persona of a model on a probe."""

    model: str
    setting: Setting
    persona: str
    probe: str


class Heard(msgspec.Struct, frozen=True, eq=False):
    """Answers of one speaker at one place: the item of each, its text, all read as words; `missing` by item."""

    items: tuple[str, ...]
    raw: tuple[str, ...]
    texts: Texts
    missing: tuple[str, ...]

    @classmethod
    def read(cls, said: Iterable[tuple[str, str | None]], split: Callable[[str], list[str]]) -> "Heard":
        """From (item, text) pairs; None = missing."""
        pairs = list(said)
        known = [(item, text) for item, text in pairs if text is not None]
        raw = tuple(text for _, text in known)
        lost = tuple(item for item, text in pairs if text is None)
        return cls(tuple(item for item, _ in known), raw, Texts(raw, split), lost)

    def one_each(self) -> dict[str, str]:
        """One answer an item, the first: answers to one item are not independent, and Fisher's test takes them so."""
        found: dict[str, str] = {}
        for item, text in zip(self.items, self.raw, strict=True):
            found.setdefault(item, text)
        return found


class Mined(msgspec.Struct, frozen=True, eq=False):
    """Patterns mined at one place from `n` answers a side."""

    place: Point
    patterns: tuple[Pattern, ...]
    n: int

    @property
    def found(self) -> float:
        """How many patterns there are; NaN where nobody answered."""
        return float(len(self.patterns)) if self.n else np.nan

    def grams(self, toward: Toward) -> list[Gram]:
        """Those that one side says more."""
        return [one.words for one in self.patterns if (one.share > one.other_share) == (toward == "persona")]


class Rates(msgspec.Struct, frozen=True, eq=False):
    """How often patterns occur in one speaker's answers at one place: (items,), mean over an item's answers and over
    patterns; NaN where an item has no answer or there is no pattern. `n`, `missing`: answers."""

    by_item: Floats
    n: int
    missing: int


class Compared(msgspec.Struct, frozen=True, eq=False):
    """One persona beside the baseline on one probe.

    `first`: mined before the dialogue, on a half; `last`: mined again at the last checkpoint of each script, same half.
    `rates`: on the other half, of each direction at every place, of the persona and of the baseline.
    `shares`: (patterns,) on the other half, by who, place mined at, place counted at. `paper_first`, `paper_last`:
    mined on all items; `paper`: in how many of the persona's answers to all items patterns occur, summed over patterns,
    where it gave any.
    """

    who: Who
    places: tuple[Point, ...]
    first: Mined
    last: Mapping[str, Mined]
    rates: Mapping[tuple[Toward, Toward, Point], Rates]
    shares: Mapping[tuple[Toward, Point, Point], Floats]
    paper_first: Mined
    paper_last: Mapping[str, Mined]
    paper: Mapping[tuple[Toward, Point], int]


def compare(
    who: Who, persona: Mapping[Point, Heard], baseline: Mapping[Point, Heard], miner: Miner, seed: int
) -> Compared:
    """Mine and count. Items that the persona was not asked are left out of the baseline's answers."""
    places = tuple(place for place in persona if place in baseline)
    items = sorted({item for heard in persona.values() for item in (*heard.items, *heard.missing)})
    mined_from, held = halves(items, f"{seed}/{who.probe}")
    start = places[0]
    ends = {place.script: place for place in places}  # places come in the order of checkpoints

    def mined(place: Point, among: Sequence[str]) -> Mined:
        here, there = persona[place].one_each(), baseline[place].one_each()
        both = [item for item in among if item in here and item in there]
        found = miner.mine([here[item] for item in both], [there[item] for item in both])
        return Mined(place, tuple(found), len(both))

    first, last = mined(start, mined_from), {script: mined(end, mined_from) for script, end in ends.items()}
    whole, whole_last = mined(start, items), {script: mined(end, items) for script, end in ends.items()}
    sides: dict[Toward, Mapping[Point, Heard]] = {"persona": persona, "baseline": baseline}
    rates: dict[tuple[Toward, Toward, Point], Rates] = {
        (toward, side, place): _rates(heard[place], held, first.grams(toward), miner)
        for toward in TOWARD
        for side, heard in sides.items()
        for place in places
    }
    return Compared(
        who, places, first, last, rates, _shares(sides, places, (first, last), held, miner),
        whole, whole_last, _paper(persona, places, whole),
    )  # fmt: skip


def halves(items: Sequence[str], seed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Items to mine and items to count, each in their order; a pure function of the seed and their names."""

    def draw(item: str) -> bytes:
        return hashlib.blake2b(f"{seed}/{item}".encode(errors="surrogatepass")).digest()

    taken = set(sorted(items, key=draw)[: len(items) // 2])
    return tuple(item for item in items if item in taken), tuple(item for item in items if item not in taken)


def _rates(heard: Heard, held: Sequence[str], grams: Sequence[Gram], miner: Miner) -> Rates:
    number = {item: i for i, item in enumerate(held)}
    item = np.array([number.get(one, -1) for one in heard.items], dtype=np.int64)
    counted = item >= 0
    missing = sum(one in number for one in heard.missing)
    n = int(counted.sum())
    if not grams:
        return Rates(np.full(len(held), np.nan), n, missing)
    share = miner.present(heard.texts, grams).mean(axis=1)
    sums = np.bincount(item[counted], weights=share[counted], minlength=len(held))
    answers = np.bincount(item[counted], minlength=len(held))
    by_item = np.divide(sums, answers, out=np.full(len(held), np.nan), where=answers > 0)
    return Rates(by_item, n, missing)


def _shares(
    sides: Mapping[Toward, Mapping[Point, Heard]],
    places: Sequence[Point],
    mined: tuple[Mined, Mapping[str, Mined]],
    held: Sequence[str],
    miner: Miner,
) -> dict[tuple[Toward, Point, Point], Floats]:
    """Of each pattern, at the first and last place of each script, on the items it was not mined from."""
    first, last = mined
    kept = frozenset(held)
    found: dict[tuple[Toward, Point, Point], Floats] = {}
    for script, again in last.items():
        start = next(place for place in places if place.script == script)
        for side, heard in sides.items():
            for one in (first, again):
                for place in {start, again.place}:
                    has = miner.present(heard[place].texts, [pattern.words for pattern in one.patterns])
                    found[side, one.place, place] = _mean(has, heard[place], kept)
    return found


def _mean(has: Present, heard: Heard, kept: frozenset[str]) -> Floats:
    rows: NDArray[np.bool_] = np.array([item in kept for item in heard.items], dtype=np.bool_)
    return has[rows].mean(axis=0) if rows.any() else np.full(has.shape[1], np.nan)


def _paper(persona: Mapping[Point, Heard], places: Sequence[Point], mined: Mined) -> dict[tuple[Toward, Point], int]:
    """One answer an item, as in the paper, whose counts are not divided by the number of answers."""
    found: dict[tuple[Toward, Point], int] = {}
    for toward in TOWARD:
        grams = mined.grams(toward)
        for place in places:
            heard = persona[place]
            once = {item: row for row, item in reversed(list(enumerate(heard.items)))}
            if once:
                found[toward, place] = int(heard.texts.holding(grams)[list(once.values())].sum())
    return found
