"""What is there: every file of a set hashed and held against what is pinned. Reads alone; knows no network."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec

from longplay.battery import ByHand, DataError, DataFile, Dataset, Record

State = Literal["right", "copy", "unverified", "differs", "missing"]


class FileState(msgspec.Struct, frozen=True):
    """One file as it was found; `bytes` and `sha256` are None where it is missing.

    `copy`: differs from the published file in a known way; `unverified`: no hash is pinned.
    """

    path: str
    state: State
    bytes: int | None = None
    sha256: str | None = None
    words: str = ""


class SetState(msgspec.Struct, frozen=True):
    """One set as it was found. `accepted`: None where it has no terms.

    `bytes` of all files, None where one is not known.
    """

    name: str
    title: str
    version: str
    licence: str
    repository: str
    commit: str
    accepted: bool | None
    bytes: int | None
    files: tuple[FileState, ...]

    @property
    def summary(self) -> str:
        """The state in a few words: the worst first."""
        counts = Counter(file.state for file in self.files)
        words = [f"{counts['differs']} of {len(self.files)} differ"] if counts["differs"] else []
        if counts["missing"] == len(self.files):
            words.append("missing")
        elif counts["missing"]:
            words.append(f"{counts['missing']} of {len(self.files)} missing")
        if counts["unverified"]:
            words.append(
                "unverified" if counts["unverified"] == len(self.files) else f"{counts['unverified']} unverified"
            )
        if self.accepted is False:
            words.append("restricted, terms not accepted")
        return ", ".join(words) or "here and right"


def examine(dataset: Dataset, folder: Path, record: Record) -> SetState:
    """Hash the files of a set. Raises DataError where one cannot be read."""
    files = tuple(examine_file(dataset, file, folder, record) for file in dataset.files)
    sizes = [
        file.bytes if file.bytes is not None else pinned.bytes
        for file, pinned in zip(files, dataset.files, strict=True)
    ]
    return SetState(
        name=dataset.name,
        title=dataset.title,
        version=dataset.version,
        licence=dataset.licence,
        repository=dataset.repository,
        commit=dataset.commit,
        accepted=None if dataset.terms is None else dataset.accepted(record),
        bytes=None if None in sizes else sum(size for size in sizes if size is not None),
        files=files,
    )


def examine_file(dataset: Dataset, file: DataFile, folder: Path, record: Record) -> FileState:
    """Hash one file and hold it against what is pinned, or against what was found first."""
    try:
        with (folder / file.path).open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except (FileNotFoundError, NotADirectoryError):
        return FileState(file.path, "missing", words=file.made.words if isinstance(file.made, ByHand) else "")
    except OSError as error:
        raise DataError(f"{folder / file.path}: cannot be read ({error.strerror}).") from None
    state, words = _held(dataset, file, sha256, record)
    return FileState(file.path, state, size, sha256, words)


def _held(dataset: Dataset, file: DataFile, sha256: str, record: Record) -> tuple[State, str]:
    if sha256 == file.sha256:
        return "right", ""
    for copy in file.copies:
        if sha256 == copy.sha256:
            return "copy", f"a known copy: {copy.words}"
    if file.sha256 is not None:
        return "differs", f"sha256 {sha256}, pinned {file.sha256}"
    found = record.found.get(file.path)
    if found is None or found.commit != dataset.commit:
        return "unverified", f"sha256 now: {sha256}; none is recorded, `longplay data fetch {dataset.name}` records it"
    if found.sha256 != sha256:
        return "differs", f"sha256 {sha256}, at first {found.sha256}"
    return "unverified", f"sha256 found: {sha256}"
