"""Variance components of a pilot are what was planted, and simulated power is that of the noncentral t."""

import numpy as np
import pytest
from scipy import stats

from longplay.stats import (
    PROMISING,
    Aim,
    Changes,
    Components,
    Design,
    Power,
    Spread,
    caution,
    components,
    detectable,
    power_of,
    variance_of,
)
from longplay.stats.pilot_variance import PARTS
from longplay.stats.power import _quantile


def pilot(rng: np.random.Generator, sizes: tuple[int, int, int, int], planted: dict[str, float]) -> Changes:
    """Personas x orders x draws x items with planted standard deviations."""
    who, order, draw, item = (code.ravel() for code in np.indices(sizes))
    personas, orders, draws, items = sizes
    sd = {name: planted.get(name, 0.0) for name in PARTS}
    value = -0.7 + sd["personas"] * rng.standard_normal(personas)[who]
    value += sd["items"] * rng.standard_normal((personas, items))[who, item]
    value += sd["orders"] * rng.standard_normal((personas, orders))[who, order]
    value += sd["draws"] * rng.standard_normal((personas, orders, draws))[who, order, draw]
    value += sd["rest"] * rng.standard_normal(len(who)) + sd["items of all"] * rng.standard_normal(items)[item]
    return Changes(value, who, item, order, draw)


def only_personas(sd: float, personas: int = 8) -> Components:
    return Components({name: Spread(sd**2 if name == "personas" else 0.0, 1) for name in PARTS}, personas)


@pytest.mark.parametrize("change", [-0.3, 0.3])
@pytest.mark.parametrize("personas", [4, 8, 16, 40])
def test_with_one_component_power_is_that_of_the_noncentral_t(personas: int, change: float) -> None:
    (found,) = power_of(only_personas(0.4), [Design(personas, 1, 1, 1)], Aim(change), np.random.default_rng(1), 20_000)
    df = personas - 1
    exact = stats.nct.sf(stats.t.ppf(0.975, df), df, 0.3 / 0.4 * np.sqrt(personas))
    assert abs(found.power - exact) < 4 * found.error
    assert 0 < found.error < np.sqrt(exact * (1 - exact) / 20_000)


