"""Variance components of a pilot are what was planted, and simulated power is that of the noncentral t."""

import numpy as np
import pytest
from scipy import stats

from longplay.stats import Aim, Changes, Components, Design, Spread, components, detectable, power_of, variance_of
from longplay.stats.power import PARTS


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
    assert abs(found.power - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)
    assert found.error == pytest.approx(np.sqrt(found.power * (1 - found.power) / 20_000))


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
    assert abs(power.power - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)


def test_other_items_and_what_all_personas_share_cost_power() -> None:
    parts = {name: Spread({"personas": 0.16, "items of all": 0.1}.get(name, 0.0), 8) for name in PARTS}
    found, rng = Components(parts, 8, 0.16), np.random.default_rng
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
    parts = {name: Spread({"rest": 1.0}.get(name, 0.0), 8) for name in PARTS}
    found, rng = Components(parts, 8, 1 / 6), np.random.default_rng(3)
    more = 7 / stats.chi2.ppf(0.2, 7) - 1
    (one,) = power_of(found, [Design(8, 1, 1, 24)], Aim(0.3), rng, 20_000)
    (same,) = power_of(only_personas(np.sqrt(1 / 24 + more / 6)), [Design(8, 1, 1, 1)], Aim(0.3), rng, 20_000)
    assert one.cautious == pytest.approx(same.power, abs=0.02)


def test_the_least_change_seen_is_the_one_with_this_power() -> None:
    found, design = only_personas(0.4), Design(12, 1, 1, 1)
    least = detectable(found, design, Aim(0.0), 0.8, np.random.default_rng(4), 20_000)
    exact = stats.nct.sf(stats.t.ppf(0.975, 11), 11, least / 0.4 * np.sqrt(12))
    assert exact == pytest.approx(0.8, abs=0.015)
    assert detectable(found, Design(3, 1, 1, 1), Aim(0.0), 0.8, np.random.default_rng(4), 10) == np.inf
