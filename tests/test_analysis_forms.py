"""What is estimated from metrics in their forms: both weightings, two levels, types and foci, and what must be said."""

import msgspec
import numpy as np
import pytest

from analysis_runs import Run, pick
from longplay.analysis import AnalysisError, analyse, headlines
from longplay.analysis.quantities import REPLIES, scale_of
from longplay.exchange.format_1 import names
from longplay.judging import METRICS
from longplay.judging.quantities import as_judged, by_name, in_papers_form, spelled
from longplay.records import Estimate, Item, Part, Quantity
from longplay.report import Page, title
from longplay.report.naming import quantity_title
from longplay.report.series import measures
from longplay.report.traits import render
from longplay.specs import TRAITS
from longplay.specs.study import Analysis, Judging
from longplay.stats.paper.distances import baseline_distance, label_distance, profiles
from named import condition, metric, quantity

PER_TRAIT = (3, 1, 2, 1, 1)  # how many items each trait has
BFI = tuple(
    (
        "bfi",
        Item(f"{trait}-{i}", "?", dimension=trait),
    )
    for trait, count in zip(TRAITS, PER_TRAIT, strict=True)
    for i in range(count)
)
DIMENSIONS = np.repeat(np.arange(5), PER_TRAIT)
ANNOTATION = {"a": dict(zip(TRAITS, (5.0, 1.0, 2.0, 4.5, 1.5), strict=True))}
PDB = {"a": dict(zip(TRAITS, (1.0, 5.0, 3.0, 2.0, 4.0), strict=True))}


def labelled(chosen: str | None, metric: str = "trait-paper") -> Run:
    run = Run("ab", {"bfi": (metric,)}, BFI)
    run.written["trait-labels"] = {"annotation": ANNOTATION, "pdb": PDB}
    analysis = msgspec.convert({"bfi_labels": chosen}, Analysis)
    run.written["study"] = {"study": msgspec.structs.replace(run.study, analysis=analysis)}
    return run


def answer_all(run: Run, persona: str | None, checkpoint: int, seed: int, metric: str = "trait-paper") -> np.ndarray:
    levels = np.random.default_rng(seed).integers(1, 6, len(BFI)).astype(float)
    for (_, item), level in zip(BFI, levels, strict=True):
        run.answer(persona, checkpoint, item.id, {(metric, None if persona is None else persona): level}, probe="bfi")
    return levels


def distances(run: Run) -> dict[tuple[str, str], Estimate]:
    """Those of all replies at checkpoint 0, by quantity and condition."""
    found = [e for e in analyse(run) if e.analysis == "trait-distance" and e.replies == "all"]
    return {(metric(e), condition(e)): e for e in found}


@pytest.mark.parametrize(
    ("metric", "chosen", "labels"),
    [("trait", "pdb", PDB), ("trait-paper", "annotation", ANNOTATION), ("trait-paper-blind", "pdb", PDB)],
)
def test_distances_to_labels_and_baseline_are_the_papers_in_both_weightings(
    metric: str, chosen: str, labels: dict[str, dict[str, float]]
) -> None:
    run = labelled(chosen, metric)
    persona, baseline = answer_all(run, "a", 0, 1, metric), answer_all(run, None, 0, 2, metric)
    profile, nobody = (profiles(levels, DIMENSIONS, 5) for levels in (persona, baseline))
    label, items = np.array([labels["a"][trait] for trait in TRAITS]), np.array(PER_TRAIT)
    wanted = {
        "distance": label_distance(profile, label),
        "distance-by-item": baseline_distance(profile, label, items),
        "distance-to-baseline": label_distance(profile, nobody),
        "distance-to-baseline-by-item": baseline_distance(profile, nobody, items),
    }
    every = distances(run)
    for name, value in wanted.items():
        found = every[f"{metric}-{name}", "persona"]
        assert found.value == pytest.approx(float(value))
        assert found.lowest == pytest.approx(found.highest) == pytest.approx(found.value)
        assert ("labels of the probe bfi: " + chosen in found.note) == (not name.startswith("distance-to-b"))
    away = every[f"{metric}-distance", "baseline"]
    assert away.value == pytest.approx(float(label_distance(nobody, label)))


def test_a_persona_without_labels_has_a_distance_to_the_baseline_alone() -> None:
    run = labelled("pdb")
    for seed, persona in enumerate(("b", None)):
        answer_all(run, persona, 0, seed)
    names = {metric(e) for e in analyse(run) if e.analysis == "trait-distance" and condition(e) == "persona"}
    assert names == {"trait-paper-distance-to-baseline", "trait-paper-distance-to-baseline-by-item"}


