"""Is what the statistics promise still so in what a run's tables come to? Planted studies in which nobody drifts, and
odd ones, through the whole analysis, counted.

python bench/coverage_whole.py [--seed N] [--studies 67]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bars import Figure, seeded
from coverage_gaps import ENDS, GapRun, Given, Row
from coverage_planted import PERSONAS, Floats
from longplay.analysis import ANALYSES, prepare, read_tables
from longplay.analysis.noise_floor import floored
from longplay.records import Estimate

ITEMS, DRAWS = 12, 2
ANSWER_SD, JUDGE_SD = 0.6, 0.4
OWN_SD, PACE_SD, DIALOGUE_SD = 0.25, 0.15, 0.1
FALSE, FLOOR, ODD = 5.0, (93.0, 97.0), 10
ALPHA = 0.05
EARLIER = "0.2.0, measured once: {}"
CHANGES = {"gap-drift": "16.7 %, the default study", "drift": "20.7 %, the default study"}  # called real


class World(NamedTuple):
    """What varies beside answers and verdicts: personas' pace, dialogues; how many of what there is."""

    pace: float = PACE_SD
    dialogue: float = DIALOGUE_SD
    dialogues: int = 2
    draws: int = DRAWS
    items: int = ITEMS


class TwiceRun(GapRun):
    """Before the dialogue personas answer twice as well (`second`); some answers are judged twice, alike."""

    def __init__(self, given: Given, second: Floats, twice: np.random.Generator | None) -> None:
        super().__init__([given])
        self._second, self._twice = second, twice

    def _study_of(self, answers: list[Row], verdicts: list[Row], model: str, given: Given) -> None:
        super()._study_of(answers, verdicts, model, given)
        for persona, scores in zip(self.personas, self._second, strict=True):
            self._answers(answers, verdicts, (model, persona, self.scripts[0].name, 0), scores[None], ENDS[:1], 1)
        if self._twice is not None:
            again = np.flatnonzero(self._twice.random(len(verdicts)) < 1 / 3)
            verdicts += [(*verdicts[i][:4], 1, *verdicts[i][5:]) for i in again]


def figures(seed: int, studies: int = 67) -> Iterator[Figure]:
    """False changes, floors, and studies that cannot tell."""
    rng = np.random.default_rng([seed, 42])
    for dialogues in (1, 2, 4):
        yield from _still(rng, studies, World(dialogues=dialogues))
    yield _floors(rng, studies)
    odd = min(studies, ODD)
    yield from _cannot(rng, odd)
    yield _alike(rng, odd)
    yield _judged_twice(rng, odd)


def _still(rng: np.random.Generator, studies: int, world: World) -> Iterator[Figure]:
    """S1, S2: nobody drifts, but one dialogue may shift all that is said in it, and is then the target."""
    one = world.dialogues == 1
    world = world._replace(dialogue=0.0) if one else world
    found = _changes([draw(rng, world) for _ in range(studies)])
    for name, earlier in CHANGES.items():
        p = [e.p for e in found[name]]
        about = f"nobody drifts, {world.dialogues} baseline dialogue{'' if one else 's'}: {_spoken(name)}"
        note = EARLIER.format(earlier) if world.dialogues == 2 else ""
        share = 100 * float(np.mean([one is not None and one <= ALPHA for one in p]))
        yield Figure(f"{about} is told", share, high=FALSE, unit=" %", note=note, digits=1, of=studies)
        share = 100 * float(np.mean([one is not None for one in p]))
        yield Figure(f"{about} has a p-value", share, low=95.0, unit=" %", digits=1, of=studies)


def _spoken(name: str) -> str:
    return "baseline drift" if name == "drift" else name


def _floors(rng: np.random.Generator, studies: int) -> Figure:
    """S3: the baseline's change where nothing but asking and judging again varies."""
    world = World(pace=0.0, dialogue=0.0, dialogues=1)
    data = prepare(read_tables(GapRun([draw(rng, world) for _ in range(studies)])), changed_after_data=False)
    made = _of(floored([e for name in ("curves", "drift") for e in ANALYSES[name](data)], data), "drift", "baseline")
    below = [e.floor is not None and e.value is not None and abs(e.value) <= e.floor for e in made]
    share, note = 100 * float(np.mean(below)), EARLIER.format("47-80 %")
    return Figure("a true null lies below the floor", share, *FLOOR, unit=" %", note=note, digits=1, of=studies)


