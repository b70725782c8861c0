"""Linear mixed models against R's lme4, whose results are stored, against closed forms, and at their edges."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from longplay.stats import MixedFit, Term, linear_mixed, wald

FOLDER = Path(__file__).parent / "lme4"
# Set -> grouping -> random effects, in the words of the formulas in fit.R.
TERMS = {
    "nested": {"persona": ("correlated", "(Intercept)", "x"), "dialogue": ("", "(Intercept)")},
    "crossed": {"persona": ("correlated", "(Intercept)", "x"), "item": ("", "(Intercept)")},
    "unbalanced": {
        "persona": ("independent", "(Intercept)", "x"),
        "dialogue": ("", "(Intercept)"),
        "question": ("", "(Intercept)"),
    },
}


def fitted(name: str, *, restricted: bool) -> MixedFit:
    """The model of a stored set; NA and its row's weight stay in."""
    with (FOLDER / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    outcome = np.array([np.nan if row["rating"] == "NA" else float(row["rating"]) for row in rows])
    x = np.array([float(row["x"]) for row in rows])
    columns = {"(Intercept)": np.ones_like(x), "x": x}
    terms = [
        Term(
            name=group,
            groups=np.unique([row[group] for row in rows], return_inverse=True)[1],
            columns=np.column_stack([columns[one] for one in effects]),
            correlated=how == "correlated",
        )
        for group, (how, *effects) in TERMS[name].items()
    ]
    weights = np.array([float(row["answers"]) for row in rows]) if "answers" in rows[0] else None
    return linear_mixed(outcome, np.column_stack(list(columns.values())), terms, weights=weights, restricted=restricted)


def expected(name: str, *, restricted: bool) -> dict[str, tuple[float, float | None]]:
    """What lme4 gave: value and standard error by name."""
    with (FOLDER / "expected.csv").open() as file:
        assert file.readline() == "# R 4.2.2, lme4 1.1.31\n"
        wanted = name, str(restricted).upper()
        return {
            row["name"]: (float(row["value"]), float(row["error"]) if row["error"] else None)
            for row in csv.DictReader(file)
            if (row["set"], row["reml"]) == wanted
        }


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", TERMS)
def test_estimates_errors_variances_and_likelihoods_are_those_of_lme4(name: str, restricted: bool) -> None:
    fit, theirs = fitted(name, restricted=restricted), expected(name, restricted=restricted)
    errors = np.sqrt(np.diag(fit.covariance))
    assert fit.converged
    assert fit.singular == ()
    for i, effect in enumerate(("(Intercept)", "x")):
        assert (fit.values[i], errors[i]) == pytest.approx(theirs[effect], rel=1e-3)
    assert fit.residual == pytest.approx(theirs["Residual"][0], rel=1e-3)
    for term in fit.terms:
        _, *effects = TERMS[name][term.name]
        for i, effect in enumerate(effects):
            assert term.covariance[i, i] == pytest.approx(theirs[f"{term.name} {effect}"][0], rel=5e-3)
        if TERMS[name][term.name][0] == "correlated":
            assert term.covariance[0, 1] == pytest.approx(theirs[f"{term.name} (Intercept) x"][0], rel=5e-3)
    assert fit.log_likelihood == pytest.approx(theirs["log likelihood"][0], abs=1e-4)
    assert fit.n == theirs["rows"][0]


def test_missing_outcomes_are_counted_and_move_nothing() -> None:
    fit = fitted("unbalanced", restricted=True)
    with (FOLDER / "unbalanced.csv").open() as file:
        gone = np.array([row["rating"] == "NA" for row in csv.DictReader(file)])
    assert fit.missing == gone.sum() > 0
    assert (fit.gain[:, gone] == 0).all()
    assert [term.groups for term in fit.terms] == [7, 14, 29]


def personas(slopes: list[float], noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, design and persona of personas with these slopes at ten places."""
    rng = np.random.default_rng(seed)
    x = np.tile(np.linspace(-1, 1, 10), len(slopes))
    who = np.repeat(np.arange(len(slopes)), 10)
    outcome = np.array(slopes)[who] * x + rng.normal(0, noise, len(x))
    return outcome, np.column_stack((np.ones_like(x), x)), who


def test_where_every_persona_is_seen_alike_the_slopes_error_is_that_of_the_mean_of_their_slopes() -> None:
    outcome, design, who = personas([0.1, -0.9, 0.4, -1.2, 0.0, -0.4], 0.1)
    fit = linear_mixed(outcome, design, [Term("persona", who, design)])
    each = [np.polyfit(design[who == p, 1], outcome[who == p], 1)[0] for p in range(6)]
    assert fit.values[1] == pytest.approx(np.mean(each))
    assert np.sqrt(fit.covariance[1, 1]) == pytest.approx(stats.sem(each), rel=1e-4)


def test_the_estimates_are_the_gain_times_the_outcomes() -> None:
    fit = fitted("crossed", restricted=True)
    with (FOLDER / "crossed.csv").open() as file:
        outcome = np.array([float(row["rating"]) for row in csv.DictReader(file)])
    assert fit.gain @ outcome == pytest.approx(fit.values)


def test_random_effects_that_do_not_vary_are_named_and_leave_least_squares() -> None:
    outcome, design, who = personas([0.5] * 8, 1.0, seed=3)
    outcome -= np.array([(outcome - design @ [0, 0.5])[who == p].mean() for p in range(8)])[who]
    fit = linear_mixed(outcome, design, [Term("persona", who, design[:, :1])])
    plain = linear_mixed(outcome, design, [])
    assert (fit.converged, fit.singular) == (True, ("persona",))
    assert fit.terms[0].covariance[0, 0] == 0
    assert fit.covariance == pytest.approx(plain.covariance)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood)


def test_outcomes_that_the_design_explains_have_a_value_no_error_and_no_likelihood() -> None:
    _, design, who = personas([0.0] * 4, 1.0)
    fit = linear_mixed(design @ [4.0, -0.5], design, [Term("persona", who, design)])
    assert fit.values == pytest.approx([4.0, -0.5])
    assert (fit.exact, fit.log_likelihood) == (True, None)
    assert not fit.covariance.any()


def test_personas_that_never_waver_leave_their_differences_alone_as_error() -> None:
    outcome, design, who = personas([0.1, -0.9, 0.4, -1.2], 0.0)
    fit = linear_mixed(outcome + 0.3 * who, design, [Term("persona", who, design)])
    assert fit.converged
    assert np.sqrt(fit.covariance[1, 1]) == pytest.approx(stats.sem([0.1, -0.9, 0.4, -1.2]), rel=1e-2)


def test_large_groupings_are_eliminated_and_agree_with_the_dense_likelihood() -> None:
    rng = np.random.default_rng(5)
    n, items = 900, 300
    who, item = rng.integers(0, 6, n), rng.integers(0, items, n)
    design = np.column_stack((np.ones(n), rng.normal(size=n)))
    outcome = rng.normal(size=n) + rng.normal(size=6)[who] + rng.normal(size=items)[item]
    ones = np.ones((n, 1))
    fit = linear_mixed(outcome, design, [Term("persona", who, ones), Term("item", item, ones)])
    spread = fit.residual * np.eye(n)
    for term, code in zip(fit.terms, (who, item), strict=True):
        spread += term.covariance[0, 0] * (code[:, None] == code)
    weighted = np.linalg.solve(spread, np.column_stack((design, outcome)))
    inverse = np.linalg.inv(design.T @ weighted[:, :2])
    left = outcome - design @ fit.values
    dense = np.linalg.slogdet(spread)[1] - np.linalg.slogdet(inverse)[1] + left @ np.linalg.solve(spread, left)
    assert fit.values == pytest.approx(inverse @ design.T @ weighted[:, 2])
    assert fit.covariance == pytest.approx(inverse)
    assert fit.log_likelihood == pytest.approx(-(dense + (n - 2) * np.log(2 * np.pi)) / 2)


def test_a_t_interval_widens_with_fewer_degrees_of_freedom() -> None:
    few, many = wald(-0.5, 0.2, 3), wald(-0.5, 0.2, 1e9)
    assert (few.low, few.high) == pytest.approx(stats.t.interval(0.95, 3, -0.5, 0.2))
    assert (many.low, many.high) == pytest.approx(stats.norm.interval(0.95, -0.5, 0.2))
    assert few.p == pytest.approx(2 * stats.t.sf(2.5, 3))
    assert wald(0.0, 0.0, 3).p is None


def test_arrays_that_do_not_fit_are_refused() -> None:
    outcome, design, who = personas([0.1] * 4, 1.0)
    with pytest.raises(ValueError, match="do not fit"):
        linear_mixed(outcome[1:], design, [])
    with pytest.raises(ValueError, match="term 'persona'"):
        linear_mixed(outcome, design, [Term("persona", who[1:], design)])
    with pytest.raises(ValueError, match="not independent"):
        linear_mixed(outcome, np.column_stack((design, design[:, 1])), [])
    with pytest.raises(ValueError, match="too few"):
        linear_mixed(np.where(np.arange(40) < 2, outcome, np.nan), design, [])
