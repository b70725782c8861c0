"""Rubrics as the files that they name have them, looked at before anything is spent. Knows no model and no run."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.judging.own_rubrics import faults
from longplay.specs import FileFault, RubricSpec, StudyError, decoded, explained, file_bytes, plain, toml_value

MAX_BYTES = 1_000_000
EXAMPLE = 'A rubric looks like: question = "Is the reply kind?" and levels = { "no" = 0, "yes" = 1 }.'


def read_rubrics(
    rubrics: Iterable[RubricSpec], where: str, folder: Path, sources: dict[str, str]
) -> tuple[RubricSpec, ...]:
    """Each with what its file says, relative to `folder`; `sources` takes the hashes.

    Raises StudyError where one cannot be read, or no judge could rate by it.
    """
    found: list[RubricSpec] = []
    for spec in rubrics:
        place = f"{where}: [rubrics] {plain(spec.name)!r}"
        if spec.file is UNSET:
            check_rubric(spec, place)
            found.append(spec)
            continue
        written = msgspec.to_builtins(spec)
        blank = msgspec.to_builtins(RubricSpec(name=spec.name, file=spec.file))
        beside = [key for key, value in written.items() if value != blank.get(key)]
        if beside:
            raise StudyError(f"{place}: has file and {', '.join(beside)}; write these into {plain(spec.file)!r}.")
        raw = _bytes(folder / spec.file, place)
        read = rubric_of(raw, spec.name, f"{place}: {folder / spec.file}")
        sources[spec.file] = "sha256 " + hashlib.sha256(raw).hexdigest()
        found.append(msgspec.structs.replace(read, file=spec.file))
    return tuple(found)


def read_rubric(path: Path) -> RubricSpec:
    """The rubric of a file by itself; without a name it has the file's. Raises StudyError."""
    return rubric_of(_bytes(path, str(path)), None, str(path), path.stem)


def rubric_of(raw: bytes, name: str | None, where: str, otherwise: str = "") -> RubricSpec:
    """A rubric from TOML bytes, by the name that the study has for it, else its own, else `otherwise`.

    Raises StudyError.
    """
    try:
        data = toml_value(decoded(raw))
    except FileFault as fault:
        raise StudyError(f"{where}: {fault} {EXAMPLE}") from None
    said = data.get("name", name or otherwise)
    if name is not None and said != name:
        raise StudyError(
            f"{where}: is called {plain(repr(said), 60)} there; give both one name, or leave it out there."
        )
    if "file" in data:
        raise StudyError(f"{where}: names a file; write the rubric itself.")
    try:
        spec = msgspec.convert({**data, "name": said}, RubricSpec)
    except msgspec.ValidationError as error:
        fault = explained(str(error), RubricSpec)
        at = f"{plain(fault.place, 60)}: " if fault.place else ""
        known = ", ".join(key for key in fault.known if key != "file")
        what = (
            fault.said if fault.unknown is None else f"no key {plain(fault.unknown)!r} is known. Known keys: {known}."
        )
        raise StudyError(f"{where}: {at}{what}") from None
    check_rubric(spec, where)
    return spec


def check_rubric(spec: RubricSpec, where: str) -> None:
    """Raises StudyError where a judge could not rate by it."""
    for fault in faults(spec):
        raise StudyError(f"{where}: {fault}")


def _bytes(path: Path, where: str) -> bytes:
    try:
        return file_bytes(path, MAX_BYTES)
    except FileFault as fault:
        raise StudyError(f"{where}: {path}: {fault}" if str(path) != where else f"{where}: {fault}") from None
