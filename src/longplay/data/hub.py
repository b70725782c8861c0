"""One split of a data set from the Hugging Face hub into the data directory. Runs no code of the set, asks nobody."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from longplay.battery import DataError, Manifest
from longplay.battery.hub_sets import RECORD, HubFile, HubRecord, HubSet, hub_record
from longplay.data.fetching import Fetched
from longplay.data.transfer import Times, Wanted, download
from longplay.specs import plain

ENDPOINT_VARIABLE = "HF_ENDPOINT"  # as other programs read it: a mirror of the hub
MOST_BYTES = 32_000_000  # of a split
_MOST_LISTED = 16_000_000
_TABLES = ("parquet", "jsonl", "json", "csv")  # the first that a split has is taken
_FILE = re.compile(rf"(?:(?P<config>.+)/)?(?P<split>[^/]+?)(?:-\d{{5}}-of-\d{{5}})?\.(?P<form>{'|'.join(_TABLES)})")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class _Sibling(msgspec.Struct):
    rfilename: str


class _Listing(msgspec.Struct):
    sha: str
    siblings: list[_Sibling]


class _Place(NamedTuple):
    """A file of the set, and which split of which configuration it is of."""

    path: str
    split: str
    form: str


def fetch_split(wanted: HubSet, manifest: Manifest, data: Path, times: Times | None = None) -> list[Fetched]:
    """Get a split, unless it is here. Its files are there whole or not at all; a record says of which commit they are.

    Raises DataError: the set, the revision or the split is not there, or it is too large.
    """
    here = hub_record(wanted, data)
    if here is not None:
        words = f"here, of commit {here.commit}; remove {wanted.folder(data)} to fetch it anew"
        return [Fetched(wanted.shown, "already", words)]
    times, host = times or Times(), manifest.hosts["huggingface"]
    site = os.environ.get(ENDPOINT_VARIABLE, "").rstrip("/") or "https://huggingface.co"
    try:
        data.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=data, prefix=".hub-") as draft:
            listing = _listed(f"{site}/api/datasets/{wanted.name}/revision/{_quoted(wanted.revision)}", draft, times)
            files, left = list[HubFile](), MOST_BYTES
            for number, place in enumerate(_of_split(wanted, [one.rfilename for one in listing.siblings])):
                url = f"{site}/datasets/{wanted.name}/resolve/{listing.sha}/{quote(place.path)}"
                part = Path(draft) / f"{number:03}.{place.form}"
                sha256 = download(Wanted(url, None, left, host.redirects), part, times)
                size = part.stat().st_size
                files.append(HubFile(place.path, part.name, sha256, size))
                left -= size
            record = HubRecord(listing.sha, tuple(files))
            (Path(draft) / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
            into = wanted.folder(data)
            into.parent.mkdir(parents=True, exist_ok=True)
            Path(draft).chmod(0o755)
            os.replace(draft, into)
            Path(draft).mkdir()  # is expected there at the end
    except OSError as error:
        raise DataError(f"{data}: cannot be written ({error.strerror}).") from None
    return [Fetched(f"{wanted.shown} {one.there}", "fetched", f"{one.bytes:,} bytes, {record.commit}") for one in files]


def _quoted(revision: str) -> str:
    return quote(revision, safe="")


def _listed(url: str, draft: str, times: Times) -> _Listing:
    part = Path(draft) / "listing"
    download(Wanted(url, None, _MOST_LISTED), part, times)
    raw = part.read_bytes()
    part.unlink()
    try:
        found = msgspec.json.decode(raw, type=_Listing)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise DataError(f"{url} answers with no list of files; is {ENDPOINT_VARIABLE} a hub?") from None
    if not _COMMIT.fullmatch(found.sha):
        raise DataError(f"{url} names no commit but {plain(found.sha, 60)!r}.")
    return found


def _of_split(wanted: HubSet, paths: Sequence[str]) -> list[_Place]:
    """The files of the split in their order. Raises DataError with the splits that there are."""
    places = [place for path in sorted(paths) if (place := _place(path)) is not None]
    splits = dict.fromkeys(place.split for place in places)
    meant = [split for split in splits if wanted.split in ("", split)] or [
        split for split in splits if split.rpartition("/")[2] == wanted.split
    ]
    if len(meant) == 1:
        those = [place for place in places if place.split == meant[0]]
        form = min((place.form for place in those), key=_TABLES.index)
        return [place for place in those if place.form == form]
    known = ", ".join(plain(split, 80) for split in list(splits)[:30]) or "none that is read"
    told = "has several such splits" if meant else "has no such split"
    hint = "" if splits else "; many sets have Parquet files at the revision refs/convert/parquet"
    raise DataError(f"{wanted.shown}: {told}; name one. Known: {known}{hint}.")


def _place(path: str) -> _Place | None:
    """Which split a file is of, by its name: `config/test-00000-of-00001.parquet`, or `config/test/0000.parquet`."""
    match = _FILE.fullmatch(path)
    if match is None:
        return None
    folders = [part for part in (match["config"] or "").split("/") if part and part != "data"]
    split = match["split"]
    if split.isdigit() and folders:
        split = folders.pop()
    return _Place(path, "/".join((*folders, split)), match["form"])
