"""The words for what estimates are of: quantities, places, differences. Made here alone. Computes nothing."""

from collections.abc import Container, Mapping
from typing import Protocol

from longplay.judging import METRICS
from longplay.judging.quantities import (
    COMPOSED_OF,
    COMPOSITES,
    REFUSAL,
    is_usual,
    metric_name,
    metric_of,
    two_level,
)
from longplay.records import PLAIN, Contrast, Estimate, Place, Quantity, Setting
from longplay.records.estimates import Repeated, Side
from longplay.records.places import AskedAs
from longplay.stats.repetition import PREVIOUS, RUNAWAY_LEAST, RUNAWAY_TIMES, TEMPLATE, WINDOW
from longplay.verifiers.copies import LENGTH, SHARE

_AS_IN_PAPER, _PAPERS_FORM = " (as in the paper)", " (in the paper's form)"
_FORMS = {
    "preamble": ", judged with the persona described",
    "paper": _AS_IN_PAPER,
    "paper-blind": ", without the persona" + _PAPERS_FORM,
}
_AGAIN = f"the {PREVIOUS} replies before"
# what is no score
_COUNTED = {
    "replies": "Replies not obtained",
    "flips": "Same request, another reply",
    "persona-patterns": "Words that tell the persona from the baseline",
    "baseline-patterns": "Words that tell the baseline from the persona",
    "patterns": "Patterns that tell persona from baseline",
    "length": "Length of replies",
    "runaway": (
        f"Runaway replies: cut, or over {RUNAWAY_TIMES} times their dialogue's median and {RUNAWAY_LEAST:,} characters"
    ),
    "compression": "Compression of a reply",
    "saved": f"Bytes saved by knowing {_AGAIN}",
    "shared": f"Runs of {TEMPLATE} words also in {_AGAIN}",
    "opening": f"Opening shared with one of {_AGAIN}",
    "ending": f"Ending shared with one of {_AGAIN}",
    "copied": f"Replies copied from an earlier one: {SHARE:.0%} of their runs of {LENGTH} words",
    "copied-elsewhere": "The same of replies of another dialogue, as many rounds in",
    **{f"distinct-{n}": f"Distinct runs of {n} among {WINDOW}" for n in (1, 2, 3)},
}
# by analysis, what is said of a quantity, whose words stand within a sentence
_OF_WORDS = {
    "half-life": "Half-life of {}",
    "half-life-tokens": "Half-life of {}",
    "change-point": "Change point of {}",
    "round-change-point": "Change point of {} in this dialogue",
    "first-broken": "First broken round by {}",
    "judge-agreement": "Share that judge and people agree on: {}",
    "judge-kappa": "Quadratic kappa of judge and people: {}",
    "labeller-agreement": "Share that labellers agree on: {}",
    "labeller-kappa": "Quadratic kappa of labellers: {}",
}
REPEATED: Mapping[Repeated, str] = {
    "judged": "judged again",
    "answered": "answered again",
    "played": "played again",
    "sent": "sent again",
}
_ASKED_AS: Mapping[AskedAs, str] = {
    "own": "",
    "nobody": "asked without a persona",
    "somebody": "asked with a persona",
    "another": "asked as another persona",
}
_MINUS = " - "


class Named(Protocol):
    """An estimate, or a series of them."""

    @property
    def of(self) -> Contrast: ...
    @property
    def side(self) -> Side: ...
    @property
    def repeated(self) -> Repeated: ...


def title(e: Estimate, judges: Container[str] = ()) -> str:
    """What an estimate is of, without its place; by whom it was judged where that is one of several `judges`."""
    return _title(e) + judged_by(e.judge, judges)


def judged_by(judge: str, judges: Container[str]) -> str:
    """Who judged, after a comma, where that is one of several `judges`."""
    return f", judged by {judge}" if judge in judges else ""


def _title(e: Estimate) -> str:
    named = quantity_title(e.quantity)
    if e.analysis == "equivalence":
        return f"First checkpoint of equivalence: {named}" if e.position is None else named
    if e.against is not None:
        return f"{named} with {quantity_words(e.against)}"
    if e.analysis == "noise-components":
        return f"Noise of {quantity_words(e.quantity)}, {REPEATED[e.repeated]}"
    if e.analysis in _OF_WORDS:
        return _OF_WORDS[e.analysis].format(quantity_words(e.quantity))
    if e.analysis == "convergence-share":
        return f"{named}: share of the gap's change"
    if e.analysis == "missing" and metric_of(e.quantity) is not None and e.quantity.part.measure != "blocked":
        return f"Verdicts not obtained: {named}"
    return named


def quantity_words(quantity: Quantity) -> str:
    """The title within a sentence."""
    named = quantity_title(quantity)
    return named[0].lower() + named[1:]


