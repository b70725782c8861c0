"""Small integers for names, dialogues, conditions and sets of verdicts, given out in memory by the one writer.

Knows no replies.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from longplay.records import Cell, DialogueKey, Verdict, VerdictSet
from longplay.store import statements
from longplay.store.rows import Row, Value, text_of, whole
from longplay.store.schema import BROUGHT_IN, CURRENT, JUDGE_CODES, JUDGE_WORDS

MOST_SAID = 1_000
OTHER_WORDS = "(another word: too many to keep)"


class Ids:
    """What is repeated, as integers; loaded when a store is opened. They are few: a study's words and prefixes.

    New ones wait in `new_names`, `new_dialogues`, `new_conditions` and `new_sets` until the writer has taken them
    along; in `now_current` waits which sets become current or earlier, as statements with their values, in order.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Load all. Raises ValueError or KeyError where the tables contradict themselves."""
        self._names: dict[str | None, int] = {None: 0}
        self._said = 0  # new words of servers since the store was opened
        self._dialogues: dict[DialogueKey, int] = {}
        self._conditions: dict[tuple[int, int, int, int], int] = {}
        self._sets: dict[tuple[str, str, str, str], int] = {}
        self.new_names: list[Row] = []
        self.new_dialogues: list[Row] = []
        self.new_conditions: list[Row] = []
        self.new_sets: list[Row] = []
        self.now_current: list[tuple[str, Row]] = []
        known, words = sets(connection)
        self._names |= {word: number for number, word in enumerate(words) if number}
        for number, *columns in connection.execute(
            "SELECT id, model, persona, script, ord, policy, draw FROM dialogues ORDER BY id"
        ).fetchall():
            self._dialogues[dialogue_key(columns, words)] = number
        for number, *condition in connection.execute(
            "SELECT id, dialogue, checkpoint, ask_persona, ask_policy FROM conditions ORDER BY id"
        ).fetchall():
            dialogue, checkpoint, ask_persona, ask_policy = condition
            self._conditions[dialogue, checkpoint, ask_persona, ask_policy] = number
        for number, found in known.items():
            self._sets[found.metric, found.judge, found.method, found.judge_kind] = number
        _dense("dialogues", self._dialogues.values())
        _dense("conditions", self._conditions.values())
        _dense("sets", self._sets.values())

    def name(self, word: str | None) -> int:
        """The id of a word; 0 for None."""
        number = self._names.get(word)
        if number is None:
            number = self._names[word] = len(self._names)
            self.new_names.append((number, word))
        return number

    def said(self, word: str) -> int:
        """The id of what a server says of itself; 0 for "". Where the words are ever new, only so many are kept."""
        if not word:
            return 0
        number = self._names.get(word)
        if number is not None:
            return number
        self._said += 1
        return self.name(word if self._said <= MOST_SAID else OTHER_WORDS)

    def dialogue(self, key: DialogueKey) -> int:
        """The id of a dialogue."""
        number = self._dialogues.get(key)
        if number is None:
            number = self._dialogues[key] = len(self._dialogues) + 1
            persona = self.name(key.persona)
            words = self.name(key.model), persona, self.name(key.script), key.order, self.name(key.policy), key.draw
            self.new_dialogues.append((number, *words))
        return number

    def condition(self, cell: Cell) -> int:
        """The id of what stands before a cell's item: dialogue, checkpoint, persona asked, policy."""
        condition = (
            self.dialogue(cell.dialogue),
            cell.checkpoint,
            self.name(cell.ask_persona),
            self.name(cell.ask_policy),
        )
        number = self._conditions.get(condition)
        if number is None:
            number = self._conditions[condition] = len(self._conditions) + 1
            self.new_conditions.append((number, *condition))
        return number

    def verdicts(self, of: VerdictSet | Verdict, *, brought_in: bool = False) -> int:
        """The id of a set of verdicts. A new one becomes current, unless it was brought in."""
        key = (of.metric, of.judge, of.method, of.judge_kind)
        number = self._sets.get(key)
        if number is None:
            number = self._sets[key] = len(self._sets) + 1
            kind, state = JUDGE_CODES[of.judge_kind], BROUGHT_IN if brought_in else CURRENT
            row = (number, self.name(of.metric), self.name(of.judge), self.name(of.method), kind, state)
            self.new_sets.append(row)
            if not brought_in:
                self.make_current(of)
        return number

    def make_only(self, sets: Sequence[VerdictSet], judges: Collection[str]) -> None:
        """Of the models' and programs' sets of their metrics these are current from now on, and no others; nor is any
        set by a model that is not among `judges`."""
        for metric in dict.fromkeys(one.metric for one in sets):
            self.now_current.append((statements.MAKE_NONE_CURRENT, (self.name(metric),)))
        models = dict.fromkeys(judge for _, judge, _, kind in self._sets if kind == "model")
        for judge in models.keys() - set(judges):
            self.now_current.append((statements.MAKE_NONE_OF_JUDGE, (self.name(judge),)))
        for one in sets:
            self.make_current(one)

    def make_current(self, of: VerdictSet | Verdict) -> None:
        """The set is the one of its metric and judge from now on."""
        number, kind = self.verdicts(of), JUDGE_CODES[of.judge_kind]
        values = (number, self.name(of.metric), self.name(of.judge), kind, number)
        self.now_current.append((statements.MAKE_CURRENT, values))


def names(connection: sqlite3.Connection) -> list[str]:
    """All names, index = id; 0 is "", which stands for none. Raises ValueError where ids have gaps."""
    rows: list[tuple[int, Value]] = connection.execute("SELECT id, name FROM names ORDER BY id").fetchall()
    _dense("names", [number for number, _ in rows])
    return ["", *(text_of(name) for _, name in rows)]


def dialogue_key(columns: Sequence[Value], words: list[str]) -> DialogueKey:
    """The key behind (model, persona, script, ord, policy, draw). Raises ValueError where it names nothing."""
    model, persona, script, order, policy, draw = map(whole, columns)
    if not all(0 <= number < len(words) for number in (model, persona, script, policy)):
        raise ValueError("a dialogue names what is not there")
    return DialogueKey(words[model], words[persona] if persona else None, words[script], order, words[policy], draw)


def sets(connection: sqlite3.Connection) -> tuple[dict[int, VerdictSet], list[str]]:
    """All sets of verdicts by id, in the order in which they were begun; and all names, read last: a run that grows
    meanwhile has all names of what was read. Raises ValueError where a set names what is not there."""
    found: list[list[Value]] = connection.execute(
        "SELECT id, metric, judge, method, judge_kind FROM sets ORDER BY id"
    ).fetchall()
    words = names(connection)
    if not all(0 <= whole(number) < len(words) for _, *named, _ in found for number in named):
        raise ValueError("a set of verdicts names what is not there")
    of: dict[int, VerdictSet] = {}
    for number, *named, kind in found:
        metric, judge, method = (words[one] for one in map(whole, named))
        of[whole(number)] = VerdictSet(metric, judge, method, JUDGE_WORDS[whole(kind)])
    return of, words


def _dense(table: str, numbers: Iterable[int]) -> None:
    if any(number != expected for expected, number in enumerate(numbers, 1)):
        raise ValueError(f"ids of {table} have gaps")
