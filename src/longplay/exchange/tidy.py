"""A run as tidy tables, one CSV and one Parquet file each: a row an observation, words for codes. Knows no models.

Texts are foreign: for CSV every word passes the caller's `cell`, which disarms formulas; in both kinds of file what
UTF-8 cannot say is written as an escape.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import fastparquet
import msgspec
import pandas as pd

from longplay.exchange import estimate_rows, format_1
from longplay.exchange.estimate_rows import KINDS, Kind, Title, Value
from longplay.files import SHARED, advice_on, drafts, write_whole
from longplay.records import Estimate
from longplay.specs import TRAITS, LongplayError, Persona
from longplay.store import Reader
from longplay.store.rows import Row, text_of
from longplay.store.schema import FINISH_WORDS, JUDGE_WORDS, REASON_WORDS, STATUS_WORDS, SUBJECT_KINDS
from longplay.store.tables import NAMED

Format: TypeAlias = Literal[1, 2]
Reading: TypeAlias = Callable[[Any], Value]
FORMAT: Format = 2  # columns as they are since 0.3.0; 1: as before

_parquet: Any = fastparquet  # its annotations are narrower than what it takes
CHUNK = 50_000
DTYPES: dict[Kind, str] = {"text": "object", "integer": "Int64", "number": "float64", "flag": "bool"}
_CODES: Mapping[str, Mapping[int, str | None]] = {
    "reason": REASON_WORDS,
    "finish": FINISH_WORDS,
    "status": STATUS_WORDS,
    "kind": {code: f"{kind}s" for code, kind in enumerate(SUBJECT_KINDS)},
    "judge_kind": JUDGE_WORDS,
}
# columns that tables call otherwise than people do
_TITLES = {
    "ord": "order",
    "draw": "replicate",
    "answer_draw": "answer_replicate",
    "policy": "play_policy",
    "empty": "empty_reply",
    "marked": "marked_reply",
    "copied": "copied_reply",
    "prompt": "prompt_tokens",
    "cached": "cached_tokens",
    "completion": "completion_tokens",
    "kind": "on",
    "subject": "subject_id",
}
_FLAGS = frozenset(("empty", "marked", "copied", "counts"))
_INTERNAL = frozenset(("call",))
TOLD = ("description", "message", "greeting", "after_history")
_TEXTS = {"rounds": ("user", "reply"), "answers": ("reply",)}
VERDICTS = "verdicts"


class ExportError(LongplayError):
    """Tables that cannot be written; the message says what to do."""


class Column(msgspec.Struct, frozen=True):
    """A column of a tidy table: its name and what all its values are (or None, save flags)."""

    name: str
    kind: Kind


class Tidy(msgspec.Struct, frozen=True):
    """A table as it is written; rows are read once, as they are wanted."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]


class Written(msgspec.Struct, frozen=True):
    """How many rows stand in which files."""

    name: str
    rows: int
    files: tuple[Path, ...]


def tables(
    reader: Reader,
    personas: Sequence[Persona],
    estimates: Sequence[Estimate],
    title: Title,
    facts: Mapping[str, Value],
    *,
    texts: bool,
    form: Format = FORMAT,
) -> Iterator[Tidy]:
    """personas, rounds, answers, verdicts and estimates. `title`: the words for an estimate; `facts` stand in every row
    of all; `texts`: also turns, replies and the texts of personas; `form`: the columns, of 1 without personas."""
    if form != 1:
        yield of_personas(personas, facts, texts=texts)
    for name in (*_TEXTS, VERDICTS):
        yield of_stored(reader, name, facts, texts=texts, form=form)
    yield of_estimates(estimates, title, facts, form)


def of_personas(personas: Sequence[Persona], facts: Mapping[str, Value], *, texts: bool) -> Tidy:
    """Who was played; see `tables`."""
    return _with_facts(_personas(personas, texts=texts), facts)


def of_stored(reader: Reader, name: str, facts: Mapping[str, Value], *, texts: bool, form: Format = FORMAT) -> Tidy:
    """rounds, answers or verdicts; see `tables`."""
    found = _verdicts(reader) if name == VERDICTS else _subjects(reader, name, texts=texts)
    found = _counting(found) if name == VERDICTS and form == 1 else found
    return _with_facts(_as_before(found) if form == 1 else found, facts)


