"""The paper's curves, and its lines of differences with bootstrap intervals. Knows measures, no files."""

from collections.abc import Callable, Sequence
from functools import partial

from longplay.analysis.paper.measures import Measure, baseline
from longplay.analysis.paper.numbers import Number, sign
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, Cells, block_means, line_bootstrap

# Ends of the blocks of rounds that curves over rounds are smoothed by, counted from 0.
BLOCK_ENDS = (0, 11, 22, 34, 45, 56, 68, 79, 90, 101)


def curves(measure: Measure) -> list[Number]:
    """Means at each position over all models and personas, for each model, and for each persona.

    Curves over rounds are smoothed by blocks; the single rounds are there as the form `round`. A persona's baseline is
    the one held against that persona, where there is one; the paper's figure of personas shows the mean over all.
    """
    smooth = _smoothed(measure) if measure.rounds else measure.cells
    found = _means("curve", measure.name, smooth)
    if measure.rounds:
        found += _means("round", measure.name, measure.cells)
    return found


def differences(measure: Measure) -> list[Number]:
    """Persona-directed minus goal-oriented at each position."""
    values = measure.cells.values
    return _line("difference", measure, values[:, :, 0] - values[:, :, 1], "persona", "")


def progressions(measure: Measure) -> list[Number]:
    """Change since the first position, for each script."""
    change = measure.cells.values - measure.cells.values[..., :1]
    return _by_script("progression", measure, change, "persona")


def gaps(measure: Measure) -> list[Number]:
    """Persona minus the baseline judged as that persona, for each script."""
    if not measure.gap:
        return []
    return _by_script("gap", measure, measure.cells.values - baseline(measure.cells), "persona - baseline")


def _by_script(form: str, measure: Measure, values: Floats, condition: str) -> list[Number]:
    return [
        number
        for place, script in enumerate(SCRIPTS)
        for number in _line(form, measure, values[:, :, place], condition, script)
    ]


def _line(form: str, measure: Measure, values: Floats, condition: str, script: str) -> list[Number]:
    """values: (models, personas, positions); rows are drawn model by model, for round metrics persona by persona."""
    ordered = values.swapaxes(0, 1) if measure.rounds else values
    found = line_bootstrap(ordered.reshape(-1, values.shape[-1]))
    numbers: list[Number] = []
    for place, position in enumerate(measure.cells.positions):
        mean, low, high = (float(side[place]) for side in (found.centre, found.low, found.high))
        quantities = {"mean": mean, "low": low, "high": high, "sign": sign(low, high)}
        numbers += [
            Number(
                form, measure.name, quantity, value, condition=condition, script=script, position=position, n=found.n
            )
            for quantity, value in quantities.items()
        ]
    return numbers


def _smoothed(measure: Measure) -> Cells:
    cells = measure.cells
    values, base = (block_means(side, BLOCK_ENDS) for side in (cells.values, baseline(cells)))
    return Cells(cells.models, cells.personas, BLOCK_ENDS, values, base)


def _means(form: str, name: str, cells: Cells) -> list[Number]:
    """Means over both axes, over personas for each model, over models for each persona."""
    sides = [("persona", cells.values)] + ([] if cells.baseline is None else [("baseline", cells.baseline)])
    found: list[Number] = []
    for condition, values in sides:
        overall, by_model, by_persona = values.mean(axis=(0, 1)), values.mean(axis=1), values.mean(axis=0)
        n = values.shape[0] * values.shape[1]
        made = partial(Number, form, name, "mean", condition=condition)
        found += _numbers(partial(made, n=n), cells.positions, overall)
        for model, row in zip(cells.models, by_model, strict=True):
            found += _numbers(partial(made, model=model, n=values.shape[1]), cells.positions, row)
        if values.shape[1] == len(cells.personas):
            for persona, row in zip(cells.personas, by_persona, strict=True):
                found += _numbers(partial(made, persona=persona, n=values.shape[0]), cells.positions, row)
    return found


def _numbers(made: Callable[..., Number], positions: Sequence[int], values: Floats) -> list[Number]:
    """values: (2, positions), a number each; `made`: all but what differs between them."""
    return [
        made(value=float(values[place, column]), script=script, position=position)
        for place, script in enumerate(SCRIPTS)
        for column, position in enumerate(positions)
    ]
