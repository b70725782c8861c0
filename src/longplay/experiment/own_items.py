"""The items of a study's own probes: from their files, for the study's personas. Knows no sending and no storing."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.battery import DataError
from longplay.probes import PROBES, ProbeError
from longplay.probes.own import own_place
from longplay.records import Item
from longplay.specs import Persona, ProbeSpec, Study, StudyError, plain, wrong_shots

_FEW = 4


def own_items(
    study: Study,
    where: str,
    folder: Path,
    personas: Mapping[str, Persona],
    sources: dict[str, str],
    told: list[str],
) -> dict[str, tuple[Item, ...]]:
    """All items of the probes that the study brings. `sources`: takes the hashes of their files; `told`: what a reader
    of the numbers must be told.

    Raises StudyError: the probe, the file, the line and what is accepted.
    """
    found: dict[str, tuple[Item, ...]] = {}
    for spec in study.probes or ():
        place = f"{where}: [probes] {plain(spec.name, 60)!r}"
        _check(spec, place)
        if not spec.is_own:
            continue
        try:
            items = tuple(PROBES[spec.name].items())
            from_where = own_place(spec, folder)
            sources.update({from_where.shown: f"commit {from_where.commit}"} if from_where.commit else {})
            for path in from_where.files:
                sources[_shown(path, folder)] = "sha256 " + hashlib.sha256(path.read_bytes()).hexdigest()
        except (ProbeError, DataError) as fault:
            raise StudyError(f"{place}: {fault}") from None
        found[spec.name], others = _of_personas(items, personas, place)
        told += [f"the probe {spec.name} does not ask {others}"] if others else []
    return found


def own_files(study: Study, folder: Path) -> Iterator[Path]:
    """The files that the study's own probes name. A set of the hub was asked for by name when it was fetched."""
    for spec in study.probes or ():
        place = own_place(spec, folder) if spec.is_own else None
        if place is not None and not place.commit:
            yield from place.files


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _check(spec: ProbeSpec, place: str) -> None:
    if spec.is_own:
        wrong = "" if spec.shots is UNSET else wrong_shots(spec.shots)
        if wrong:
            raise StudyError(f"{place}: shots: {wrong}")
        return
    given = [name for name in ("fields", "persona", "shots") if getattr(spec, name) is not UNSET]
    if given:
        raise StudyError(f"{place}: {given[0]!r} goes with `file`, which says where a probe of your own has its items.")


def _of_personas(items: tuple[Item, ...], personas: Mapping[str, Persona], place: str) -> tuple[tuple[Item, ...], str]:
    """The items with the ids of their personas, whom a file may call by name; and in words, those of others."""
    ids = {persona.name: name for name, persona in personas.items()} | {name: name for name in personas}
    others = Counter(plain(item.persona, 60) for item in items if item.persona is not None and item.persona not in ids)
    found = [item for item in items if item.persona is None or item.persona in ids]
    who = ", ".join([*list(others)[:_FEW], *(["others"] if len(others) > _FEW else [])])
    if not found:
        known = ", ".join(plain(name, 60) for name in personas) or "none"
        raise StudyError(f"{place}: its items are of {who}, and the study has other personas: {known}.")
    named = [one if one.persona is None else msgspec.structs.replace(one, persona=ids[one.persona]) for one in found]
    count, are = others.total(), "is" if len(others) == 1 else "are"
    return tuple(named), f"{count} item{'s' * (count > 1)} of {who}, who {are} not in the study" if others else ""
