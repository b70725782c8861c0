"""Data sets of the Hugging Face hub as a study names them, and where a fetched one lies. Knows no network.

Names of the hub are never paths here: folders are named by them with every odd character escaped, files by number.
"""

import re
from pathlib import Path
from urllib.parse import quote

import msgspec

from longplay.battery.data_record import DataError
from longplay.specs import plain

PREFIX = "hf:"
RECORD = "fetched.json"
FORM = "hf:NAME@REVISION#SPLIT, as in hf:owner/set@main#test or hf:owner/set@main#config/test"
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_NAMED = re.compile(
    rf"hf:(?P<name>{_PART}(/{_PART})?)@(?P<revision>{_PART}(/{_PART}){{0,3}})(#(?P<split>{_PART}(/{_PART})?))?"
)


class HubSet(msgspec.Struct, frozen=True):
    """One split of a data set at a revision: a commit's hash, a tag or a branch. `split` "" = the only one."""

    name: str
    revision: str
    split: str = ""

    @property
    def shown(self) -> str:
        """As a study names it."""
        return f"{PREFIX}{self.name}@{self.revision}{f'#{self.split}' if self.split else ''}"

    def folder(self, data: Path) -> Path:
        """Where it lies in a data directory."""
        parts = (quote(part, safe="") for part in (self.name, self.revision, self.split or "only"))
        return data.joinpath("hub", *parts)


class HubFile(msgspec.Struct, frozen=True):
    """A file as it was fetched: its place in the set, its name here."""

    there: str
    here: str
    sha256: str
    bytes: int


class HubRecord(msgspec.Struct, frozen=True):
    """What a fetched split is: the commit that its revision was, and its files in their order."""

    commit: str
    files: tuple[HubFile, ...]


def hub_set(named: str) -> HubSet:
    """The set that such a name means. Raises DataError with the form."""
    match = _NAMED.fullmatch(named)
    if match is None:
        lacking = " has no revision, which says which version is meant" if "@" not in named else " is no such name"
        raise DataError(f"{plain(named)}:{lacking}. Write {FORM}.")
    return HubSet(match["name"], match["revision"], match["split"] or "")


def hub_record(wanted: HubSet, data: Path) -> HubRecord | None:
    """What is here of a set; None where it was not fetched. Raises DataError where the record is damaged."""
    path = wanted.folder(data) / RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=HubRecord)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
    except (msgspec.DecodeError, RecursionError):
        raise DataError(f"{path}: is damaged. Remove its folder and fetch {wanted.shown} again.") from None
