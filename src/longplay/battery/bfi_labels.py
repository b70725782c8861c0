"""Big Five labels of known characters (InCharacter, Wang et al. 2024), read from the data directory. Knows no answers.

There are two sets that lie far apart: `annotation` by three people, `pdb` by votes on a website. The paper does not say
which it used.
"""

from collections.abc import Iterable, Sequence

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
    listed = list(personas)
    try:
        known = read_labels(read_dataset(FILE), tuple(persona.name for persona in listed))
        return {
            name: {persona.id: known[name][persona.name] for persona in listed if persona.name in known[name]}
            for name in SETS
        }
    except (ValueError, KeyError) as error:
        raise DataError(f"{located(FILE)}: {type(error).__name__}: {error}. {advice(FILE)}") from None


def read_labels(content: bytes, names: Sequence[str]) -> TraitLabels:
    """By set of a file, name and trait the level (1-5), of those of the names that are labelled. Raises ValueError."""
    sets = msgspec.json.decode(content, type=dict[str, dict[str, _Character]])
    return {
        one: {name: _levels(name, characters[f"{name}-en"]) for name in names if f"{name}-en" in characters}
        for one, characters in sets.items()  # keys end in the language
    }


def _levels(name: str, character: _Character) -> dict[str, float]:
    levels = {trait.lower(): level.score for trait, level in character.levels.items()}
    if set(levels) != set(TRAITS) or not all(1 <= level <= 5 for level in levels.values()):
        raise ValueError(f"{name} must have levels from 1 to 5 of {', '.join(TRAITS)}")
    return levels
