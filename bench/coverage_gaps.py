"""Do gaps and their changes hold what they promise where noise of answers, items and dialogues comes together? Planted
studies through the whole analysis, counted.

The baseline answers each item for all personas, so that the noise of its answers is in how items differ as well as in
what its dialogues vary. It must count once.

python bench/coverage_gaps.py [--seed N] [--studies 170]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np

from bars import Figure, seeded
from coverage_planted import PERSONAS, Floats, PlantedRun, Scores, Table
from longplay.analysis import ANALYSES, prepare, read_tables

ITEMS, DRAWS = 12, 2
OWN_SD, PACE_SD, ITEM_SD, DIALOGUE_SD = 0.25, 0.2, 0.2, 0.12
ANSWER_SD, JUDGE_SD = 0.5, 0.25
PERSONA, BASELINE, LOSS = 3.9, 2.6, 0.5
COVER, WIDTH = (93.0, 98.5), 1.6
ENDS = (0, 8)
EARLIER = {"gap": "78 %", "gap-drift": "67.5 %"}  # with one dialogue
Row: TypeAlias = tuple[Any, ...]
TOGETHER = 50  # studies in one run
Z = NormalDist().inv_cdf(0.975)


class Given(NamedTuple):
    """One study. `persona`: (persona, end, item); of the baseline `before`: (draw, item, persona judged as), `after`:
    (dialogue, item, persona judged as); `shift`: what its dialogues do to all its answers, on average."""

    persona: Floats
    before: Floats
    after: Floats
    shift: float


class GapRun(PlantedRun):
    """Answers before and after the dialogues of one script; each study is a model."""

    def __init__(self, given: Sequence[Given]) -> None:
        super().__init__(Scores(*[np.zeros((1, PERSONAS))] * 4), *range(len(given)))
        self.scripts = self.scripts[:1]
        self._given = given

    def documents(self, kind: str) -> Mapping[str, str]:
        """As `PlantedRun`, with two checkpoints."""
        found = super().documents(kind)
        if kind != "study":
            return found
        body: dict[str, Any] = msgspec.json.decode(found["study"])
        body["conditioning"] |= {"checkpoints": ENDS}
        body["dialogues"] |= {"rounds": ENDS[-1], "imported": True}
        return {"study": msgspec.json.encode(body | {"probes": []}).decode()}

    @cached_property
    def _tables(self) -> dict[str, Table]:
        answers, verdicts = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        for model, given in zip(self.models, self._given, strict=True):
            self._study_of(answers, verdicts, model, given)
        return self._named(answers, verdicts)

    def _study_of(self, answers: list[Row], verdicts: list[Row], model: str, given: Given) -> None:
        script = self.scripts[0].name
        for persona, scores in zip(self.personas, given.persona, strict=True):
            self._answers(answers, verdicts, (model, persona, script, 0), scores, ENDS)
        for again, scores in enumerate(given.before):
            self._answers(answers, verdicts, (model, None, script, 0), scores[None], ENDS[:1], again)
        for number, scores in enumerate(given.after):
            self._answers(answers, verdicts, (model, None, script, number), scores[None], ENDS[1:])


def figures(seed: int, studies: int = 170) -> Iterator[Figure]:
    """Coverage of the last gap and of its change, and mean width over an oracle's, which knows every variance."""
    rng = np.random.default_rng([seed, 41])
    for dialogues in (1, 4):
        yield from _of(rng, studies, dialogues)


def _of(rng: np.random.Generator, studies: int, dialogues: int) -> Iterator[Figure]:
    """With one dialogue the target is that dialogue."""
    truths, errors = {"gap": PERSONA - LOSS - BASELINE, "gap-drift": -LOSS}, _oracles(dialogues)
    held: dict[str, list[bool]] = {name: [] for name in truths}
    widths: dict[str, list[float]] = {name: [] for name in truths}
    for begun in range(0, studies, TOGETHER):
        given = [draw(rng, dialogues) for _ in range(min(TOGETHER, studies - begun))]
        run = GapRun(given)
        data = prepare(read_tables(run), changed_after_data=False)
        for name, planted in truths.items():
            found = {
                e.place.model: e for e in ANALYSES[name](data) if e.replies == "all" and e.position in (ENDS[-1], None)
            }
            for model, one in zip(run.models, given, strict=True):
                e, truth = found[model], planted - (one.shift if dialogues == 1 else 0.0)
                if e.low is None or e.high is None:
                    held[name].append(False)
                    continue
                held[name].append(e.low <= truth <= e.high)
                widths[name].append(e.high - e.low)
    many = f"{dialogues} baseline dialogue{'' if dialogues == 1 else 's'}"
    for name, covered in held.items():
        share, note = 100 * float(np.mean(covered)), f"0.2.0, measured once: {EARLIER[name]}" if dialogues == 1 else ""
        yield Figure(f"{name}, {many}, covered", share, *COVER, unit=" %", note=note, digits=1, of=studies)
        width = float(np.mean(widths[name])) / (2 * Z * errors[name])
        yield Figure(f"{name}, {many}, mean width / oracle's", width, high=WIDTH, digits=2)


def draw(rng: np.random.Generator, dialogues: int) -> Given:
    """One study. Items differ in the gap, and in how it changes, alike for all personas."""
    items = np.cumsum(rng.normal(0, ITEM_SD, (2, ITEMS)), axis=0)
    own = rng.normal(0, OWN_SD, PERSONAS)[:, None] + np.outer(rng.normal(LOSS, PACE_SD, PERSONAS), (0, -1))
    noise = rng.normal(0, np.hypot(ANSWER_SD, JUDGE_SD), (PERSONAS, 2, ITEMS))
    shift = rng.normal(0, DIALOGUE_SD, dialogues)
    before, after = _answered(rng, DRAWS), _answered(rng, dialogues) + shift[:, None, None]
    return Given(PERSONA + own[..., None] + items + noise, before, after, float(shift.mean()))


def _answered(rng: np.random.Generator, answers: int) -> Floats:
    """(answer, item, persona judged as): an answer's own noise is in all its verdicts."""
    shape = (answers, ITEMS)
    return BASELINE + rng.normal(0, ANSWER_SD, shape)[..., None] + rng.normal(0, JUDGE_SD, (*shape, PERSONAS))


def _oracles(dialogues: int) -> dict[str, float]:
    """True standard errors."""
    answer, judge = ANSWER_SD**2 / ITEMS, JUDGE_SD**2 / ITEMS / PERSONAS
    own, noise = (OWN_SD**2 + PACE_SD**2) / PERSONAS, answer / PERSONAS + judge
    item, between = ITEM_SD**2 / ITEMS, 0.0 if dialogues == 1 else DIALOGUE_SD**2 / dialogues
    last = own + noise + 2 * item + between + (answer + judge) / dialogues
    change = PACE_SD**2 / PERSONAS + 2 * noise + item + between + (answer + judge) * (1 / dialogues + 1 / DRAWS)
    return {"gap": last**0.5, "gap-drift": change**0.5}


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do gaps hold with the noise of shared answers in them?", 170, least=25)


if __name__ == "__main__":
    sys.exit(main())