def quantity_title(quantity: Quantity) -> str:
    """The words for a quantity."""
    metric, part = metric_of(quantity), quantity.part
    if quantity in COMPOSITES:
        form = _AS_IN_PAPER if quantity.form == "paper" else ""
        return f"Persona fidelity (mean of {', '.join(COMPOSED_OF)}){form}"
    if metric is None:
        return _COUNTED.get(quantity.metric, quantity.metric)
    if part.measure == "inconsistent":
        return f"{metric.title}: verdicts that turn with the order"
    if part.measure == "rules":
        return f"{metric.title}: rules and judge differ"
    if part.measure in ("distance", "distance-to-baseline"):
        return _distance(quantity)
    if quantity.metric == REFUSAL and part.label:
        return _refusal(quantity)
    if part.label:
        return f"{METRICS.get(quantity.metric, metric).title}: {part.label}{_FORMS.get(quantity.form, '')}"
    return metric.title


def _distance(quantity: Quantity) -> str:
    words = _FORMS.get(quantity.form, "") if is_usual(quantity) or quantity.form != "paper" else _PAPERS_FORM
    whose = "baseline's" if quantity.part.measure == "distance-to-baseline" else "persona's"
    weights = ", weighed by items" if quantity.part.by_item else ""
    return f"Distance from the {whose} trait profile{weights}{words}"


def _refusal(quantity: Quantity) -> str:
    part, words = quantity.part, _FORMS.get(quantity.form, "")
    if part.measure == "blocked":
        return f"Replies to {part.label} requests blocked by the provider"
    if part.measure == "partial":
        return f"Partial refusals of {part.label} requests{words}"
    kind = "Refusals" if two_level(metric_name(quantity)) else "Full refusals"
    kinds = (("type", part.kind), ("focus", part.focus))
    narrowed = "".join(f", {word} {said.replace('_', ' ')}" for word, said in kinds if said)
    return f"{kind} of {part.label} requests{narrowed}{words}"


def model(of: Contrast) -> str:
    """The model, or both that are compared."""
    return _both(*(place.model for place in of.places))


def script(of: Contrast) -> str:
    """The script, or both that are compared."""
    return _both(*(place.script for place in of.places))


def condition(of: Named) -> str:
    """Who spoke and what differs from the plain way, or both that are compared."""
    if of.repeated == "sent":
        return REPEATED[of.repeated]
    if of.side:
        return f"{_speaker_of(of.of, of.side)} moving{setting(of.of.left.setting)}"
    left, right = of.of.left, of.of.right or of.of.left
    one, other = setting(left.setting), setting(right.setting)
    if left.speaker == right.speaker and one == other:
        return place_words(left)
    if one == other:
        return f"{left.speaker}{_MINUS}{right.speaker}{one}"
    return f"{left.speaker}{way(left)}{_MINUS}{right.speaker}{way(right)}"


def shared_setting(of: Contrast) -> str:
    """What differs from the plain way at every place that is compared; empty where the places differ in it."""
    said = {setting(place.setting) for place in of.places}
    return said.pop() if len(said) == 1 else ""


def speakers(of: Named) -> str:
    """Who spoke, without what `shared_setting` says."""
    if not shared_setting(of.of):
        return condition(of)
    if of.side:
        return f"{_speaker_of(of.of, of.side)} moving"
    return _both(*(speaker(place) for place in of.of.places))


def speaker(place: Place) -> str:
    """Who spoke at one place."""
    return "all" if place.speaker == "anyone" else place.speaker


def place_words(place: Place) -> str:
    """Who spoke at one place, and what differs from the plain way."""
    return "all" if place.speaker == "anyone" else f"{place.speaker}{way(place)}"


def way(place: Place) -> str:
    """What differs at a place from the plain way, after a comma. A baseline has no versions: it is judged as one."""
    return setting(place.setting, "judged as version" if place.nobodys else "version")


def setting(setting: Setting, version: str = "version") -> str:
    """What differs from playing and asking in the plain way, after a comma; empty where nothing does."""
    ways = (
        _ASKED_AS[setting.asked_as],
        f"played by {setting.play_policy}" if setting.play_policy != PLAIN.play_policy else "",
        f"asked by {setting.ask_policy}" if setting.ask_policy != PLAIN.ask_policy else "",
        f"{version} {setting.version}" if setting.version else "",
    )
    return "".join(f", {way}" for way in ways if way)


def unmoved(e: Estimate) -> bool:
    """Whether its floor is 0 because no repeat differed."""
    return e.floor == 0


def rival(place: Place) -> str:
    """How a model or policy is told from others."""
    return place.model + setting(place.setting)


def _both(one: str, other: str | None = None) -> str:
    return one if other is None or one == other else f"{one}{_MINUS}{other}"


def _speaker_of(of: Contrast, side: Side) -> str:
    return of.left.speaker if side == "left" or of.right is None else of.right.speaker
