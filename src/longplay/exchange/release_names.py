"""The one parser of the names in the authors' release: script, persona, probe, checkpoint. Knows no files.

A name says where a number belongs, as in `inst-ifbench_Mary_Sibley_102` or `bfi_empty_22.json.csv`. What it does not
know it refuses; nothing is guessed.
"""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from longplay.probes.paper_role import QUESTIONS
from longplay.specs import LongplayError
from longplay.stats.paper import PaperScript

MODELS = (
    "Llama-3.1-Nemotron-Nano-8B-v1",
    "Llama-3_3-Nemotron-Super-49B-v1",
    "Qwen3-30B-A3B-Instruct-2507",
    "Qwen3-4B-Instruct-2507",
    "gemini-2.5-flash",
    "gemma-3-27b-it",
    "gemma-3-4b-it",
)
PERSONAS = tuple(sorted(QUESTIONS))
PROBES = ("bfi", "ifbench", "instruction_general", "instruction_role_specific", "xstest")
CHECKPOINTS = (0, 11, 22, 34, 45, 56, 68, 79, 90, 102)
ROUNDS = tuple(range(102))

Reference = Literal["dataset", "zero", "previous"]

_REFERENCES: dict[str | None, Reference] = {None: "dataset", "zero": "zero", "previous": "previous"}
_BASELINE = "empty"
_ROLES = "|".join(name.replace(" ", "_") for name in (*PERSONAS, _BASELINE))
_FILE = rf"(?:\.json(?:_(?P<reference>zero|previous)_reference)?(?:-(?P<judged_as>{'|'.join(PERSONAS)}))?(?:\.csv)?)?"
_DIALOGUE = re.compile(rf"(?P<script>interview|instructions)_(?P<role>{_ROLES})(?P<shuffled>_shuffle)?{_FILE}")
_PROBE = re.compile(
    rf"(?P<script>inst-)?(?P<probe>{'|'.join(PROBES)})_(?P<role>{_ROLES})_(?P<checkpoint>0|[1-9][0-9]*){_FILE}"
)
_PREMISE = re.compile(
    rf"premise_(?P<model>{'|'.join(map(re.escape, MODELS))})_(?P<script>inst-)?(?P<probe>{'|'.join(PROBES)})"
    rf"_(?P<role>{_ROLES})(?P<last>_last_round)?\.csv"
)


class ReleaseError(LongplayError):
    """The authors' release holds what cannot be read; the message names the file and the place."""


class IncompleteError(ReleaseError):
    """A file of the release lacks some of the paper's conditions, so that no form of the paper can be made from it."""


class ReleaseName(msgspec.Struct, frozen=True):
    """What a name of the release says; `probe` and `checkpoint` are None for a dialogue itself.

    `persona`: None = the baseline; `judged_as`: the persona a baseline was judged against; `reference`: what the other
    answer of a pair was.
    """

    script: PaperScript
    persona: str | None
    probe: str | None = None
    checkpoint: int | None = None
    judged_as: str | None = None
    shuffled: bool = False
    reference: Reference = "dataset"


class PremiseName(msgspec.Struct, frozen=True):
    """What the name of a file of patterns says; `last`: mined after the last round, else before the first."""

    model: str
    script: PaperScript
    persona: str
    probe: str
    last: bool


@lru_cache(maxsize=10_000)
def parse_name(name: str) -> ReleaseName:
    """Read a key of ifbench_results.json, or the file name of a generation or a rating. Raises ReleaseError."""
    found = _PROBE.fullmatch(name) or _DIALOGUE.fullmatch(name)
    if found is None:
        raise ReleaseError(f"{name!r} is no name that the release is known to use.")
    parts = found.groupdict()
    persona = read_role(parts["role"])
    if parts["judged_as"] and persona:
        raise ReleaseError(f"{name!r}: only the baseline is judged as another persona.")
    return ReleaseName(
        script="goal-oriented" if parts["script"] in ("inst-", "instructions") else "persona-directed",
        persona=persona,
        probe=parts.get("probe"),
        checkpoint=_checkpoint(name, parts.get("checkpoint")),
        judged_as=parts["judged_as"],
        shuffled=parts.get("shuffled") is not None,
        reference=_REFERENCES[parts["reference"]],
    )


def parse_premise(name: str) -> PremiseName:
    """Read the name of a file in results/premise. Raises ReleaseError."""
    found = _PREMISE.fullmatch(name)
    persona = read_role(found["role"]) if found else None
    if found is None or persona is None:
        raise ReleaseError(f"{name!r} is no name that results/premise is known to use.")
    script: PaperScript = "goal-oriented" if found["script"] else "persona-directed"
    return PremiseName(found["model"], script, persona, found["probe"], found["last"] is not None)


def read_role(role: str) -> str | None:
    """A persona's name from the role of a name or a column; None for the baseline. Raises ReleaseError."""
    name = role.replace("_", " ")
    if name == _BASELINE:
        return None
    if name not in PERSONAS:
        raise ReleaseError(f"{role!r} is no role of the paper. Known: {', '.join(PERSONAS)}, {_BASELINE}.")
    return name


def _checkpoint(name: str, digits: str | None) -> int | None:
    if digits is None:
        return None
    if int(digits) not in CHECKPOINTS:
        raise ReleaseError(
            f"{name!r}: {digits} is no checkpoint of the paper. Known: {', '.join(map(str, CHECKPOINTS))}."
        )
    return int(digits)
