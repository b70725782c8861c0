"""The errors of this room. Knows nothing else of it."""

from longplay.specs import LongplayError

LOCAL = (
    "A run folder needs a local disk (network file systems often neither lock files nor share memory); "
    "copy it elsewhere once the run has ended"
)


class StoreError(LongplayError):
    """A run's store cannot be opened, read or written; the message says why and what to do."""


class NotBegun(StoreError):
    """The folder holds no run, or a store that was being made when its process ended."""


def one_line(error: Exception, most: int = 200) -> str:
    """What SQLite says, which may quote a file's own bytes, as one printable line."""
    return "".join(c if c.isprintable() else " " for c in str(error)[:most])
