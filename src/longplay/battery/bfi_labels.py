"""Big Five labels of known characters (InCharacter, Wang et al. 2024), read from the data directory. Knows no answers.

There are two sets that lie far apart: `annotation` by three people, `pdb` by votes on a website. The paper does not say
which it used.
"""

from collections.abc import Iterable

import msgspec

from longplay.battery.data_record import DataError
from longplay.battery.datasets import advice, located, read_dataset
from longplay.specs import TRAITS, Persona

FILE = "incharacter/characters_labels.json"
SETS = ("annotation", "pdb")

TraitLabels = dict[str, dict[str, dict[str, float]]]


class _Level(msgspec.Struct, frozen=True):
    score: float


class _Character(msgspec.Struct, frozen=True):
    levels: dict[str, _Level] = msgspec.field(name="BFI", default_factory=dict[str, _Level])


def bfi_labels(personas: Iterable[Persona]) -> TraitLabels:
    """By set, persona id and trait the level (1-5), for those of the personas whose name is labelled.

    Raises DataError where the file is not there or has another form.
    """
    try:
        sets = msgspec.json.decode(read_dataset(FILE), type=dict[str, dict[str, _Character]])
        known = {name: sets[name] for name in SETS}
    except (msgspec.MsgspecError, KeyError) as error:
        raise DataError(f"{located(FILE)}: {type(error).__name__}: {error}. {advice(FILE)}") from None
    listed = list(personas)
    return {
        name: {
            persona.id: _levels(persona.name, characters[f"{persona.name}-en"])
            for persona in listed
            if f"{persona.name}-en" in characters  # keys end in the language
        }
        for name, characters in known.items()
    }


def _levels(name: str, character: _Character) -> dict[str, float]:
    levels = {trait.lower(): level.score for trait, level in character.levels.items()}
    if set(levels) != set(TRAITS) or not all(1 <= level <= 5 for level in levels.values()):
        wanted = f"levels from 1 to 5 of {', '.join(TRAITS)}"
        raise DataError(f"{located(FILE)}: {name} must have {wanted}. {advice(FILE)}")
    return levels
