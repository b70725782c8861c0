"""Third-party data: what is pinned where, and where it lies on this machine. Knows no network; reads, never fetches.

The data directory is the folder that LONGPLAY_DATA names, else `data` in the working directory.
"""

import hashlib
import os
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import msgspec

from longplay.battery.data_record import DataError, Record, read_record

DIRECTORY_VARIABLE = "LONGPLAY_DATA"
_SHORT = 8


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the manifest: keys that nobody knows are faults."""


class Host(_Strict, frozen=True):
    """Where repositories are published. `url` has {repository}, {commit} and {path}; `site` is for people.

    `redirects`: hosts beside its own that an answer may lead to, `*.name` for all below a name.
    """

    site: str
    url: str
    redirects: tuple[str, ...] = ()


class Rows(_Strict, frozen=True, tag="rows", tag_field="rule"):
    """Lines of a JSONL file whose `field` is one of `values`, byte for byte and in their order."""

    field: str
    values: tuple[str, ...]


class Head(_Strict, frozen=True, tag="head", tag_field="rule"):
    """The first messages of a JSON list, written as compact ASCII JSON."""

    messages: int


class Labels(_Strict, frozen=True, tag="labels", tag_field="rule"):
    """Of a file {label set: {character + suffix: {scale: labels}}}: one scale of some characters, by character."""

    scale: str
    suffix: str
    characters: tuple[str, ...]


class ByHand(_Strict, frozen=True, tag="by-hand", tag_field="rule"):
    """No rule makes this file again; `words` say what it is."""

    words: str


class Copy(_Strict, frozen=True):
    """Contents accepted in place of the published file, and how they differ from it."""

    sha256: str
    bytes: int
    words: str


class DataFile(_Strict, frozen=True):
    """One file: `path` in the data directory, `there` in the repository.

    `sha256` None: nobody has checked one. `bytes` None: not known. `made` says what is kept of the published file;
    `sha256` and `bytes` are then those of what is kept.
    """

    path: str
    there: tuple[str, ...]
    sha256: str | None = None
    bytes: int | None = None
    made: Rows | Head | Labels | ByHand | None = None
    copies: tuple[Copy, ...] = ()


class Dataset(_Strict, frozen=True):
    """Files of one repository at one commit. `terms`: what must be accepted before they are used, None = nothing."""

    name: str
    title: str
    version: str
    licence: str
    host: str
    repository: str
    commit: str
    files: tuple[DataFile, ...]
    terms: str | None = None

    def accepted(self, record: Record) -> bool:
        """Whether these very terms were accepted, or there are none."""
        return self.terms is None or record.accepted.get(self.name) == self.terms


class Manifest(_Strict, frozen=True):
    """All that is pinned."""

    hosts: dict[str, Host]
    sets: tuple[Dataset, ...]

    def named(self, name: str) -> Dataset:
        """The set of this name. Raises DataError with the known names."""
        for dataset in self.sets:
            if dataset.name == name:
                return dataset
        raise DataError(f"no data set {name!r}. Known: {', '.join(one.name for one in self.sets)}.")

    def holding(self, path: str) -> tuple[Dataset, DataFile]:
        """The set and file at a place of the data directory, which must be in the manifest."""
        return next((one, file) for one in self.sets for file in one.files if file.path == path)

    def urls(self, dataset: Dataset, file: DataFile) -> tuple[str, ...]:
        """Where a file is published, to be tried in this order."""
        url = self.hosts[dataset.host].url.replace("{repository}", dataset.repository)
        url = url.replace("{commit}", dataset.commit)
        return tuple(url.replace("{path}", quote(there)) for there in file.there)

    def origin(self, dataset: Dataset, file: DataFile) -> str:
        """Where a file comes from, for people: place, repository, commit."""
        site = self.hosts[dataset.host].site
        return f"{file.there[0]} of {site}/{dataset.repository} at {dataset.commit[:_SHORT]}"


@cache
def manifest() -> Manifest:
    """The manifest that ships with longplay."""
    text = (files("longplay.battery") / "datasets.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Manifest)


def data_directory() -> Path:
    """Where third-party data lies on this machine; it may not exist."""
    return Path(os.environ.get(DIRECTORY_VARIABLE) or "data")


def located(path: str) -> Path:
    """Where a file of the manifest lies, or would; nothing is looked at."""
    return data_directory() / path


def origin(path: str) -> str:
    """Where a file of the data directory comes from, for people: place, repository, commit."""
    return manifest().origin(*manifest().holding(path))


def advice(path: str) -> str:
    """What to do about a file that is not there or cannot be used, as a sentence."""
    dataset, file = manifest().holding(path)
    return (
        f"Set {DIRECTORY_VARIABLE} to a folder that holds {path} ({manifest().origin(dataset, file)}), or run "
        f"`longplay data fetch {dataset.name}`."
    )


def require(name: str) -> Dataset:
    """The set of this name, whose terms were accepted in the data directory. Raises DataError with the terms else.

    Whoever reads a restricted set calls this first; a set without terms needs no acceptance.
    """
    dataset = manifest().named(name)
    if not dataset.accepted(read_record(data_directory())):
        raise DataError(
            f"data set {name}: its terms were not accepted for {data_directory()}. {str(dataset.terms).strip()} "
            f"To accept: longplay data fetch {name} --accept-licence {name}"
        )
    return dataset


def read_dataset(path: str) -> bytes:
    """The bytes of a file of the manifest, of an accepted set, with the hash that is pinned or was found first.

    Raises DataError: terms not accepted, file missing, or not the pinned one; the message says what to do.
    """
    dataset, file = manifest().holding(path)
    require(dataset.name)
    try:
        content = located(path).read_bytes()
    except OSError as error:
        raise DataError(f"{located(path)} cannot be read ({type(error).__name__}). {advice(path)}") from None
    known = {copy.sha256 for copy in file.copies}
    found = read_record(data_directory()).found.get(path)
    if file.sha256 is not None:
        known.add(file.sha256)
    elif found is not None and found.commit == dataset.commit:
        known.add(found.sha256)
    else:
        return content
    if hashlib.sha256(content).hexdigest() not in known:
        raise DataError(f"{located(path)} is not {manifest().origin(dataset, file)}. {advice(path)}")
    return content
