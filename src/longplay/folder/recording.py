"""What a run's store records of its study, and what a run keeps from its beginning. Sends nothing."""

import json
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.experiment.experiment import Experiment
from longplay.folder.study_file import FolderError
from longplay.judging import EDITION, EDITIONS
from longplay.judging.likert import rates_by_kind
from longplay.judging.task_scorers import kept
from longplay.records import Item, Script
from longplay.specs import Persona, Prices, Study, fingerprint
from longplay.store import Reader, Store
from longplay.store.documents import JUDGED_LATE, JUDGING, item_name
from longplay.store.documents import documents as stored_documents
from longplay.version import __version__

RUBRICS = "rubrics"  # the meta key of the edition of our rubrics' words
PLUGIN = "plugin"  # documents: of each plug-in that the study names or has named, by group and name
TASK_SCORER = "task-scorer"  # documents: of each scorer of an Inspect task, by the metric's name
PRICES = "prices"  # documents: of each model that the study names or has named, by title
_HOW_SCORED = ("constraints", "passing", "failing", "accept", "refuse")
LIBRARIES = ("msgspec", "aiohttp", "numpy", "scipy", "pandas")


def as_begun(run: Path, experiment: Experiment) -> Experiment:
    """The experiment with what a run keeps from its beginning although a later longplay has it otherwise: the edition
    of our rubrics' words, how an item is scored, where the item has the same words, whether early texts are
    judged again among the last, and the neutral texts, whose length goes by the personas of then.

    Raises FolderError where a later longplay began the run with rubrics that this one does not know.
    """
    with Reader.open(run) as reader:
        edition = reader.meta().get(RUBRICS, str(EDITION))
        items = reader.documents("item")
        told = stored_documents(reader, "neutral", Persona)
        late = not reader.documents("study") or JUDGED_LATE in reader.documents(JUDGING)
    if edition not in map(str, EDITIONS):
        raise FolderError(f"{run}: is judged by rubrics of a later longplay (edition {edition}). Use that longplay.")
    probes = {
        probe: tuple(_as_scored(item, items.get(item_name(probe, item.id))) for item in _as_asked(found, int(edition)))
        for probe, found in experiment.probes.items()
    }
    neutral = {name: told.get(name, speaker) for name, speaker in experiment.neutral.items()}
    return msgspec.structs.replace(experiment, probes=probes, edition=int(edition), late=late, neutral=neutral)


def _as_asked(items: Iterable[Item], edition: int) -> Iterator[Item]:
    """Items as a run of an edition asks them: before kinds were told apart, all that had been written for everybody."""
    for item in items:
        if item.for_kind is UNSET or rates_by_kind(edition):
            yield item
        elif item.for_kind == "fictional":
            yield msgspec.structs.replace(item, for_kind=UNSET)


def _as_scored(item: Item, stored: str | None) -> Item:
    try:
        begun = msgspec.json.decode(stored or "null", type=Item | None)
    except msgspec.MsgspecError:
        return item
    scored = {name: getattr(item, name) for name in _HOW_SCORED}
    if begun is None or msgspec.structs.replace(begun, **scored) != item:
        return item
    return begun


def record(store: Store, run: Path, experiment: Experiment) -> None:
    """Keep in the store of `run` what explains it: study, personas, scripts, items, versions, hashes of files, and of
    the analysis part with which it began; and which sets of verdicts count from now on.

    Raises FolderError, with nothing written, where a persona, script or item had other words when the run began.
    """
    documents = _documents(experiment)
    with Reader.open(run) as reader:
        kinds = dict.fromkeys(kind for kind, _ in documents)
        old = {(kind, name): body for kind in kinds for name, body in reader.documents(kind).items()}
        begun = reader.meta()
    for (kind, name), body in documents.items():
        if kind in ("persona", "neutral", "script", "item") and not goes_on(kind, old.get((kind, name), body), body):
            raise FolderError(
                f"the {kind} {name!r} has changed since this run began. Give the new one another name, "
                "put the old one back, or start a new run with --into."
            )
    changed: dict[str, dict[str, str]] = {}
    for (kind, name), body in documents.items():
        if old.get((kind, name)) != body:
            changed.setdefault(kind, {})[name] = body
    for kind, bodies in changed.items():
        store.set_documents(kind, bodies)
    store.set_current(list(experiment.verdict_sets.values()), list(experiment.judges))
    store.set_meta("sources", json.dumps(experiment.sources, sort_keys=True))
    store.set_meta("versions", json.dumps(_versions() | experiment.study.plugins))
    store.set_meta(RUBRICS, str(experiment.edition))
    if "analysis_hash" not in begun:
        store.set_meta("analysis_hash", analysis_hash(experiment.study))


def goes_on(kind: str, begun: str, now: str) -> bool:
    """Whether a run that holds one document of a persona, script or item may go on with another: one of an earlier
    version lacks what it could not have."""
    if begun == now:
        return True
    try:
        if kind == "item":
            return msgspec.json.decode(begun, type=Item) == msgspec.json.decode(now, type=Item)
        if kind == "script":
            return msgspec.json.decode(begun, type=Script) == msgspec.json.decode(now, type=Script)
        return msgspec.json.decode(now, type=Persona).continues(msgspec.json.decode(begun, type=Persona))
    except msgspec.MsgspecError:
        return False


def _documents(experiment: Experiment) -> dict[tuple[str, str], str]:
    documents: dict[tuple[str, str], object] = {("study", "study"): experiment.study}
    documents |= {("persona", name): persona for name, persona in experiment.personas.items()}
    documents |= {("neutral", name): speaker for name, speaker in experiment.neutral.items()}
    documents |= {("script", name): script for name, script in experiment.scripts.items()}
    documents |= {("probe", name): {"metrics": experiment.scored_by[name]} for name in experiment.probes}
    documents |= {("trait-labels", name): found for name, found in experiment.labels.items()}
    documents |= {("item", item_name(probe, name)): item for (probe, name), item in experiment.items.items()}
    priced = experiment.study.roles
    documents |= {(PRICES, spec.title): spec.prices for _, spec in priced if spec.prices is not None}
    documents |= {(PLUGIN, f"{used.group} {used.name}"): used for used in experiment.plugins}
    documents |= {(JUDGING, JUDGED_LATE): {}} if experiment.late and not experiment.judges_at_random else {}
    scorers = ((name, kept(experiment.metrics[name])) for names in experiment.scored_by.values() for name in names)
    documents |= {(TASK_SCORER, name): scorer for name, scorer in scorers if scorer is not None}
    documents |= {("mark", name): {"note": note} for name, note in experiment.notes.items()}
    return {place: msgspec.json.encode(value, order="deterministic").decode() for place, value in documents.items()}


@cache  # looking them up takes 10 ms
def _versions() -> dict[str, str]:
    found = {"longplay": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = installed(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def prices(reader: Reader) -> dict[str, Prices]:
    """Prices by the model's title, also of those that the study no longer names."""
    found = reader.documents(PRICES).items()
    return {title: msgspec.json.decode(body, type=Prices) for title, body in found}


def analysis_hash(study: Study) -> str:
    """The fingerprint by which a later change of the analysis part is noticed."""
    return fingerprint(study.analysis)
