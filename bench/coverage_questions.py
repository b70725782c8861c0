"""Do cards keep silent where only the questions differ? Planted dialogues of rounds alone in one order, whose late
questions are by chance easier or harder; nobody changes. The whole analysis reads each.

python bench/coverage_questions.py [--seed N] [--studies 80]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from bars import Figure, seeded
from coverage_cards import claims
from coverage_planted import PERSONAS, PlantedRun, Scores, Table, draw
from longplay.analysis import ANALYSES, headlines, prepare, read_tables
from longplay.judging import METRICS
from longplay.records import Estimate, Script
from longplay.specs import Analysis, Conditioning, Dialogues, ModelSpec, Study
from longplay.specs.study import Judging
from longplay.store.schema import FINISHES, STATUSES

STUDIES = 80  # of each difficulty
DIFFICULTIES = (0.2, 0.4, 0.6)  # standard deviations between questions, on a scale from 1 to 5
ROUNDS, BASELINES = 16, 2
OWN_SD, NOISE_SD = 0.25, 0.4
FALSE = 5.0
SCRIPT = "goal-oriented"


class PlantedTalk(PlantedRun):
    """Rounds alone: personas, and a baseline where it is wanted, asked the same questions in one order."""

    def __init__(self, rng: np.random.Generator, scores: Scores, difficulty: float, *, baseline: bool) -> None:
        super().__init__(scores, 0)
        self._baseline = baseline
        self.scripts = [Script(SCRIPT, SCRIPT, tuple(f"{i}?" for i in range(ROUNDS)))]
        worth = difficulty * rng.standard_normal(ROUNDS)
        own = OWN_SD * rng.standard_normal((PERSONAS, 1))
        self._spoken = 3.5 + worth + own + NOISE_SD * rng.standard_normal((PERSONAS, ROUNDS))
        self._plain = 2.5 + worth + own + NOISE_SD * rng.standard_normal((BASELINES, PERSONAS, ROUNDS))

    def table(self, name: str) -> Table:
        """As `analysis.tables.Reader`."""
        whole = super().table(name)
        return self._rows.get(name, Table(whole.columns, []))

    def documents(self, kind: str) -> Mapping[str, str]:
        """Likewise."""
        if kind == "study":
            return {"study": msgspec.json.encode(self._study_of()).decode()}
        if kind == "script":
            return {one.name: msgspec.json.encode(one).decode() for one in self.scripts}
        return super().documents(kind) if kind == "persona" else {}

    def _study_of(self) -> Study:
        return Study(
            models=(ModelSpec("sim/model"),),
            judge=ModelSpec("sim/judge"),
            probes=(),
            dialogues=Dialogues(rounds=ROUNDS, scripts=(SCRIPT,), baseline=self._baseline, baseline_draws=BASELINES),
            conditioning=Conditioning(checkpoints=(0, ROUNDS // 2, ROUNDS)),
            judging=Judging(rounds=("knowledge",)),
            analysis=Analysis(primary=("knowledge",)),
        )

    @property
    def _rows(self) -> dict[str, Table]:
        rounds: list[tuple[Any, ...]] = []
        verdicts: list[tuple[Any, ...]] = []
        for name, scores in zip(self.personas, self._spoken, strict=True):
            self._dialogue(rounds, verdicts, (name, 0), {name: scores})
        for number, scores in enumerate(self._plain if self._baseline else ()):
            self._dialogue(rounds, verdicts, (None, number), dict(zip(self.personas, scores, strict=True)))
        columns = super().table("rounds").columns, super().table("round_verdicts").columns
        return {"rounds": Table(columns[0], rounds), "round_verdicts": Table(columns[1], verdicts)}

    def _dialogue(
        self, rounds: list[Any], verdicts: list[Any], who: tuple[str | None, int], scores: Mapping[str, np.ndarray]
    ) -> None:
        persona, draw_ = who
        words = self._id("sim/model"), self._id(persona), self._id(SCRIPT), 0, self._id("plain"), draw_
        judge = self._id("knowledge"), self._id(METRICS["knowledge"].judge_title(ModelSpec("sim/judge")))
        for number in range(1, ROUNDS + 1):
            row = len(rounds) + 1
            rounds.append((row, *words, number, 0, FINISHES.index("stop"), 0, 0, 0, None, None))
            for name, of in scores.items():
                said = (0, STATUSES.index("ok"), 0, float(of[number - 1]), 0, self._id("method"), 0)
                verdicts.append((row, *judge, self._id(name), *said))


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """Claims of cards about rounds whose questions alone differ, with and without a baseline."""
    rng = np.random.default_rng([seed, 16])
    scores = draw(rng, 1)
    for difficulty in DIFFICULTIES:
        for baseline in (False, True):
            runs = [read(PlantedTalk(rng, scores, difficulty, baseline=baseline)) for _ in range(studies)]
            about = f"questions vary by {difficulty:g}, {'a' if baseline else 'no'} baseline"
            said = 100 * float(np.mean([claim for claim, _ in runs]))
            yield Figure(f"{about}: a claim", said, high=FALSE if baseline else 0.0, unit=" %", digits=1, of=studies)
            plain = 100 * float(np.mean([low * high > 0 for _, (low, high) in runs]))
            yield Figure(f"  {about}: as cards were", plain, unit=" %", digits=1, of=studies)


def read(run: PlantedTalk) -> tuple[bool, tuple[float, float]]:
    """Whether the card claims a change, and the interval of the change itself."""
    data = prepare(read_tables(run), changed_after_data=False)
    found: list[Estimate] = [e for name in ("curves", "drift", "gap-drift") for e in ANALYSES[name](data)]
    (card,) = headlines(found, data.tables.study)
    return claims(card.finding), (card.drift.low or 0.0, card.drift.high or 0.0)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do cards keep silent where only the questions differ?", STUDIES, least=4)


if __name__ == "__main__":
    sys.exit(main())
