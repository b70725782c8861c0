"""What of a study may change between two runs into a folder, and what may not. Writes nothing."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.folder.study_file import DATABASE, STUDY, FolderError
from longplay.records import Role
from longplay.specs import ModelSpec, RoleKind, Study, changes, stored_study
from longplay.store import NotBegun, Reader
from longplay.store.documents import documents

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
    old = _unheard(_with_rubrics_read(stored_study(path), run), study, run)
    found = changes(_decisive(old), _decisive(study))
    if not found:
        return
    what = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
    fixed = _fixed(old, study)
    if fixed:
        raise FolderError(f"{run}: {fixed} cannot change within a run ({what}). Start a new one with --into.")
    if not extend:
        raise FolderError(f"{run}: the study has changed: {what}. Add --extend to go on, or name another folder.")


def _with_rubrics_read(old: Study, run: Path) -> Study:
    """The old study with its rubrics as their files had them, where the run has recorded that."""
    recorded: Study | None = None
    with contextlib.suppress(NotBegun), Reader.open(run) as reader:
        recorded = documents(reader, "study", Study).get("study")
    known = {spec.name: spec for spec in (recorded.rubrics if recorded is not None else ())}
    rubrics = (spec if spec.file is UNSET else known.get(spec.name, spec) for spec in old.rubrics)
    return msgspec.structs.replace(old, rubrics=tuple(rubrics))


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
