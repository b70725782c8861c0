"""The names that exports had before 0.3.0, when metric, condition, model and script of an estimate were words alone."""

import msgspec

from longplay.judging.quantities import spelled
from longplay.records import Estimate, Place
from longplay.records.earlier_names import setting_name


class Names(msgspec.Struct, frozen=True):
    """What an estimate is of, in words."""

    metric: str
    model: str
    script: str
    condition: str


def names(e: Estimate) -> Names:
    """The names that an estimate had."""
    left, right = e.of.left, e.of.right or e.of.left
    metric = spelled(e.quantity) if e.against is None else f"{spelled(e.quantity)} ~ {spelled(e.against)}"
    model, script = (_both(*ends) for ends in ((left.model, right.model), (left.script, right.script)))
    return Names(metric, model, script, _condition(e, left, right))


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one} - {other}"


def _condition(e: Estimate, left: Place, right: Place) -> str:
    if e.repeated == "sent":
        return "sent again"
    if left.speaker == "anyone":
        return "all"
    one, other = setting_name(left.setting), setting_name(right.setting)
    if e.side:
        moving = f"{left.speaker if e.side == 'left' else right.speaker} moving{one}"
        return f"share of the {moving}" if e.analysis == "convergence-share" else moving
    if left.speaker != right.speaker:
        return f"{left.speaker} - {right.speaker}{one}"
    if one != other:
        return f"{left.speaker}{one} - {right.speaker}{other}"
    again = f", {e.repeated} again" if e.repeated else ""
    return f"{left.speaker}{one}{again}"
