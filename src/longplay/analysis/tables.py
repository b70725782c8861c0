"""A run's tables as pandas frames: names as categoricals, nothing joined, nothing averaged. Knows no SQL, no models."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import pandas as pd

from longplay.analysis.earlier_samples import read_sample
from longplay.analysis.frames import Frame, Table
from longplay.analysis.people import Text, said_by_people
from longplay.analysis.quantities import CHOICES
from longplay.battery import recorded_neutral
from longplay.judging import METRICS
from longplay.judging.quantities import by_name, metric_name
from longplay.plugged import Used
from longplay.records import DialogueKey, Item, Labels, LabelSample, Quantity, Script
from longplay.specs import LongplayError, Persona, Study
from longplay.store.documents import ENDED_BY_USER, JUDGED_LATE, JUDGING, EndedByUser, documents
from longplay.store.documents import items as stored_items
from longplay.store.schema import FINISHES
from longplay.store.tables import NAMED

DIALOGUE = ("model", "persona", "script", "ord", "policy", "draw")
_FLAGS = ("finish", "empty", "marked", "copied")
_VERDICT = ("subject", "metric", "judge", "judged_as", "repeat", "status", "reason", "score", "label", "method", "part")
_COLUMNS = {
    "rounds": ("id", *DIALOGUE, "round", "reason", *_FLAGS, "prompt", "completion"),
    "answers": (
        *("id", *DIALOGUE, "checkpoint", "ask_persona", "ask_policy", "probe", "item", "answer_draw"),
        *("reason", *_FLAGS, "call"),
    ),
    "repeats": ("model", "script", "checkpoint", "reason", "repeat_reason", "same", "call", "again"),
    "round_verdicts": _VERDICT,
    "answer_verdicts": _VERDICT,
}
_MAY_BE_NULL = frozenset(("call", "score", "prompt", "completion"))


class AnalysisError(LongplayError):
    """A run that cannot be analysed; the message says what to do."""


class Columns(Protocol):
    """Columns of integers by name, as a store gives them; `floats`: one that may hold none, as floats with NaN."""

    @property
    def numbers(self) -> Mapping[str, np.ndarray[Any, Any]]: ...
    def floats(self, name: str) -> np.ndarray[Any, Any]: ...


class Reader(Protocol):
    """What is asked of a store: its tables, the names by the integers that stand for them, the run's documents."""

    def table(self, name: str) -> Table: ...
    def columns(self, name: str, wanted: Sequence[str]) -> Columns: ...
    def names(self) -> Sequence[str]: ...
    def documents(self, kind: str) -> Mapping[str, str]: ...


class Names(msgspec.Struct, frozen=True, eq=False):
    """The categories shared by every named column, and the category of each integer of the store (-1 = none).

    The words of the study's documents and of the metrics are among them, also where no row holds them yet.
    """

    dtype: pd.CategoricalDtype
    codes: np.ndarray[Any, np.dtype[np.int32]]
    ranks: dict[str, int]

    def code(self, name: str | None) -> int:
        """The category code of a name; -1 for None. Raises KeyError for a name that nothing in the run says."""
        return -1 if name is None else self.ranks[name]


class Tables(msgspec.Struct, frozen=True, eq=False):
    """A run as frames. Named columns are categoricals of one dtype, NaN = none; `reason` 0 = obtained, else 1 + index
    in REASONS; `flagged` = the reply was empty, cut, marked or copied; `items` by (probe, id). `repeats`: answers asked
    for again, `same` = the text was the same, `again` = the call that repeated `call`. `trait_labels`: levels of
    personas by the set that the study chose; `mark`: what results in the paper's form must say. `samples`: drawn for
    people to label; `labels`: what came back by labeller; `people`: what they said of each text, by judge. `ended`:
    which dialogues users ended early, and after how many rounds. `plugged`: metrics that plug-ins brought.
    `judged_late`: whether early texts of the noise sample were judged again among the last. `neutral`: speakers with a
    system message that gives no persona."""

    study: Study
    personas: dict[str, Persona]
    scripts: dict[str, Script]
    items: dict[tuple[str, str], Item]
    metrics: dict[str, tuple[str, ...]]
    names: Names
    rounds: Frame
    answers: Frame
    repeats: Frame
    round_verdicts: Frame
    answer_verdicts: Frame
    trait_labels: dict[str, dict[str, float]] = {}
    mark: str = ""
    samples: dict[str, LabelSample] = {}
    labels: dict[str, Labels] = {}
    people: dict[str, dict[Text, str]] = {}
    ended: dict[DialogueKey, int] = {}
    plugged: frozenset[str] = frozenset()
    judged_late: bool = False
    neutral: dict[str, Persona] = {}


class _ProbeDocument(msgspec.Struct, frozen=True):
    metrics: tuple[str, ...]


class _MarkDocument(msgspec.Struct, frozen=True):
    note: str = ""


