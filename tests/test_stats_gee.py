"""Logistic and ordinal regressions over clusters, against statsmodels and by hand."""

import numpy as np
import pytest
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE, OrdinalGEE

from longplay.stats import logistic, ordinal


def answers(
    levels: int, personas: int = 7, items: int = 12, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes 0..levels-1, rounds and personas; some answers are missing."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(personas), 6 * items)
    x = np.tile(np.repeat(np.linspace(-1, 1, 6), items), personas)
    odds = 0.6 - 0.8 * x + rng.normal(0, 0.6, personas)[who] + rng.normal(0, 0.4, personas)[who] * x
    cuts = np.linspace(-1, 1, levels - 1) if levels > 2 else np.zeros(1)
    outcome = (rng.logistic(size=len(x))[:, None] + odds[:, None] > cuts).sum(axis=1)
    kept = rng.random(len(x)) > 0.1
    return outcome[kept], x[kept], who[kept]


def counted(outcome: np.ndarray, x: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same in one row a persona and round: shares, rounds, persona, how many."""
    levels = np.arange(outcome.max() + 1)
    cells, code = np.unique(np.column_stack((who, x)), axis=0, return_inverse=True)
    counts = np.array([[np.sum((code == i) & (outcome == level)) for level in levels] for i in range(len(cells))])
    n = counts.sum(axis=1)
    return counts / n[:, None], cells[:, 1:], cells[:, 0].astype(np.int64), n.astype(float)


def test_a_logistic_fit_of_counts_is_statsmodels_gee_of_single_answers_with_mancl_and_derouens_correction() -> None:
    outcome, x, who = answers(2)
    shares, design, clusters, n = counted(outcome, x, who)
    found = logistic(shares[:, 1], design, clusters, n)
    model = GEE(
        outcome, np.column_stack((np.ones_like(x), x)), groups=who, family=Binomial(), cov_struct=Independence()
    )
    theirs = model.fit(cov_type="bias_reduced", ctol=1e-12)
    assert found.values == pytest.approx(theirs.params, rel=1e-6)
    assert found.covariance == pytest.approx(np.asarray(theirs.cov_params()), rel=1e-6)
    assert (found.clusters, found.trouble) == (7, "")


def test_an_ordinal_fit_of_counts_is_statsmodels_ordinal_gee_of_single_answers() -> None:
    outcome, x, who = answers(5)
    shares, design, clusters, n = counted(outcome, x, who)
    found = ordinal(shares, np.arange(1.0, 6.0), design, clusters, n)
    theirs = OrdinalGEE(outcome, x[:, None], groups=who, cov_struct=Independence()).fit(cov_type="bias_reduced")
    assert found.values == pytest.approx(theirs.params, rel=1e-4)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(theirs.bse, rel=1e-4)


def test_clusters_that_are_all_alike_have_one_degree_of_freedom_less_than_there_are() -> None:
    x = np.tile(np.linspace(-1, 1, 5), 6)
    shares = 1 / (1 + np.exp(0.5 * x))
    found = logistic(shares, x[:, None], np.repeat(np.arange(6), 5))
    assert found.values == pytest.approx([0, -0.5], abs=1e-9)
    assert found.df(np.array([0.0, 1.0])) == pytest.approx(5)


def test_clusters_of_unequal_weight_have_fewer_degrees_of_freedom() -> None:
    outcome, x, who = answers(2)
    shares, design, clusters, n = counted(outcome, x, who)
    found = logistic(shares[:, 1], design, clusters, np.where(clusters == 0, 20 * n, n))
    assert 1 < found.df(np.array([0.0, 1.0])) < 4


def test_the_gain_says_how_values_move_with_a_share() -> None:
    outcome, x, who = answers(3)
    shares, design, clusters, n = counted(outcome, x, who)
    levels = np.arange(3.0)
    moved = shares.copy()
    moved[4] += [-1e-5, 1e-5, 0]
    one, other = (ordinal(one, levels, design, clusters, n) for one in (shares, moved))
    assert (other.values - one.values) / 1e-5 == pytest.approx(one.gain[:, 4, 0], rel=1e-3)


def test_levels_that_nobody_chose_have_no_threshold() -> None:
    outcome, x, who = answers(3)
    shares, design, clusters, n = counted(outcome, x, who)
    wide = np.zeros((len(shares), 5))
    wide[:, [0, 2, 3]] = shares
    found, whole = (
        ordinal(one, levels, design, clusters, n)
        for one, levels in ((wide, np.arange(1.0, 6.0)), (shares, np.array([1.0, 3.0, 4.0])))
    )
    assert found.levels.tolist() == [1.0, 3.0, 4.0]
    assert found.values == pytest.approx(whole.values)


def test_constant_and_separated_outcomes_have_no_values_and_say_why() -> None:
    x = np.tile(np.array([0.0, 1.0, 2.0, 3.0]), 5)
    clusters = np.repeat(np.arange(5), 4)
    constant = logistic(np.ones(20), x[:, None], clusters)
    separated = logistic((x > 1.5).astype(float), x[:, None], clusters)
    for found, why in ((constant, "constant"), (separated, "separated")):
        assert np.isnan(found.values).all()
        assert (found.covariance, found.trouble) == (None, why)
        with pytest.raises(ValueError, match=why):
            found.df(np.array([0.0, 1.0]))


def test_under_four_clusters_there_are_values_and_no_covariance() -> None:
    outcome, x, who = answers(2, personas=3)
    shares, design, clusters, n = counted(outcome, x, who)
    found = logistic(shares[:, 1], design, clusters, n)
    assert np.isfinite(found.values).all()
    assert (found.covariance, found.trouble) == (None, "few clusters")
    assert found.error(np.array([0.0, 1.0])) is None


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        logistic(np.zeros(3), np.zeros((2, 1)), np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="clusters"):
        logistic(np.zeros(3), np.zeros((3, 1)), np.zeros(2, dtype=np.int64))
    with pytest.raises(ValueError, match="missing"):
        logistic(np.array([0.0, np.nan, 1.0]), np.zeros((3, 1)), np.zeros(3, dtype=np.int64))
