"""Do studies of every shape have all their analyses, and warnings on the right numbers? Planted runs with several
orders and several baseline dialogues, and with names that read like differences. Counts what is left out or misplaced.

python bench/coverage_structure.py [--seed N] [--studies 10]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from bars import Figure, seeded
from coverage_planted import PERSONAS, PlantedRun, Scores, Table, draw
from longplay.analysis import analyse_data, prepare, read_tables
from longplay.judging import METRICS
from longplay.records import Estimate, Failure, Script
from longplay.specs import Analysis, Conditioning, Dialogues, ModelSpec, Study
from longplay.specs.study import Judging
from longplay.store.schema import FINISHES, STATUSES

STUDIES = 10
CHECKPOINTS, ROUNDS, ITEMS, ORDERS, BASELINES = (0, 8), 8, 4, (0, 1), 4
SCRIPT, DASHED = "goal-oriented", "one - two"  # a label that reads like a difference
LOST = 0.4  # of the last scores of that model's personas


class PlantedShape(PlantedRun):
    """Two models, several orders, several baseline dialogues; the dashed model lacks last scores."""

    def __init__(self, rng: np.random.Generator, scores: Scores) -> None:
        super().__init__(scores, 0)
        self.scripts = [Script(SCRIPT, SCRIPT, tuple(f"{i}?" for i in range(ROUNDS)))]
        self._rng = rng
        self._made = self._make()

    def table(self, name: str) -> Table:
        """As `analysis.tables.Reader`."""
        columns = super().table(name).columns
        return Table(columns, self._made.get(name, []))

    def documents(self, kind: str) -> Mapping[str, str]:
        """Likewise."""
        if kind != "study":
            return super().documents(kind)
        study = Study(
            models=tuple(ModelSpec("sim/model", label=label) for label in (DASHED, "three")),
            judge=ModelSpec("sim/judge"),
            dialogues=Dialogues(rounds=ROUNDS, scripts=(SCRIPT,), orders=ORDERS, baseline_draws=BASELINES),
            conditioning=Conditioning(checkpoints=CHECKPOINTS, orders=ORDERS, draws_at_0=1, noise_share=0.0),
            judging=Judging(rounds=("knowledge",)),
            analysis=Analysis(primary=("knowledge",)),
        )
        return {"study": msgspec.json.encode(study).decode()}

    def _make(self) -> dict[str, list[tuple[Any, ...]]]:
        made: dict[str, list[tuple[Any, ...]]] = {
            name: [] for name in ("rounds", "round_verdicts", "answers", "answer_verdicts")
        }
        for model in (DASHED, "three"):
            for persona in (None, *self.personas):
                for order in ORDERS:
                    for number in range(1 if persona else BASELINES):
                        self._talk(made, model, persona, (order, number))
        return made

    def _talk(
        self, made: dict[str, list[tuple[Any, ...]]], model: str, persona: str | None, talk: tuple[int, int]
    ) -> None:
        order, number = talk
        key = self._id(model), self._id(persona), self._id(SCRIPT), order, self._id("plain"), number
        reply = 0, FINISHES.index("stop"), 0, 0, 0
        for round_ in range(1, ROUNDS + 1):
            row = len(made["rounds"]) + 1
            made["rounds"].append((row, *key, round_, *reply, None, None))
            self._judged(made["round_verdicts"], row, persona, lost=False)
        for checkpoint in CHECKPOINTS:
            if checkpoint == 0 and (order, number) != (0, 0):
                continue
            for item in range(ITEMS):
                row = len(made["answers"]) + 1
                asked = checkpoint, self._id(persona), self._id("plain"), self._id("fidelity"), self._id(f"i{item}"), 0
                made["answers"].append((row, *key, *asked, *reply, row))
                lost = model == DASHED and persona is not None and checkpoint > 0 and self._rng.random() < LOST
                self._judged(made["answer_verdicts"], row, persona, lost=lost)

    def _judged(self, verdicts: list[tuple[Any, ...]], row: int, persona: str | None, *, lost: bool) -> None:
        judge = self._id("knowledge"), self._id(METRICS["knowledge"].judge_title(ModelSpec("sim/judge")))
        for seen in [persona] if persona else self.personas:
            score = None if lost else float(np.clip(3.5 + self._rng.standard_normal(), 1, 5))
            status = (STATUSES.index("missing"), 4) if lost else (STATUSES.index("ok"), 0)
            verdicts.append((row, *judge, self._id(seen), 0, *status, score, 0, self._id("method"), 0))


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """What analyses leave out, and where warnings stand."""
    rng = np.random.default_rng([seed, 17])
    scores = draw(rng, 1, personas=PERSONAS)
    failed: list[Failure] = []
    right: list[bool] = []
    for _ in range(studies):
        data = prepare(read_tables(PlantedShape(rng, scores)), changed_after_data=False)
        found = analyse_data(data, failed.append)
        right += [_placed(e) for e in found if e.analysis in ("drift", "gap-drift") and e.source == "fidelity"]
    note = "; ".join([*sorted({one.what for one in failed}), "0.2.0, measured once: report and export ended"])
    yield Figure("several orders and baseline dialogues: analyses that fail", len(failed), high=0, note=note)
    share = 100 * float(np.mean(right))
    note = "0.2.0, measured once: none on a model whose label holds “ - ”"
    yield Figure("warnings of missing scores on the right model", share, low=100.0, unit=" %", digits=1, note=note)


def _placed(e: Estimate) -> bool:
    """Whether a warning stands on the model that lacks scores, and on no other. One whose value moved by more than the
    share of missing scores needs none."""
    lacks = e.place.model == DASHED and e.place.speaker == "persona"
    moved = abs(e.value or 0.0) / 4
    return bool(e.warning) == lacks or (lacks and moved >= e.missing / max(e.n + e.missing, 1))


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do studies of every shape have all their analyses?", STUDIES, least=1)


if __name__ == "__main__":
    sys.exit(main())
