"""The paper's mixed models: costs on model size, ratings on position, ratings on having a persona. Knows no files."""

import math
from itertools import product

import msgspec
import numpy as np

from longplay.analysis.paper.bars import first_gaps
from longplay.analysis.paper.measures import Measure
from longplay.analysis.paper.numbers import MODELS, Number, sign
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, Coefficient, Fit, random_intercept


def regressions(measure: Measure) -> list[Number]:
    """Every regression of a pooled measure, in points of 100, each number rounded to 3 decimals."""
    if not measure.pooled:
        return []
    points = measure.points()
    change = points[..., -1] - points[..., 0]
    found = _on_size("length-cost~size", measure, change.swapaxes(1, 2), "persona")
    found += _on_position(measure, points)
    if measure.gap:
        gaps = first_gaps(measure, measure.crossed)
        found += _on_size("persona-cost~size", measure, gaps, "persona - baseline")
        found += _on_persona(measure, points)
    if measure.crossed:
        matched = first_gaps(measure, crossed=False)
        found += _on_size("persona-cost-matched~size", measure, matched, "persona - baseline")
    return found


def table(head: Number, fit: Fit | None) -> list[Number]:
    """The coefficient table of a fit as numbers with the coordinates of `head`; the slope's have the plain names.

    What has no value is left out: errors of a degenerate fit, all of a fit that does not exist.
    """
    if fit is None:
        return []
    note = " ".join((*fit.notes, *(() if fit.converged else ("It did not converge.",))))
    numbers = {**_line("", fit.slope), **_line("intercept_", fit.intercept)}
    variances = {"group_variance": fit.group_variance, "group_variance_error": fit.group_variance_error}
    numbers |= {name: value for name, value in variances.items() if value is not None}
    return [
        msgspec.structs.replace(head, quantity=name, value=value, n=fit.n, note=note)
        for name, value in numbers.items()
        if math.isfinite(value)
    ]


def _line(prefix: str, found: Coefficient) -> dict[str, float]:
    numbers = {"coefficient": found.value, "error": found.error, "z": found.z, "p": found.p}
    numbers |= {"low": found.low, "high": found.high, "sign": sign(found.low, found.high)}
    return {prefix + name: value for name, value in numbers.items()}


def _on_size(form: str, measure: Measure, values: Floats, condition: str) -> list[Number]:
    """values: (models, 2, pairs), pairs persona by persona; a group for each persona and family of models."""
    each = values.shape[-1] // len(measure.cells.personas)
    rows = list(product(measure.cells.models, SCRIPTS, measure.cells.personas, range(each)))
    sizes = np.array([MODELS[model].size for model, *_ in rows], dtype=np.float64)
    groups = [f"{persona} {MODELS[model].family}" for model, _, persona, _ in rows]
    fit = random_intercept(values.reshape(-1), sizes, groups)
    return table(Number(form, measure.name, "", 0, condition=condition), fit)


def _on_position(measure: Measure, points: Floats) -> list[Number]:
    """rating ~ position for each model and script; a group for each persona."""
    cells, found = measure.cells, list[Number]()
    positions = np.tile(np.array(cells.positions, dtype=np.float64), len(cells.personas))
    groups = [persona for persona in cells.personas for _ in cells.positions]
    for (row, model), (column, script) in product(enumerate(cells.models), enumerate(SCRIPTS)):
        fit = random_intercept(points[row, :, column].reshape(-1), positions, groups)
        head = Number("rating~position", measure.name, "", 0, model=model, condition="persona", script=script)
        found += table(head, fit)
    return found


def _on_persona(measure: Measure, points: Floats) -> list[Number]:
    """rating ~ has a persona for each model and script, at all positions.

    The paper groups by position and role, which is one row each, so that the fit is that of least squares.
    """
    cells, bases, found = measure.cells, measure.baseline_points(), list[Number]()
    for (row, model), (column, script) in product(enumerate(cells.models), enumerate(SCRIPTS)):
        persona, base = points[row, :, column].reshape(-1), bases[row, :, column].reshape(-1)
        has = np.concatenate((np.ones(len(persona)), np.zeros(len(base))))
        fit = random_intercept(np.concatenate((persona, base)), has, [f"{place:05}" for place in range(len(has))])
        head = Number("rating~persona", measure.name, "", 0, model=model, condition="persona - baseline", script=script)
        found += table(head, fit)
    return found
