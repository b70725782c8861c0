"""The run folder: what it holds, what may change between two runs into it, and what may not. Sends nothing."""

import contextlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import msgspec

from longplay.files import advice_on, write_whole
from longplay.judging import EDITION, EDITIONS
from longplay.pipeline.experiment import Experiment
from longplay.records import Item, Role, Script
from longplay.specs import (
    LongplayError,
    ModelSpec,
    Persona,
    Prices,
    RoleKind,
    Study,
    StudyError,
    changes,
    fingerprint,
    stored_study,
)
from longplay.store import NotBegun, Reader, Store
from longplay.store.documents import item_name
from longplay.version import __version__

STUDY = "study.toml"
RUBRICS = "rubrics"  # the meta key of the edition of our rubrics' words
DATABASE = "run.sqlite"
PRICES = "prices"  # documents: of each model that the study names or has named, by title
# What may change at any time: it decides no reply.
FREE = ("title", "budget", "analysis")
# What imported dialogues decide by themselves.
THEIRS = ("scripts", "orders", "rounds", "draws", "baseline_draws", "baseline")
FREE_OF_MODEL = (
    "base_url",
    "base_urls",
    "api_key_env",
    "concurrency",
    "timeout_s",
    "attempts",
    "prices",
    "context_window",
    "cache_tokens",
    "cache",
    "requests_per_minute",
    "tokens_per_minute",
    "cache_salt",
    "prompt_cache_key",
    "finish",  # these two decide which replies are believed, not what they say
    "endings",
    "empty_turn",  # decides only what follows an empty reply, which a server that needs it has refused
)
_HOW_SCORED = ("constraints", "passing", "failing")
LIBRARIES = ("msgspec", "aiohttp", "numpy", "scipy", "pandas")


class FolderError(LongplayError):
    """A run folder that does not fit the study; the message says what differs and what to do."""


def kept_study(run: Path) -> Study | None:
    """The study with which a run began or last went on; None where the folder holds no run, or it cannot be read."""
    with contextlib.suppress(StudyError):
        return stored_study(run / STUDY) if (run / DATABASE).exists() else None
    return None


def check_folder(run: Path, study: Study, *, extend: bool) -> None:
    """Refuse a run folder of another study. `extend` allows more of the same, never other replies in old places."""
    path = run / STUDY
    if not path.exists():
        if (run / DATABASE).exists():
            raise FolderError(
                f"{run}: holds {DATABASE} but no {STUDY}. If an import was interrupted, give the same import again; "
                "else put the file back or name another folder."
            )
        return
    old = _unheard(stored_study(path), study, run)
    found = changes(_decisive(old), _decisive(study))
    if not found:
        return
    what = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
    fixed = _fixed(old, study)
    if fixed:
        raise FolderError(f"{run}: {fixed} cannot change within a run ({what}). Start a new one with --into.")
    if not extend:
        raise FolderError(f"{run}: the study has changed: {what}. Add --extend to go on, or name another folder.")


def _unheard(old: Study, new: Study, run: Path) -> Study:
    """The old study with the new settings of models that no reply was kept of: theirs decided nothing. Where only the
    baseline's replies were kept, whose prompts have no system message, its role decided nothing."""
    kept: set[str] = set()
    told: set[str] = set()
    with contextlib.suppress(NotBegun), Reader.open(run) as reader:
        kept, told = {one.model for one in reader.replied()}, reader.told_who_to_be()
    elsewhere = {spec.title for kind, spec in old.roles if kind != "model"}

    def heard(model: ModelSpec, now: ModelSpec | None) -> ModelSpec:
        now = now or model
        if model.imported or model.title not in kept:
            return model if model.imported else now
        free = model.title not in told and model.title not in elsewhere and model.preamble is None
        return msgspec.structs.replace(model, system_role=now.system_role) if free else model

    return _with_roles(old, {role: heard(spec, _roles(new).get(role)) for role, spec in _roles(old).items()})


def _roles(study: Study) -> dict[Role, ModelSpec]:
    return {Role(kind, spec.title): spec for kind, spec in study.roles}


def _with_roles(study: Study, specs: Mapping[Role, ModelSpec]) -> Study:
    """The study with these settings of its models."""

    def of(kind: RoleKind) -> tuple[ModelSpec, ...]:
        return tuple(specs[Role(kind, spec.title)] for known, spec in study.roles if known == kind)

    judge, *further = of("judge")
    return msgspec.structs.replace(
        study, models=of("model"), judge=judge, further_judges=tuple(further), users=of("user"), helpers=of("helper")
    )


