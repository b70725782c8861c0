"""What items do at several positions at once, for bands that hold at all of them."""

import numpy as np
import pandas as pd
import pytest

from longplay.analysis.frames import constant
from longplay.analysis.items import PLACE
from longplay.analysis.over_items import item_covariance, item_effects
from longplay.records import PLAIN, Quantity
from longplay.stats import max_t

UNITS, ITEMS = 24, 12


def frame(values: np.ndarray) -> pd.DataFrame:
    """Values (position, unit, item) as differences of items are held."""
    position, unit, item = (part.ravel() for part in np.indices(values.shape))
    words = {name: constant("x", values.size) for name in PLACE[:-2] if name not in ("quantity", "setting")}
    more = {
        "quantity": constant(Quantity("knowledge"), values.size),
        "setting": constant(PLAIN, values.size),
        "position": position,
        "unit": unit,
        "item": item,
    }
    return pd.DataFrame(words | more | {"value": values.ravel()})


def test_effects_of_items_make_up_their_variance_and_hang_together_over_positions() -> None:
    rng = np.random.default_rng(1)
    alike = rng.normal(size=ITEMS)
    values = alike + 0.01 * rng.normal(size=(3, UNITS, ITEMS))
    values[2] = rng.normal(size=ITEMS) + 0.01 * rng.normal(size=(UNITS, ITEMS))
    variance = np.array([0.04, 0.01, 0.09])
    found = item_effects(frame(values), variance)
    assert found.shape == (ITEMS, 3)
    assert (found**2).sum(axis=0) == pytest.approx(variance)
    assert np.corrcoef(found[:, 0], found[:, 1])[0, 1] > 0.99
    assert abs(np.corrcoef(found[:, 0], found[:, 2])[0, 1]) < 0.9
    together, apart = (max_t([found[:, cells]], 1e6, 1) for cells in ([0, 1], [0, 2]))
    assert together == pytest.approx(1.96, abs=0.05), "positions that move as one need no wider band"
    assert apart > together + 0.1


def test_an_item_that_nobody_answered_does_nothing() -> None:
    values = np.random.default_rng(2).normal(size=(2, UNITS, ITEMS))
    values[1, :, 3] = np.nan
    found = item_effects(frame(values), np.array([1.0, 0.0]))
    assert found[3, 1] == 0
    assert not found[:, 1].any()


def test_means_that_share_their_items_have_the_covariance_of_those() -> None:
    rng = np.random.default_rng(3)
    found = [
        item_covariance(
            frame(own[None] + rng.normal(size=(1, UNITS, ITEMS))), frame(own[None] * np.ones((1, UNITS, 1)))
        )
        for own in rng.normal(size=(200, 1, ITEMS))
    ]
    assert float(np.mean(found)) == pytest.approx(1 / ITEMS, rel=0.15)
