"""The shape of the paper's data: models by personas by two scripts by positions. Knows not what it holds."""

from typing import Literal, TypeAlias

import msgspec

from longplay.stats.intervals import Floats

PaperScript: TypeAlias = Literal["persona-directed", "goal-oriented"]
SCRIPTS: tuple[PaperScript, PaperScript] = ("persona-directed", "goal-oriented")


class Cells(msgspec.Struct, frozen=True, eq=False):
    """Scores of one measure over all conditions of the paper; the axis of scripts follows SCRIPTS.

    values: (models, personas, 2, positions) or with a further axis of items, where NaN pads personas with fewer items;
    baseline: the same, with an axis of 1 where all personas share one value, or None where there is none.
    `positions` are checkpoints, or rounds counted from 0. Raises ValueError where the arrays do not fit the names.
    """

    models: tuple[str, ...]
    personas: tuple[str, ...]
    positions: tuple[int, ...]
    values: Floats
    baseline: Floats | None = None

    def __post_init__(self) -> None:
        named = (len(self.models), len(self.personas), len(SCRIPTS), len(self.positions))
        if self.values.shape[:4] != named:
            raise ValueError(f"values {self.values.shape} do not fit {named} models, personas, scripts and positions.")
        if self.baseline is None:
            return
        given = self.baseline.shape
        if given[0] != named[0] or given[1] not in (1, named[1]) or given[2:4] != named[2:]:
            raise ValueError(f"the baseline's {given} do not fit {named} models, personas, scripts and positions.")
