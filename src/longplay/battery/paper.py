"""The paper's personas and scripts, read from the authors' files in the data directory. Knows no items and no models.

Luz de Araujo et al., "Persistent Personas?" (arXiv 2512.12775), sections 3 and 4; the files are theirs (MIT).
"""

from typing import TypeVar

import msgspec

from longplay.battery.data_record import DataError
from longplay.battery.datasets import advice, located, read_dataset
from longplay.battery.own_prompts import OWN_PROMPTS
from longplay.battery.paper_prompts import FILE as PROMPTS
from longplay.battery.paper_prompts import authors_prompts, give_role, mark
from longplay.battery.persona_files import slug
from longplay.battery.script_files import remarked_script
from longplay.records import Script
from longplay.specs import Persona, in_words

T = TypeVar("T")
FOLDER = "persistent-personas/data"
ROLES = f"{FOLDER}/roles.json"
SCRIPTS = {"persona-directed": f"{FOLDER}/interview.json", "goal-oriented": f"{FOLDER}/instructions.json"}
PERSONAS = 8
BASELINE = "empty"
SHUFFLE_SEEDS = (42,)  # one permutation for all models and personas: random.Random(42).shuffle over the questions


def paper_personas() -> dict[str, Persona]:
    """The eight personas by id, in the order of the authors' file, with the authors' system message where their prompts
    are there. Raises DataError or BatteryError."""
    prompts = authors_prompts() or OWN_PROMPTS
    described = _json(ROLES, dict[str, str])
    named = {name: text for name, text in described.items() if name != BASELINE}
    if len(named) != PERSONAS or not all(text.strip() for text in named.values()):
        raise DataError(f"{located(ROLES)}: holds {len(named)} personas, not {PERSONAS}. {advice(ROLES)}")
    return {slug(name): give_role(Persona(slug(name), name, text), prompts) for name, text in named.items()}


def paper_scripts() -> dict[str, Script]:
    """Both scripts by the names they have in studies. Raises DataError or BatteryError."""
    return {name: _script(name, path) for name, path in SCRIPTS.items()}


def paper_files() -> tuple[str, ...]:
    """What personas and scripts were read from; the authors' prompts where they are there."""
    return (ROLES, *SCRIPTS.values(), *((PROMPTS,) if located(PROMPTS).exists() else ()))


def paper_marks() -> tuple[str, ...]:
    """What every reader of the numbers must be told."""
    told = mark(authors_prompts() or OWN_PROMPTS)
    return (told,) if told else ()


def _script(name: str, path: str) -> Script:
    script = remarked_script(_json(path, dict[str, str | list[str]]), name, str(located(path)))
    return msgspec.structs.replace(
        script,
        kind=name,
        opening_baseline=_to_model(script.opening),
        closing_baseline=_to_model(script.closing),
        shuffle_seeds=SHUFFLE_SEEDS,
    )


def _to_model(remark: str | None) -> str | None:
    """The authors greet a model without a persona by its own short name."""
    return remark.replace("{persona}", "{model}") if remark is not None else None


def _json(path: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_dataset(path), type=kind)
    except msgspec.DecodeError as error:
        raise DataError(f"{located(path)}: {in_words(str(error))}. {advice(path)}") from None
