"""The paper's bars per model: cost of length, cost of a persona, difference of scripts. Knows measures, no files."""

from longplay.analysis.paper.measures import Measure
from longplay.analysis.paper.numbers import Number, sign
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, bar_bootstrap


def bars(measure: Measure) -> list[Number]:
    """Every kind of bar of a pooled measure, in points of 100."""
    if not measure.pooled:
        return []
    points = measure.points()
    change = points[..., -1] - points[..., 0]
    found = [
        number
        for place, script in enumerate(SCRIPTS)
        for number in _per_model("length-cost", measure, change[:, :, place], "persona", script)
    ]
    found += _per_model("script-difference", measure, points[:, :, 0] - points[:, :, 1], "persona")
    if measure.gap:
        found += _per_model("persona-cost", measure, first_gaps(measure, measure.crossed), "persona - baseline")
    if measure.crossed:
        found += _per_model("persona-cost-matched", measure, first_gaps(measure, crossed=False), "persona - baseline")
    return found


def first_gaps(measure: Measure, crossed: bool) -> Floats:
    """Persona minus baseline before the dialogue, in points: (models, 2, pairs), goal-oriented dialogues first.

    So stand the rows that the paper's bootstrap draws from: its join sorts the scripts by their names in its files.
    `crossed`: every persona with the baseline's value for every persona, as the paper's table of general instructions
    has it by mistake; the mean is the same, the interval far too narrow.
    """
    values, base = (side[..., 0].swapaxes(1, 2)[:, ::-1] for side in (measure.points(), measure.baseline_points()))
    if not crossed:
        return values - base
    pairs = values[..., :, None] - base[..., None, :]
    return pairs.reshape(*values.shape[:2], -1)


def _per_model(form: str, measure: Measure, values: Floats, condition: str, script: str = "") -> list[Number]:
    """values: (models, ...); what follows the first axis are the rows of a bar."""
    found = bar_bootstrap(values.reshape(len(values), -1).T)
    numbers: list[Number] = []
    for place, model in enumerate(measure.cells.models):
        centre, low, high = (float(side[place]) for side in (found.centre, found.low, found.high))
        quantities = {"centre": centre, "low": low, "high": high, "sign": sign(low, high)}
        numbers += [
            Number(form, measure.name, quantity, value, model=model, condition=condition, script=script, n=found.n)
            for quantity, value in quantities.items()
        ]
    return numbers
