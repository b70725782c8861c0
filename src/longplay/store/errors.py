"""The errors of this room. Knows nothing else of it."""

import sqlite3

from longplay.specs import LongplayError

LOCAL = (
    "A run folder needs a local disk (network file systems often neither lock files nor share memory); "
    "copy it elsewhere once the run has ended"
)


class StoreError(LongplayError):
    """A run's store cannot be opened, read or written; the message says why and what to do."""


class NotBegun(StoreError):
    """The folder holds no run, or a store that was being made when its process ended."""


def means_damage(error: Exception) -> bool:
    """Whether the fault is in the file's own content, not in the disk or the folder around it: what SQLite finds
    malformed, text that is none (which has no code of SQLite's), and what our own decoding refuses."""
    if isinstance(error, sqlite3.OperationalError):
        return not hasattr(error, "sqlite_errorcode")
    return not isinstance(error, OSError)


def one_line(error: Exception, most: int = 200) -> str:
    """What SQLite says, which may quote a file's own bytes, as one printable line."""
    return "".join(c if c.isprintable() else " " for c in str(error)[:most])
