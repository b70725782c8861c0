"""From a measure to its figure: drawing, legend, caption, words for those who do not see it. Computes nothing."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from markupsafe import Markup

from longplay.judging.metric import of_part
from longplay.judging.paper import ABOUT as IN_PAPER
from longplay.judging.quantities import in_papers_form, metric_of, part_of, spelled
from longplay.records import Estimate, Part, Quantity
from longplay.report.drawing import curves
from longplay.report.marks import COLOURS, SHAPES, Axes, Mark
from longplay.report.naming import shared_setting
from longplay.report.page import Page
from longplay.report.series import Measure, Series, scripts
from longplay.report.words import counted, interval, listed, number

ABOUT = {
    "fidelity": "Knowledge, style and in-character together, as points of 100.",
    "trait-distance": "How far the answers' Big Five levels lie from the persona's own, 0 to 1 of the scale.",
    "trait-distance-to-baseline": "How far they lie from the baseline's; a fall is convergence to it.",
}
"""Of what is made of several metrics; what a single one is, it says itself."""


Look: TypeAlias = tuple[str, str]
Points: TypeAlias = list[tuple[Series, Estimate]]


class Figure(msgspec.Struct, frozen=True):
    """A drawing with everything that must stand beside it. `absent`: places that have no number, and why.

    `scripts`: name, colour and shape; `conditions`: words, and whether the line is full. `targets`: who
    spoke, and what the intervals are for. `joint`: whether
    a second band is drawn.
    """

    measure: Measure
    about: str
    drawing: Markup
    scripts: tuple[tuple[str, str, str], ...]
    conditions: tuple[tuple[str, bool], ...]
    targets: tuple[tuple[str, str], ...]
    joint: bool
    absent: tuple[str, ...]


def figure(page: Page, measure: Measure) -> Figure:
    """The curves of one measure, one panel a model, version and policy.

    Estimates without a value are named, never drawn.
    """
    points = [(s, e) for s in measure.series for e in s.points]
    of_gap = measure.series[0].key.of.difference
    scale, marks = measure.sample.scale, looks(page)
    axes = Axes(
        ticks=tuple(sorted({e.position for _, e in points if e.position is not None})),
        x_title="completed rounds (square-root scale)",
        y_title=measure.sample.unit or _scale_words(scale, of_gap),
        y_range=_difference_range([e for _, e in points]) if of_gap else scale,
        nice=of_gap,
        zero=of_gap,
    )
    return Figure(
        measure=measure,
        about=_about(measure.quantity),
        drawing=curves([_mark(page, s, e, marks[s.key.script]) for s, e in points], axes, _alt(page, measure)),
        scripts=tuple((name, *marks[name]) for name in dict.fromkeys(s.key.script for s in measure.series)),
        conditions=tuple(dict.fromkeys((s.key.speakers, s.strong) for s in measure.series)),
        targets=_targets(points),
        joint=any(e.joint_low is not None for _, e in points),
        absent=tuple(_absent(s, e) for s, e in points if e.value is None),
    )


def _targets(points: Points) -> tuple[tuple[str, str], ...]:
    """Each target of the intervals with who spoke, and where, if one who spoke has several."""
    by: dict[str, dict[str, Points]] = {}  # who spoke -> target
    for s, e in points:
        if e.low is not None:
            by.setdefault(s.key.speakers, {}).setdefault(e.target, []).append((s, e))
    found: dict[str, list[str]] = {}
    for speakers, targets in by.items():
        for (target, _), where in zip(targets.items(), _apart(list(targets.values())), strict=True):
            found.setdefault(target, []).append(speakers + where)
    return tuple((listed(who), target) for target, who in found.items())


def _apart(groups: list[Points]) -> list[str]:
    """What tells each group of points from the others: rounds, else scripts, else models, else both of these; "" for
    one alone."""
    if len(groups) == 1:
        return [""]
    rounds = [sorted({e.position for _, e in group if e.position is not None}) for group in groups]
    if _disjoint(rounds):
        return [f" at round{'s' if len(some) > 1 else ''} {listed(list(map(str, some)))}" for some in rounds]
    scripts = [sorted({s.key.script for s, _ in group}) for group in groups]
    models = [sorted({s.key.model for s, _ in group}) for group in groups]
    both = [sorted({f"{s.key.model}, {s.key.script}" for s, _ in group}) for group in groups]
    found = next((some for some in (scripts, models) if _disjoint(some)), both)
    return [f" in {listed(some)}" for some in found]


def _disjoint(groups: Sequence[Sequence[object]]) -> bool:
    return sum(map(len, groups)) == len({one for group in groups for one in group})


def looks(page: Page) -> dict[str, Look]:
    """Colour and shape of the marks of each script, the same in every figure. Goes through all estimates."""
    return {name: (COLOURS[at % len(COLOURS)], SHAPES[at % len(SHAPES)]) for at, name in enumerate(scripts(page))}


def panel(page: Page, model: str, setting: str = "") -> str:
    """A panel's title: a model and what differs from the plain way, marked where the numbers are simulated."""
    return f"SIMULATED · {model}{setting}" if page.simulated else f"{model}{setting}"


