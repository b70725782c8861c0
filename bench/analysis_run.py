"""A run of the paper's shape and size written straight into a database, so that analysing it can be timed.

Scores are drawn around planted persona and checkpoint effects; texts are one word each. Measures nothing itself.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np

from longplay.experiment import Experiment
from longplay.experiment.workload import answer_text
from longplay.judging import METRICS
from longplay.judging.metric import Metric
from longplay.judging.owed import Text, judged_as
from longplay.probes import PROBES, Probe
from longplay.records import ROUNDS, Item
from longplay.specs import ModelSpec
from longplay.store import Store
from longplay.store.schema import CURRENT, JUDGE_CODES, KIND_CODES
from paper_shape import SIZES, Shape

# What judges the answers of each probe. The rounds have knowledge, style, in-character.
VERDICTS: Mapping[str, tuple[str, ...]] = {
    "shape-ifbench": ("follow-loose", "follow-strict"),
    "shape-bfi": ("trait", "knowledge", "style", "in-character"),
    "shape-xstest": ("refusal",),
    "shape-general": ("general-win", "knowledge"),
    "shape-role": ("role-win",),
}
LABELS = {"refusal": ("full", "partial", "none")}
TOKENS = 560


class Rows(msgspec.Struct):
    """How many rows the tables of a run have; `answers` counts those paid for."""

    rounds: int = 0
    answers: int = 0
    round_verdicts: int = 0
    answer_verdicts: int = 0


class _Words:
    """Numbers of names, as the store gives them out."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __getitem__(self, word: str | None) -> int:
        return 0 if word is None else self.known.setdefault(word, len(self.known) + 1)


def write_run(folder: Path, models: int, scale: float, seed: int) -> Rows:
    """A complete run of so many models and of this share of the paper's items."""
    experiment = _experiment(models, scale)
    with Store.open(folder) as store:
        for kind, name, value in _documents(experiment):
            store.set_document(kind, name, msgspec.json.encode(value).decode())
    rows = Rows()
    with closing(sqlite3.connect(folder / "run.sqlite")) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        _Filling(connection, experiment, np.random.default_rng(seed), rows).fill()
        connection.commit()
    return rows


def _experiment(models: int, scale: float) -> Experiment:
    made = Shape(scale=scale, judged=True).experiment()
    for name, metrics in VERDICTS.items():
        PROBES[name] = Probe(name, name, metrics, lambda: ())
    named = tuple(ModelSpec("sim/speaker", label=f"model-{number}") for number in range(models))
    probes = {name: tuple(_varied(name, i, item) for i, item in enumerate(made.probes[name])) for name in SIZES}
    study = msgspec.structs.replace(made.study, models=named)
    return msgspec.structs.replace(made, study=study, probes=probes)


def _varied(probe: str, number: int, item: Item) -> Item:
    """Items with the labels and dimensions of the real sets."""
    dimensions = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
    label = ("safe" if number % 9 < 5 else "unsafe") if probe == "shape-xstest" else None
    dimension = dimensions[number % 5] if probe == "shape-bfi" else None
    return msgspec.structs.replace(item, text="?", label=label, dimension=dimension)


def _documents(experiment: Experiment) -> Iterator[tuple[str, str, object]]:
    yield "study", "study", experiment.study
    yield from (("persona", name, persona) for name, persona in experiment.personas.items())
    yield from (("script", name, script) for name, script in experiment.scripts.items())
    yield from (("probe", name, {"metrics": PROBES[name].metrics}) for name in experiment.probes)
    yield from (("item", f"{probe}/{name}", item) for (probe, name), item in experiment.items.items())


