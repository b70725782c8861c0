"""By what a card that cannot tell could: the cheapest next step of each, or why there is none. Sends nothing."""

from collections.abc import Sequence
from math import sqrt

import msgspec
from scipy.special import chdtri

from longplay.analysis import Data
from longplay.analysis.design import NO_MARGIN, Place
from longplay.analysis.findings import basis_of
from longplay.experiment import Experiment, plan
from longplay.experiment.resizing import items_asked, with_items
from longplay.judging.quantities import spelled
from longplay.records import Estimate
from longplay.records.estimates import Headline
from longplay.records.findings import NoStep, Step
from longplay.specs import LongplayError
from longplay.stats import smallest_seen
from longplay.study.next_step import MORE, cheapest_step

_TOO_LITTLE = NoStep(f"not even {max(MORE)} more of one thing are enough to find so small a change in 4 of 5 studies.")
_ONE_PERSONA = NoStep(
    "more dialogues or orders with the same personas narrow this interval, but how many are needed cannot be told from "
    "fewer than 4 personas."
)
_SURE = 0.8  # the share of runs whose variance is not more than that much too small, as in the power of designs
_POWER = 0.8
_DIALOGUES = ("dialogue draw", "order", "answer")  # what an interval for given personas rests on, beside items


def card_steps(
    data: Data, experiment: Experiment, tops: Sequence[Headline], estimates: Sequence[Estimate]
) -> dict[tuple[str, str], Step | NoStep]:
    """By model and script, for each card whose interval leaves open whether there is a change."""
    untold = (top for top in tops if top.finding.tag == "untold" and not top.finding.open)
    return {(top.model, top.script): _step_or_why(data, experiment, top, estimates) for top in untold}


def _step_or_why(data: Data, experiment: Experiment, top: Headline, estimates: Sequence[Estimate]) -> Step | NoStep:
    try:
        return _step(data, experiment, top, estimates)
    except LongplayError as error:  # rounds of one dialogue are no pilot; calls of a policy that is not here unknown
        return NoStep(str(error))


def _step(data: Data, experiment: Experiment, top: Headline, estimates: Sequence[Estimate]) -> Step | NoStep:
    rests = basis_of(top.drift, estimates) or top.drift
    level = 1 - (1 - rests.level) / top.finding.cards
    if rests.cluster == "item":
        return more_items(experiment, rests, top.finding.margin, level) or _TOO_LITTLE
    if rests.cluster in _DIALOGUES:
        return _ONE_PERSONA
    where = Place(rests.source, top.model, top.script, "gap-drift" if top.finding.basis == "gap" else "drift")
    step = cheapest_step(data, experiment, spelled(rests.quantity), where=where, level=level)
    if step is None:
        return _TOO_LITTLE
    return Step(step.what, step.more, step.change, step.power, step.calls, step.tokens, step.cost)


def more_items(experiment: Experiment, e: Estimate, margin: float | None, level: float) -> Step | None:
    """The fewest more items of a probe with which the change of given personas would be found in 4 of 5 studies.

    e: the change that the run has, whose interval rests on items. For the margin, or a tenth of the scale; where the
    run as it is finds that, for the change that it shows. By the t interval of this `level` with more items, with a
    spread as large as the run allows at 80 %. None where `MORE` has no number that is enough.
    """
    asked = items_asked(experiment, e.source)
    if not asked or not e.error or not e.df or e.scale is None:
        return None
    worse, df = e.error * sqrt(e.df / float(chdtri(e.df, _SURE))), e.df

    def found(times: float) -> float:
        return smallest_seen(worse / sqrt(times), df * times, level)

    aim = margin or NO_MARGIN * (e.scale[1] - e.scale[0])
    if found(1.0) <= aim:
        aim = min(aim, abs(e.value or aim))
    more = next((more for more in MORE if found((asked + more) / asked) <= aim), None)
    return None if more is None else _priced(experiment, e.source, asked, more, aim)


def _priced(experiment: Experiment, probe: str, asked: int, more: int, change: float) -> Step:
    own, whole = (_taken(with_items(experiment, probe, many)) for many in (asked, asked + more))
    cost = None if own.cost is None or whole.cost is None else whole.cost - own.cost
    return Step("items", more, change, _POWER, whole.calls - own.calls, whole.tokens - own.tokens, cost)


class _Taken(msgspec.Struct, frozen=True):
    calls: int
    tokens: int
    cost: float | None


def _taken(experiment: Experiment) -> _Taken:
    lines = plan(experiment).lines
    costs = [line.cost for line in lines if line.cost is not None]
    cost = sum(costs) if len(costs) == len(lines) else None
    return _Taken(sum(line.calls for line in lines), sum(line.prompt + line.completion for line in lines), cost)
