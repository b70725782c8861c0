"""Do cards keep silent where only the questions differ? Planted dialogues of rounds alone in one order, whose late
questions are by chance easier or harder; nobody changes. The whole analysis reads each.

python bench/coverage_questions.py [--seed N] [--studies 200]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from bars import Figure, seeded
from coverage_cards import claims
from coverage_planted import PERSONAS, PlantedRun, Scores, Table
from longplay.analysis import ANALYSES, headlines, prepare, read_tables
from longplay.judging import METRICS
from longplay.records import Estimate, Script
from longplay.specs import Analysis, Conditioning, Dialogues, ModelSpec, Study
from longplay.specs.study import Judging
from longplay.store.schema import FINISHES, STATUSES

STUDIES = 200  # of each difficulty
DIFFICULTIES = (0.2, 0.4, 0.6)  # standard deviations between questions, on a scale from 1 to 5
ROUNDS, BASELINES = 16, 2
OWN_SD, NOISE_SD = 0.25, 0.4
FALSE = 5.0
EARLIER = {0.2: 22, 0.4: 44, 0.6: 61}  # per cent of cards with a clear loss in 0.2.0, without a baseline
SCRIPT = "goal-oriented"


class PlantedTalk(PlantedRun):
    """Rounds alone: personas, and a baseline where it is wanted, asked the same questions in one order. Each study is a
    model."""

    def __init__(self, rng: np.random.Generator, studies: int, difficulty: float, *, baseline: bool) -> None:
        super().__init__(Scores(*[np.zeros((1, PERSONAS))] * 4), *range(studies))
        self._baseline = baseline
        self.scripts = [Script(SCRIPT, SCRIPT, tuple(f"{i}?" for i in range(ROUNDS)))]
        worth = difficulty * rng.standard_normal((studies, 1, ROUNDS))
        own = OWN_SD * rng.standard_normal((studies, PERSONAS, 1))
        self._spoken = 3.5 + worth + own + NOISE_SD * rng.standard_normal((studies, PERSONAS, ROUNDS))
        noise = NOISE_SD * rng.standard_normal((studies, BASELINES, PERSONAS, ROUNDS))
        self._plain = 2.5 + (worth + own)[:, None] + noise

    def table(self, name: str) -> Table:
        """As `analysis.tables.Reader`."""
        whole = super().table(name)
        return self._rows.get(name, Table(whole.columns, []))

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return self._named([], [])

    def documents(self, kind: str) -> Mapping[str, str]:
        """Likewise."""
        if kind == "study":
            return {"study": msgspec.json.encode(self._study_of()).decode()}
        if kind == "script":
            return {one.name: msgspec.json.encode(one).decode() for one in self.scripts}
        return super().documents(kind) if kind == "persona" else {}

    def _study_of(self) -> Study:
        return Study(
            models=tuple(ModelSpec(name) for name in self.models),
            judge=ModelSpec("sim/judge"),
            probes=(),
            dialogues=Dialogues(rounds=ROUNDS, scripts=(SCRIPT,), baseline=self._baseline, baseline_draws=BASELINES),
            conditioning=Conditioning(checkpoints=(0, ROUNDS // 2, ROUNDS)),
            judging=Judging(rounds=("knowledge",)),
            analysis=Analysis(primary=("knowledge",)),
        )

    @cached_property
    def _rows(self) -> dict[str, Table]:
        rounds: list[tuple[Any, ...]] = []
        verdicts: list[tuple[Any, ...]] = []
        for model, spoken, plain in zip(self.models, self._spoken, self._plain, strict=True):
            for name, scores in zip(self.personas, spoken, strict=True):
                self._dialogue(rounds, verdicts, (model, name, 0), {name: scores})
            for number, scores in enumerate(plain if self._baseline else ()):
                judged = dict(zip(self.personas, np.asarray(scores, dtype=np.float64), strict=True))
                self._dialogue(rounds, verdicts, (model, None, number), judged)
        columns = super().table("rounds").columns, super().table("round_verdicts").columns
        return {"rounds": Table(columns[0], rounds), "round_verdicts": Table(columns[1], verdicts)}

    def _dialogue(
        self, rounds: list[Any], verdicts: list[Any], who: tuple[str, str | None, int], scores: Mapping[str, np.ndarray]
    ) -> None:
        model, persona, draw = who
        words = self._id(model), self._id(persona), self._id(SCRIPT), 0, self._id("plain"), draw
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
    for difficulty in DIFFICULTIES:
        for baseline in (False, True):
            runs = read(PlantedTalk(rng, studies, difficulty, baseline=baseline))
            about = f"questions vary by {difficulty:g}, {'a' if baseline else 'no'} baseline"
            said = 100 * float(np.mean([claim for claim, _ in runs]))
            note = "" if baseline else f"0.2.0, measured once: {EARLIER[difficulty]} %"
            most = FALSE if baseline else 0.0
            yield Figure(f"{about}: a claim", said, high=most, unit=" %", note=note, digits=1, of=studies)
            plain = 100 * float(np.mean([low * high > 0 for _, (low, high) in runs]))
            yield Figure(f"  {about}: as cards were", plain, unit=" %", digits=1, of=studies)


def read(run: PlantedTalk) -> list[tuple[bool, tuple[float, float]]]:
    """Whether the card of each study claims a change, and the interval of the change itself. A study's card is the only
    one on its page."""
    data = prepare(read_tables(run), changed_after_data=False)
    estimates: dict[str, list[Estimate]] = {model: [] for model in run.models}
    for e in (e for name in ("curves", "drift", "gap-drift") for e in ANALYSES[name](data)):
        estimates[e.place.model].append(e)
    cards = [card for found in estimates.values() for card in headlines(found, data.tables.study)]
    return [(claims(card.finding), (card.drift.low or 0.0, card.drift.high or 0.0)) for card in cards]


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do cards keep silent where only the questions differ?", STUDIES, least=4)


if __name__ == "__main__":
    sys.exit(main())