def read_tables(reader: Reader) -> Tables:
    """Everything that the analyses need of a run. Raises AnalysisError where the run holds no study,
    StoreError where a document cannot be read."""
    studies = documents(reader, "study", Study)
    if "study" not in studies:
        raise AnalysisError("the run holds no study; start it with `longplay run STUDY --into RUN`.")
    personas = documents(reader, "persona", Persona)
    neutral = recorded_neutral(studies["study"], documents(reader, "neutral", Persona))
    items = stored_items(reader)
    probes = documents(reader, "probe", _ProbeDocument)
    columns = {name: _columns(reader.columns(name, wanted)) for name, wanted in _COLUMNS.items()}
    judges = (metric.judge_title(judge) for metric in METRICS.values() for judge in studies["study"].judges)
    in_items = (word for item in items.values() for word in (item.id, item.persona) if word)
    known = {*METRICS, *CHOICES, *judges, *personas, *neutral, *probes, *in_items, *_planned(studies["study"])}
    by_people = reader.table("people_verdicts")
    words = reader.names()  # after the tables: a growing run only ever adds names
    names = _names(words, known)
    plugged = frozenset(one.name for one in documents(reader, "plugin", Used).values())
    every = _samples(reader, studies["study"], quantities_of(items.values()))
    samples = {name: _of_metrics_here(sample, plugged) for name, sample in every.items()}
    labels = documents(reader, "labels", Labels)
    frames = {name: _frame(found, names) for name, found in columns.items()}
    return Tables(
        study=studies["study"],
        personas=personas,
        scripts=documents(reader, "script", Script),
        items=items,
        metrics={name: probe.metrics for name, probe in probes.items()},
        names=names,
        rounds=_flag(frames["rounds"]),
        answers=_flag(frames["answers"]),
        repeats=frames["repeats"],
        round_verdicts=frames["round_verdicts"],
        answer_verdicts=frames["answer_verdicts"],
        trait_labels=_labels(reader, studies["study"]),
        mark=documents(reader, "mark", _MarkDocument).get("paper", _MarkDocument()).note,
        samples=samples,
        labels=labels,
        people=said_by_people(by_people, words, samples, labels),
        judged_late=JUDGED_LATE in reader.documents(JUDGING),
        ended={one.dialogue: one.rounds for one in documents(reader, ENDED_BY_USER, EndedByUser).values()},
        plugged=plugged,
        neutral=neutral,
    )


def _planned(study: Study) -> Iterator[str]:
    """What dialogues may be named by that nobody has played yet."""
    yield from (model.title for model in study.models)
    yield from (*study.dialogues.scripts, study.dialogues.policy, *study.conditioning.policies)


def quantities_of(items: Iterable[Item]) -> dict[str, Quantity]:
    """What a run with these items can give, by the names that a study's file has for it."""
    every = list(items)
    labels, dimensions = {item.label for item in every}, {item.dimension for item in every}
    return by_name({one for one in labels if one}, {one for one in dimensions if one})


def _samples(reader: Reader, study: Study, named: Mapping[str, Quantity]) -> dict[str, LabelSample]:
    try:
        return {name: read_sample(body, study, named) for name, body in sorted(reader.documents("sample").items())}
    except msgspec.DecodeError as error:
        raise AnalysisError(f"a sample drawn for labelling cannot be read: {error}. Draw it again.") from None


def _of_metrics_here(sample: LabelSample, plugged: Collection[str]) -> LabelSample:
    """A sample without what was drawn by a plug-in's metric that is not here: nobody knows its scale."""
    names = {arm: metric_name(arm.quantity) for arm in sample.arms}
    arms = tuple(arm for arm, name in names.items() if name in METRICS or name not in plugged)
    return msgspec.structs.replace(sample, arms=arms)


def _labels(reader: Reader, study: Study) -> dict[str, dict[str, float]]:
    """Levels of the set that the study chose, by persona. Raises AnalysisError where the run did not record it."""
    chosen = study.analysis.bfi_labels
    if chosen in (None, "none"):
        return {}
    sets = documents(reader, "trait-labels", dict[str, dict[str, float]])
    if chosen not in sets:
        known = ", ".join(sets) or "none"
        raise AnalysisError(
            f"the run recorded no labels {chosen!r} ([analysis] bfi_labels), but: {known}. Run it again."
        )
    return sets[chosen]


def _names(names: Sequence[str], known: set[str]) -> Names:
    ordered = sorted({*names[1:], *known})
    rank = {name: i for i, name in enumerate(ordered)}
    codes = np.array([-1, *(rank[name] for name in names[1:])], dtype=np.int32)
    return Names(pd.CategoricalDtype(pd.Index(ordered, dtype="str")), codes, rank)


def _columns(found: Columns) -> dict[str, np.ndarray[Any, Any]]:
    return {name: found.floats(name) if name in _MAY_BE_NULL else one for name, one in found.numbers.items()}


def _frame(columns: dict[str, np.ndarray[Any, Any]], names: Names) -> Frame:
    return pd.DataFrame(
        {
            name: pd.Categorical.from_codes(names.codes[numbers], dtype=names.dtype) if name in NAMED else numbers
            for name, numbers in columns.items()
        },
        copy=False,
    )


def _flag(frame: Frame) -> Frame:
    flagged = frame["finish"] == FINISHES.index("length")
    for name in ("empty", "marked", "copied"):
        flagged |= frame[name] == 1
    return frame.assign(flagged=flagged & (frame["reason"] == 0))
