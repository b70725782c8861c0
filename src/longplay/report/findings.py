"""Words for what is said of a change: its tag, its meaning, what could turn it, what to do next. Computes nothing."""

from collections.abc import Iterator, Mapping

from longplay.records.estimates import Headline
from longplay.records.findings import Finding, NoStep, Step, Tag
from longplay.report.rulers import Ruler
from longplay.report.words import counted, interval, number, source_words

TAGS: Mapping[Tag, str] = {
    "clear-loss": "Clear loss",
    "loss-unclear": "Loss, size unclear",
    "small-loss": "Small loss",
    "loss": "Loss",
    "no-change": "No change that matters",
    "untold": "Cannot tell",
    "gain": "Gain",
    "small-gain": "Small gain",
    "gain-unclear": "Gain, size unclear",
    "clear-gain": "Clear gain",
    "no-interval": "No interval",
    "no-number": "No number",
}
CANNOT = "Cannot be told"  # where questions stand between the ends of a change
_MEANINGS: Mapping[Tag, str] = {
    "clear-loss": "{worse}: all that fits these data lies beyond the margin of {margin}. Expect to need a remedy or "
    "another model in conversations this long, and test on your own personas.",
    "loss-unclear": "{worse}; whether by more than the margin of {margin} cannot be told.",
    "small-loss": "{worse}, but by less than the margin of {margin}.",
    "loss": "{worse}. The study declares no margin, so whether the loss matters is yours to say.",
    "no-change": "Any change is smaller than the margin of {margin}.",
    "untold": "Change and no change cannot be told apart: anything from {low} to {high}{of} fits these data.",
    "gain": "{better}. The study declares no margin, so whether the gain matters is yours to say.",
    "small-gain": "{better}, but by less than the margin of {margin}.",
    "gain-unclear": "{better}; whether by more than the margin of {margin} cannot be told.",
    "clear-gain": "{better}: all that fits these data lies beyond the margin of {margin}.",
    "no-interval": "The change has no interval, so nothing can be said about what would happen again. See the basis.",
    "no-number": "Nothing can be said. See what is missing, below.",
}
_QUESTIONS = "Early and late rounds hold different questions, so the change may come from the questions. "
_TO_TELL = (
    "To tell, ask the items of a probe at checkpoints, play a baseline too, or play several orders of the questions."
)
_TO_TELL_CHAT = (
    "Next step: ask the same items of a probe after some of its rounds (such as [[probes]] with name = “fidelity” in "
    "the study); “longplay plan” says what that takes."
)
_MORE: Mapping[str, tuple[str, str]] = {
    "draws": ("more dialogue of each kind", "more dialogues of each kind"),
    "orders": ("more order of the questions", "more orders of the questions"),
    "personas": ("more persona", "more personas"),
    "items": ("more item", "more items"),
    "baseline draws": ("more dialogue of each kind of the baseline", "more dialogues of each kind of the baseline"),
}


def meaning(of: Headline, ruler: Ruler, *, imported: bool = False) -> str:
    """What the tag of a card means for someone deciding. `imported`: the dialogues cannot be played in other ways."""
    found = of.finding
    if found.open == "questions":
        return _QUESTIONS + (_TO_TELL_CHAT if imported else _TO_TELL)
    words = {"margin": _points(found.margin, ruler), "low": "", "high": "", "of": ""} | _better(ruler)
    if found.basis == "gap":
        words["of"] = " in persona minus baseline"
    if found.basis == "answers":
        words["of"] = " in these answers"
    if found.low is not None and found.high is not None:
        low, high = _sure(found, found.low, found.high)
        words |= {"low": number(low, ruler.digits, sign=True), "high": _points(high, ruler, sign=True)}
    return _MEANINGS[found.tag].format(**words)


def remarks(of: Headline, ruler: Ruler, step: Step | NoStep | None) -> Iterator[str]:
    """What else a card must say, in sentences."""
    found = of.finding
    if found.basis == "gap":
        change = number(found.value, ruler.digits, sign=True)
        ends = interval(found.low, found.high, ruler.digits, sign=True)
        yield (
            "Early and late rounds hold different questions, so the tag is about the change of persona minus baseline, "
            f"who were asked the same: {change} {ends}."
        )
    if found.basis == "answers":
        change = number(found.value, ruler.digits, sign=True)
        ends = interval(found.low, found.high, ruler.digits, sign=True)
        yield (
            "Early and late rounds hold different questions, so the tag is about the answers to the same items of "
            f"{source_words(found.probe)}, asked after both: {change} {ends} ({found.target})."
        )
    if found.open == "missing" and found.without is not None:
        yield f"The scores obtained alone say “{TAGS[found.without]}”; the missing ones could change that."
    if turning := _turning(found, ruler):
        yield turning
    if found.smallest is not None:
        smallest = _points(found.smallest, ruler, least=True)
        yield f"A study like this one finds a change of {smallest} or more in 4 of 5 cases."
    if isinstance(step, NoStep):
        yield f"No next step can be given: {step.why}"
    elif step is not None:
        yield _next(step, ruler)


def _better(ruler: Ruler) -> dict[str, str]:
    if ruler.points:
        return {"worse": "The role wears off", "better": "It grows into the role"}
    return {"worse": "It gets worse", "better": "It gets better"}


def _sure(found: Finding, low: float, high: float) -> tuple[float, float]:
    """The interval; where missing scores decide about the tag, with what they could make of it."""
    if found.open != "missing" or found.all_low is None or found.all_high is None:
        return low, high
    return min(low, found.all_low), max(high, found.all_high)


def _turning(found: Finding, ruler: Ruler) -> str:
    places = [
        f"{number(value, ruler.digits)} at the {end}"
        for value, end in ((found.tip_first, "start"), (found.tip_last, "end"))
        if value is not None
    ]
    if not places:
        return ""
    tag = TAGS[found.without or found.tag]
    return f"“{tag}” would no longer hold if the missing scores averaged {' and '.join(places)}."


def _next(step: Step, ruler: Ruler) -> str:
    one, many = _MORE[step.what]
    takes = [counted(step.calls, "more call")] if step.calls is not None else []
    takes += [f"{step.cost:,.2f} more in the currency of the prices"] if step.cost is not None else []
    cost = f", {' and '.join(takes)}" if takes else ""
    change = _points(step.change, ruler, least=True)
    more = counted(step.more, one, many)
    return f"Cheapest next step: {more}{cost}. That finds a change of {change} in 4 of 5 studies."


def _points(value: float | None, ruler: Ruler, *, sign: bool = False, least: bool = False) -> str:
    """With its unit; `least`: one digit more than a level has where the size is small, so that it is no 0."""
    small = 10.0 ** (1 - ruler.digits)
    digits = ruler.digits + 1 if least and value is not None and abs(value) < small else ruler.digits
    return f"{number(value, digits, sign=sign)}{' points' if ruler.points else ''}"
