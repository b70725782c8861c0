"""How far replies of a dialogue repeat themselves, by block of rounds, of personas and of the baseline."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import msgspec
import numpy as np

from longplay.analysis.estimating import BASELINE, PERSONAS, joined
from longplay.analysis.subjects import block_ends
from longplay.analysis.wording.answers import Asked, Played, Read, Reader, read_of
from longplay.dialogue import remark_rounds
from longplay.records import ROUNDS, Contrast, DialogueKey, Estimate, Place, Quantity, Script, Setting, Speaker
from longplay.specs import Study
from longplay.stats import FEWEST_CLUSTERS, t_intervals
from longplay.stats.intervals import Floats
from longplay.stats.repetition import distinct, repetition
from longplay.verifiers.copies import Earlier

ANALYSIS = "repetition"
METHOD = "mean over the rounds of a block, remarks left out, then over dialogues; t interval over personas"
ONE_BASELINE = "one baseline: no personas to rest an interval on"
_SPEAKERS: tuple[Speaker, ...] = ("persona", "baseline")
_SHARE = "share of replies"
# quantity -> unit; those before the copied ones are fields of stats.repetition.Repetition
MEASURES: dict[str, str] = {
    "length": "characters",
    "runaway": _SHARE,
    "compression": "bytes over bytes compressed",
    "saved": "share of its compressed bytes",
    "shared": "share of a reply's runs",
    "opening": "words",
    "ending": "words",
    "copied": _SHARE,
    "copied-elsewhere": _SHARE,
    **{f"distinct-{n}": "share, moving average" for n in (1, 2, 3)},
}
# measure, last round of the block -> one dialogue's mean
Means: TypeAlias = dict[tuple[str, int], float]


class _Turn(msgspec.Struct, frozen=True):
    """One round; `text` None = not obtained."""

    number: int
    user: str
    text: str | None
    cut: bool
    copied: bool


class _Told(msgspec.Struct, frozen=True, eq=False):
    """One dialogue: its means, and by block how many replies there are and how many are missing."""

    persona: str | None
    means: Means
    counts: dict[int, tuple[int, int]]


def repeating(reader: Reader, found: Asked, study: Study, scripts: Mapping[str, Script]) -> Iterator[Estimate]:
    """Every measure by block of rounds (those of the round metrics), of the personas and of the baseline."""
    ends = block_ends(study.checkpoints, study.dialogues.rounds)
    level, read = 1 - study.analysis.alpha, read_of(study)
    for (model, script, setting), keys in groupby(sorted(found.dialogues, key=_group), key=_group):
        told = _remarks(scripts, script, study.dialogues.rounds)
        played = [(key.persona, _said(reader.dialogue_text(key), read)) for key in keys]
        dialogues = [
            _tell(persona, turns, _other(played, place), (ends, told)) for place, (persona, turns) in enumerate(played)
        ]
        for speaker in _SPEAKERS:
            spoken = [one for one in dialogues if (one.persona is None) == (speaker == "baseline")]
            sample = Estimate(
                ANALYSIS, Quantity(""), ROUNDS, Contrast(Place(model, script, speaker, setting)),
                PERSONAS if speaker == "persona" else BASELINE, METHOD, None, level=level,
            )  # fmt: skip
            if spoken:
                yield from _estimates(spoken, ends, sample)


def _said(rounds: Sequence[Played], read: Read) -> list[_Turn]:
    found: list[_Turn] = []
    for one in rounds:
        text = None if one.reply is None or one.reply.text is None else read(one.reply.text)
        found.append(_Turn(one.number, one.user, text, one.reply is not None and one.reply.cut, one.copied))
    return found


def _tell(
    persona: str | None, turns: Sequence[_Turn], other: Sequence[_Turn], blocks: tuple[Sequence[int], Sequence[int]]
) -> _Told:
    """`other`: another dialogue of the model, empty where there is none; `blocks`: their last rounds, and remarks."""
    ends, remarks = blocks
    texts = [turn.text for turn in turns]
    found = msgspec.structs.asdict(repetition(texts, [turn.cut for turn in turns]))
    found["copied"] = np.array([np.nan if turn.text is None else turn.copied for turn in turns], dtype=np.float64)
    found["copied-elsewhere"] = _held(turns, other)
    block = np.array([_block(turn.number, ends, remarks) for turn in turns], dtype=np.int64)
    means: Means = {}
    counts: dict[int, tuple[int, int]] = {}
    for end in ends:
        inside = block == end
        said = [texts[place] for place in np.flatnonzero(inside)]
        missing = sum(text is None for text in said)
        counts[end] = len(said) - missing, missing
        means |= {(name, end): _mean(values[inside]) for name, values in found.items()}
        means |= {(f"distinct-{n}", end): distinct(said, n) for n in (1, 2, 3)}
    return _Told(persona, means, counts)


def _other(played: Sequence[tuple[str | None, Sequence[_Turn]]], place: int) -> Sequence[_Turn]:
    """The next dialogue of another speaker, else of the same; empty where there is no other."""
    following = [*played[place + 1 :], *played[:place]]
    elsewhere = [turns for persona, turns in following if persona != played[place][0]]
    return next(iter([*elsewhere, *(turns for _, turns in following)]), ())


def _held(turns: Sequence[_Turn], other: Sequence[_Turn]) -> Floats:
    """1 where a reply would be a copy if the rounds before it were those of another dialogue; NaN without as many."""
    earlier = Earlier()
    for turn in other:
        earlier.add(turn.text or "")
    return np.array(
        [
            np.nan
            if turn.text is None or turn.number > len(other) + 1
            else earlier.holds(turn.text, turn.user, turn.number - 1)
            for turn in turns
        ],
        dtype=np.float64,
    )


def _estimates(spoken: Sequence[_Told], ends: Sequence[int], sample: Estimate) -> Iterator[Estimate]:
    personas = sorted({one.persona or "" for one in spoken})
    owner = np.array([personas.index(one.persona or "") for one in spoken], dtype=np.int64)
    for name, unit in MEASURES.items():
        for end in ends:
            values = np.array([one.means[name, end] for one in spoken], dtype=np.float64)
            units = t_intervals(values, owner, len(personas)).mean
            found = t_intervals(units, np.zeros(len(units), dtype=np.int64), 1, sample.level)
            mean, low, high = (None if np.isnan(a[0]) else float(a[0]) for a in (found.mean, found.low, found.high))
            yield msgspec.structs.replace(
                sample, quantity=Quantity(name), unit=unit, position=end, value=mean, low=low, high=high,
                n=sum(one.counts[end][0] for one in spoken), missing=sum(one.counts[end][1] for one in spoken),
                clusters=int(found.n[0]), note=_note(sample, int(found.n[0])),
            )  # fmt: skip


def _note(sample: Estimate, n: int) -> str:
    if sample.target == BASELINE:
        return joined("too short to say, or no reply before" if n == 0 else "", ONE_BASELINE)
    few = f"{n} personas: no interval under {FEWEST_CLUSTERS}" if 0 < n < FEWEST_CLUSTERS else ""
    return few or ("too short to say, or no reply before" if n == 0 else "")


def _remarks(scripts: Mapping[str, Script], script: str, rounds: int) -> tuple[int, ...]:
    return remark_rounds(scripts[script], rounds) if script in scripts else ()


def _block(number: int, ends: Sequence[int], remarks: Sequence[int]) -> int:
    """Last round of the block; -1 for remarks, which stay in the history but are no answer to a question."""
    return -1 if number in remarks else next((end for end in ends if number <= end), ends[-1])


def _group(key: DialogueKey) -> tuple[str, str, Setting]:
    return key.model, key.script, Setting(key.policy)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