def test_more_of_anything_never_costs_power() -> None:
    parts = {name: Spread(0.1, 4) for name in PARTS}
    sizes = [Design(8, 1, 1, 2), Design(8, 1, 1, 4), Design(8, 2, 1, 4), Design(8, 2, 2, 4), Design(16, 2, 2, 4)]
    shares = [one.power for one in power_of(Components(parts, 8), sizes, Aim(0.4), np.random.default_rng(2), 4000)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_three_personas_have_no_interval_and_so_no_power() -> None:
    (found,) = power_of(only_personas(0.01), [Design(3, 1, 1, 1)], Aim(1.0), np.random.default_rng(3), 100)
    assert (found.power, found.half) == (0.0, np.inf)


def test_a_pilot_of_few_personas_makes_one_cautious() -> None:
    few, many = (
        power_of(only_personas(0.4, pilots), [Design(16, 1, 1, 1)], Aim(0.3), np.random.default_rng(4), 4000)[0]
        for pilots in (4, 60)
    )
    assert few.power == many.power
    assert few.cautious < many.cautious < many.power


def test_components_are_found_on_average() -> None:
    rng = np.random.default_rng(5)
    planted = {"personas": 0.4, "items": 0.3, "orders": 0.3, "draws": 0.3, "rest": 0.6, "items of all": 0.5}
    made = [components(pilot(rng, (8, 2, 2, 6), planted)).parts for _ in range(60)]
    for name, sd in planted.items():
        values = [parts[name].variance for parts in made]
        assert abs(np.mean(values) - sd**2) < 4 * np.std(values) / np.sqrt(60) + 0.01, name


def test_a_balanced_pilot_gives_the_analysis_of_variance() -> None:
    changes = pilot(np.random.default_rng(6), (5, 1, 3, 1), {"personas": 1.0, "draws": 0.5})
    table = changes.value.reshape(5, 3)
    inside = table.var(axis=1, ddof=1).mean()
    found = components(changes).parts
    assert found["draws"].variance == pytest.approx(inside)
    assert found["personas"].variance == pytest.approx(table.mean(axis=1).var(ddof=1) - inside / 3)


def test_a_level_with_one_unit_is_counted_with_what_it_cannot_be_told_from() -> None:
    found = components(pilot(np.random.default_rng(7), (6, 1, 1, 5), {"personas": 0.5, "rest": 0.5})).parts
    assert {name: part.within for name, part in found.items() if part.within} == {
        "orders": "personas",
        "draws": "personas",
        "rest": "items",
        "orders of all": "the mean of all",
    }
    assert found["orders"].variance == found["draws"].variance == found["rest"].variance == 0


def test_what_is_counted_elsewhere_does_not_shrink_with_its_level() -> None:
    found = components(pilot(np.random.default_rng(8), (6, 1, 1, 5), {"personas": 0.5, "rest": 0.5}))
    assert variance_of(found, Design(8, 4, 4, 5)) == variance_of(found, Design(8, 1, 1, 5))
    assert variance_of(found, Design(8, 1, 1, 10)) < variance_of(found, Design(8, 1, 1, 5))


def test_holes_in_the_pilot_are_no_zeros() -> None:
    whole = pilot(np.random.default_rng(9), (8, 2, 1, 6), {"personas": 0.5, "rest": 0.1})
    kept = np.random.default_rng(10).random(len(whole.value)) < 0.8
    found = components(Changes(*(getattr(whole, name)[kept] for name in whole.__struct_fields__)))
    assert found.parts["personas"].variance == pytest.approx(components(whole).parts["personas"].variance, rel=0.2)


def test_too_few_personas_or_a_pilot_without_spread_are_refused() -> None:
    rng = np.random.default_rng(11)
    with pytest.raises(ValueError, match="1 persona says too little"):
        components(pilot(rng, (1, 2, 2, 4), {}))
    with pytest.raises(ValueError, match="3 personas say too little"):
        components(pilot(rng, (3, 2, 2, 4), {"personas": 1.0}))
    with pytest.raises(ValueError, match="the same"):
        components(pilot(rng, (8, 1, 1, 4), {}))


def test_as_one_of_several_tests_a_change_must_be_larger() -> None:
    found, design = only_personas(0.4), [Design(16, 1, 1, 1)]
    (power,) = power_of(found, design, Aim(0.3, tests=5), np.random.default_rng(1), 20_000)
    exact = stats.nct.sf(stats.t.ppf(1 - 0.05 / 10, 15), 15, 0.3 / 0.4 * 4)
    assert abs(power.power - exact) < 4 * power.error


def test_other_items_and_what_all_personas_share_cost_power() -> None:
    parts = {name: Spread({"personas": 0.16, "items of all": 0.1}.get(name, 0.0), 8) for name in PARTS}
    found, rng = Components(parts, 8), np.random.default_rng
    few, many = power_of(found, [Design(16, 1, 1, 2), Design(16, 1, 1, 20)], Aim(0.3), rng(1), 20_000)
    middle, spread = 0.3, np.sqrt(0.16 / 16 + 0.1 / 2)
    half = stats.t.ppf(0.975, 15) * 0.4 / 4 * np.sqrt(rng(2).chisquare(15, 200_000) / 15)
    exact = float(stats.norm.sf((half - middle) / spread).mean())
    assert few.power == pytest.approx(exact, abs=0.015)
    assert few.power < many.power
    (shared,) = power_of(found, [Design(16, 1, 1, 20)], Aim(0.3, shared=0.05, shared_df=3.0), rng(1), 20_000)
    assert shared.power < many.power
    assert shared.half > many.half


def test_a_design_with_more_items_is_not_certain_to_vary_less() -> None:
    own = {"personas": 1 / 6}
    parts = {name: Spread({"rest": 1.0}.get(name, 0.0), 8, between=own.get(name)) for name in PARTS}
    found, rng = Components(parts, 8), np.random.default_rng(3)
    more = 7 / stats.chi2.ppf(0.05, 7) - 1
    (one,) = power_of(found, [Design(8, 1, 1, 24)], Aim(0.3), rng, 20_000)
    (same,) = power_of(only_personas(np.sqrt(1 / 24 + more / 6)), [Design(8, 1, 1, 1)], Aim(0.3), rng, 20_000)
    assert one.cautious == pytest.approx(same.power, abs=0.02)


def test_quantiles_from_the_table_are_those_of_t() -> None:
    df = np.random.default_rng(8).uniform(1, 60, 2000)
    for share in (0.975, 0.9995):
        np.testing.assert_allclose(_quantile(df, share), stats.t.ppf(share, df), rtol=1e-4)


@pytest.mark.parametrize("personas", [4, 8, 20])
def test_the_cautious_power_is_that_at_the_bound_of_the_variance(personas: int) -> None:
    df, design = personas - 1, Design(16, 1, 1, 1)
    (one,) = power_of(only_personas(0.4, personas), [design], Aim(0.5), np.random.default_rng(5), 20_000)
    worst = 0.4 * np.sqrt(df / stats.chi2.ppf(0.05, df))
    exact = stats.nct.sf(stats.t.ppf(0.975, 15), 15, 0.5 / worst * 4)
    assert one.cautious == pytest.approx(exact, abs=0.01)


def test_parts_are_at_their_bounds_one_at_a_time() -> None:
    own, design = {"personas": 0.16, "items of all": 0.02}, [Design(16, 1, 1, 10)]
    parts = {name: Spread(own.get(name, 0.0), 6, between=own.get(name)) for name in PARTS}
    found, rng = Components(parts, 8), np.random.default_rng
    (both,) = power_of(found, design, Aim(0.35, shared=0.002, shared_df=5.0), rng(6), 20_000)
    alone = {name: Spread(part.variance, part.units) for name, part in parts.items()}
    worse: list[float] = []
    for name, df in (("personas", 7), ("items of all", 5), ("shared", 5)):
        times = df / stats.chi2.ppf(0.05, df)
        made = alone | ({name: Spread(own[name] * times, 6)} if name in own else {})
        aim = Aim(0.35, shared=0.002 * (times if name == "shared" else 1), shared_df=5.0)
        (one,) = power_of(Components(made, 8), design, aim, rng(6), 20_000)
        worse.append(one.power)
    assert both.cautious == pytest.approx(min(worse), abs=0.005)
    assert both.power > both.cautious


def test_three_items_say_nothing_of_how_items_differ_and_give_no_bound() -> None:
    own = {"items of all": 0.02}
    rng = np.random.default_rng
    several, few = (
        Components({n: Spread({"personas": 0.04}.get(n, own.get(n, 0)), units, None, own.get(n)) for n in PARTS}, 40)
        for units in (4, 3)
    )
    made = [power_of(one, [Design(16, 1, 1, 4)], Aim(0.2), rng(7), 2000)[0] for one in (several, few)]
    assert made[0].power == made[1].power
    assert made[0].cautious < made[1].cautious


@pytest.mark.parametrize("personas", [4, 8, 12])
def test_caution_costs_what_holding_the_power_in_95_percent_of_pilots_takes(personas: int) -> None:
    times = caution(personas)
    need = ((stats.norm.ppf(0.975) + stats.norm.ppf([0.6, 0.8])) ** 2).tolist()
    df = personas - 1
    under = stats.chi2.cdf(df * need[0] / need[1] / times, df)  # the size is times * variance found / true one
    assert under == pytest.approx(0.05)
    assert (times <= 2.05) == (personas >= PROMISING)


def test_a_design_needs_the_power_by_what_was_found_and_most_of_it_by_what_is_possible() -> None:
    assert Power(0.8, 0.0, 1.0, 0.6).reaches(0.8)
    assert not Power(0.79, 0.0, 1.0, 0.75).reaches(0.8)
    assert not Power(0.95, 0.0, 1.0, 0.59).reaches(0.8)


def test_the_least_change_seen_is_the_one_with_this_power() -> None:
    found, design = only_personas(0.4), Design(12, 1, 1, 1)
    least = detectable(found, design, Aim(0.0), 0.8, np.random.default_rng(4), 20_000)
    exact = stats.nct.sf(stats.t.ppf(0.975, 11), 11, least / 0.4 * np.sqrt(12))
    assert exact == pytest.approx(0.8, abs=0.015)
    assert detectable(found, Design(3, 1, 1, 1), Aim(0.0), 0.8, np.random.default_rng(4), 10) == np.inf
