"""RoleBench's general instructions as the paper asks them, read from the data directory. Knows no network.

Each persona has its own references to the same questions. The baseline is asked each question once, under an id of its
own; the persona's item names that id, so that the one answer is judged against each persona's reference.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from longplay.battery import advice, located, paper_personas, read_dataset
from longplay.probes.probe import Probe, ProbeError
from longplay.records import Item
from longplay.specs import Persona, in_words

FILE = "rolebench/general_test.jsonl"
QUESTIONS = 310  # of each persona


class _Row(msgspec.Struct):
    role: str
    question: str
    generated: list[str]


def items() -> Sequence[Item]:
    """Each persona's questions in the file's order, then those of the baseline. Raises DataError or ProbeError."""
    named = {persona.name: persona for persona in paper_personas().values()}
    rows = [row for row in _rows() if row.role in named]
    counts = Counter(row.role for row in rows)
    for name in named:
        if counts[name] != QUESTIONS:
            raise ProbeError(
                f"probe paper-general: {located(FILE)} holds {counts[name]} questions of {name}, not {QUESTIONS}. "
                f"{advice(FILE)}"
            )
    return _items(rows, named)


def _items(rows: Sequence[_Row], named: dict[str, Persona]) -> tuple[Item, ...]:
    """A persona's second row with the same question would stand in a second time: no reference is lost."""
    stand_ins: dict[tuple[str, int], Item] = {}
    asked, place = Counter[tuple[str, str]](), Counter[str]()
    found: list[Item] = []
    for row in rows:
        persona, again = named[row.role].id, asked[row.role, row.question]
        new = Item(id=f"general-baseline-{len(stand_ins):03}", text=row.question)
        stand_in = stand_ins.setdefault((row.question, again), new)
        found.append(
            Item(
                id=f"general-{persona}-{place[persona]:03}",
                text=row.question,
                baseline_item=stand_in.id,
                persona=persona,
                place=place[persona],
                reference=row.generated[0],
            )
        )
        asked[row.role, row.question] += 1
        place[persona] += 1
    return (*found, *stand_ins.values())


def _rows() -> list[_Row]:
    found: list[_Row] = []
    for number, line in enumerate(read_dataset(FILE).splitlines(), start=1):
        try:
            row = msgspec.json.decode(line, type=_Row) if line.strip() else None
        except msgspec.DecodeError as error:
            raise _fault(number, in_words(str(error))) from None
        if row is None:
            continue
        if not row.generated:
            raise _fault(number, "`generated` is empty")
        found.append(row)
    return found


def _fault(number: int, what: str) -> ProbeError:
    return ProbeError(f"probe paper-general: {located(FILE)}, line {number}: {what}. {advice(FILE)}")


PROBE = Probe("paper-general", "General instructions (RoleBench)", ("general-win",), items, (FILE,))
