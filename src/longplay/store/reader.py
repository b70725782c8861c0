"""The read side of a run folder: usable without its lock, also while it runs. Knows no meaning of numbers."""

import sqlite3
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from longplay.records import Cell, DialogueKey, Ref, Reply, RoundRef, SubjectKind, TextRef
from longplay.store import details, scans, tables, tallies
from longplay.store.connection import reading
from longplay.store.errors import StoreError
from longplay.store.ids import names
from longplay.store.migrating import readable_now
from longplay.store.rows import Value, text_of
from longplay.store.stored import Judgement, Spent, StoredAnswer, StoredEstimate, StoredRound, StoredText
from longplay.store.tables import Counts, Table
from longplay.store.tallies import Fault, Replied, Scored, Served, Texts

if TYPE_CHECKING:
    from longplay.store.columns import Columns


class Reader:
    """A run folder opened for reading. Every method reads what is committed when it is called.

    Names are only ever added: call `names` after `table`, or hold both in one `snapshot`. Methods raise StoreError
    where the file is damaged. Use from one thread.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `Reader.open`."""
        self._path = path
        self._connection = connection

    @classmethod
    def open(cls, run: Path) -> "Reader":
        """Open a run folder; a store of an earlier version is brought up to this one's form first.

        Raises StoreError where there is no run, one of a later version, or one whose sets of verdicts stand for
        nothing: every count of verdicts rests on them, and a set in no known state would be left out without a word.
        """
        reader = cls(*readable_now(run))
        try:
            with reading(reader._path):
                tables.check_sets(reader._connection)
        except StoreError:
            reader.close()
            raise
        return reader

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        """All reads within see one state of a growing run. Keep it short: the writer's log grows meanwhile."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def meta(self) -> dict[str, str]:
        """Facts about the run."""
        return self._pairs("SELECT key, value FROM meta ORDER BY key")

    def documents(self, kind: str) -> dict[str, str]:
        """Documents of one kind, by name."""
        return self._pairs("SELECT name, body FROM documents WHERE kind=? ORDER BY name", kind)

    def names(self) -> list[str]:
        """Names by id; 0 = "", which stands for none."""
        with reading(self._path):
            return names(self._connection)

    def columns(self, name: str, wanted: Sequence[str] | None = None) -> "Columns":
        """Columns of one of columns.TABLES, all of them where none are named. Those in tables.NAMED hold ids of
        `names`."""
        from longplay.store import columns  # NumPy is loaded where it is needed

        if name not in columns.TABLES:
            raise StoreError(f"No table {name!r}. Known: {', '.join(columns.TABLES)}.")
        held = nullcontext() if self._connection.in_transaction else self.snapshot()
        with reading(self._path), held:
            return columns.columns(self._connection, name, wanted)

    def table(self, name: str) -> Table:
        """The same as rows, for tables that are small."""
        found = self.columns(name)
        return Table(tuple(found.numbers), found.rows())

    def texts(self, name: str) -> Iterator[tuple[Value, ...]]:
        """id and texts of every row of `rounds` (user turn, reply) or `answers` (reply), in the order of `table`.

        Read as they are wanted; texts are as rows.text_of takes them, None where there is none.
        """
        with reading(self._path):
            yield from self._connection.execute(tables.TEXTS[name])

    def counts(self) -> Counts:
        """How far the run is."""
        with reading(self._path), self.snapshot():
            return tables.counts(self._connection)

    def spent(self) -> dict[tuple[str, str], Spent]:
        """What was spent, by model title and kind of call (CALL_KINDS)."""
        with reading(self._path):
            return details.spent(self._connection)

    def obtained(self) -> list[Texts]:
        """All rounds and answers by place and outcome."""
        with reading(self._path):
            return tallies.texts(self._connection)

    def scored(self) -> list[Scored]:
        """All verdicts on rounds and answers by set and outcome."""
        with reading(self._path):
            return tallies.scored(self._connection)

    def lost(self) -> list[RoundRef | Cell]:
        """Every round and answer that is stored as missing."""
        with reading(self._path):
            return list(tallies.lost(self._connection))

    def faults(self) -> list[Fault]:
        """Calls that came to nothing, by what the server said."""
        with reading(self._path):
            return tallies.faults(self._connection)

    def replied(self) -> list[Replied]:
        """Calls that were answered, by model, with what is odd about them."""
        with reading(self._path):
            return tallies.replied(self._connection)

    def uncounted(self) -> dict[tuple[str, str], int]:
        """Replies without usable token counts, by model title and kind of call (CALL_KINDS)."""
        with reading(self._path):
            return tallies.uncounted(self._connection)

    def served(self) -> list[Served]:
        """Who the servers say has answered."""
        with reading(self._path):
            return tallies.served(self._connection)

    def told_who_to_be(self) -> set[str]:
        """Models of which a reply was kept that they gave as a persona."""
        with reading(self._path):
            return tallies.told_who_to_be(self._connection)

    def judged_answers(self, metrics: Sequence[str], most: int) -> list[tallies.JudgedText]:
        """First verdicts on answers by these metrics, with the texts, evenly spaced: about `most` at the most."""
        with reading(self._path):
            return tallies.judged_answers(self._connection, metrics, most)

    def unread(self) -> dict[str, str]:
        """A reply of each judge that could not be read."""
        with reading(self._path):
            return tallies.unread(self._connection)

    def dialogues(self) -> dict[int, DialogueKey]:
        """Every dialogue begun, by its id, which `dialogue` of other tables names; in the order of ids."""
        with reading(self._path):
            return scans.dialogues(self._connection)

    def dialogue_text(self, dialogue: DialogueKey) -> list[StoredRound]:
        """All rounds of a dialogue with their replies."""
        with reading(self._path):
            return scans.rounds(self._connection, dialogue)

    def user_turns(self) -> dict[DialogueKey, list[tuple[str, int]]]:
        """Of every dialogue with rounds, in their order: the user's turn, and how many characters the reply has."""
        with reading(self._path):
            return scans.user_turns(self._connection)

    def answers(self, condition: Cell) -> list[StoredAnswer]:
        """All answers after the prefix of a cell (dialogue, checkpoint, persona, policy), whatever its item."""
        with reading(self._path):
            return scans.answers(self._connection, condition)

    def round_text(self, ref: RoundRef) -> StoredRound | None:
        """One round with its reply; None where it is not stored."""
        return next((found for found in self.dialogue_text(ref.dialogue) if found.number == ref.round), None)

    def answer_text(self, cell: Cell) -> Reply | None:
        """The reply to an item; None where it was never asked."""
        found = self.answer(cell)
        return None if found is None else found[0]

    def answer(self, cell: Cell) -> tuple[Reply, bool] | None:
        """The same, and whether the reply is copied from an earlier one of the dialogue."""
        with reading(self._path):
            return details.answer(self._connection, cell)

    def answer_texts(self, cell: Cell) -> list[StoredText]:
        """All answers to the probe of `cell` after its prefix (its item and draw are not looked at)."""
        with reading(self._path):
            return scans.texts(self._connection, cell)

    def steps(self, ref: RoundRef | Cell) -> list[Reply]:
        """The replies a policy obtained before a round or answer."""
        with reading(self._path):
            return details.steps(self._connection, ref)

    def verdicts(self, ref: Ref, *, every: bool = False) -> list[Judgement]:
        """The verdicts on a text that count, each with the judge's replies; `every`: also those of earlier sets."""
        with reading(self._path), self.snapshot():
            return details.judgements(self._connection, ref, every=every)

    def bundled_text(self, ref: TextRef) -> str | None:
        """The words of a bundled text; None where it was never put."""
        with reading(self._path):
            return details.bundled_text(self._connection, ref)

    def refs(self, kind: SubjectKind, ids: Collection[int]) -> dict[int, RoundRef | Cell]:
        """The rounds or answers with these ids; those that are not there are left out."""
        with reading(self._path):
            return scans.refs(self._connection, kind, ids)

    def estimates(self) -> list[StoredEstimate]:
        """The estimates of the last analysis."""
        with reading(self._path):
            return details.estimates(self._connection)

    def _pairs(self, sql: str, *parameters: str) -> dict[str, str]:
        with reading(self._path):
            found = self._connection.execute(sql, parameters).fetchall()
            return {text_of(name): text_of(body) for name, body in found}
