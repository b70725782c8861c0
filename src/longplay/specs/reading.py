"""TOML text -> Study, or one line naming file, place, fault and the known choices. Knows no tables of other rooms."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from longplay.specs.addresses import EXAMPLE, AddressError, read_address
from longplay.specs.batteries import completed
from longplay.specs.conversion import explained, split
from longplay.specs.errors import StudyError
from longplay.specs.models import ModelSpec
from longplay.specs.study import CONTRASTS, Analysis, Study
from longplay.specs.text_files import FileFault, decoded, plain, printable, toml_value
from longplay.specs.titles import title_faults

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_OWN_FIELDS = {
    *("model", "messages", "stream", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop"),
    *("n", "cache_salt", "prompt_cache_key", "response_format"),
}
MAX_STUDY_BYTES = 4_000_000
_EXAMPLE = """\
. A study is TOML, such as these four lines: [[models]] / name = "sim/speaker" / [judge] / name = "sim/judge"."""


def read_study(path: Path) -> Study:
    """The study in a TOML file. Raises StudyError: one line that says file, place, fault and known choices."""
    return parse_study(study_text(path), str(path))


def stored_study(path: Path) -> Study:
    """The same of the file in a run folder, whose models and versions keep the names with which the run began."""
    return _parsed(study_text(path), str(path))


def study_text(path: Path) -> str:
    """The text of a study file, which is read once. Raises StudyError."""
    try:
        with path.open("rb") as file:  # a pipe has no size and can be read once
            raw = file.read(MAX_STUDY_BYTES + 1)
        if len(raw) > MAX_STUDY_BYTES:
            raise StudyError(f"{path}: larger than {MAX_STUDY_BYTES:,} bytes; that is no study file.")
        return decoded(raw)
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file. Name a study file (TOML).") from None
    except IsADirectoryError:
        raise StudyError(f"{path}: is a folder. {_inside(path)}") from None
    except (OSError, ValueError) as error:
        raise StudyError(f"{path}: cannot be read ({plain(getattr(error, 'strerror', None) or str(error))}).") from None
    except FileFault as fault:
        raise StudyError(f"{path}: {fault}") from None


def _inside(folder: Path) -> str:
    """Which file of a folder could be meant."""
    try:
        found = sorted(path for path in folder.glob("*.toml") if path.is_file())
    except OSError:
        found = []
    if not found:
        return "Name a study file (TOML); there is none in it."
    best = next((path for path in found if path.name == "study.toml"), found[0])
    return f"Name the study file (TOML) in it, such as {best}."


def parse_study(text: str, where: str = "study", stored: Study | None = None) -> Study:
    """The study in TOML text, its battery's values where it says nothing; `where` names the file in errors.

    `stored`: of the run that goes on, if one does; no title or version that it has is refused. Raises StudyError.
    """
    study = _parsed(text, where)
    for fault in _name_faults(study, stored):
        raise StudyError(f"{where}: {fault}")
    return study


def _parsed(text: str, where: str) -> Study:
    try:
        data = _with_first_judge(toml_value(text), where)
        study = msgspec.convert(data, Study)
        study = msgspec.convert(completed(data), Study)
    except FileFault as fault:
        raise StudyError(f"{where}: {fault}{_EXAMPLE if 'it looks like' in str(fault) else ''}") from None
    except msgspec.ValidationError as error:
        raise StudyError(f"{where}: {_explain(str(error))}") from None
    for fault in _faults(study):
        raise StudyError(f"{where}: {fault}")
    return study


def _with_first_judge(data: dict[str, object], where: str) -> dict[str, object]:
    """Judges that stand in a list as `Study` has them: the first one apart. Raises StudyError, ValidationError."""
    if isinstance(data.get("judge"), list):
        raise StudyError(f"{where}: [judge] is one table. For several judges write each as [[judges]].")
    if "judges" not in data:
        return data
    if "judge" in data:
        raise StudyError(f"{where}: has both [judge] and [[judges]]; write all judges as [[judges]].")
    try:
        listed = msgspec.convert(data["judges"], tuple[dict[str, object], ...])
        msgspec.convert(listed, tuple[ModelSpec, ...])
    except msgspec.ValidationError as error:
        fault, place = split(str(error))
        raise msgspec.ValidationError(f"{fault} - at `$.judges{place}`") from None
    if not listed:
        raise StudyError(f"{where}: [[judges]] is empty; give at least one judge.")
    return data | {"judge": listed[0], "judges": list(listed[1:])}


def _explain(message: str) -> str:
    """msgspec's message in the study's own words: the place as it stands in the file, and the known keys."""
    fault = explained(message, Study)
    where = f"[{plain(fault.place)}]" if fault.place else "the top level"
    if fault.unknown is None:
        return f"{where}: {fault.said}"
    return f"{where} has no key {plain(fault.unknown)!r}. Known keys: {', '.join(sorted(fault.known))}."


def _faults(study: Study) -> Iterable[str]:
    """Faults that no type can say, first found first."""
    yield from _role_faults(study)
    yield from _twice("probes", [probe.name for probe in study.probes or ()])
    yield from _twice("dialogues.scripts", study.dialogues.scripts)
    yield from _twice("dialogues.orders", study.dialogues.orders)
    yield from _twice("conditioning.orders", study.conditioning.orders)
    yield from _twice("conditioning.policies", study.conditioning.policies)
    named = [p if isinstance(p, str) else p.id or p.name for p in study.dialogues.personas or ()]
    yield from _twice("dialogues.personas", named)
    yield from _twice("judging.rounds", study.judging.rounds)
    yield from _twice("judging.forms", study.judging.forms or ())
    yield from _form_faults(study)
    if study.dialogues.personas == () and not study.dialogues.baseline:
        yield "[dialogues] has neither personas nor the baseline; nothing would be played."
    if not study.dialogues.scripts or not study.dialogues.orders:
        yield "[dialogues] needs at least one script and one order."
    yield from _checkpoint_faults(study)
    yield from _analysis_faults(study.analysis)
    for place, _, model in study.placed_roles:
        yield from (f"[{place}] {fault}" for fault in _model_faults(model))


def _name_faults(study: Study, stored: Study | None) -> Iterable[str]:
    known = {(kind, model.title) for kind, model in stored.roles} if stored is not None else set[tuple[str, str]]()
    for place, kind, model in study.placed_roles:
        if (kind, model.title) not in known:
            yield from (f"[{place}] {fault}" for fault in title_faults(kind, model))
    versions = stored.analysis.versions if stored is not None else {}
    for name in study.analysis.versions:
        if not printable(name) and name not in versions:
            yield f"[analysis.versions] {plain(ascii(name), 60)} must be printable text on one line."


def _role_faults(study: Study) -> Iterable[str]:
    for key in ("models", "judges", "users", "helpers"):
        specs: tuple[ModelSpec, ...] = getattr(study, key)
        yield from _twice(key, [spec.title for spec in specs], "give each its own label")
    first: dict[str, ModelSpec] = {}
    for place, kind, spec in study.placed_roles:
        known = first.setdefault(spec.title, spec)
        if _addresses(known) != _addresses(spec):
            yield f"[{place}] {plain(spec.title)!r} is also a model on another server; give the {kind} a label."


def _form_faults(study: Study) -> Iterable[str]:
    points = study.checkpoints
    if study.judging.forms == ():
        yield '[judging.forms] is empty; give forms such as ["ours"] or leave the key out.'
    for form in study.forms:
        if form.endswith("own-0") and points[:1] != (0,):
            yield f"[judging.forms] {form!r} compares with answers at checkpoint 0; add 0 to conditioning.checkpoints."


def _addresses(model: ModelSpec) -> tuple[str | None, ...]:
    return tuple(server.base_url for server in model.servers())


def _twice(place: str, names: Sequence[object], advice: str = "name each once") -> Iterable[str]:
    for i, name in enumerate(names):
        if name in names[:i]:
            yield f"[{place}] {plain(repr(name))} stands there twice; {advice}."


def _checkpoint_faults(study: Study) -> Iterable[str]:
    rounds, points = study.dialogues.rounds, study.checkpoints
    if isinstance(study.conditioning.checkpoints, tuple):
        if not points:
            yield "[conditioning.checkpoints] is empty; give rounds such as [0, 8, 16] or leave the key out."
        if list(points) != sorted(set(points)):
            yield f"[conditioning.checkpoints] {list(points)} must increase, each round once."
    if study.dialogues.imported:
        return  # the dialogues say how long they are: looked at when they are there
    if any(point > rounds for point in points):
        yield f"[conditioning.checkpoints] {max(points)} lies past the last round, {rounds} (dialogues.rounds)."
    if len(set(points)) != len(points):
        yield f"[conditioning.checkpoints] {len(points)} checkpoints do not fit into {rounds} rounds."
    extra = [order for order in study.conditioning.orders if order not in study.dialogues.orders]
    if extra:
        known = ", ".join(map(str, study.dialogues.orders))
        yield f"[conditioning.orders] {extra[0]} is not among dialogues.orders. Known: {known}."


def _analysis_faults(analysis: Analysis) -> Iterable[str]:
    yield from _twice("analysis.primary", analysis.primary)
    yield from _twice("analysis.contrasts", analysis.contrasts)
    for name in analysis.contrasts:
        if name not in CONTRASTS:
            yield f"[analysis.contrasts] {plain(name)!r} is not known. Known: {', '.join(CONTRASTS)}."
    entries = [entry for family in analysis.entries.values() for entry in family]
    written = [entry.written for entry in entries]
    yield from _twice("analysis.families", written, "one contrast is corrected in one family")
    for entry in entries:
        if entry.contrast not in analysis.contrasts or entry.quantity == "":
            known = f"{', '.join(analysis.contrasts)}; or CONTRAST/QUANTITY"
            yield f"[analysis.families] {plain(entry.written)!r} is no declared contrast. Declared: {known}."
        elif entry.quantity in analysis.primary and entry.contrast in written:
            yield f"[analysis.families] {plain(entry.written)!r} stands in {entry.contrast!r} already; give it once."
    yield from _version_faults(analysis.versions)


def _version_faults(versions: dict[str, dict[str, str]]) -> Iterable[str]:
    personas = [persona for of in versions.values() for persona in of]
    yield from _twice("analysis.versions", personas, "a persona is one version of one character")
    for name, of in versions.items():
        yield from _twice(
            f"analysis.versions.{plain(name)}", list(of.values()), "a character has one persona a version"
        )
        for persona, character in of.items():
            if character in personas:
                yield (
                    f"[analysis.versions] {plain(persona)!r} is a version of {plain(character)!r}, which is a "
                    "version itself; name the character's own persona."
                )


def _model_faults(model: ModelSpec) -> Iterable[str]:
    if not model.provider or not model.model:
        yield f"name {plain(model.name)!r} must be provider/name, such as openai/qwen3-4b or sim/speaker."
    if model.api_key_env is not None and not _KEY.match(model.api_key_env):
        yield "api_key_env must be the name of an environment variable, never the key itself."
    if model.base_url is not None and model.base_urls:
        yield "has both base_url and base_urls; give one of them."
    yield from _twice("models.base_urls", model.base_urls)
    for name in sorted(_OWN_FIELDS & model.extra_body.keys()):
        yield f"extra_body must not hold {name!r}, which longplay sends itself."
    for url in (*model.base_urls, *([model.base_url] if model.base_url is not None else [])):
        yield from _url_faults(url)


def _url_faults(url: str) -> Iterable[str]:
    try:
        read_address(url)
    except AddressError as error:
        shown = "" if "@" in url else f" {plain(url)!r}"  # credentials are not shown again
        yield f"base_url{shown} {error}. An address looks like {EXAMPLE}."