def _mark(page: Page, s: Series, e: Estimate, marked: Look) -> Mark:
    drawn = e.value is not None
    low, high = (e.low, e.high) if drawn else (None, None)
    outer = (e.joint_low, e.joint_high) if drawn else (None, None)
    title = panel(page, s.key.model, shared_setting(s.key.of))
    return Mark(title, s.key.script, s.key.condition, e.position or 0, e.value, low, high,
                *marked, s.strong, *outer)  # fmt: skip


def _difference_range(points: list[Estimate]) -> tuple[float, float] | None:
    """Ends of the axis by the numbers and their own intervals, no further than differences can go: a band over all
    positions can be so wide that nothing else could be seen."""
    ends = [end for e in points for end in (e.value, e.low, e.high) if e.value is not None and end is not None]
    if not ends or min(0.0, *ends) == max(0.0, *ends):
        return None
    most = max((e.scale[1] - e.scale[0] for e in points if e.scale), default=max(map(abs, ends)))
    return max(min(0.0, *ends), -most), min(max(0.0, *ends), most)


def _scale_words(scale: tuple[float, float] | None, of_gap: bool) -> str:
    if of_gap:
        return "difference"
    return "value" if scale is None else f"{number(scale[0], 0)} to {number(scale[1], 0)}"


def _absent(s: Series, e: Estimate) -> str:
    place = f"{s.key.model}, {s.key.script}, {s.key.condition}, round {e.position}"
    return f"{place}: {e.said or counted(e.missing, 'score') + ' missing'}"


def _about(quantity: Quantity) -> str:
    """The words for a quantity: its metric's own. Of what is made of several, in the paper's form, those of ours, where
    there are some, and that it is the paper's."""
    metric, part = metric_of(quantity), quantity.part
    means = part == Part(label=part.label)
    words = of_part(metric.about, part.label) if metric is not None and means else ""
    if words or not in_papers_form(quantity):
        return words or ABOUT.get(spelled(quantity), "")
    ours = part_of(msgspec.structs.replace(quantity, form="ours"), by_item=False)
    return f"{ABOUT.get(spelled(ours), '')} {IN_PAPER}".strip()


def _alt(page: Page, measure: Measure) -> str:
    lines = [
        f"{s.key.model}, {s.key.script}, {s.key.condition}: {_spoken(s.start)}, then {_spoken(s.end)}"
        for s in measure.series
        if s.points
    ]
    simulated = "Simulated numbers. " if page.simulated else ""
    return f"{simulated}Line chart of {measure.title} over completed rounds. {'. '.join(lines)}."


def _spoken(e: Estimate | None) -> str:
    if e is None or e.value is None:
        return "no number"
    return f"{number(e.value)} {interval(e.low, e.high)} at round {e.position}"