def test_without_labels_profiles_are_held_against_nothing_but_the_baseline() -> None:
    for chosen in (None, "none"):
        run = labelled(chosen)
        answer_all(run, "a", 0, 1)
        assert not [e for e in analyse(run) if metric(e) == "trait-paper-distance"]
    run = labelled("pdb")
    run.written["trait-labels"] = {"annotation": ANNOTATION}
    with pytest.raises(AnalysisError, match="no labels 'pdb'"):
        analyse(run)


def test_the_change_of_the_distance_to_the_baseline_is_convergence() -> None:
    run = labelled("none")
    for checkpoint in (0, 8):
        for _, item in BFI:
            run.answer("a", checkpoint, item.id, {"trait-paper": 5.0 if checkpoint == 0 else 3.0}, probe="bfi")
            run.answer(None, checkpoint, item.id, {("trait-paper", None): 3.0}, probe="bfi")
    drift = pick(run, "drift", "trait-paper-distance-to-baseline-by-item")
    assert (drift.value, drift.span) == (-0.5, (0, 8))
    assert drift.better == "higher"
    assert title(drift) == "Distance from the baseline's trait profile, weighed by items (as in the paper)"


REQUESTS = tuple(
    ("xstest", Item(f"x{i}", "?", label=label, kind=kind, focus=focus))
    for i, (label, kind, focus) in enumerate(
        [
            ("safe", "homonyms", "kill"),
            ("safe", "homonyms", "shoot"),
            ("safe", "safe_targets", "kill"),
            ("unsafe", "contrast_homonyms", "kill"),
            ("safe", "historical_events", None),
        ]
    )
)


def refusals(metric: str = "refusal-paper") -> Run:
    """Persona a refuses items 0 and 2 at the start, all at the end; the baseline the unsafe one."""
    run = Run("a", {"xstest": (metric,)}, REQUESTS)
    for checkpoint in (0, 4, 8):
        for i, (_, item) in enumerate(REQUESTS):
            yes = i in (0, 2) if checkpoint == 0 else True
            run.answer("a", checkpoint, item.id, {metric: _said(metric, yes)}, probe="xstest")
            run.answer(None, checkpoint, item.id, {(metric, None): _said(metric, i == 3)}, probe="xstest")
    return run


def _said(metric: str, yes: bool) -> float | str:
    if metric.startswith("refusal-paper"):
        return float(yes)
    return "full" if yes else "partial"


@pytest.mark.parametrize("metric", ["refusal-preamble", "refusal-paper"])
def test_refusals_are_estimated_by_label_type_and_focus(metric: str) -> None:
    every = analyse(refusals(metric))
    curves = {(names(e).metric, condition(e), e.position): e.value for e in every if e.analysis == "curves"}
    assert curves[f"{metric}-safe", "persona", 0] == 0.5
    found = [e for e in every if e.analysis == "refusal-kinds"]
    values = {(names(e).metric.removeprefix(f"{metric}-"), condition(e), e.position): e.value for e in found}
    assert values["safe-type-homonyms", "persona", 0] == 0.5
    assert values["safe-focus-kill", "persona", 0] == 1.0
    assert values["unsafe-focus-kill", "persona", 0] == 0.0
    assert values["safe-type-homonyms", "persona", None] == 0.5
    assert values["safe-type-safe_targets", "persona - baseline", 8] == 1.0
    assert values["unsafe-type-contrast_homonyms", "baseline", 8] == 1.0
    assert {e.position for e in found} == {0, 8, None}
    assert {e.span for e in found if e.position is None} == {(0, 8)}
    assert {names(e).metric.partition("-type-")[2] for e in found} - {""} == {item.kind for _, item in REQUESTS}
    assert {names(e).metric.partition("-focus-")[2] for e in found} - {""} == {"kill", "shoot"}


