"""44 interview items on the Big Five (InCharacter, Wang et al. 2024), read from the data directory. Knows no network.

The questionnaire is licensed for non-commercial research alone; whoever has it has fetched it for himself.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from longplay.battery import advice, located, read_dataset
from longplay.probes.probe import Probe, ProbeError
from longplay.records import Item
from longplay.specs import in_words

FILE = "incharacter/BFI.json"
_CYCLE = ("extraversion", "agreeableness", "conscientiousness", "neuroticism", "openness")
# The questionnaire's own order: eight times the cycle, then the four that are left.
DIMENSIONS = (*_CYCLE * 8, "openness", "agreeableness", "conscientiousness", "openness")


class _Question(msgspec.Struct):
    rewritten_en: str
    dimension: str
    category: Literal["positive", "negative"]


class _Questionnaire(msgspec.Struct):
    questions: dict[str, _Question]


def items() -> Sequence[Item]:
    """The 44 questions in the questionnaire's order; the number in an id is the paper's index, from 0. `key` is kept
    for the record: the judge rates the level of the trait itself. Raises DataError or ProbeError."""
    try:
        read = msgspec.json.decode(read_dataset(FILE), type=_Questionnaire).questions
        ordered = [read[str(number)] for number in range(1, len(read) + 1)]
    except (msgspec.DecodeError, KeyError) as error:
        raise ProbeError(f"probe bfi: {located(FILE)}: {in_words(str(error))}. {advice(FILE)}") from None
    dimensions = tuple(one.dimension.lower() for one in ordered)
    if dimensions != DIMENSIONS or not all(one.rewritten_en.strip() for one in ordered):
        raise ProbeError(
            f"probe bfi: {located(FILE)} does not hold the {len(DIMENSIONS)} items in their order. {advice(FILE)}"
        )
    return tuple(
        Item(
            id=f"bfi-{at:02}",
            text=one.rewritten_en,
            place=at,
            dimension=one.dimension.lower(),
            key="+" if one.category == "positive" else "-",
        )
        for at, one in enumerate(ordered)
    )


PROBE = Probe("bfi", "Big Five interview (BFI)", ("trait",), items, (FILE,))
