"""Where the items of a probe stand: one file, or the files of a folder. Names in a folder's own lists are looked up in
it and never followed. Reads no items."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple, cast

from longplay.battery import HUB, HubSet, data_directory, hub_record, hub_set
from longplay.probes.files.rows import MOST_BYTES, ItemFileError
from longplay.specs import FileFault, file_bytes, json_value, plain

STATE, SPLITS = "state.json", "dataset_dict.json"  # of a folder that `datasets` wrote, and of one with several splits
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHARD = re.compile(r"(?P<split>.+?)(-\d{5}-of-\d{5})?\.parquet")


class Place(NamedTuple):
    """Files of items in their order. `shown`: how the study names them; `commit`: of the hub's set that they are of."""

    shown: str
    files: tuple[Path, ...]
    commit: str = ""


def place_of(named: str, folder: Path) -> Place:
    """What `file` of a probe names, relative to `folder`: a file, a folder with the split after `#`, or a fetched set
    of the hub.

    Raises ItemFileError with what there is, DataError where a set of the hub is named wrongly.
    """
    if named.startswith(HUB):
        return _of_hub(hub_set(named))
    path, _, split = named.partition("#")
    whole = folder / path
    if split and not whole.exists() and "\0" not in named and (folder / named).is_file():
        return Place(named, (folder / named,))  # the name of a file may hold a #
    if "\0" in named or not whole.is_dir():
        if split:
            raise ItemFileError(f"{plain(named)}: only a folder of tables has splits; name {plain(path)!r} alone.")
        return Place(named, (whole,))
    return Place(named, _tables(whole, named, split))


def _of_hub(wanted: HubSet) -> Place:
    """The files of a set of the hub; nothing is fetched."""
    data = data_directory()
    record = hub_record(wanted, data)
    if record is None:
        raise ItemFileError(f"{wanted.shown}: was not fetched into {data}. Get it: longplay data fetch {wanted.shown}")
    files = tuple(wanted.folder(data) / _within(one.here, [one.here], wanted.shown) for one in record.files)
    for path, one in zip(files, record.files, strict=True):
        again = f"Remove {path.parent} and fetch it again."
        try:
            found = hashlib.sha256(file_bytes(path, MOST_BYTES)).hexdigest()
        except FileFault as fault:
            raise ItemFileError(f"{wanted.shown}: {plain(one.here)}: {fault} {again}") from None
        if found != one.sha256:
            raise ItemFileError(f"{wanted.shown}: {plain(one.here)}: is not what was fetched. {again}")
    return Place(wanted.shown, files, record.commit)


def _tables(whole: Path, named: str, split: str) -> tuple[Path, ...]:
    there = sorted(path.name for path in whole.iterdir())
    if SPLITS in there:
        splits = [name for name in _names(whole / SPLITS, "splits", named) if name in there]
        return _tables(whole / _chosen(split, splits, named), named, "")
    if STATE in there:
        listed = _listed(whole / STATE, "_data_files", named)
        names = [cast("dict[str, object]", one).get("filename") if isinstance(one, dict) else one for one in listed]
        if split:
            raise ItemFileError(f"{plain(named)}: holds one set without splits; leave {'#' + plain(split, 60)!r} out.")
        return tuple(whole / _within(name, there, named) for name in names)
    by_split: dict[str, list[Path]] = {}
    for path in sorted((*whole.glob("*.parquet"), *whole.glob("data/*.parquet"))):
        match = _SHARD.fullmatch(path.name)
        by_split.setdefault(match["split"] if match else path.stem, []).append(path)
    if not by_split:
        form = "a folder that `datasets` wrote with save_to_disk, or one of Parquet files"
        raise ItemFileError(f"{plain(named)}: is a folder without tables; name a file in it, or {form}.")
    return tuple(by_split[_chosen(split, list(by_split), named)])


def _chosen(split: str, known: list[str], named: str) -> str:
    """The split that is meant; the only one where none is named."""
    if split in known:
        return split
    if not split and len(known) == 1:
        return known[0]
    if not known:
        raise ItemFileError(f"{plain(named)}: none of the splits that {SPLITS} names is there; write the folder again.")
    told = f"has no split {plain(split, 60)!r}" if split else "has several splits"
    path = plain(named.partition("#")[0])
    choices = ", ".join(f"{path}#{plain(name, 60)}" for name in known)
    raise ItemFileError(f"{plain(named)}: {told}; name one: {choices}.")


def _names(path: Path, key: str, named: str) -> list[str]:
    found = _listed(path, key, named)
    return [name for name in found if isinstance(name, str) and _NAME.fullmatch(name)]


def _listed(path: Path, key: str, named: str) -> list[object]:
    """A list that stands under a key of a JSON file."""
    try:
        value = json_value(file_bytes(path, MOST_BYTES).decode())
    except (FileFault, UnicodeDecodeError) as fault:
        raise ItemFileError(f"{plain(named)}: {path.name} {plain(str(fault))}") from None
    held = cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
    if not isinstance(held, list) or not held:
        raise ItemFileError(f"{plain(named)}: {path.name} has no list {key!r}; write the folder again.")
    return cast("list[object]", held)


def _within(name: object, there: list[str], named: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name not in there:
        raise ItemFileError(f"{plain(named)}: {STATE} names {plain(str(name), 60)!r}, which is no file in the folder.")
    return name