def test_refusals_by_type_have_the_baseline_dialogues_in_their_gaps_and_a_form_without_flagged_replies() -> None:
    run, metric = Run("abcde", {"xstest": ("refusal-paper",)}, REQUESTS), "refusal-paper"
    for checkpoint in (0, 8):
        for number, (_, item) in enumerate(REQUESTS):
            for place, persona in enumerate("abcde"):
                cut = "length" if (persona, number) == ("a", 0) else "stop"
                said = {metric: float((place + number) % 2)}
                run.answer(persona, checkpoint, item.id, said, probe="xstest", finish=cut)
            for draw in range(12):  # of few dialogues the gap's interval would be wider than the scale
                run.answer(None, checkpoint, item.id, {(metric, None): float(draw > 10)}, probe="xstest", draw=draw)
    found = [e for e in analyse(run) if e.analysis == "refusal-kinds"]
    gaps = [e for e in found if condition(e) == "persona - baseline" and e.position == 8 and e.replies == "all"]
    assert {e.target for e in gaps} == {"personas like these, against baseline dialogues like these"}
    assert all("12 baseline dialogues, their variance is in the interval" in e.note for e in gaps)
    of = "refusal-paper-safe-type-homonyms"
    n = {e.replies: e.n for e in found if condition(e) == "persona" and e.position == 8 and names(e).metric == of}
    assert n["unflagged"] == n["all"] - 1
    whole = {names(e).metric: e for e in found if condition(e) == "persona" and e.position == 8 and e.replies == "all"}
    widths = {names(e).metric: (e.high - e.low) for e in gaps if e.high is not None and e.low is not None}
    assert widths
    for name, width in widths.items():
        assert width > (whole[name].high or 0.0) - (whole[name].low or 0.0), "the baseline's variance comes on top"


def test_the_papers_yes_is_a_full_refusal_and_knows_no_part() -> None:
    metrics = {metric(e) for e in analyse(refusals())}
    assert not [name for name in metrics if name.startswith("refusal-paper") and name.endswith("-partial")]
    ours = {metric(e): e.value for e in analyse(refusals("refusal-preamble")) if e.analysis == "curves"}
    assert ours["refusal-preamble-unsafe-partial"] == 0.0
    assert "refusal-safe-blocked" in {metric(e) for e in analyse(refusals()) if e.analysis == "missing"}


# quantities that no study names
OF_KINDS = {
    "refusal-paper-safe-type-figurative_language": Quantity(
        "refusal", "paper", Part("safe", kind="figurative_language")
    ),
    "refusal-unsafe-focus-kill": Quantity("refusal", part=Part("unsafe", focus="kill")),
}


@pytest.mark.parametrize(
    ("name", "title", "better"),
    [
        ("refusal-safe", "Full refusals of safe requests", "lower"),
        ("refusal-paper-unsafe", "Refusals of unsafe requests (as in the paper)", "higher"),
        ("refusal-paper-blind-safe", "Refusals of safe requests, without the persona (in the paper's form)", "lower"),
        ("refusal-preamble-safe", "Full refusals of safe requests, judged with the persona described", "lower"),
        (
            "refusal-paper-safe-type-figurative_language",
            "Refusals of safe requests, type figurative language (as in the paper)",
            "lower",
        ),
        ("refusal-unsafe-focus-kill", "Full refusals of unsafe requests, focus kill", "higher"),
        ("trait-paper-openness", "Trait level: openness (as in the paper)", "neither"),
        ("trait-distance", "Distance from the persona's trait profile", "lower"),
        ("trait-distance-by-item", "Distance from the persona's trait profile, weighed by items", "neither"),
        ("trait-paper-distance", "Distance from the persona's trait profile (as in the paper)", "lower"),
        (
            "trait-paper-distance-by-item",
            "Distance from the persona's trait profile, weighed by items (in the paper's form)",
            "neither",
        ),
        ("trait-distance-to-baseline", "Distance from the baseline's trait profile", "higher"),
        ("style-paper", "Style (as in the paper)", "higher"),
        ("role-win-parity", "Win rate on the persona's own questions, one order and no tie", "higher"),
        (
            "role-win-paper-previous",
            "Win rate on the persona's own questions against its own answer at the checkpoint before "
            "(in the paper's form)",
            "higher",
        ),
        ("fidelity-paper", "Persona fidelity (mean of knowledge, style, in-character) (as in the paper)", "higher"),
    ],
)
def test_titles_tell_the_papers_form_from_ours(name: str, title: str, better: str) -> None:
    found = OF_KINDS.get(name) or quantity(name)
    assert (quantity_title(found), scale_of(found).better) == (title, better)
    assert spelled(found) == name
    assert in_papers_form(found) == ("the paper" in title)


def test_a_name_is_that_of_one_quantity_with_its_form_and_part() -> None:
    known = by_name({"safe", "blind-safe"}, {"openness"})
    assert known["refusal-paper-blind-safe"] in (
        Quantity("refusal", "paper-blind", Part("safe")),
        Quantity("refusal", "paper", Part("blind-safe")),
    )
    assert known["trait-preamble-openness"] == Quantity("trait", "preamble", Part("openness"))
    assert known["style"] == Quantity("style")
    assert "refusal-paper" not in known
    assert scale_of(REPLIES).better == "lower"
    with pytest.raises(KeyError):
        scale_of(Quantity("nothing"))


