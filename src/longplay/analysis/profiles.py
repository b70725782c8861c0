"""Distances of trait profiles from items: over traits alike, or by items. Knows no analysis, makes no estimates."""

from collections.abc import Sequence

import numpy as np

from longplay.analysis.changes import ends
from longplay.analysis.data import Spans
from longplay.analysis.frames import Frame, groups, mapped, matches, stack
from longplay.analysis.items import BEFORE, PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import CELL
from longplay.analysis.quantities import scale_of
from longplay.judging.quantities import TRAIT, part_of, whole
from longplay.records import Quantity
from longplay.records.quantities import Measure
from longplay.stats import less_noise
from longplay.stats.intervals import Floats

_SPAN = scale_of(Quantity(TRAIT)).length


def distances(items: Frame, of: Measure, apart: Sequence[str] = ()) -> Frame:
    """One row a unit, position and weighting: the distance over its traits, with bounds."""
    keys = [*PLACE, "target", *apart]
    # a distance is a level, also where its items are differences: nothing was taken away from it
    levels = collapse(items.drop(columns=BEFORE, errors="ignore"), keys)
    weight = np.bincount(groups(items, keys).code, minlength=len(levels)).astype(np.float64)
    below, above = levels["lowest"] - levels["target"], levels["highest"] - levels["target"]
    inside = (below <= 0) & (above >= 0)
    traits = levels.assign(
        value=(levels["value"] - levels["target"]).abs() / _SPAN,
        lowest=np.where(inside, 0.0, np.minimum(below.abs(), above.abs())) / _SPAN,
        highest=np.maximum(below.abs(), above.abs()) / _SPAN,
        quantity=mapped(levels["quantity"], lambda one: part_of(whole(one), measure=of)),
    )
    return _over_traits(traits, weight, [*PLACE, *apart])


def changed(items: Frame, of: Measure, spans: Spans) -> Frame:
    """Pairs (see `items.pair`) of the last and the first distance of each unit, over items scored at both.

    Noise raises a distance, so that a noisier judge would look like a role that wears off. The change is therefore that
    of the squared distance less its noise variance (`stats.less_noise`), divided by the sum of both root mean squares
    over units, which brings it back to the scale of a distance. Bounds are those of the plain difference.
    """
    last, first = ends(items, spans)
    last, first = scored_in_both(last, first, [*PLACE, "item"])
    plain = pair(distances(last, of), distances(first, of), PLACE)
    raw, less = ([_squares(end, of, noise=noise) for end in (last, first)] for noise in (True, False))
    whole_ = sum(np.sqrt(_over_units(plain, one)) for one in raw)
    value = np.divide(less[0] - less[1], whole_, out=np.zeros(len(plain)), where=whole_ > 0)
    return plain.assign(value=np.where(plain["value"].isna(), np.nan, value))


def _squares(items: Frame, of: Measure, *, noise: bool) -> Floats:
    """For the rows of `distances` squared ones; with `noise`, or less their noise variance."""
    level = groups(items, [*PLACE, "target"])
    traits = items.take(level.first).reset_index(drop=True)
    unit = groups(traits, [key for key in PLACE if key != "quantity"]).code
    off = items["value"].to_numpy(np.float64) - items["target"].to_numpy(np.float64)
    square, less = less_noise(off, level.code, unit)
    weight = np.bincount(level.code).astype(np.float64)
    value = (square if noise else less) / _SPAN**2
    quantity = mapped(traits["quantity"], lambda one: part_of(whole(one), measure=of))
    traits = traits.assign(value=value, lowest=value, highest=value, quantity=quantity)
    return _over_traits(traits, weight, PLACE)["value"].to_numpy(np.float64)


def _over_units(rows: Frame, value: Floats) -> Floats:
    """Of each row: the mean of its cell over the units that have a value."""
    code, known = groups(rows, CELL).code, ~np.isnan(value)
    count = np.bincount(code, known)
    return (np.bincount(code, np.where(known, value, 0.0)) / np.maximum(count, 1))[code] if len(code) else value


def _over_traits(traits: Frame, weight: Floats, place: list[str]) -> Frame:
    """One row a unit: the mean over its traits, alike and by their `weight`; nothing where a trait has no score."""
    units = collapse(stack([traits, _weighed(traits, weight, place)]), place, skipna=False)
    return units.assign(**{name: units[name].where(units["value"].notna(), 0) for name in ("n", "flagged")})


def linear(items: Frame, of: Measure) -> Frame:
    """The baseline's answers as what each adds to the distance, which is then their mean over items. So their variance
    is that of the distance as long as no trait crosses its target."""
    spoken = items[items["speaker"] == "baseline"]
    keys = [key for key in PLACE if key != "quantity"]
    level, unit = groups(spoken, PLACE), groups(spoken, keys)
    item = groups(spoken, [*PLACE, "item"])
    value, known = spoken["value"].to_numpy(np.float64), spoken["value"].notna().to_numpy()
    mean = np.bincount(level.code, np.where(known, value, 0.0)) / np.maximum(np.bincount(level.code, known), 1)
    away = value - spoken["target"].to_numpy()
    adds = np.sign(mean[level.code] - spoken["target"].to_numpy()) * away / _SPAN
    of_trait, of_unit = np.bincount(level.code[item.first]), np.bincount(unit.code[item.first])
    traits = np.bincount(unit.code[level.first])
    alike = of_unit[unit.code] / (traits[unit.code] * of_trait[level.code]) if len(spoken) else adds
    distances = spoken.assign(
        value=adds * alike, quantity=mapped(spoken["quantity"], lambda one: part_of(whole(one), measure=of))
    )
    by_item = mapped(distances["quantity"], lambda one: part_of(one, by_item=True))
    return stack([distances, distances.assign(value=adds, quantity=by_item)])


def _weighed(traits: Frame, weight: np.ndarray, place: list[str]) -> Frame:
    """The traits' values times their share of the unit's items, so that a mean over traits is one over items."""
    unit = groups(traits, place).code
    share = weight * np.bincount(unit)[unit] / np.bincount(unit, weights=weight)[unit]
    by_item = mapped(traits["quantity"], lambda one: part_of(one, by_item=True))
    return traits.assign(quantity=by_item, **{name: traits[name].to_numpy() * share for name in VALUES})


def scored_in_both(one: Frame, other: Frame, same: list[str]) -> tuple[Frame, Frame]:
    """The items that both sides asked; where one has no score the other's does not count. Bounds keep them all."""
    return _scored_also_in(one, other, same), _scored_also_in(other, one, same)


def _scored_also_in(one: Frame, other: Frame, same: list[str]) -> Frame:
    rows, there = matches(one, other, same)
    both = one.take(rows)
    usable = both["value"].notna().to_numpy() & other["value"].notna().to_numpy()[there]
    counts = {name: np.where(usable, both[name], 0) for name in ("n", "flagged")}
    return both.assign(value=np.where(usable, both["value"], np.nan), **counts)
