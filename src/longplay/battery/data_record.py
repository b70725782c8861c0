"""What a data directory remembers: hashes found where none is pinned, and accepted terms. Knows no network."""

import os
from pathlib import Path

import msgspec

from longplay.specs import LongplayError

RECORD_FILE = "CHECKED.json"


class DataError(LongplayError):
    """Third-party data that cannot be used, fetched or checked; the message says what to do."""


class Found(msgspec.Struct, frozen=True):
    """What a file without a pinned hash was when it was first seen, and the commit it was fetched for."""

    sha256: str
    bytes: int
    commit: str


class Record(msgspec.Struct, frozen=True):
    """`found` by place in the data directory; `accepted`: the terms as they were accepted, by set."""

    found: dict[str, Found] = {}
    accepted: dict[str, str] = {}


def read_record(folder: Path) -> Record:
    """The record of a data directory; an empty one where there is none. Raises DataError when it is damaged."""
    path = folder / RECORD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (FileNotFoundError, NotADirectoryError):
        return Record()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
    except (msgspec.DecodeError, RecursionError):
        raise DataError(
            f"{path}: is damaged. Delete it and run `longplay data fetch` again: hashes of unverified files are then "
            f"recorded anew, and terms must be accepted again."
        ) from None


def write_record(folder: Path, record: Record) -> None:
    """Put a record in place of the old one, whole or not at all."""
    path, draft = folder / RECORD_FILE, folder / f"{RECORD_FILE}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=2) + b"\n")
        os.replace(draft, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}). Choose a folder with --into.") from None
