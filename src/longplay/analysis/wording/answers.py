"""A run's answers as texts, one model, setting and probe at a time, so that memory does not grow with the run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol, TypeAlias

import msgspec

from longplay.analysis.frames import Table
from longplay.analysis.wording.comparing import Compared, Heard, Point, Who, compare
from longplay.analysis.wording.miners import Miner
from longplay.inference.sim.chance import without_marker
from longplay.records import Cell, DialogueKey, Reply, Setting
from longplay.specs import Study

# what of a reply was said: all of it, or without what a simulated model plants in it
Read: TypeAlias = Callable[[str], str]


class Said(Protocol):
    """One answer as text; None = missing. Answers with one `call` are one answer."""

    @property
    def item(self) -> str: ...
    @property
    def call(self) -> int | None: ...
    @property
    def text(self) -> str | None: ...


class Played(Protocol):
    """One round with its reply; None = not obtained."""

    @property
    def number(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def reply(self) -> Reply | None: ...
    @property
    def copied(self) -> bool: ...


class Reader(Protocol):
    """What is asked of a store: its tables, their names, and texts of one prefix or dialogue at a time."""

    def table(self, name: str) -> Table: ...
    def names(self) -> Sequence[str]: ...
    def dialogues(self) -> Mapping[int, DialogueKey]: ...
    def documents(self, kind: str) -> Mapping[str, str]: ...
    def answer_texts(self, cell: Cell) -> Sequence[Said]: ...
    def dialogue_text(self, dialogue: DialogueKey) -> Sequence[Played]: ...


class Asked(msgspec.Struct, frozen=True):
    """Where a run has texts: its dialogues, and the prefixes at which their own speaker was asked (item empty)."""

    dialogues: tuple[DialogueKey, ...]
    prefixes: tuple[Cell, ...]
    probes: tuple[str, ...]


def asked(reader: Reader) -> Asked:
    """Look up which dialogues and prefixes a run has; speakers asked as somebody else are left out."""
    keys, conditions, names = reader.dialogues(), reader.table("conditions"), reader.names()
    prefixes: list[Cell] = []
    for number, checkpoint, persona, policy in _rows(
        conditions, ("dialogue", "checkpoint", "ask_persona", "ask_policy")
    ):
        key = keys.get(number)
        if key is not None and key.persona == (names[persona] if persona else None):
            prefixes.append(Cell(key, checkpoint, key.persona, names[policy], "", ""))
    return Asked(tuple(keys.values()), tuple(sorted(prefixes, key=_in_order)), tuple(sorted(reader.documents("probe"))))


def compared(reader: Reader, found: Asked, miner: Miner, seed: int, read: Read) -> Iterator[Compared]:
    """Every persona beside the baseline of its model and setting, on every probe that both were asked."""
    for (model, setting), of_setting in groupby(found.prefixes, key=lambda cell: _in_order(cell)[:2]):
        speakers = {speaker: list(cells) for speaker, cells in groupby(of_setting, key=lambda cell: cell.ask_persona)}
        baseline = speakers.pop(None, None)
        for probe in found.probes if baseline is not None else ():
            heard = _heard(reader, baseline or (), probe, miner, read)
            for persona, cells in speakers.items():
                own = _heard(reader, cells, probe, miner, read)
                who = Who(model, setting, str(persona), probe)
                if any(own[place].items and heard[place].items for place in own.keys() & heard.keys()):
                    yield compare(who, own, heard, miner, seed)


def read_of(study: Study) -> Read:
    """How the replies of a study are read."""
    return without_marker if study.simulated else str


def _in_order(cell: Cell) -> tuple[Any, ...]:
    """Model, setting, speaker, then places and what is repeated at one."""
    key = cell.dialogue
    speaker = cell.ask_persona is not None, cell.ask_persona or ""
    setting = Setting(key.policy, cell.ask_policy)
    return key.model, setting, *speaker, key.script, cell.checkpoint, key.order, key.draw


def _heard(reader: Reader, prefixes: Sequence[Cell], probe: str, miner: Miner, read: Read) -> dict[Point, Heard]:
    """What one speaker said to one probe, by place. Draws and orders that share a call are one answer."""
    found: dict[Point, Heard] = {}
    for place, cells in groupby(prefixes, key=lambda cell: Point(cell.dialogue.script, cell.checkpoint)):
        said = [one for cell in cells for one in reader.answer_texts(msgspec.structs.replace(cell, probe=probe))]
        once = {(one.item, i if one.call is None else -one.call): one for i, one in enumerate(said)}
        pairs = [(one.item, None if one.text is None else read(one.text)) for one in once.values()]
        if pairs:
            found[place] = Heard.read(pairs, miner.split)
    return found


def _rows(table: Table, columns: Sequence[str]) -> Iterator[tuple[int, ...]]:
    places = [table.columns.index(name) for name in columns]
    for row in table.rows:
        yield tuple(row[place] for place in places)
