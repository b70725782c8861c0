"""What analyses find beside levels, drifts and gaps, invented for pages that test the report."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from longplay.records import Contrast, Estimate, Place, Quantity, Setting, TradeOff
from longplay.records.estimates import Measured, Side
from longplay.report import Page
from named import metric, quantity

FAMILY, WARNING = "the family of Holm", "missing scores changed by +3.0 points of 100; see the bounds"
FIDELITY, FOLLOW = Measured("fidelity", quantity("fidelity")), Measured("follow", quantity("follow-strict"))
REMINDED = Setting(ask_policy="reminder")
_TIMES: dict[str, dict[str, Any]] = {
    "half-life": {"value": 24.2, "low": 11.9, "high": None, "unit": "rounds", "reach": (1.0, 102.0)},
    "half-life-tokens": {
        "value": None,
        "low": 1994.0,
        "high": None,
        "unit": "tokens",
        "reach": (200.0, 22987.0),
        "beyond": "above",
    },
    "change-point": {"value": 32.0, "low": 8.0, "high": 56.0, "unit": "rounds"},
}


def deepened(page: Page) -> Page:
    """The page with all that stands beside its numbers."""
    estimates = [_sure(e) for e in page.estimates]
    for e in tuple(estimates):
        if e.position is None and e.replies == "all":
            estimates += _of_drift(e) if e.analysis == "drift" else _of_gap(e) if e.analysis == "gap-drift" else ()
        if (e.analysis, e.place.speaker, e.replies, metric(e)) == ("curves", "persona", "all", "knowledge"):
            estimates += _contrasts(e)
            estimates += _labelled(e)
            estimates.append(msgspec.structs.replace(e, analysis="noise-components", value=0.4321, low=0.3, high=0.6,
                                                     repeated="answered"))  # fmt: skip
    return msgspec.structs.replace(page, estimates=tuple(estimates), trade_offs=tuple(trade_offs(page)))


def trade_offs(page: Page) -> Iterator[TradeOff]:
    """Two quantities of every model and script at three checkpoints; the last model is beaten."""
    models = [model.title for model in page.study.models]
    for number, model in enumerate(models):
        for script in page.study.dialogues.scripts:
            for position in (0, 16, 102):
                x, y = 90.0 - position / 5 - 9 * number, 0.6 + position / 900
                corners = [(x + 6 * math.cos(turn), y + 0.1 * math.sin(turn)) for turn in range(6)]
                place = Place(model, script)
                one = TradeOff(place, position, FIDELITY, FOLLOW, x, y, tuple(corners), 8, 0.95)
                last = position == 102
                beaten = (Place(models[0], script, setting=REMINDED),) if last and number else ()
                yield msgspec.structs.replace(one, front=number == 0 if last else None, beaten_by=beaten)
                yield msgspec.structs.replace(
                    one, place=Place(model, script, "baseline"), x=15.0, outline=(), n=1, note="one baseline"
                )


def of_text(level: Estimate, text: str) -> tuple[list[Estimate], TradeOff]:
    """Everything beside a level, each text of it `text`."""
    drift = msgspec.structs.replace(level, analysis="drift", position=None, span=(0, 102), warning=text, note=text,
                                    p=0.01, p_adjusted=0.02, family=text, floor=1.0, floor_low=0.1)  # fmt: skip
    baseline = msgspec.structs.replace(drift.place, speaker="baseline")
    gap = msgspec.structs.replace(drift, analysis="gap-drift", of=Contrast(drift.place, baseline))
    beside = [
        drift,
        gap,
        *_of_drift(drift),
        *_of_gap(gap),
        *_contrasts(msgspec.structs.replace(level, position=102)),
        *_labelled(level),
    ]
    beside += [msgspec.structs.replace(e, analysis="noise-components", repeated="played")
               for e in (level, drift)]  # fmt: skip
    beside += [msgspec.structs.replace(drift, analysis="half-life", unit=text, note=f"half-life {text} {text}")]
    corners, what = ((0.0, 1.0), (2.0, 3.0), (1.0, 4.0)), Measured(text, Quantity(text), text)
    one = TradeOff(drift.place, 0, what, what, 1.0, 2.0, corners, 8, 0.95, front=False, beaten_by=(drift.place,),
                   note=text)  # fmt: skip
    return [msgspec.structs.replace(e, method=text) for e in beside], one


def _sure(e: Estimate) -> Estimate:
    """As the analysis leaves it: bands on curves and gaps, tests and floors on changes."""
    if e.analysis in ("curves", "gap") and e.low is not None and e.high is not None:
        return msgspec.structs.replace(e, joint_low=e.low - 0.1, joint_high=e.high + 0.1)
    if e.analysis not in ("drift", "gap-drift") or e.replies != "all":
        return e
    floor = 2 * abs(e.value or 0.0) if metric(e) == "follow-strict" else 0.001
    warning = WARNING if metric(e) == "refusal-unsafe" else ""
    adjusted, family, tests = (0.0321, FAMILY, 3) if metric(e) == "knowledge" else (None, "", 0)
    return msgspec.structs.replace(e, p=0.0123, p_adjusted=adjusted, family=family, family_size=tests,
                                   floor=floor, floor_low=floor / 2, floor_high=2 * floor, floor_times=12.5,
                                   warning=warning)  # fmt: skip


def _of_drift(e: Estimate) -> Iterator[Estimate]:
    yield msgspec.structs.replace(e, analysis="these-personas", target="these personas; items like these", low=-0.777,
                                  high=0.777)  # fmt: skip
    yield msgspec.structs.replace(e, analysis="early", value=-0.111, low=-0.2, high=-0.05)
    if e.place.speaker == "baseline":
        return
    for name, value in (("slope", -0.0444), ("slope-odds", -0.0555), ("slope-implied", -0.0666)):
        yield msgspec.structs.replace(e, analysis=name, value=value, low=-0.9, high=0.1)
    for name, time in _TIMES.items():
        made = msgspec.structs.replace(e, analysis=name, **time)
        flat = msgspec.structs.replace(made, value=None, low=None, high=None, reach=None, beyond="never")
        yield flat if metric(e) == "general-win" else made


def _of_gap(e: Estimate) -> Iterator[Estimate]:
    yield msgspec.structs.replace(e, analysis="these-personas", target="these personas", low=-0.888, high=0.888)
    equal = msgspec.structs.replace(e, analysis="equivalence", value=None, unit="rounds",
                                    note="no margin declared for it, so equivalence was not tested")  # fmt: skip
    if metric(e) == "knowledge":
        equal = msgspec.structs.replace(equal, value=56.0, note="margin 0.5")
    elif metric(e) == "style":
        equal = msgspec.structs.replace(equal, note="not shown to be equivalent within 0.5 at the last")
    yield equal
    sides: tuple[tuple[Side, float, float], ...] = (("left", -0.6123, 1.53), ("right", -0.2123, -0.53))
    for side, moved, share in sides:
        yield msgspec.structs.replace(e, analysis="convergence", side=side, value=moved)
        yield msgspec.structs.replace(e, analysis="convergence-share", side=side, value=share)


def _labelled(e: Estimate) -> Iterator[Estimate]:
    yield msgspec.structs.replace(e, analysis="judge-error", value=2.111, low=2.0, high=2.2, n=40, note="40 labels")
    yield msgspec.structs.replace(e, analysis="judge-alone", value=3.222, low=3.1, high=3.3)
    for name, value in (("judge-agreement", 0.61), ("judge-kappa", 0.48)):
        yield msgspec.structs.replace(e, analysis=name, value=value, low=None, high=None, n=40)


def _contrasts(e: Estimate) -> Iterator[Estimate]:
    here = e.place
    others = {
        "script": Contrast(
            msgspec.structs.replace(here, script="persona-directed"),
            msgspec.structs.replace(here, script="goal-oriented"),
        ),
        "model": Contrast(
            msgspec.structs.replace(here, model="Steady"), msgspec.structs.replace(here, model="Drifting")
        ),
        "version": Contrast(msgspec.structs.replace(here, setting=Setting(version="old")), here),
        "policy": Contrast(msgspec.structs.replace(here, setting=REMINDED), here),
    }
    for kind, of in others.items():
        made = msgspec.structs.replace(e, analysis=f"{kind}-contrast", of=of, value=0.31, p=0.004, warning=WARNING,
                                       lowest=-1.25, highest=1.75)  # fmt: skip
        yield made
        if e.position == 102:
            yield msgspec.structs.replace(
                made, position=None, span=(0, 102), value=0.27, p_adjusted=0.04, family=FAMILY, family_size=3
            )
