"""What a simulated speaker's answer to an item with choices could have begun with. Pure."""

import math

from longplay.records import Item, Likely

LETTERS = 0.94
"""Probability that the answer begins with a letter of the choices."""
_SPREAD = 0.5  # how far single answers lie from the mean, as a share of the room to the nearer end


def first_tokens(item: Item, mean: float, chance: float) -> tuple[Likely, ...]:
    """Tokens with log probabilities. Of all letters together the right one has a probability of `mean` on average;
    `chance`: in [0, 1), of this answer. None where the item has no right choice."""
    right, n = item.right, len(item.choices)
    if right is None or n < len(("right", "wrong")):
        return ()
    share = mean + (2 * chance - 1) * _SPREAD * min(mean, 1 - mean)
    shares = [share if at == right else (1 - share) / (n - 1) for at in range(n)]
    told = [(chr(ord("A") + at), LETTERS * one) for at, one in enumerate(shares)] + [("The", 0.04), ("I", 0.01)]
    return tuple(Likely(token, math.log(one)) for token, one in told if one > 0)
