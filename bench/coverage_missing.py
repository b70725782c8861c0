"""Do worst cases hold what complete runs give, and do cards claim nothing that missing scores could have made? Planted
runs that were stopped, each dialogue at another place, and studies whose missing scores are not missing at random.

python bench/coverage_missing.py [--seed N] [--studies 1000]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from bars import Figure, seeded
from cards_planted import MARGIN, changes, findings, study
from coverage_cards import LOSSES, claims, told_before
from coverage_planted import CHECKPOINTS, ITEMS, PERSONAS, Floats, PlantedRun, Scores, Table, draw
from longplay.analysis import ANALYSES, prepare, read_tables
from longplay.records import Estimate

STUDIES = 1000
RUNS = 20  # studies for each run that the whole analysis reads
FALSE = 5.0
SHARE, FEW = 0.2, 0.03  # of scores that are missing at either end
LEVEL, ITEM_SD, OWN_SD, NOISE_SD = 60.0, 8.0, 5.0, 12.0  # of scores from 0 to 100
STEEP = 6.0  # how strongly a score decides whether it is missing: log odds a spread of scores


class StoppedRun(PlantedRun):
    """A planted run of which each persona's dialogues have come to another place. `asked`: (persona, script,
    checkpoint, item). `owes`: whether it owes what its study says, or passes for an import that owes nothing."""

    def __init__(self, scores: Scores, study: int, asked: NDArray[np.bool_], *, owes: bool) -> None:
        super().__init__(scores, study)
        self._asked, self._owes = asked, owes

    def table(self, name: str) -> Table:
        """Without what was not asked."""
        whole = super().table(name)
        if name == "answers":
            return Table(whole.columns, [row for row in whole.rows if self._has(row)])
        if name == "answer_verdicts":
            kept = {row[0] for row in self.table("answers").rows}
            return Table(whole.columns, [row for row in whole.rows if row[0] in kept])
        return whole

    def documents(self, kind: str) -> Mapping[str, str]:
        """Likewise."""
        found = super().documents(kind)
        if kind != "study" or self._owes:
            return found
        body = msgspec.json.decode(found["study"])
        body["dialogues"]["imported"], body["probes"] = True, []
        return {"study": msgspec.json.encode(body).decode()}

    def _has(self, row: tuple[object, ...]) -> bool:
        names = self.names()
        _, _, persona, script, _, _, _, checkpoint, _, _, _, item, *_ = row
        if not persona:
            return True
        place = self.personas.index(names[persona]), [one.name for one in self.scripts].index(names[script])
        return bool(self._asked[*place, CHECKPOINTS.index(checkpoint), int(names[item][1:])])


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """Worst cases of stopped runs, and cards of studies that lack scores."""
    yield from _stopped(np.random.default_rng([seed, 14]), max(studies // RUNS, 1))
    rng = np.random.default_rng([seed, 15])
    none = [lacking(rng, 0.0, STEEP, SHARE) for _ in range(studies)]
    said = [claims(findings([e], study(None))[0]) for e in none]
    yield Figure(
        "missing not at random, no change: a claim",
        percent(said),
        high=FALSE,
        unit=" %",
        digits=1,
        of=studies,
        note="0.2.0, measured once: 50 %",
    )
    before = [told_before(e) != "unclear" for e in none]
    yield Figure("  the same, as cards were", percent(before), unit=" %", digits=1, of=studies)
    lost = [findings([lacking(rng, -2 * MARGIN, 0.0, FEW)], study())[0].tag in LOSSES for _ in range(studies)]
    name = f"{FEW:.0%} missing at random, a loss of twice the margin: told"
    yield Figure(name, percent(lost), unit=" %", digits=1, of=studies)


def _stopped(rng: np.random.Generator, runs: int) -> Iterator[Figure]:
    scores = draw(rng, runs)
    held: dict[bool, list[bool]] = {True: [], False: []}
    for number in range(runs):
        asked = _reached(rng)
        for owes in held:
            run = StoppedRun(scores, number, asked, owes=owes)
            data = prepare(read_tables(run), changed_after_data=False)
            for name in ("curves", "drift"):
                held[owes] += [_holds(e, scores.persona[number]) for e in ANALYSES[name](data) if _own(e)]
    name = "stopped runs: the worst case holds the complete value"
    note = f"{len(held[True])} numbers; 0.2.0, measured once: 0 of 120"
    yield Figure(name, percent(held[True]), low=100.0, unit=" %", digits=1, of=runs, note=note)
    yield Figure("  the same, of what was asked alone", percent(held[False]), unit=" %", digits=1, of=runs)


def _reached(rng: np.random.Generator) -> NDArray[np.bool_]:
    """How far each dialogue has come: whole checkpoints, then some items of the next."""
    done = rng.integers(0, len(CHECKPOINTS) * ITEMS + 1, (PERSONAS, 2, 1, 1))
    return np.arange(len(CHECKPOINTS) * ITEMS).reshape(len(CHECKPOINTS), ITEMS) < done


def _own(e: Estimate) -> bool:
    return e.place.speaker == "persona" and e.replies == "all" and e.lowest is not None


def _holds(e: Estimate, whole: Floats) -> bool:
    levels = whole[:, 0 if e.place.script == "persona-directed" else 1].mean(axis=(0, 2))
    complete = levels[-1] - levels[0] if e.position is None else levels[CHECKPOINTS.index(e.position)]
    assert e.lowest is not None
    assert e.highest is not None
    return bool(e.lowest - 1e-9 <= complete <= e.highest + 1e-9)


def lacking(rng: np.random.Generator, change: float, steep: float, share: float) -> Estimate:
    """The drift of a study that lacks this share of its scores at either end, low ones at the start and high ones at
    the end the more often the steeper."""
    item = ITEM_SD * rng.standard_normal((1, ITEMS))
    own = OWN_SD * rng.standard_normal((2, PERSONAS, 1))
    mean = LEVEL + item + own[0] + np.array([0.0, change])[:, None, None] + np.stack((np.zeros((PERSONAS, 1)), own[1]))
    scores = np.clip(mean + NOISE_SD * rng.standard_normal((2, PERSONAS, ITEMS)), 0, 100)
    far = (scores - scores.mean(axis=(1, 2), keepdims=True)) / scores.std(axis=(1, 2), keepdims=True)
    pull = np.array([-1.0, 1.0])[:, None, None] * steep * far + rng.logistic(size=scores.shape)
    gone = pull > np.quantile(pull, 1 - share, axis=(1, 2), keepdims=True)
    seen = np.where(gone, np.nan, scores)
    lowest = np.where(gone[1], 0.0, scores[1]) - np.where(gone[0], 100.0, scores[0])
    highest = np.where(gone[1], 100.0, scores[1]) - np.where(gone[0], 0.0, scores[0])
    means = (np.nanmean(seen[1] - seen[0], axis=1), lowest.mean(axis=1), highest.mean(axis=1))
    value, low, high = (one[None, :] for one in means)
    (found,) = changes(value, (low, high), missing=int(gone.sum()))
    return found


def percent(held: list[bool]) -> float:
    """The share that holds."""
    return 100 * float(np.mean(held))


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "What do worst cases hold, and cards claim, where scores are missing?", STUDIES, least=20)


if __name__ == "__main__":
    sys.exit(main())