def of_estimates(
    estimates: Sequence[Estimate], title: Title, facts: Mapping[str, Value], form: Format = FORMAT
) -> Tidy:
    """A row an estimate; see `tables`."""
    return _with_facts(_estimates(estimates, title, form), facts)


def write_csv(estimates: Sequence[Estimate], title: Title, path: Path, cell: Callable[[Value], Value]) -> None:
    """Write estimates alone, as CSV. Raises ExportError where that cannot be."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow([name for name, _ in estimate_rows.columns()])
    lines.writerows([cell(value) for value in estimate_rows.row(e, title)] for e in estimates)
    try:
        write_whole(path, out.getvalue())
    except OSError as error:
        raise _unwritable(path, error) from None


def write(table: Tidy, folder: Path, cell: Callable[[Value], Value]) -> Written:
    """Write FOLDER/NAME.csv and FOLDER/NAME.parquet; old files are replaced only when both are whole.

    Raises ExportError where the folder cannot be written.
    """
    ends = [folder / f"{table.name}.{kind}" for kind in ("csv", "parquet")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with drafts(*ends, mode=SHARED) as (text, binary):
            count = _write(table, text, binary, cell)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return Written(table.name, count, tuple(ends))


def _unwritable(folder: Path, error: OSError) -> ExportError:
    return ExportError(f"{folder}: cannot be written ({error.strerror}). {advice_on(error)}.")


def _write(table: Tidy, text: Path, binary: Path, cell: Callable[[Value], Value]) -> int:
    rows, count, names = iter(table.rows), 0, [column.name for column in table.columns]
    with ExitStack() as stack:
        out = stack.enter_context(text.open("w", encoding="utf-8", newline="\n", errors="backslashreplace"))
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(names)
        while chunk := list(islice(rows, CHUNK)):
            lines.writerows([cell(value) for value in row] for row in chunk)
            _append(binary, table.columns, chunk, first=count == 0)
            count += len(chunk)
        if not count:
            _append(binary, table.columns, [], first=True)
    return count


def _append(path: Path, columns: Sequence[Column], rows: Sequence[Sequence[Value]], *, first: bool) -> None:
    by_column: list[tuple[Value, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    frame: Any = pd.DataFrame(
        {
            column.name: pd.array([sayable(value) for value in values], dtype=DTYPES[column.kind])
            if column.kind != "text"
            else pd.Series([sayable(value) for value in values], dtype="object")
            for column, values in zip(columns, by_column, strict=True)
        }
    )
    encoding = {column.name: "utf8" for column in columns if column.kind == "text"}
    _parquet.write(str(path), frame, append=not first, object_encoding=encoding, compression="SNAPPY", stats=False)


def sayable(value: Value) -> Value:
    """A text with what UTF-8 cannot say written as an escape; other values as they are."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _with_facts(table: Tidy, facts: Mapping[str, Value]) -> Tidy:
    more = tuple(Column(name, KINDS[type(value)]) for name, value in facts.items())
    tail = tuple(facts.values())
    return Tidy(table.name, (*table.columns, *more), ((*row, *tail) for row in table.rows))


def _subjects(reader: Reader, name: str, *, texts: bool) -> Tidy:
    found, names = reader.table(name), reader.names()
    kept = [place for place, column in enumerate(found.columns) if column not in _INTERNAL]
    columns = [_column(found.columns[place]) for place in kept]
    sources = [(place, _reading(found.columns[place], names)) for place in kept]
    columns += [Column("condition", "text"), Column("truncated", "flag")]
    sources += [(found.columns.index("persona"), _condition), (found.columns.index("finish"), _truncated)]
    rows = _in_words(found.rows, sources)
    if not texts:
        return Tidy(name, tuple(columns), rows)
    columns += [Column(title, "text") for title in _TEXTS[name]]
    return Tidy(name, tuple(columns), _beside(rows, reader.texts(name), len(_TEXTS[name])))


