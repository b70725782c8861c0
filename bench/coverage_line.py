"""A figure of the coverage benchmark as it is printed: what it says, and the bar it is held to. Measures nothing."""

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One figure. `low`, `high`: its bar, None where that side has none; without both it is shown for comparison."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the value lies within its bar, ends included."""
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)

    def __str__(self) -> str:
        shown = f"{self.name:<58} {self.value:8.3f}{self.unit}"
        if self.low is None and self.high is None:
            return shown
        if self.low is None:
            bar = f"at most {self.high:g}"
        else:
            bar = f"at least {self.low:g}" if self.high is None else f"{self.low:g}-{self.high:g}"
        return f"{shown}   bar {bar}{self.unit}: {'met' if self.met else 'MISSED'}"