def _cannot(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """S2, M6, M7: what carries no variance has no p-value, however many personas it was judged as."""
    bare = World(dialogues=1, draws=1)
    worlds = {
        "one baseline dialogue, nothing repeated": (bare, EARLIER.format("intervals that cover 18-78 %")),
        "one item, one baseline answer": (bare._replace(items=1), EARLIER.format("p < 0.001")),
    }
    for name, (world, note) in worlds.items():
        made = _changes([draw(rng, world) for _ in range(studies)])
        found = [e for each in made.values() for e in each]
        share = 100 * float(np.mean([e.p is not None or e.low is not None for e in found]))
        yield Figure(f"{name}: a p-value or an interval", share, high=0.0, unit=" %", note=note, digits=1)
        if world.items == 1:
            said = 100 * float(np.mean(["rests on 1 item, 1 dialogue" in e.note for e in found]))
            yield Figure(f"{name}: it says on what it rests", said, low=100.0, unit=" %", digits=1)
    data = prepare(read_tables(GapRun([_rounded(rng) for _ in range(studies)])), changed_after_data=False)
    rounded = _of(ANALYSES["drift"](data), "drift", "persona")
    share, note = 100 * float(np.mean([e.p is not None for e in rounded])), EARLIER.format("p = 7.3e-50")
    yield Figure("changes alike up to rounding: a p-value", share, high=0.0, unit=" %", note=note, digits=1)


def _rounded(rng: np.random.Generator) -> Given:
    made = draw(rng, World(dialogues=1))
    start = np.full((PERSONAS, ITEMS), 4.0)
    persona = np.stack([start, start - 1.2 + 1e-13 * rng.standard_normal(start.shape)], axis=1)
    return made._replace(persona=persona)


def _alike(rng: np.random.Generator, studies: int) -> Figure:
    """S17: baseline dialogues that are all alike, as at temperature 0, are called so."""
    made = [draw(rng, World(dialogues=1)) for _ in range(studies)]
    found = _changes([given._replace(after=np.repeat(given.after, 4, axis=0)) for given in made])
    said = ["all alike" in e.note for e in found["gap-drift"]]
    note = EARLIER.format('"their variance is in the interval"')
    return Figure("equal baseline dialogues are called so", 100 * float(np.mean(said)), low=100.0, unit=" %", note=note)


def _judged_twice(rng: np.random.Generator, studies: int) -> Figure:
    """M8: what is judged twice, and alike, changes no number."""
    moved: list[float] = []
    for number in range(studies):
        given, second = draw(rng, World()), 4 + ANSWER_SD * rng.standard_normal((PERSONAS, ITEMS))
        pair = [_numbers(TwiceRun(given, second, again)) for again in (None, np.random.default_rng(number))]
        moved += [abs(pair[1][name] - value) for name, value in pair[0].items()]
    note = EARLIER.format("+1.17 for +1.12")
    return Figure("a third of verdicts given twice: largest change", max(moved), high=1e-9, note=note)


def _numbers(run: TwiceRun) -> Mapping[str, float]:
    data = prepare(read_tables(run), changed_after_data=False)
    found = [e for name in ("drift", "gap-drift", "slopes") for e in ANALYSES[name](data) if e.replies == "all"]
    return {f"{e.analysis} {e.place.speaker} {e.unit}": e.value for e in found if e.value is not None}


def draw(rng: np.random.Generator, world: World) -> Given:
    """One study in which nothing drifts."""
    own = 4 + rng.normal(0, OWN_SD, (PERSONAS, 1)) + np.outer(rng.normal(0, world.pace, PERSONAS), (0, 1))
    noise = rng.normal(0, np.hypot(ANSWER_SD, JUDGE_SD), (PERSONAS, 2, world.items))
    shift = rng.normal(0, world.dialogue, world.dialogues)
    before = _answered(rng, world.draws, world.items)
    after = _answered(rng, world.dialogues, world.items) + shift[:, None, None]
    return Given(own[..., None] + noise, before, after, float(shift.mean()))


def _answered(rng: np.random.Generator, answers: int, items: int) -> Floats:
    """(answer, item, persona judged as): an answer's own noise is in all its verdicts."""
    shape = answers, items
    return 2.6 + rng.normal(0, ANSWER_SD, shape)[..., None] + rng.normal(0, JUDGE_SD, (*shape, PERSONAS))


def _changes(given: Sequence[Given]) -> dict[str, list[Estimate]]:
    """The gap's change and the baseline's, of each study."""
    data = prepare(read_tables(GapRun(given)), changed_after_data=False)
    speakers = {"gap-drift": "persona", "drift": "baseline"}
    return {name: _of(ANALYSES[name](data), name, speaker) for name, speaker in speakers.items()}


def _of(found: Sequence[Estimate], analysis: str, speaker: str) -> list[Estimate]:
    return [e for e in found if (e.analysis, e.place.speaker, e.replies) == (analysis, speaker, "all")]


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do estimates of whole runs hold what the statistics promise?", 67, least=10)


if __name__ == "__main__":
    sys.exit(main())
