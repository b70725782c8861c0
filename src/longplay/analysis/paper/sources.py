"""What the paper's analyses are made from, as shapes: whoever reads the release provides them. Knows no formats."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from longplay.stats.intervals import Floats
from longplay.stats.paper import Cells


class ItemKind(Protocol):
    """What an evaluation set says of one of its items."""

    @property
    def label(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def focus(self) -> str: ...


class PatternCounts(Protocol):
    """In how many persona answers patterns occur, and how many patterns there are."""

    @property
    def persona(self) -> Cells: ...
    @property
    def baseline(self) -> Cells: ...
    @property
    def persona_patterns(self) -> int: ...
    @property
    def baseline_patterns(self) -> int: ...


class PatternsLeft(Protocol):
    """Numbers of patterns before the first and after the last round, and the script of each pair."""

    @property
    def first(self) -> Floats: ...
    @property
    def last(self) -> Floats: ...
    @property
    def scripts(self) -> Sequence[int]: ...


class Sources(Protocol):
    """What of the release is there; see `exchange.Release`, which is one."""

    @property
    def cells(self) -> Mapping[str, Cells]: ...
    @property
    def items(self) -> Sequence[ItemKind]: ...
    @property
    def labels(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]: ...
    @property
    def human(self) -> Mapping[str, int]: ...
    @property
    def pattern_counts(self) -> PatternCounts | None: ...
    @property
    def patterns_left(self) -> PatternsLeft | None: ...
    @property
    def files(self) -> Sequence[str]: ...
    @property
    def incomplete(self) -> Sequence[str]: ...
