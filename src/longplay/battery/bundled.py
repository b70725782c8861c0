"""The core battery that ships with longplay: written for this project, stable ids, one version."""

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from longplay.battery.files import items_from
from longplay.battery.persona_files import personas_from
from longplay.battery.script_files import script_from
from longplay.records import Item, Script
from longplay.specs import Persona

_SCRIPTS = ("persona-directed", "goal-oriented")


def _folder() -> Traversable:
    return files("longplay.battery") / "core"


@cache
def version() -> str:
    """Name and version of the bundled battery, such as `core 1`."""
    head = tomllib.loads((_folder() / "battery.toml").read_text("utf-8"))
    return f"{head['name']} {head['version']}"


@cache
def core_personas() -> dict[str, Persona]:
    """The bundled personas by id, in their file's order."""
    data = tomllib.loads((_folder() / "personas.toml").read_text("utf-8"))
    return {persona.id: persona for persona in personas_from(data, "core personas")}


@cache
def core_scripts() -> dict[str, Script]:
    """The bundled scripts by name."""
    texts = {name: (_folder() / f"{name}.toml").read_text("utf-8") for name in _SCRIPTS}
    return {name: script_from(tomllib.loads(text), name, name) for name, text in texts.items()}


@cache
def core_items(probe: str) -> tuple[Item, ...]:
    """The bundled items of one probe, in their file's order."""
    return items_from((_folder() / f"{probe}.jsonl").read_bytes(), probe)
