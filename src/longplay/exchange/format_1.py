"""Names and columns of exports before 0.3.0, which said what an estimate is of in words alone. Writes no files."""

from collections.abc import Mapping

import msgspec

from longplay.exchange.estimate_rows import Kind, Title, Value
from longplay.exchange.estimate_rows import columns as present_columns
from longplay.exchange.estimate_rows import row as present_row
from longplay.judging.quantities import spelled
from longplay.records import Estimate, Place
from longplay.records.earlier_names import setting_name

_DIALOGUE = ("id", "model", "persona", "script", "order", "play_policy", "replicate")
_REPLY = ("reason", "finish", "empty_reply", "marked_reply", "copied_reply")
_ASKED = ("checkpoint", "ask_persona", "ask_policy", "probe", "item", "answer_replicate")
# table -> its columns by their present names, in the order that they had
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "rounds": (*_DIALOGUE, "round", *_REPLY, "prompt_tokens", "cached_tokens", "completion_tokens"),
    "answers": (*_DIALOGUE, *_ASKED, *_REPLY),
    "verdicts": ("on", "subject_id", "metric", "judge", "judged_as", "repeat", "status", "reason", "score", "label"),
}
# what those were called that are called otherwise now
CALLED: Mapping[str, str] = {"replicate": "draw", "answer_replicate": "answer_draw", "play_policy": "policy"}
_OF = ("analysis", "metric", "source", "model", "script", "condition")
_NUMBERS = (
    "target", "method", "value", "low", "high", "position", "first_position", "last_position", "level", "title",
    "unit", "better", "scale_low", "scale_high", "n", "clusters", "missing", "reasons", "flagged", "lowest",
    "highest", "replies", "joint_low", "joint_high", "p", "p_adjusted", "family", "floor", "floor_low",
    "floor_high", "floor_times", "reach_low", "reach_high", "beyond", "seed", "note",
)  # fmt: skip
_SHARES = "convergence-share"


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


def columns() -> list[tuple[str, Kind]]:
    """Names and kinds of the columns of estimates, in order."""
    kinds = dict(present_columns())
    return [*((name, "text") for name in _OF), *((name, kinds[name]) for name in _NUMBERS)]


def row(e: Estimate, title: Title) -> list[Value]:
    """One estimate, by `columns`. `title`: the words for it."""
    found = dict(zip((name for name, _ in present_columns()), present_row(e, title), strict=True))
    named = names(e)
    # shares of convergence had no analysis of their own
    analysis = "convergence" if e.analysis == _SHARES else e.analysis
    of = (analysis, named.metric, e.source, named.model, named.script, named.condition)
    # a warning stood in front of the note
    return [*of, *(e.said if name == "note" else found[name] for name in _NUMBERS)]


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
        return f"share of the {moving}" if e.analysis == _SHARES else moving
    if left.speaker != right.speaker:
        return f"{left.speaker} - {right.speaker}{one}"
    if one != other:
        return f"{left.speaker}{one} - {right.speaker}{other}"
    again = f", {e.repeated} again" if e.repeated else ""
    return f"{left.speaker}{one}{again}"
