"""Files of a set into the data directory: fetched, made by their rule, checked, put in place. Asks nobody."""

import hashlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from longplay.battery import ByHand, DataError, DataFile, Dataset, Found, Manifest, read_record, write_record
from longplay.data.making import make
from longplay.data.states import FileState, examine_file
from longplay.data.transfer import NotGiven, Refused, Times, Unreachable, Wanted, discard, download

MOST_BYTES = 100_000_000  # of a file whose size nobody has written down

Outcome = Literal["fetched", "already", "failed", "by-hand"]


class Fetched(msgspec.Struct, frozen=True):
    """What became of one file, and why in words."""

    path: str
    outcome: Outcome
    words: str


class Fetching:
    """Fetches into one data directory. A host that could not be reached is not tried again by the same object."""

    def __init__(self, manifest: Manifest, folder: Path, times: Times | None = None) -> None:
        self._manifest = manifest
        self._folder = folder
        self._times = times or Times()
        self._unreachable: dict[str, str] = {}

    def fetch(self, dataset: Dataset, file: DataFile) -> Fetched:
        """One file of a set whose terms were accepted; what is there and right is left alone.

        Raises DataError where the terms were not accepted, or the directory cannot be read or written.
        """
        record = read_record(self._folder)
        if not dataset.accepted(record):
            raise DataError(f"data set {dataset.name}: its terms were not accepted.")
        try:
            state = examine_file(dataset, file, self._folder, record)
            return self._settle(dataset, file, state)
        except OSError as error:
            raise DataError(f"{self._folder / file.path}: cannot be written ({error.strerror}).") from None

    def _settle(self, dataset: Dataset, file: DataFile, state: FileState) -> Fetched:
        if state.state in ("right", "copy"):
            return Fetched(file.path, "already", state.words or "here and right")
        if state.state == "unverified":
            self._remember(dataset, file, str(state.sha256), state.bytes or 0)
            return Fetched(file.path, "already", f"unverified (sha256 found: {state.sha256})")
        if isinstance(file.made, ByHand):
            return Fetched(file.path, "by-hand", f"cannot be fetched, only checked: {file.made.words}")
        try:
            return self._get(dataset, file, replaces=state.state == "differs")
        except Unreachable as fault:
            self._unreachable[dataset.host] = str(fault)
            return Fetched(file.path, "failed", f"{fault}. {self._by_hand(dataset, file)}")
        except NotGiven as fault:
            return Fetched(file.path, "failed", f"{fault}. {self._by_hand(dataset, file)}")
        except DataError as fault:
            return Fetched(file.path, "failed", f"{fault}.")

    def _by_hand(self, dataset: Dataset, file: DataFile) -> str:
        """Which file to put where, for whoever has no network here."""
        url, place = self._manifest.urls(dataset, file)[0], self._folder / file.path
        if file.made is None:
            return f"Get {url} elsewhere and put it there as {place}"
        made = f"`longplay data fetch {dataset.name}` makes it from {url}"
        return f"Where there is a network, {made}; put it there as {place}"

    def _get(self, dataset: Dataset, file: DataFile, *, replaces: bool) -> Fetched:
        if dataset.host in self._unreachable:
            raise Unreachable(self._unreachable[dataset.host])
        place = self._folder / file.path
        part = place.with_name(f"{place.name}.part")
        place.parent.mkdir(parents=True, exist_ok=True)
        sha256 = self._download(dataset, file, part)
        if file.made is not None and not isinstance(file.made, ByHand):
            sha256 = _made(file, part)
        size = part.stat().st_size
        if replaces:
            os.replace(place, place.with_name(f"{place.name}.replaced"))
        os.replace(part, place)
        kept = f"; the file that differed is now {place.name}.replaced" if replaces else ""
        if file.sha256 is not None:
            return Fetched(file.path, "fetched", f"{size:,} bytes, checked{kept}")
        self._remember(dataset, file, sha256, size)
        return Fetched(file.path, "fetched", f"{size:,} bytes, unverified (sha256 found: {sha256}){kept}")

    def _download(self, dataset: Dataset, file: DataFile, part: Path) -> str:
        """The published file into `part`, from the first of its addresses that has it."""
        found = read_record(self._folder).found.get(file.path)
        first = found.sha256 if found is not None and found.commit == dataset.commit else None
        sha256, most = (file.sha256 or first, file.bytes or MOST_BYTES) if file.made is None else (None, MOST_BYTES)
        missing: NotGiven | None = None
        for url in self._manifest.urls(dataset, file):
            try:
                return download(
                    Wanted(url, sha256, most, self._manifest.hosts[dataset.host].redirects), part, self._times
                )
            except NotGiven as fault:
                missing = missing or fault
        raise missing or NotGiven(f"{file.path} has no address")

    def _remember(self, dataset: Dataset, file: DataFile, sha256: str, size: int) -> None:
        """Record the hash of an unverified file when it is first seen."""
        record = read_record(self._folder)
        found = Found(sha256, size, dataset.commit)
        if record.found.get(file.path) != found:
            write_record(self._folder, msgspec.structs.replace(record, found={**record.found, file.path: found}))


def _made(file: DataFile, part: Path) -> str:
    """Keep in `part` what the file's rule keeps; its hash, which must be the pinned one."""
    assert file.made is not None
    assert not isinstance(file.made, ByHand)
    try:
        kept = make(file.made, part.read_bytes())
    except DataError:
        discard(part)
        raise
    sha256 = hashlib.sha256(kept).hexdigest()
    if sha256 != file.sha256:
        discard(part)
        raise Refused(f"what is kept of {file.there[0]} has the sha256 {sha256}, not {file.sha256}; it was removed")
    part.write_bytes(kept)
    return sha256