def _decisive(study: Study) -> Study:
    """The study without what may change at any time."""
    blank = Study(models=study.models, judge=study.judge)
    study = msgspec.structs.replace(study, **{name: getattr(blank, name) for name in FREE})
    if study.dialogues.imported:  # how much there is, the imported dialogues say
        theirs = {name: getattr(blank.dialogues, name) for name in THEIRS}
        study = msgspec.structs.replace(study, dialogues=msgspec.structs.replace(study.dialogues, **theirs))
    return _with_roles(study, {role: _plain(spec) for role, spec in _roles(study).items()})


def _plain(model: ModelSpec) -> ModelSpec:
    blank = ModelSpec(name=model.name)
    return msgspec.structs.replace(model, **{name: getattr(blank, name) for name in FREE_OF_MODEL})


def _fixed(old: Study, new: Study) -> str | None:
    """The first thing whose change would put other replies in the places of old ones."""
    if old.seed != new.seed:
        return "seed"
    old, new = _decisive(old), _decisive(new)
    for name in ("imported", "rounds", "policy"):
        if getattr(old.dialogues, name) != getattr(new.dialogues, name):
            return f"dialogues.{name}"
    if old.judging.strip_answers != new.judging.strip_answers:
        return "judging.strip_answers"
    # one that was only a name in imported texts has answered nothing yet; another judge judges anew
    before = {role: spec for role, spec in _roles(old).items() if not spec.imported and role.kind != "judge"}
    for role, spec in _roles(new).items():
        if before.get(role, spec) != spec:
            return f"the {role.kind} {role.name}"
    for kind, (was, now) in {"user": (old.users, new.users), "helper": (old.helpers, new.helpers)}.items():
        if was and [spec.title for spec in was[:1]] != [spec.title for spec in now[:1]]:
            return f"the first {kind}"
    return None


def write_study(run: Path, text: str) -> None:
    """RUN/study.toml as used, written whole or not at all. Raises FolderError where it cannot be written."""
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(run / STUDY, text)
    except OSError as error:
        raise FolderError(f"{run / STUDY}: cannot be written ({error.strerror}). {advice_on(error)}.") from None


def as_begun(run: Path, experiment: Experiment) -> Experiment:
    """The experiment with what a run keeps from its beginning although a later longplay has it otherwise: the edition
    of our rubrics' words, and how an item is scored, where the item has the same words.

    Raises FolderError where a later longplay began the run with rubrics that this one does not know.
    """
    with Reader.open(run) as reader:
        edition = reader.meta().get(RUBRICS, str(EDITION))
        items = reader.documents("item")
    if edition not in map(str, EDITIONS):
        raise FolderError(f"{run}: is judged by rubrics of a later longplay (edition {edition}). Use that longplay.")
    probes = {
        probe: tuple(_as_scored(item, items.get(item_name(probe, item.id))) for item in found)
        for probe, found in experiment.probes.items()
    }
    return msgspec.structs.replace(experiment, probes=probes, edition=int(edition))


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
        if kind in ("persona", "script", "item") and not goes_on(kind, old.get((kind, name), body), body):
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
    store.set_meta("versions", json.dumps(_versions()))
    store.set_meta(RUBRICS, str(experiment.edition))
    if "analysis_hash" not in begun:
        store.set_meta("analysis_hash", analysis_hash(experiment.study))


def goes_on(kind: str, begun: str, now: str) -> bool:
    """Whether a run that holds one document of a persona, script or item may go on with another: one of an earlier
    version lacks what it could not have."""
    if kind == "item" or begun == now:
        return begun == now
    try:
        if kind == "script":
            return msgspec.json.decode(begun, type=Script) == msgspec.json.decode(now, type=Script)
        return msgspec.json.decode(now, type=Persona).continues(msgspec.json.decode(begun, type=Persona))
    except msgspec.MsgspecError:
        return False


def _documents(experiment: Experiment) -> dict[tuple[str, str], str]:
    documents: dict[tuple[str, str], object] = {("study", "study"): experiment.study}
    documents |= {("persona", name): persona for name, persona in experiment.personas.items()}
    documents |= {("script", name): script for name, script in experiment.scripts.items()}
    documents |= {("probe", name): {"metrics": experiment.scored_by[name]} for name in experiment.probes}
    documents |= {("trait-labels", name): found for name, found in experiment.labels.items()}
    documents |= {("item", item_name(probe, name)): item for (probe, name), item in experiment.items.items()}
    priced = experiment.study.roles
    documents |= {(PRICES, spec.title): spec.prices for _, spec in priced if spec.prices is not None}
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