class _Filling:
    """Rows of all tables, with numbers given out in order."""

    def __init__(self, connection: sqlite3.Connection, experiment: Experiment, rng: np.random.Generator, rows: Rows):
        self.connection, self.experiment, self.rng, self.rows = connection, experiment, rng, rows
        self.words, self.calls, self.subjects = _Words(), itertools.count(1), {"round": 0, "answer": 0}
        self.sets: dict[str, int] = {}
        self.conditions, self.before = itertools.count(1), dict[tuple[object, ...], int]()
        self.metrics = {name: METRICS[name] for name in (*experiment.study.judging.rounds, *sum(VERDICTS.values(), ()))}

    def fill(self) -> None:
        """Every dialogue with its rounds, answers and verdicts."""
        keys = list(self.experiment.dialogues())
        rows = [
            (
                *map(self.words.__getitem__, (key.model, key.persona, key.script)),
                key.order,
                self.words[key.policy],
                key.draw,
            )
            for key in keys
        ]
        self._many(
            "dialogues(id, model, persona, script, ord, policy, draw)", [(i, *row) for i, row in enumerate(rows, 1)]
        )
        self._many("texts(id, digest, body)", [(1, b"?", "?")])
        for number, key in enumerate(keys, 1):
            self._play(number, key.model, key.persona)
            for checkpoint in self.experiment.study.checkpoints if key.order == 0 else ():
                self._ask(number, key.model, key.persona, checkpoint)
        self._many("names(id, name)", [(number, word) for word, number in self.words.known.items()])

    def _many(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * (table.count(",") + 1))
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _call(self, model: str, prompt: int) -> tuple[object, ...]:
        number = next(self.calls)
        usage = (prompt, prompt, TOKENS, None)
        call = (number, number.to_bytes(16), KIND_CODES["turn"], self.words[model], 0, 1, 0)
        return (*call, *usage, 1, 0.1, 0, 0, 0, 0, 0, "So.")

    def _put_calls(self, rows: list[tuple[object, ...]]) -> None:
        usage, said = "prompt, cached, completion, written", "marked, ending, served_by, fingerprint"
        columns = f"id, key, kind, model, reason, finish, empty, {usage}, attempts, latency_s, at, {said}, text"
        self._many(f"calls({columns})", rows)

    def _play(self, dialogue: int, model: str, persona: str | None) -> None:
        rounds = self.experiment.study.dialogues.rounds
        calls = [self._call(model, TOKENS * number) for number in range(rounds)]
        first = self.subjects["round"] + 1
        self.subjects["round"] += rounds
        self.rows.rounds += rounds
        self._put_calls(calls)
        rows = [(first + i, dialogue, i + 1, 1, calls[i][0], 0, 0, 0) for i in range(rounds)]
        self._many("rounds(id, dialogue, round, user, call, reason, steps, copied)", rows)
        places = np.linspace(0, 1, rounds)
        for metric in self.experiment.study.judging.rounds:
            for seen in judged_as(METRICS[metric], Text(ROUNDS, persona, persona), self.experiment.panel.personas):
                self._judge(0, np.arange(first, first + rounds), self.metrics[metric], seen, places)
                self.rows.round_verdicts += rounds

    def _ask(self, dialogue: int, model: str, persona: str | None, checkpoint: int) -> None:
        condition, asked = next(self.conditions), self.experiment.asked(persona)
        where = (condition, dialogue, checkpoint, self.words[persona], self.words["plain"])
        self._many("conditions(id, dialogue, checkpoint, ask_persona, ask_policy)", [where])
        first = self.before.get((model, persona)) if checkpoint == 0 else None
        if first is None:
            calls = [self._call(model, TOKENS * (checkpoint + 1)) for _ in asked]
            self._put_calls(calls)
            first = int(str(calls[0][0]))
            self.rows.answers += len(asked)
            if checkpoint == 0:
                self.before[model, persona] = first
        start = self.subjects["answer"] + 1
        self.subjects["answer"] += len(asked)
        rows = [
            (start + i, condition, self.words[probe], self.words[item.id], 0, first + i, 0, 0, 0)
            for i, (probe, item) in enumerate(asked)
        ]
        self._many("answers(id, condition, probe, item, draw, call, reason, steps, copied)", rows)
        self._judge_answers(persona, checkpoint, start)

    def _judge_answers(self, persona: str | None, checkpoint: int, start: int) -> None:
        wanted: dict[tuple[str, str | None], list[int]] = {}
        for place, (probe, item) in enumerate(self.experiment.asked(persona)):
            text = answer_text(self.experiment, probe, item, persona, first=False)
            for metric in VERDICTS[probe]:
                for seen in judged_as(METRICS[metric], text, self.experiment.panel.personas):
                    wanted.setdefault((metric, seen), []).append(start + place)
        how_far = checkpoint / self.experiment.study.dialogues.rounds
        for (metric, seen), subjects in wanted.items():
            self._judge(1, np.array(subjects), self.metrics[metric], seen, np.full(len(subjects), how_far))
            self.rows.answer_verdicts += len(subjects)

    def _judge(self, kind: int, subjects: np.ndarray, metric: Metric, seen: str | None, places: np.ndarray) -> None:
        """Scores that fall along the dialogue, on the metric's scale; one in a hundred is missing."""
        low, high = metric.lowest, metric.highest
        level = low + (high - low) * np.clip(0.8 - 0.4 * places + 0.25 * self.rng.standard_normal(len(subjects)), 0, 1)
        score = np.round(level) if high - low > 1 else (level > (low + high) / 2).astype(float)
        gone = self.rng.random(len(subjects)) < 0.01
        labels = LABELS.get(metric.name)
        judge = metric.judge_title(self.experiment.study.judge)
        about = (self._set(metric.name, judge, metric.version, verified=metric.verified), self.words[seen], 0, 0)
        rows = [
            (
                *(kind, int(subject), *about),
                *(
                    (2, 4, None, 0)
                    if lost
                    else (0, 0, float(one), self.words[labels[0 if one else 2]] if labels else 0)
                ),
                1,
            )
            for subject, one, lost in zip(subjects, score, gone, strict=True)
        ]
        columns = "kind, subject, set_id, judged_as, part, repeat, status, reason, score, label, steps"
        self._many(f"verdicts({columns})", rows)

    def _set(self, metric: str, judge: str, method: str, *, verified: bool) -> int:
        """The id of a set of verdicts."""
        number = self.sets.get(metric)
        if number is None:
            number = self.sets[metric] = len(self.sets) + 1
            kind = JUDGE_CODES["program" if verified else "model"]
            row = (number, self.words[metric], self.words[judge], self.words[method], kind, CURRENT)
            self._many("sets(id, metric, judge, method, judge_kind, state)", [row])
        return number
