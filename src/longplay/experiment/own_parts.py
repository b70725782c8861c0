"""What a study brings of its own, put where its other parts look for it. Knows no sending and no storing."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.experiment.rubric_files import read_rubrics
from longplay.judging import METRICS, bases
from longplay.judging.own_rubrics import rubric_metrics, shows_reference
from longplay.judging.scorers import Scorer, ScorerError, scorer_metric
from longplay.probes import PROBES
from longplay.probes.own import own_probe
from longplay.records import Item
from longplay.specs import ProbeSpec, RubricSpec, ScorerSpec, Study, StudyError, plain

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


def define(study: Study, where: str, folder: Path, sources: dict[str, str]) -> Study:
    """Make the study's own metrics and probes known to this call; the study with its rubrics as their files have them.
    `sources`: takes the files' hashes. Raises StudyError where a name is taken or a rubric cannot be used."""
    study = msgspec.structs.replace(study, rubrics=read_rubrics(study.rubrics, where, folder, sources))
    define_metrics(study.scorers, study.rubrics, where)
    named = set[str]()
    for spec in study.probes or ():
        if spec.name in named:
            raise StudyError(f"{where}: [probes] {plain(spec.name)!r} stands there twice; give each its own name.")
        named.add(spec.name)
        if spec.is_own:
            _check_probe(spec, f"{where}: [probes]")
            PROBES.define(spec.name, own_probe(spec, folder))
    return study


def unfit(metric: str, items: Iterable[Item]) -> str:
    """What the first of these items lacks that a declared scorer needs; "" where none lacks anything."""
    known = METRICS.get(metric)  # a rubric of several scores has none of its own name
    if known is None or not isinstance(rubric := known.rubric, Scorer):
        return ""
    found = ((item.id, rubric.lacks(item)) for item in items)
    return next((f"item {plain(name, 60)!r} {lacking}" for name, lacking in found if lacking), "")


def _check_probe(spec: ProbeSpec, place: str) -> None:
    _check_free(spec.name, PROBES.own, place)
    if not _NAME.fullmatch(spec.name):
        raise StudyError(f"{place} {plain(spec.name)!r}: name it with letters, digits, dots and hyphens.")
    if spec.metrics is UNSET or not spec.metrics:
        known = ", ".join(bases("answers"))
        raise StudyError(f"{place} {spec.name!r} needs metrics, which score its answers. Known: {known}.")


def define_metrics(scorers: Iterable[ScorerSpec], rubrics: Iterable[RubricSpec], where: str) -> None:
    """The metrics alone: a run that is opened has its items in its store."""
    try:
        found = [("scorers", (scorer_metric(spec),)) for spec in scorers]
    except ScorerError as fault:
        raise StudyError(f"{where}: [scorers] {fault}") from None
    found += [("rubrics", rubric_metrics(spec)) for spec in rubrics]
    named, taken = set[str](), METRICS.own.keys() | {metric.asked_by for metric in METRICS.own.values()}
    parts = tuple(f"{metric.base}-" for metric in METRICS.own.values() if metric.split is not None)  # `refusal-unsafe`
    for key, metrics in found:
        for name in dict.fromkeys((metrics[0].asked_by, *(metric.base for metric in metrics))):
            _check_free(name, taken, f"{where}: [{key}]")
            if name.startswith(parts):
                raise StudyError(f"{where}: [{key}] {name!r} is what tables call a part of a metric; use another name.")
            if name in named:
                raise StudyError(f"{where}: [{key}] {name!r} stands there twice; give each its own name.")
            named.add(name)
        for metric in metrics:
            METRICS.define(metric.base, metric)


def check_references(probes: Mapping[str, Sequence[Item]], names: Mapping[str, Sequence[str]], where: str) -> None:
    """Raises StudyError where a rubric shows the judge a reference and an item has none. `names`: by probe, the
    metrics that score its answers."""
    for probe, items in probes.items():
        for name in names.get(probe, ()):
            if name in METRICS and shows_reference(METRICS[name]):
                for item in items:
                    if item.reference is None:
                        fault = f"the item {plain(item.id, 60)!r} has no reference, which the rubric {name!r} shows"
                        raise StudyError(f"{where}: [probes] {plain(probe)!r}: {fault} the judge; give it one.")


def _check_free(name: str, table: Collection[str], place: str) -> None:
    if name in table:
        raise StudyError(f"{place} {plain(name)!r} is a name of longplay's own; give yours another.")
