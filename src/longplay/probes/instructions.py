"""Reads prompt files of IFBench's and IFEval's form: one prompt with its instructions per line. Knows no network."""

from collections.abc import Sequence

import msgspec

from longplay.battery import advice, located, origin
from longplay.probes.probe import ProbeError
from longplay.records import Item
from longplay.specs import in_words
from longplay.verifiers import Benchmark, VerifierError, constraints, validate


class InstructionFile(msgspec.Struct, frozen=True):
    """A file of prompts: the probe it is for, where it lies in the data directory, and how many prompts it must hold.

    The number tells the versions of a set apart, which must never be mixed.
    """

    probe: str
    benchmark: Benchmark
    path: str
    prompts: int


class _Row(msgspec.Struct):
    key: str | int
    prompt: str
    instruction_id_list: list[str]
    kwargs: list[dict[str, int | float | str | list[str] | None]]


def instruction_items(file: InstructionFile) -> Sequence[Item]:
    """The prompts in the file's order; ids are the probe's name and the file's own key, tags the instructions' ids.

    Raises ProbeError when the file is missing, damaged, of another version, or asks for what cannot be checked.
    """
    path = located(file.path)
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProbeError(
            f"probe {file.probe}: {path} cannot be read ({type(error).__name__}). {advice(file.path)}"
        ) from None
    items = tuple(_item(file, f"{path}, line {at}", line) for at, line in enumerate(lines, 1) if line.strip())
    if len({item.id for item in items}) != file.prompts or len(items) != file.prompts:
        raise ProbeError(
            f"probe {file.probe}: {path} holds {len(items)} prompts, not {file.prompts} with a key each. Another "
            f"version is another probe; put {origin(file.path)} there."
        )
    return items


def _item(file: InstructionFile, where: str, line: str) -> Item:
    try:
        row = msgspec.json.decode(line, type=_Row)
        wanted = constraints(file.benchmark, row.instruction_id_list, row.kwargs)
        validate(wanted)
    except (msgspec.DecodeError, VerifierError) as error:
        fault = str(error) if isinstance(error, VerifierError) else f"{in_words(str(error))}."
        raise ProbeError(f"probe {file.probe}: {where}: {fault} Put {origin(file.path)} there.") from None
    tags = tuple(dict.fromkeys(row.instruction_id_list))
    return Item(id=f"{file.probe}-{row.key}", text=row.prompt, tags=tags, constraints=wanted)
