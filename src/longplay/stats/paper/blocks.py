"""The paper's smoothing of curves over rounds (its figure 3). Knows arrays only."""

from collections.abc import Sequence

import numpy as np

from longplay.stats.intervals import Floats


def block_means(values: Floats, ends: Sequence[int]) -> Floats:
    """Means over the rounds of each block, at the block's last round: the first block is round ends[0] alone.

    values: (..., rounds); ends: rising rounds counted from 0. Returns (..., len(ends)). Raises ValueError where the
    ends do not rise or lie outside the rounds.
    """
    if not ends or list(ends) != sorted(set(ends)) or ends[0] < 0 or ends[-1] >= values.shape[-1]:
        raise ValueError(f"block ends {list(ends)} must rise within the {values.shape[-1]} rounds, from 0.")
    starts = [ends[0], *(end + 1 for end in ends)]
    blocks = [values[..., start : end + 1].mean(axis=-1) for start, end in zip(starts, ends, strict=False)]
    return np.stack(blocks, axis=-1)
