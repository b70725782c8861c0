"""What can be said of a number some of whose parts are missing for unknown reasons. Knows arrays only."""

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit

from longplay.stats.intervals import Floats

_STEPS = 60  # halvings: to the last digit of a double
SEEN = 0.8  # how often a change is to be found that a study is said to be able to see


def imbens_manski(
    lowest: Floats, highest: Floats, error_low: Floats, error_high: Floats, df: Floats, level: float = 0.95
) -> tuple[Floats, Floats]:
    """An interval that holds the complete value in a share `level` of studies, wherever between its bounds it lies.

    lowest, highest: (k,), the value if every missing part were at one end or the other; error_low, error_high: their
    standard errors; df: degrees of freedom of both. NaN where an input is. With bounds far apart each end is one-sided,
    with equal bounds it is Student's interval. Source: Imbens & Manski 2004, Econometrica 72:1845, with Student's t for
    the normal distribution.
    """
    room = highest - lowest
    error = np.fmax(error_low, error_high)
    known = ~np.isnan(room) & ~np.isnan(error) & ~np.isnan(df)
    degrees = np.where(known, df, 1.0)
    apart = np.divide(room, error, out=np.where(room > 0, np.inf, 0.0), where=known & (error > 0))
    least, most = np.zeros(len(room)), stdtrit(degrees, (1 + level) / 2)
    for _ in range(_STEPS):
        middle = (least + most) / 2
        enough = stdtr(degrees, middle + apart) - stdtr(degrees, -middle) >= level
        most, least = np.where(enough, middle, most), np.where(enough, least, middle)
    return np.where(known, lowest - most * error_low, np.nan), np.where(known, highest + most * error_high, np.nan)


def smallest_seen(error: float, df: float, level: float, share: float = SEEN) -> float:
    """The smallest change that an interval of this level excludes from 0 in a share of studies like this one.

    error: standard error of the change, df: its degrees of freedom. By the noncentral t distribution.
    """
    critical = float(stdtrit(df, (1 + level) / 2))
    return error * float(nctdtrinc(df, 1 - share, critical))
