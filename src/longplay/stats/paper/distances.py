"""The paper's two distances between Big Five profiles, which weigh the traits differently. Knows arrays only."""

import numpy as np

from longplay.stats.intervals import Floats, Integers

_RANGE = 4.0  # levels run from 1 to 5


def profiles(levels: Floats, traits: Integers, size: int) -> Floats:
    """Mean level of each trait; nothing is reversed, as the judge rates the trait and not the agreement with an item.

    levels: (..., items) in 1..5; traits: (items,) in 0..size-1. Returns (..., size). Raises ValueError where a trait
    has no item (the paper's code would put 0 there) or the arrays do not fit.
    """
    if levels.shape[-1:] != traits.shape:
        raise ValueError(f"levels {levels.shape} and traits {traits.shape} must have as many items.")
    absent = sorted(set(range(size)) - set(traits.tolist()))
    if absent:
        raise ValueError(f"traits {absent} have no item.")
    return np.stack([levels[..., traits == trait].mean(axis=-1) for trait in range(size)], axis=-1)


def label_distance(profile: Floats, label: Floats) -> Floats:
    """Mean absolute difference over traits, each trait with the same weight, in 0..1.

    profile: (..., traits), label: (..., traits), broadcast against each other. Returns (...).
    """
    return np.abs(profile - label).mean(axis=-1) / _RANGE


def baseline_distance(profile: Floats, baseline: Floats, items: Integers) -> Floats:
    """Mean absolute difference over items, so that a trait weighs as many items as it has, in 0..1.

    profile, baseline: (..., traits); items: (traits,), how many items each has. Returns (...).
    """
    return (np.abs(profile - baseline) * items).sum(axis=-1) / items.sum() / _RANGE
