"""What differs between two studies, in words; knows no files and no run folders."""

from typing import cast

import msgspec

from longplay.specs.study import Study
from longplay.specs.text_files import plain

_NAMES = ("label", "id", "name")  # what an entry of a list is called by, the first that it has


def changes(old: Study, new: Study) -> list[str]:
    """What differs between two studies, a phrase a place; an entry of a list that came or went is one phrase."""
    several = bool(old.further_judges or new.further_judges)
    return _differences(_as_written(old, several), _as_written(new, several), "")


def _as_written(study: Study, several_judges: bool) -> dict[str, object]:
    """The study's keys and values; all its judges in one list where one of the two studies has several."""
    found: dict[str, object] = msgspec.to_builtins(study)
    return found | {"judge": None, "judges": msgspec.to_builtins(study.judges)} if several_judges else found


def _differences(old: object, new: object, place: str) -> list[str]:
    if old == new:
        return []
    before, after = _keyed(old), _keyed(new)
    if before is not None and after is not None:
        return [
            phrase
            for key in sorted(before.keys() | after.keys())
            for phrase in _differences(before.get(key), after.get(key), f"{place}.{key}" if place else key)
        ]
    listed, now = _listed(old), _listed(new)
    if listed is not None and now is not None and any(isinstance(entry, dict) for entry in (*listed, *now)):
        return _of_entries(_by_name(listed), _by_name(now), place)
    return [f"{place}: {_shown(old)} -> {_shown(new)}"]


def _keyed(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _listed(value: object) -> list[object] | None:
    return list(cast("list[object]", value)) if isinstance(value, list | tuple) else None


def _of_entries(before: dict[str, object], after: dict[str, object], place: str) -> list[str]:
    """What differs between two lists of entries with names; never empty where the lists differ."""
    said = [f"{place}: {plain(repr(name))} was added" for name in after if name not in before]
    said += [f"{place}: {plain(repr(name))} was removed" for name in before if name not in after]
    for name in (name for name in after if name in before):
        said += _differences(before[name], after[name], f"{place}[{plain(repr(name))}]")
    return said or [f"{place}: the order is another"]


def _by_name(entries: list[object]) -> dict[str, object]:
    """Entries by what they are called; a name that stands there twice is told apart by `again`."""
    found: dict[str, object] = {}
    for entry in entries:
        keys = _keyed(entry) or {"name": entry}
        name = str(next((keys[key] for key in _NAMES if keys.get(key)), ""))
        while name in found:
            name += " again"
        found[name] = entry
    return found


def _shown(value: object) -> str:
    """A value as a study file has it, nearly."""
    if value is None or value in ([], (), {}, ""):
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    listed = _listed(value)
    return plain(repr(value if listed is None else listed))