def _in_words(rows: Iterable[Row], sources: Sequence[tuple[int, Reading | None]]) -> Iterator[Sequence[Value]]:
    """Rows with words for numbers: from which column each value is, and what it says (None: itself). Column by column,
    so that a column that stays as it is needs no call for each cell."""
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        stored = list(zip(*chunk, strict=True))
        yield from zip(
            *(stored[place] if read is None else map(read, stored[place]) for place, read in sources), strict=True
        )


def _beside(rows: Iterable[Sequence[Value]], said: Iterable[Sequence[Any]], many: int) -> Iterator[Sequence[Value]]:
    """Rows with their texts, both in the order of ids. Texts are read later, so that a growing run may have more."""
    waiting = iter(said)
    texts: Sequence[Any] | None = next(waiting, None)
    for row in rows:
        while texts is not None and texts[0] < row[0]:
            texts = next(waiting, None)
        found = texts[1:] if texts is not None and texts[0] == row[0] else (None,) * many
        yield [*row, *map(_text, found)]


def _condition(persona: Any) -> str:
    return "persona" if persona else "baseline"


def _truncated(finish: Any) -> bool:
    return FINISH_WORDS[finish or 0] == "length"


def _personas(personas: Sequence[Persona], *, texts: bool) -> Tidy:
    """Who was played, target traits in levels 1 to 5; `texts`: also what is known of them, lore as JSON."""
    columns = [Column("persona", "text"), Column("name", "text"), Column("kind", "text")]
    columns += [Column(trait, "number") for trait in TRAITS]
    columns += [Column(name, "text") for name in (*TOLD, "lore")] if texts else []

    def row(one: Persona) -> list[Value]:
        told = [getattr(one, name) for name in TOLD]
        lore = msgspec.json.encode(one.lore).decode() if one.lore else ""
        levels = map(one.traits.get, TRAITS)
        return [one.id, one.name, str(one.kind), *levels, *([*told, lore] if texts else [])]

    return Tidy("personas", tuple(columns), map(row, personas))


def _verdicts(reader: Reader) -> Tidy:
    """Every verdict on rounds and answers; `subject_id` is the `id` of the table that `on` names."""
    found, names = reader.table(VERDICTS), reader.names()
    sources = list(enumerate(_reading(column, names) for column in found.columns))
    return Tidy(VERDICTS, tuple(map(_column, found.columns)), _in_words(found.rows, sources))


def _estimates(estimates: Sequence[Estimate], title: Title, form: Format) -> Tidy:
    rows = format_1 if form == 1 else estimate_rows
    columns = tuple(Column(name, kind) for name, kind in rows.columns())
    return Tidy("estimates", columns, (rows.row(estimate, title) for estimate in estimates))


def _counting(verdicts: Tidy) -> Tidy:
    """The verdicts that count, without people's: earlier versions kept no others."""
    places = {column.name: place for place, column in enumerate(verdicts.columns)}
    kind, counts = places["judge_kind"], places["counts"]
    kept = (row for row in verdicts.rows if row[counts] and row[kind] != "person")
    return Tidy(verdicts.name, verdicts.columns, kept)


def _as_before(table: Tidy) -> Tidy:
    """The table with the columns of format 1, by the names that they had there."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    kept = [places[name] for name in (*format_1.COLUMNS[table.name], *_TEXTS.get(table.name, ())) if name in places]
    columns = (table.columns[place] for place in kept)
    renamed = tuple(Column(format_1.CALLED.get(one.name, one.name), one.kind) for one in columns)
    return Tidy(table.name, renamed, ([row[place] for place in kept] for row in table.rows))


def _column(name: str) -> Column:
    kind: Kind = "integer"
    if name in NAMED or name in _CODES:
        kind = "text"
    elif name == "score":
        kind = "number"
    elif name in _FLAGS:
        kind = "flag"
    return Column(_TITLES.get(name, name), kind)


def _reading(column: str, names: Sequence[str]) -> Reading | None:
    """What a number of a stored column says; None = what it is."""
    if column in NAMED:
        return [name or None for name in names].__getitem__
    if column in _CODES:
        return _CODES[column].__getitem__
    return bool if column in _FLAGS else None


def _text(value: Any) -> str | None:
    return None if value is None else text_of(value)
