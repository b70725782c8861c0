"""The names that exports had before 0.3.0, when metric, condition, model and script of an estimate were words alone."""

import msgspec

from longplay.judging.quantities import spelled
from longplay.records import Estimate, Place, Setting

_ASKED_AS = {
    "own": "",
    "nobody": ", asked without a persona",
    "somebody": ", asked with a persona",
    "another": ", asked as another persona",
}
_PLAIN = "plain"


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


def setting_words(setting: Setting) -> str:
    """What differs from asking the dialogue's own persona in the plain way."""
    ways = (("played by", setting.play_policy), ("asked by", setting.ask_policy))
    unusual = "".join(f", {way} {policy}" for way, policy in ways if policy != _PLAIN)
    version = f", version {setting.version}" if setting.version else ""
    return f"{_ASKED_AS[setting.asked_as]}{unusual}{version}"


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one} - {other}"


def _condition(e: Estimate, left: Place, right: Place) -> str:
    if e.repeated == "sent":
        return "sent again"
    if left.speaker == "anyone":
        return "all"
    one, other = setting_words(left.setting), setting_words(right.setting)
    if e.side:
        moving = f"{left.speaker if e.side == 'left' else right.speaker} moving{one}"
        return f"share of the {moving}" if e.analysis == "convergence-share" else moving
    if left.speaker != right.speaker:
        return f"{left.speaker} - {right.speaker}{one}"
    if one != other:
        return f"{left.speaker}{one} - {right.speaker}{other}"
    again = f", {e.repeated} again" if e.repeated else ""
    return f"{left.speaker}{one}{again}"