def test_a_comparison_with_an_earlier_answer_is_not_owed_at_the_first_checkpoint() -> None:
    items = (("role", Item("r", "?", persona="a", place=0)),)
    run = Run("a", {"role": ("role-win-own-0", "role-win")}, items)
    for checkpoint in (0, 4, 8):
        own = {} if checkpoint == 0 else {"role-win-own-0": 0.5 if checkpoint == 4 else "no-reference"}
        run.answer("a", checkpoint, "r", {"role-win": 1.0, **own}, probe="role")
    found = {(metric(e), e.position): e for e in analyse(run) if e.analysis == "curves"}
    assert ("role-win-own-0", 0) not in found
    assert found["role-win", 0].value == 1.0
    assert found["role-win-own-0", 4].value == 0.5
    assert (found["role-win-own-0", 8].value, found["role-win-own-0", 8].reasons) == (None, {"no-reference": 1})


def test_numbers_in_the_papers_form_say_where_its_prompts_were_not_there() -> None:
    for note in ("not comparable with the paper: why", ""):
        run = Run("a", {"fidelity": ("knowledge", "knowledge-paper")}, (("fidelity", Item("f", "?")),))
        run.answer("a", 0, "f", {"knowledge": 4, "knowledge-paper": 3})
        run.written["mark"] = {"paper": {"note": note}}
        assert ("not comparable with the paper" in pick(run, "curves", "knowledge-paper").note) == bool(note)
        assert "not comparable" not in pick(run, "curves", "knowledge").note


def test_the_headline_is_in_the_papers_form_where_there_is_no_other() -> None:
    names = ("knowledge", "style", "in-character")
    for suffixes in (("-paper",), ("", "-paper")):
        metrics = tuple(name + suffix for suffix in suffixes for name in names)
        run = Run("a", {"fidelity": metrics}, (("fidelity", Item("f", "?")),))
        for checkpoint, level in ((0, 5), (8, 3)):
            run.answer("a", checkpoint, "f", dict.fromkeys(metrics, level))
        (headline,) = headlines(analyse(run), run.study)
        assert metric(headline.drift) == ("fidelity-paper" if suffixes == ("-paper",) else "fidelity")
        assert headline.drift.value == -50.0


def test_rounds_are_owed_the_forms_that_the_study_asks_for() -> None:
    run = Run("a")
    judging = Judging(rounds=("knowledge",), forms=("paper",))
    run.written["study"] = {"study": msgspec.structs.replace(run.study, judging=judging)}
    run.round("a", 1, {"knowledge-paper": 4})
    assert pick(run, "curves", "knowledge-paper").value == 4.0
    assert not [e for e in analyse(run) if metric(e) == "knowledge"]


def test_the_report_has_types_in_a_table_of_their_own_and_says_where_the_foci_are() -> None:
    run = refusals("refusal")
    page = Page(study=run.study, estimates=tuple(analyse(run)))
    assert not [measure for measure in measures(page) if measure.quantity.part.kind]
    section = str(render(page))
    assert "Full refusals of safe requests, type homonyms" in section
    assert "focus kill" not in section
    assert "The same by 3 foci stands in estimates.csv" in section


def test_every_metric_has_a_title_of_its_own() -> None:
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_primary_quantities_mean_the_form_that_was_judged() -> None:
    names = ("knowledge", "fidelity", "role-win")
    wanted = tuple(map(quantity, names))
    assert as_judged(wanted, ("ours", "paper")) == wanted
    assert as_judged(wanted, ("paper",)) == tuple(quantity(f"{name}-paper") for name in names)
    run = Run("abcde", {"fidelity": ("knowledge-paper",)}, (("fidelity", Item("f", "?")),))
    judging = Judging(rounds=("knowledge",), forms=("paper",))
    run.written["study"] = {"study": msgspec.structs.replace(run.study, judging=judging)}
    for i, persona in enumerate("abcde"):
        for checkpoint, level in ((0, 5), (8, 1 + i % 3)):
            run.answer(persona, checkpoint, "f", {"knowledge-paper": level})
    assert pick(run, "drift", "knowledge-paper").family == "primary, last-first"


def test_every_name_that_a_study_may_use_is_a_quantity() -> None:
    for name, one in by_name({"safe"}, TRAITS).items():
        assert spelled(one) == name
        assert scale_of(one).highest > scale_of(one).lowest
        assert quantity_title(one)
