"""IFBench (Pyatkin et al. 2025, ODC-BY-1.0), read from the data directory. Knows no network.

The 294 prompts are those of the paper's scores; today's 300 share only 290 with them and are another probe.
"""

from functools import partial

from longplay.probes.instructions import InstructionFile, instruction_items
from longplay.probes.probe import Probe

METRICS = ("follow-loose", "follow-strict")
FILE = InstructionFile(
    "ifbench",
    "ifbench",
    "ifbench/IFBench_test_294.jsonl",
    294,
)
FILE_300 = InstructionFile(
    "ifbench-300",
    "ifbench",
    "ifbench/IFBench_test_300_head.jsonl",
    300,
)

PROBE = Probe("ifbench", "IFBench: following instructions", METRICS, partial(instruction_items, FILE), (FILE.path,))
PROBE_300 = Probe(
    "ifbench-300", "IFBench, 300 prompts", METRICS, partial(instruction_items, FILE_300), (FILE_300.path,)
)
