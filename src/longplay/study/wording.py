"""The wording of a run: what tells personas from the baseline, and how it fades. Computes no statistics itself."""

from pathlib import Path
from typing import Literal

from longplay.analysis.wording import wording as find_wording
from longplay.records.word_patterns import Wording
from longplay.store import Reader
from longplay.study.recorded_experiment import recorded


def worded(run: Path, miner: Literal["built-in", "premise"], seed: int) -> Wording:
    """The wording of a run. Raises LongplayError."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        return find_wording(reader, experiment.study, experiment.scripts, miner, seed)
