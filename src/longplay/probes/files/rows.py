"""What all forms of item files come to: rows with a place each, and what a study wants of them. Values only."""

from typing import NamedTuple

from longplay.probes.probe import ProbeError
from longplay.specs import Shot

MOST_ROWS = 100_000
MOST_COLUMNS = 10_000
MOST_BYTES = 32_000_000  # of the files of a set together


class ItemFileError(ProbeError):
    """A file of items that cannot be used; names the file, the place in it and the fault."""


class Row(NamedTuple):
    """One item as the file has it. `place`: where it stands, in words; `number`: which row it is, from 1."""

    place: str
    number: int
    values: dict[str, object]


class Rows(NamedTuple):
    """The rows of a file. `cells`: they are texts of a table without types, where an empty one says nothing."""

    rows: list[Row]
    cells: bool = False


class Wanted(NamedTuple):
    """What a study says of a file's rows. `fields`: by longplay's name, the column; None where it says nothing."""

    fields: dict[str, str] | None = None
    persona: str | None = None
    shots: tuple[Shot, ...] = ()
