"""What it costs that a page corrects its cards together: power lost, or more personas. Counts no calls."""

import math
from itertools import count

import msgspec

ALONE = 0.8  # the power that a card has by itself, here


class Correction(msgspec.Struct, frozen=True):
    """What correcting `cards` together does to a change that each by itself finds with a power of `alone`.

    `power`: with which it is found then. `times`: how many times as many personas find it with the old power again;
    where there are too few for an interval over them, how many times as many dialogues. `personas`: how many these are,
    None of dialogues; `calls`, `cost`: what they take beyond the study, None where that is not known.
    """

    cards: int
    alone: float
    power: float
    times: float
    personas: int | None = None
    calls: int | None = None
    cost: float | None = None


def of_cards(cards: int, personas: int, alpha: float) -> Correction:
    """The correction of so many cards in a study of so many personas.

    Each card's interval is at 1 - alpha / cards (Bonferroni; Holm's correction asks this of the first of them). Over
    personas it is Student's t, with personas as all that varies; over the dialogues of fewer personas normal quantiles
    stand in.
    """
    from scipy.special import nctdtr, nctdtrinc, ndtr, ndtri, stdtrit  # here: a run needs no statistics to begin

    from longplay.stats import FEWEST_CLUSTERS

    if personas < FEWEST_CLUSTERS:
        plain, corrected = (float(ndtri(1 - alpha / 2 / tests)) for tests in (1, cards))
        seen = plain + float(ndtri(ALONE))
        return Correction(cards, ALONE, float(ndtr(seen - corrected)), ((corrected + seen - plain) / seen) ** 2)
    away = float(nctdtrinc(personas - 1, 1 - ALONE, stdtrit(personas - 1, 1 - alpha / 2)))  # in standard errors

    def power(many: int) -> float:
        seen = stdtrit(many - 1, 1 - alpha / 2 / cards)
        return 1 - float(nctdtr(many - 1, away * math.sqrt(many / personas), seen))

    enough = next(many for many in count(personas) if power(many) >= ALONE)
    return Correction(cards, ALONE, power(personas), enough / personas, enough)
