"""Reads prompt files of IFBench's and IFEval's form: one prompt with its instructions per line. Knows no network."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from longplay.probes.probe import ProbeError
from longplay.records import Item
from longplay.verifiers import Benchmark, VerifierError, constraints, validate


class InstructionFile(msgspec.Struct, frozen=True):
    """A file of prompts: the probe it is for, where it lies in the data directory, and how many prompts it must hold.

    The number tells the versions of a set apart, which must never be mixed.
    """

    probe: str
    benchmark: Benchmark
    path: str
    prompts: int
    source: str


class _Row(msgspec.Struct):
    key: str | int
    prompt: str
    instruction_id_list: list[str]
    kwargs: list[dict[str, int | float | str | list[str] | None]]


def instruction_items(file: InstructionFile) -> Sequence[Item]:
    """The prompts in the file's order; ids are the probe's name and the file's own key, tags the instructions' ids.

    Raises ProbeError when the file is missing, damaged, of another version, or asks for what cannot be checked.
    """
    folder = os.environ.get("LONGPLAY_DATA")
    path = Path(folder or "data") / file.path
    where = path if folder else f"LONGPLAY_DATA/{file.path}"
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProbeError(
            f"probe {file.probe}: {where} cannot be read ({type(error).__name__}). Set LONGPLAY_DATA to a folder that "
            f"holds {file.path} of {file.source}."
        ) from None
    items = tuple(_item(file, f"{where}, line {at}", line) for at, line in enumerate(lines, 1) if line.strip())
    if len({item.id for item in items}) != file.prompts or len(items) != file.prompts:
        raise ProbeError(
            f"probe {file.probe}: {where} holds {len(items)} prompts, not {file.prompts} with a key each. Another "
            f"version is another probe; put {file.source} there."
        )
    return items


def _item(file: InstructionFile, where: str, line: str) -> Item:
    try:
        row = msgspec.json.decode(line, type=_Row)
        wanted = constraints(file.benchmark, row.instruction_id_list, row.kwargs)
        validate(wanted)
    except (msgspec.DecodeError, VerifierError) as error:
        raise ProbeError(f"probe {file.probe}: {where}: {error} Put {file.source} there.") from None
    tags = tuple(dict.fromkeys(row.instruction_id_list))
    return Item(id=f"{file.probe}-{row.key}", text=row.prompt, tags=tags, constraints=wanted)
