"""Words for one dialogue told by itself: its change point and its first broken round. Computes nothing."""

from collections.abc import Iterator, Sequence

from longplay.records import Estimate
from longplay.report.rulers import Ruler
from longplay.report.words import number, p_value


def told(found: Sequence[Estimate], ruler: Ruler) -> Iterator[str]:
    """A sentence each."""
    for e in found:
        yield _step(e, ruler) if e.analysis == "round-change-point" else _broken(e)


def _step(e: Estimate, ruler: Ruler) -> str:
    if e.value is not None:
        before, after = number(e.first, ruler.digits), number(e.last, ruler.digits)
        ends = "" if e.low is None or e.low == e.high else f"; rounds {e.low:.0f} to {e.high or 0:.0f} fit as well"
        from_there = f"{before} before, {after} from there on (p {p_value(e.p)}{ends})"
        return f"From round {e.value:.0f} on it is another: {from_there}."
    if e.p is not None:
        return (
            "No round is told from which on it is another: a step as clear comes about in "
            f"{100 * e.p:.0f} % of dialogues that do not change."
        )
    return f"No round can be told from which on it is another: {e.note}."


def _broken(e: Estimate) -> str:
    if e.value is None:
        return "No round is broken: none is scored in the worse half of the scale."
    return f"First broken round: {e.value:.0f}, the first that is scored in the worse half of the scale; {e.note}."
