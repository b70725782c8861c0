"""Studies with planted truth for coverage: judged scores as arrays, and as a run that the whole analysis reads.

Personas, dialogues and the baseline's dialogues vary as planted; the judge's noise and bias change with the round, and
it gives whole levels 1 to 5. Knows no statistics.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.judging import METRICS
from longplay.records import Script
from longplay.specs import Analysis, Conditioning, Dialogues, ModelSpec, Persona, Study
from longplay.specs.study import Judging
from longplay.store.columns import Columns
from longplay.store.schema import FINISHES, STATUSES

Floats = NDArray[np.float64]

CHECKPOINTS = (0, 8, 32, 79, 102)
PERSONAS, ITEMS, BASELINES = 8, 12, 4
LOSS = np.array([0.0, 0.2, 0.5, 0.8, 0.9])  # of the mean under the first script
LESS = 0.6  # the share of it under the second
START, BASELINE = 3.9, 2.6
PERSONA_SD, PACE_SD, ITEM_SD, TASTE_SD = 0.25, 0.2, 0.2, 0.2  # personas, their losses, items, persona x item
DIALOGUE_SD = 0.12  # of a persona's dialogue, and of one of the baseline, once it has begun
JUDGE_SD = np.array([0.25, 0.3, 0.35, 0.4, 0.45])
JUDGE_BIAS = np.array([0.0, -0.05, -0.1, -0.15, -0.2])
BEGUN = np.array([0.0, 1.0, 1.0, 1.0, 1.0])


class Scores(NamedTuple):
    """Judged scores of many studies. `persona`: (study, persona, script, checkpoint, item); `baseline`: (study,
    dialogue, checkpoint, item, persona judged as), of the first script; `items`: (study, item) and `seen`: (study,
    persona judged as) their planted effects."""

    persona: Floats
    baseline: Floats
    items: Floats
    seen: Floats


def level(script: int) -> Floats:
    """The planted mean of judged scores at each checkpoint, items apart."""
    return START - LOSS * (1.0 if script == 0 else LESS) + JUDGE_BIAS


def baseline_level() -> Floats:
    """The same of the baseline."""
    return BASELINE + JUDGE_BIAS


def draw(rng: np.random.Generator, studies: int, personas: int = PERSONAS) -> Scores:
    """Scores of so many studies."""
    items = rng.normal(0, ITEM_SD, (studies, ITEMS))
    means = np.stack([level(0), level(1)])[None, None, :, :, None]
    own = rng.normal(0, PERSONA_SD, (studies, personas, 1, 1, 1))
    pace = rng.normal(0, PACE_SD, (studies, personas, 2, 1, 1)) * LOSS[:, None]
    taste = rng.normal(0, TASTE_SD, (studies, personas, 1, 1, ITEMS))
    dialogue = rng.normal(0, DIALOGUE_SD, (studies, personas, 2, 1, 1)) * BEGUN[:, None]
    persona = means + own + pace + taste + dialogue + items[:, None, None, None]
    theirs = rng.normal(0, DIALOGUE_SD, (studies, BASELINES, 1, 1, 1)) * BEGUN[:, None, None]
    seen = rng.normal(0, PERSONA_SD / 2, (studies, personas))
    baseline = baseline_level()[:, None, None] + theirs + seen[:, None, None, None] + items[:, None, None, :, None]
    return Scores(judged(rng, persona, JUDGE_SD[:, None]), judged(rng, baseline, JUDGE_SD[:, None, None]), items, seen)


def judged(rng: np.random.Generator, truth: Floats, sd: Floats) -> Floats:
    """What the judge says: its own noise, then one of the two whole levels around, so that means stay."""
    noisy = truth + rng.standard_normal(truth.shape) * sd
    return np.clip(np.floor(noisy + rng.random(truth.shape)), 1.0, 5.0)


def models_of(studies: int) -> list[str]:
    """The models that so many studies of one run stand for."""
    return [f"sim/model-{i}" for i in range(studies)] if studies > 1 else ["sim/model"]


class Table(NamedTuple):
    """Rows of one table."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class PlantedRun:
    """Studies of `Scores` as a store's reader gives one run, each under a model of its own (`models`, in their order):
    what an analysis takes for one run and not for each study is then shared. Two scripts, answers alone."""

    def __init__(self, scores: Scores, *studies: int) -> None:
        self._scores, self._studies = scores, studies
        self.models = models_of(len(studies))
        self._words: dict[str, int] = {}
        self.personas = [f"p{i}" for i in range(scores.persona.shape[1])]
        self.scripts = [Script(name, name, ("?",) * CHECKPOINTS[-1]) for name in ("persona-directed", "goal-oriented")]

    def table(self, name: str) -> Table:
        """As `analysis.tables.Reader`."""
        if name in self._tables:
            return self._tables[name]
        columns = {
            "rounds": (*_DIALOGUE, "round", *_REPLY, "prompt", "completion"),
            "repeats": ("model", "script", "checkpoint", "reason", "repeat_reason", "same", "call", "again"),
        }
        columns |= {"people_verdicts": ("kind", *_VERDICT), "sets": ("metric", "judge", "method", "state")}
        return Table(columns.get(name, _VERDICT), [])

    def columns(self, name: str, wanted: Sequence[str]) -> Columns:
        """Likewise."""
        whole = self.table(name)
        return Columns.of_rows(whole.rows, whole.columns, wanted)

    def names(self) -> list[str]:
        """Likewise."""
        return ["", *self._words]

    def documents(self, kind: str) -> Mapping[str, str]:
        """Likewise."""
        study = Study(
            models=tuple(ModelSpec(name) for name in self.models),
            judge=ModelSpec("sim/judge"),
            dialogues=Dialogues(rounds=CHECKPOINTS[-1], scripts=tuple(script.name for script in self.scripts)),
            conditioning=Conditioning(checkpoints=CHECKPOINTS),
            judging=Judging(rounds=()),
            analysis=Analysis(primary=("knowledge",)),
        )
        written: dict[str, dict[str, object]] = {
            "study": {"study": study},
            "persona": {name: Persona(name, name, "somebody") for name in self.personas},
            "script": {script.name: script for script in self.scripts},
            "probe": {"fidelity": {"metrics": ("knowledge",)}},
        }
        return {name: msgspec.json.encode(body).decode() for name, body in written.get(kind, {}).items()}

    @cached_property
    def _tables(self) -> dict[str, Table]:
        answers: list[tuple[Any, ...]] = []
        verdicts: list[tuple[Any, ...]] = []
        for model, study in zip(self.models, self._studies, strict=True):
            for s, script in enumerate(self.scripts):
                for p, persona in enumerate(self.personas):
                    scores = self._scores.persona[study, p, s]
                    self._answers(answers, verdicts, (model, persona, script.name, 0), scores)
            for d in range(BASELINES):
                scores = self._scores.baseline[study, d]
                self._answers(answers, verdicts, (model, None, self.scripts[0].name, d), scores)
        return self._named(answers, verdicts)

    @staticmethod
    def _named(answers: list[tuple[Any, ...]], verdicts: list[tuple[Any, ...]]) -> dict[str, Table]:
        asked = ("checkpoint", "ask_persona", "ask_policy", "probe", "item", "answer_draw")
        return {
            "answers": Table((*_DIALOGUE, *asked, *_REPLY, "call"), answers),
            "answer_verdicts": Table(_VERDICT, verdicts),
        }

    def _answers(
        self,
        answers: list[tuple[Any, ...]],
        verdicts: list[tuple[Any, ...]],
        who: tuple[str, str | None, str, int],
        scores: Floats,
        checkpoints: Sequence[int] = CHECKPOINTS,
        again: int = 0,
    ) -> None:
        model, persona, script, draw = who
        dialogue = (self._id(model), self._id(persona), self._id(script), 0, self._id("plain"), draw)
        metric = METRICS["knowledge"]
        judge = self._id("knowledge"), self._id(metric.judge_title(ModelSpec("sim/judge")))
        for checkpoint, of_items in zip(checkpoints, scores, strict=True):
            if checkpoint == 0 and draw:
                continue  # before the dialogue all draws share their answers
            for item, of_item in enumerate(of_items):
                number = len(answers) + 1
                where = (
                    checkpoint,
                    self._id(persona),
                    self._id("plain"),
                    self._id("fidelity"),
                    self._id(f"i{item}"),
                    again,
                )
                answers.append((number, *dialogue, *where, 0, FINISHES.index("stop"), 0, 0, 0, number))
                judged_as = [persona] if persona else self.personas
                for name, score in zip(judged_as, np.atleast_1d(of_item), strict=True):
                    verdict = (
                        number,
                        *judge,
                        self._id(name),
                        0,
                        STATUSES.index("ok"),
                        0,
                        float(score),
                        0,
                        self._id("method"),
                        0,
                    )
                    verdicts.append(verdict)

    def _id(self, word: str | None) -> int:
        return 0 if word is None else self._words.setdefault(word, len(self._words) + 1)


_DIALOGUE = ("id", "model", "persona", "script", "ord", "policy", "draw")
_REPLY = ("reason", "finish", "empty", "marked", "copied")
_VERDICT = ("subject", "metric", "judge", "judged_as", "repeat", "status", "reason", "score", "label", "method", "part")
