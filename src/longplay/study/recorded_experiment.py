"""The experiment of a run as its store recorded it, without the files it was made from. Knows no texts of models."""

from pathlib import Path

import msgspec

from longplay.battery import recorded_neutral
from longplay.experiment import Experiment
from longplay.experiment.own_parts import define_metrics
from longplay.folder import analysis_hash
from longplay.folder.ended_dialogues import with_ended
from longplay.folder.recording import PLUGIN, RUBRICS, TASK_SCORER
from longplay.imports.stored_dialogues import imported_of
from longplay.judging import EDITION, EDITIONS, METRICS
from longplay.judging.task_scorers import KeptScorer
from longplay.plugged import Used
from longplay.records import Item, Script
from longplay.specs import LongplayError, Persona, Study
from longplay.store import Reader
from longplay.store.documents import documents
from longplay.store.documents import items as stored_items
from longplay.study.plugging import brought_again

PLUGINS = "plugins"  # the note on plug-ins that the run had and that are not here


class RunError(LongplayError):
    """A run folder that holds no such thing, or cannot be understood; the message says what there is."""


class _Probe(msgspec.Struct, frozen=True):
    metrics: tuple[str, ...] = ()


class _Mark(msgspec.Struct, frozen=True):
    note: str


def recorded(reader: Reader) -> Experiment:
    """What the run plays, asks and judges. Raises RunError where the run holds no study,
    StoreError where this version cannot read it."""
    study = documents(reader, "study", Study).get("study")
    if study is None:
        raise RunError("the run holds no study yet. Start it with `longplay run STUDY --into RUN`.")
    items: dict[str, list[Item]] = {}
    for (probe, _), item in stored_items(reader).items():
        items.setdefault(probe, []).append(item)
    scripts = documents(reader, "script", Script)
    imported = imported_of(reader, Path()) if study.dialogues.imported else None
    used = tuple(documents(reader, PLUGIN, Used).values())
    notes = {name: mark.note for name, mark in documents(reader, "mark", _Mark).items()}
    absent = "; ".join(brought_again(used))
    for name, scorer in documents(reader, TASK_SCORER, KeptScorer).items():
        if name not in METRICS:
            METRICS.define(name, scorer.metric(name))
    define_metrics(study.scorers, study.rubrics, "the run's study")
    experiment = Experiment(
        study=study,
        personas=documents(reader, "persona", Persona),
        neutral=recorded_neutral(study, documents(reader, "neutral", Persona)),
        scripts={name: scripts[name] for name in study.dialogues.scripts if name in scripts},
        probes={probe: tuple(found) for probe, found in items.items()},
        sources={},
        imported=imported,
        notes=notes | ({PLUGINS: absent} if absent else {}),
        plugins=used,
        edition=_edition(reader),
        recorded_metrics={name: probe.metrics for name, probe in documents(reader, "probe", _Probe).items()},
    )
    return with_ended(experiment, reader)


def _edition(reader: Reader) -> int:
    """Of the words of our rubrics, as the run has it; of one that this version does not know, this version's."""
    kept = reader.meta().get(RUBRICS, "")
    return int(kept) if kept in map(str, EDITIONS) else EDITION


def changed_after_data(reader: Reader, experiment: Experiment) -> bool:
    """Whether the study's [analysis] part is not the one that the run began with."""
    return reader.meta().get("analysis_hash", "") not in ("", analysis_hash(experiment.study))
