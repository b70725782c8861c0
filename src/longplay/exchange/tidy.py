"""A run as tidy tables: a row an observation, words for codes. Knows no models and writes no files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from longplay.exchange import estimate_rows, format_1
from longplay.exchange.estimate_rows import KINDS, Kind, Title, Value
from longplay.exchange.stored import TEXTS, VERDICTS, stored
from longplay.records import Estimate
from longplay.specs import TRAITS, Persona
from longplay.store import Reader

Facts: TypeAlias = Mapping[str, int | bool]
Format: TypeAlias = Literal[1, 2]
FORMAT: Format = 2  # columns as they are since 0.3.0; 1: as before

DTYPES: dict[Kind, str] = {"text": "object", "integer": "Int64", "number": "float64", "flag": "bool"}
TOLD = ("description", "message", "greeting", "after_history")


class Column(msgspec.Struct, frozen=True):
    """A column of a tidy table: its name and what all its values are (or None, save flags)."""

    name: str
    kind: Kind


class Tidy(msgspec.Struct, frozen=True):
    """A table as it is written; rows are read once, as they are wanted."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]


def tables(
    reader: Reader,
    personas: Sequence[Persona],
    estimates: Sequence[Estimate],
    title: Title,
    facts: Facts,
    *,
    texts: bool,
    form: Format = FORMAT,
) -> Iterator[Tidy]:
    """personas, rounds, answers, verdicts and estimates. `title`: the words for an estimate; `facts` stand in every row
    of all; `texts`: also turns, replies and the texts of personas; `form`: the columns, of 1 without personas."""
    if form != 1:
        yield of_personas(personas, facts, texts=texts)
    for name in (*TEXTS, VERDICTS):
        yield of_stored(reader, name, facts, texts=texts, form=form)
    yield of_estimates(estimates, title, facts, form)


def of_personas(personas: Sequence[Persona], facts: Facts, *, texts: bool) -> Tidy:
    """Who was played; see `tables`."""
    return _with_facts(_personas(personas, texts=texts), facts)


def of_stored(reader: Reader, name: str, facts: Facts, *, texts: bool, form: Format = FORMAT) -> Tidy:
    """rounds, answers or verdicts; see `tables`."""
    found = stored(reader, name, facts, texts=texts)
    said = [Column(title, "text") for title in found.texts]
    columns = [Column(part.name, part.kind) for part in found.parts]
    table = Tidy(name, (*columns[: found.before], *said, *columns[found.before :]), found.rows())
    if form != 1:
        return table
    return _as_before(_counting(table) if name == VERDICTS else table, tuple(facts))


def of_estimates(estimates: Sequence[Estimate], title: Title, facts: Facts, form: Format = FORMAT) -> Tidy:
    """A row an estimate; see `tables`."""
    return _with_facts(_estimates(estimates, title, form), facts)


def sayable(value: Value) -> Value:
    """A text with what UTF-8 cannot say written as an escape; other values as they are."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _with_facts(table: Tidy, facts: Facts) -> Tidy:
    more = tuple(Column(name, KINDS[type(value)]) for name, value in facts.items())
    tail = tuple(facts.values())
    return Tidy(table.name, (*table.columns, *more), ((*row, *tail) for row in table.rows))


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


def _estimates(estimates: Sequence[Estimate], title: Title, form: Format) -> Tidy:
    rows = format_1 if form == 1 else estimate_rows
    columns = tuple(Column(name, kind) for name, kind in rows.columns())
    if form == 1:  # which has no column to say whose number it is
        estimates = [one for one in estimates if not one.persona]
    return Tidy("estimates", columns, (rows.row(estimate, title) for estimate in estimates))


def _counting(verdicts: Tidy) -> Tidy:
    """The verdicts that count, without people's: earlier versions kept no others."""
    places = {column.name: place for place, column in enumerate(verdicts.columns)}
    kind, counts = places["judge_kind"], places["counts"]
    kept = (row for row in verdicts.rows if row[counts] and row[kind] != "person")
    return Tidy(verdicts.name, verdicts.columns, kept)


def _as_before(table: Tidy, facts: tuple[str, ...]) -> Tidy:
    """The table with the columns of format 1, by the names that they had there, and facts."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    kept = [
        places[name] for name in (*format_1.COLUMNS[table.name], *TEXTS.get(table.name, ()), *facts) if name in places
    ]
    columns = (table.columns[place] for place in kept)
    renamed = tuple(Column(format_1.CALLED.get(one.name, one.name), one.kind) for one in columns)
    return Tidy(table.name, renamed, ([row[place] for place in kept] for row in table.rows))
