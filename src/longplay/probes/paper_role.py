"""RoleBench's role-specific questions as the paper asks them, read from the data directory. Knows no network.

The baseline is asked every one of them under the same id, without the name that most begin with; questions that come
twice stay two items, and equal calls are paid once.
"""

from collections.abc import Sequence

import msgspec

from longplay.battery import advice, located, paper_personas, read_dataset
from longplay.probes.probe import Probe, ProbeError
from longplay.records import Item
from longplay.specs import Persona, in_words

FILE = "rolebench/instructions-eng/role-specific-{name}.jsonl"  # the name as it is published
# How many questions the paper asks of each persona (arXiv 2512.12775, Table 4).
QUESTIONS = {
    "Gaston": 272,
    "Michael Scott": 153,
    "Blair Waldorf": 129,
    "Lestat de Lioncourt": 192,
    "Queen Catherine": 156,
    "HAL 9000": 197,
    "Juno MacGuff": 262,
    "Mary Sibley": 178,
}
FILES = tuple(FILE.replace("{name}", name) for name in QUESTIONS)


class _Row(msgspec.Struct):
    instruction: str
    answer: str


def items() -> Sequence[Item]:
    """Each persona's questions in its file's order, persona by persona. Raises DataError or ProbeError."""
    return tuple(item for persona in paper_personas().values() for item in _of(persona))


def _of(persona: Persona) -> list[Item]:
    file = FILE.replace("{name}", persona.name)
    lines = [line for line in read_dataset(file).splitlines() if line.strip()]
    try:
        rows = [msgspec.json.decode(line, type=_Row) for line in lines]
    except msgspec.DecodeError as error:
        raise ProbeError(f"probe paper-role: {located(file)}: {in_words(str(error))}. {advice(file)}") from None
    if len(rows) != QUESTIONS[persona.name]:
        raise ProbeError(
            f"probe paper-role: {located(file)} holds {len(rows)} questions, not {QUESTIONS[persona.name]}. "
            f"{advice(file)}"
        )
    return [
        Item(
            id=f"role-{persona.id}-{number:03}",
            text=row.instruction,
            text_baseline=nameless(row.instruction, persona.name),
            persona=persona.id,
            place=number,
            reference=row.answer,
        )
        for number, row in enumerate(rows)
    ]


def nameless(question: str, name: str) -> str:
    """The question without the name, or the part of it, that it begins with ("Name, ..."), its first letter upper-case.

    What stands before the first comma is taken off only where it is the name: a clause stays.
    """
    head, comma, rest = question.partition(", ")
    words = head.split()
    if not (comma and rest and words and set(words) <= set(name.split())):
        return question
    return rest[0].upper() + rest[1:]


PROBE = Probe("paper-role", "Role-specific questions (RoleBench)", ("role-win",), items, FILES)
