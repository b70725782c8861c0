"""The batteries a study may name: their personas, scripts and probes, looked up when asked. Knows no items."""

from collections.abc import Callable, Mapping

import msgspec

from longplay.battery.bundled import core_personas, core_scripts, version
from longplay.battery.paper import paper_files, paper_marks, paper_personas, paper_scripts
from longplay.records import Script
from longplay.specs import Persona


def _nothing() -> tuple[()]:
    return ()


class Battery(msgspec.Struct, frozen=True):
    """Where a study's personas, scripts and probes come from.

    `probes`: asked where a study names none. `files`: what personas and scripts were read from, by
    place in the data directory.
    `marks`: what every reader of its numbers must be told. `refused`: probes that must not be mixed in, and why.
    """

    version: Callable[[], str]
    personas: Callable[[], Mapping[str, Persona]]
    scripts: Callable[[], Mapping[str, Script]]
    probes: tuple[str, ...]
    files: Callable[[], tuple[str, ...]] = _nothing
    marks: Callable[[], tuple[str, ...]] = _nothing
    refused: Mapping[str, str] = {}


BATTERIES: dict[str, Battery] = {
    "core": Battery(
        version, core_personas, core_scripts, ("fidelity", "follow", "refusal", "traits", "general", "role")
    ),
    "paper": Battery(
        lambda: "paper (arXiv 2512.12775)",
        paper_personas,
        paper_scripts,
        ("ifbench", "bfi", "xstest", "paper-general", "paper-role"),
        paper_files,
        paper_marks,
        {"ifbench-300": "the paper's scores are those of the 294 prompts; ask `ifbench`"},
    ),
}
