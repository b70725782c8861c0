"""IFEval (Zhou et al. 2023, Apache-2.0), read from the data directory. Knows no network."""

from functools import partial

from longplay.probes.instructions import InstructionFile, instruction_items
from longplay.probes.probe import Probe

FILE = InstructionFile(
    "ifeval",
    "ifeval",
    "ifeval/input_data.jsonl",
    541,
)

PROBE = Probe(
    "ifeval",
    "IFEval: following instructions",
    ("follow-loose", "follow-strict"),
    partial(instruction_items, FILE),
    (FILE.path,),
)
