"""What is drawn: marks, axes, steps of paths, and their colours and shapes. Draws nothing."""

import msgspec

# Okabe-Ito colours tell apart under every common colour blindness; page.css gives each its dark-mode twin by value.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
SHAPES = ("circle", "triangle-up", "square", "diamond")
PAPER, INK, QUIET, GRID = "#FFFFFF", "#222222", "#666666", "#DDDDDD"
WIDTH, HEIGHT = 340, 165


class Mark(msgspec.Struct, frozen=True):
    """One drawn estimate: its panel, its line (script and condition), where it stands; None breaks lines."""

    panel: str
    script: str
    condition: str
    x: int
    y: float | None
    low: float | None
    high: float | None
    colour: str
    shape: str
    strong: bool
    joint_low: float | None = None
    joint_high: float | None = None


class Axes(msgspec.Struct, frozen=True):
    """Ends and words of the axes. `y_range` None = as the data need; `nice`: widened to round numbers;
    `zero`: draw the line of no difference."""

    ticks: tuple[int, ...]
    x_title: str
    y_title: str
    y_range: tuple[float, float] | None = None
    nice: bool = False
    zero: bool = False


class Step(msgspec.Struct, frozen=True):
    """One point of a path through two quantities, with the outline of its region. `label`: what stands beside it, at
    the ends of the path alone, whose regions are drawn stronger."""

    panel: str
    script: str
    condition: str
    position: int
    x: float
    y: float
    outline: tuple[tuple[float, float], ...]
    colour: str
    shape: str
    strong: bool
    label: str
