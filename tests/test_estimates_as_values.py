"""Estimates say what they are of as values: names may hold what words are joined by, and words are made once."""

import msgspec
import pytest

from analysis_runs import Run, estimates, pick
from longplay.analysis import headlines
from longplay.exchange import estimate_rows, format_1
from longplay.records import PLAIN, Contrast, Estimate, Part, Place, Quantity, Script, Setting
from longplay.report import Page, naming, title
from longplay.report.answer import render as answer
from longplay.report.contrasts import render as contrasts
from named import at_place, gap, having, quantity

PERSONAS = "abcd"
VERSIONS = dict(zip("efgh", PERSONAS, strict=True))
# calm names, and names with all that words are joined by, in the same order
CALM = {"models": ("alpha", "beta"), "scripts": ("one", "two"), "version": ("short",)}
ODD = {
    "models": ("Qwen", "Qwen - 4B"),
    "scripts": ("talk", "talk - 2, played by x"),
    "version": ("old - persona, asked by reminder",),
}


def run_of(names: dict[str, tuple[str, ...]]) -> Run:
    """Two models under two scripts, personas with versions and a baseline, all answers drawn twice, some not judged."""
    run = Run(PERSONAS + "".join(VERSIONS), {"fidelity": ("knowledge",), "refusal": ("refusal",)})
    scripts = tuple(Script(name, "goal-oriented", ("?",) * 8) for name in names["scripts"])
    run.declare(scripts=scripts, models=names["models"], versions={names["version"][0]: VERSIONS})
    number = 0
    for m, model in enumerate(names["models"]):
        for s, script in enumerate(scripts):
            run.model, run.script = model, script
            for persona in (*run.personas, None):
                for at in (0, 4, 8):
                    for item in range(3):
                        for draw in (0, 1):
                            number += 1
                            level = 1 + (number * 7 + at * (m + 1) + s + (persona in VERSIONS)) % 5
                            lost = m == 1 and at == 8 and persona in ("a", "b") and item == 0
                            judged = run.personas if persona is None else (persona,)
                            given = {("knowledge", one): "unparsable" if lost else float(level) for one in judged}
                            run.answer(persona, at, f"q{item}", given, answer_draw=draw)
    return run


@pytest.fixture(scope="module")
def calm() -> Run:
    return run_of(CALM)


@pytest.fixture(scope="module")
def odd() -> Run:
    return run_of(ODD)


def renamed(e: Estimate) -> Estimate:
    """With the calm names."""
    called = dict(zip(sum(ODD.values(), ()), sum(CALM.values(), ()), strict=True))

    def place(one: Place) -> Place:
        setting = msgspec.structs.replace(one.setting, version=called.get(one.setting.version, ""))
        return Place(called[one.model], called[one.script], one.speaker, setting)

    of = Contrast(place(e.of.left), None if e.of.right is None else place(e.of.right))
    return msgspec.structs.replace(e, of=of)


def test_names_that_hold_what_words_are_joined_by_change_no_number(calm: Run, odd: Run) -> None:
    found, wanted = map(renamed, estimates(odd)), estimates(calm)
    for one, other in zip(found, wanted, strict=True):
        assert one == other


def test_floors_warnings_and_contrasts_are_there_under_such_names(odd: Run) -> None:
    qwen, small = (at_place(model, "talk") for model in ODD["models"])
    drifts = {e.place: e for e in having(estimates(odd), analysis="drift", metric="knowledge", replies="all")}
    assert drifts[qwen].floor is not None
    assert drifts[small].floor is not None
    assert not drifts[qwen].warning
    assert "missing scores changed by +16.7 points" in drifts[small].warning
    between = pick(odd, "model-contrast", of=Contrast(qwen, small), position=None)
    assert between.floor is not None
    assert between.warning
    old = at_place("Qwen", "talk", version=ODD["version"][0])
    assert pick(odd, "version-contrast", of=Contrast(old, qwen), position=8).value is not None
    scripts = Contrast(at_place("Qwen", ODD["scripts"][0]), at_place("Qwen", ODD["scripts"][1]))
    turned = Contrast(scripts.right or scripts.left, scripts.left)
    assert len([e for e in estimates(odd) if e.of in (scripts, turned)]) >= 2


def test_a_report_shows_such_names_whole(odd: Run) -> None:
    page = Page(study=odd.study, estimates=tuple(estimates(odd)))
    shown = str(contrasts(page))
    assert "Qwen - Qwen - 4B" in shown
    assert f"persona, version {ODD['version'][0]} - persona" in shown


def missing_in_versions() -> Run:
    """Nothing is missing of the persona; of its short version half of the last scores are."""
    run = Run(PERSONAS + "".join(VERSIONS), {"fidelity": ("knowledge",)})
    run.declare(versions={"short": VERSIONS})
    for persona in run.personas:
        for at in (0, 8):
            for item in range(4):
                lost = persona in VERSIONS and at == 8 and item < 2
                run.answer(persona, at, f"q{item}", {"knowledge": "unparsable" if lost else 4.0})
    for at in (0, 8):
        for item in range(4):
            run.answer(None, at, f"q{item}", {("knowledge", one): 2.0 for one in run.personas})
    return run


def test_a_warning_of_missing_scores_looks_at_the_versions_own() -> None:
    run = missing_in_versions()
    assert not pick(run, "drift", of=Contrast(at_place())).warning
    assert "+50.0 points" in pick(run, "drift", of=Contrast(at_place(version="short"))).warning
    assert not pick(run, "gap-drift", of=gap()).warning
    assert "+50.0 points" in pick(run, "gap-drift", of=gap(version="short")).warning


def played_by(policy: str, asked_by: str = "plain") -> Run:
    probes = {"fidelity": ("knowledge", "style", "in-character")}
    run = Run(PERSONAS, probes)
    dialogues = msgspec.structs.replace(run.study.dialogues, policy=policy)
    asked = msgspec.structs.replace(run.study.conditioning, policies=(asked_by, "other"))
    run.study = msgspec.structs.replace(run.study, dialogues=dialogues, conditioning=asked)
    run.written["study"]["study"], run.played_by = run.study, policy
    for persona in PERSONAS:
        for at, level in ((0, 5.0), (8, 3.0)):
            for way, less in ((asked_by, 0.0), ("other", 1.0)):
                levels = dict.fromkeys(probes["fidelity"], level - less)
                run.answer(persona, at, "q", levels, asked_by=way)
    return run


@pytest.mark.parametrize("asked_by", ["plain", "reminder"])
def test_a_study_that_plays_and_asks_in_its_own_way_has_a_headline_of_that_way(asked_by: str) -> None:
    run = played_by("reminder", asked_by)
    (headline,) = headlines(estimates(run), run.study)
    assert headline.drift.place == at_place(play_policy="reminder", ask_policy=asked_by)
    assert (headline.start.value, headline.end.value, headline.drift.value) == (100.0, 50.0, -50.0)
    page = Page(study=run.study, estimates=tuple(estimates(run)), headlines=(headline,))
    assert "50" in str(answer(page))


def e_of(analysis: str, of: Quantity, where: Contrast, **fields: object) -> Estimate:
    made = Estimate(analysis, of, "fidelity", where, "target", "method", 0.5)
    return msgspec.structs.replace(made, **fields)


HERE, REMINDED, SHORT = Contrast(at_place()), at_place(ask_policy="reminder"), at_place(version="short")
OTHER = {"asked_as": "another", "play_policy": "recap", "ask_policy": "reminder", "version": "short"}
ALL_WAYS = ", asked as another persona, played by recap, asked by reminder, version short"
KNOWLEDGE = quantity("knowledge")
# estimate; metric, model, script and condition as exports of 0.2.0 had them; title and condition as the report has them
KINDS: tuple[tuple[Estimate, tuple[str, str, str, str], tuple[str, str]], ...] = (
    (e_of("curves", KNOWLEDGE, HERE), ("knowledge", "model", "talk", "persona"), ("Knowledge", "persona")),
    (
        e_of("curves", KNOWLEDGE, Contrast(at_place(**OTHER))),
        ("knowledge", "model", "talk", f"persona{ALL_WAYS}"),
        ("Knowledge", f"persona{ALL_WAYS}"),
    ),
    (
        e_of("curves", KNOWLEDGE, Contrast(at_place(speaker="baseline", asked_as="somebody"))),
        ("knowledge", "model", "talk", "baseline, asked with a persona"),
        ("Knowledge", "baseline, asked with a persona"),
    ),
    (
        e_of("curves", KNOWLEDGE, Contrast(at_place(asked_as="nobody"))),
        ("knowledge", "model", "talk", "persona, asked without a persona"),
        ("Knowledge", "persona, asked without a persona"),
    ),
    (
        e_of("gap-drift", quantity("fidelity"), gap(version="short")),
        ("fidelity", "model", "talk", "persona - baseline, version short"),
        (
            "Persona fidelity (mean of knowledge, style, in-character)",
            "persona - baseline, version short",
        ),
    ),
    (
        e_of("convergence", KNOWLEDGE, gap(ask_policy="reminder"), side="left"),
        ("knowledge", "model", "talk", "persona moving, asked by reminder"),
        ("Knowledge", "persona moving, asked by reminder"),
    ),
    (
        e_of("convergence-share", KNOWLEDGE, gap(), side="right"),
        ("knowledge", "model", "talk", "share of the baseline moving"),
        ("Knowledge: share of the gap's change", "baseline moving"),
    ),
    (
        e_of("model-contrast", KNOWLEDGE, Contrast(at_place("large"), at_place("small"))),
        ("knowledge", "large - small", "talk", "persona"),
        ("Knowledge", "persona"),
    ),
    (
        e_of("script-contrast", KNOWLEDGE, Contrast(at_place(script="one"), at_place(script="two"))),
        ("knowledge", "model", "one - two", "persona"),
        ("Knowledge", "persona"),
    ),
    (
        e_of("policy-contrast", KNOWLEDGE, Contrast(REMINDED, at_place())),
        ("knowledge", "model", "talk", "persona, asked by reminder - persona"),
        ("Knowledge", "persona, asked by reminder - persona"),
    ),
    (
        e_of("version-contrast", KNOWLEDGE, Contrast(SHORT, at_place())),
        ("knowledge", "model", "talk", "persona, version short - persona"),
        ("Knowledge", "persona, version short - persona"),
    ),
    (
        e_of("noise-components", KNOWLEDGE, HERE, repeated="answered"),
        ("knowledge", "model", "talk", "persona, answered again"),
        ("Noise of knowledge, answered again", "persona"),
    ),
    (
        e_of("noise", Quantity("flips"), Contrast(at_place(speaker="anyone")), repeated="sent"),
        ("flips", "model", "talk", "sent again"),
        ("Same request, another reply", "sent again"),
    ),
    (
        e_of("labeller-kappa", KNOWLEDGE, Contrast(Place("all", "all", "anyone"))),
        ("knowledge", "all", "all", "all"),
        ("Quadratic kappa of labellers: knowledge", "all"),
    ),
    (
        e_of("judge-agreement", quantity("style"), HERE),
        ("style", "model", "talk", "persona"),
        ("Share that judge and people agree on: style", "persona"),
    ),
    (
        e_of("trade-off", quantity("fidelity-paper"), HERE, against=quantity("follow-loose")),
        ("fidelity-paper ~ follow-loose", "model", "talk", "persona"),
        (
            "Persona fidelity (mean of knowledge, style, in-character) (as in the paper) "
            "with instructions followed (loose)",
            "persona",
        ),
    ),
    (
        e_of("refusal-kinds", Quantity("refusal", "paper", Part("safe", kind="a_b")), HERE),
        ("refusal-paper-safe-type-a_b", "model", "talk", "persona"),
        ("Refusals of safe requests, type a b (as in the paper)", "persona"),
    ),
    (
        e_of("missing", Quantity("refusal", part=Part("safe", measure="blocked")), HERE),
        ("refusal-safe-blocked", "model", "talk", "persona"),
        ("Replies to safe requests blocked by the provider", "persona"),
    ),
    (
        e_of("missing", KNOWLEDGE, HERE),
        ("knowledge", "model", "talk", "persona"),
        ("Verdicts not obtained: Knowledge", "persona"),
    ),
    (
        e_of("missing", quantity("replies"), HERE),
        ("replies", "model", "talk", "persona"),
        ("Replies not obtained", "persona"),
    ),
    (
        e_of("curves", quantity("refusal-safe-partial"), HERE),
        ("refusal-safe-partial", "model", "talk", "persona"),
        ("Partial refusals of safe requests", "persona"),
    ),
    (
        e_of("trait-distance", quantity("trait-distance-to-baseline-by-item"), HERE),
        ("trait-distance-to-baseline-by-item", "model", "talk", "persona"),
        ("Distance from the baseline's trait profile, weighed by items", "persona"),
    ),
    (
        e_of("half-life", KNOWLEDGE, HERE),
        ("knowledge", "model", "talk", "persona"),
        ("Half-life of knowledge", "persona"),
    ),
    (
        e_of("change-point", KNOWLEDGE, HERE),
        ("knowledge", "model", "talk", "persona"),
        ("Change point of knowledge", "persona"),
    ),
    (
        e_of("equivalence", KNOWLEDGE, gap()),
        ("knowledge", "model", "talk", "persona - baseline"),
        ("First checkpoint of equivalence: Knowledge", "persona - baseline"),
    ),
    (
        e_of("refusal-rules", Quantity("refusal", part=Part(measure="rules")), HERE),
        ("refusal-rules", "model", "talk", "persona"),
        ("Refusal: rules and judge differ", "persona"),
    ),
    (
        e_of("wording-fade", Quantity("persona-patterns"), HERE),
        ("persona-patterns", "model", "talk", "persona"),
        ("Words that tell the persona from the baseline", "persona"),
    ),
)


@pytest.mark.parametrize(
    ("e", "before", "now"), KINDS, ids=lambda one: one.analysis if isinstance(one, Estimate) else ""
)
def test_every_kind_of_estimate_has_its_words(
    e: Estimate, before: tuple[str, str, str, str], now: tuple[str, str]
) -> None:
    named = format_1.names(e)
    assert (named.metric, named.model, named.script, named.condition) == before
    assert (title(e), naming.condition(e)) == now
    assert (naming.model(e.of), naming.script(e.of)) == before[1:3]


@pytest.mark.parametrize("rows", [estimate_rows, format_1], ids=["2", "1"])
def test_every_row_of_estimates_has_a_value_for_every_column_and_no_column_twice(rows: object) -> None:
    assert rows in (estimate_rows, format_1)
    columns = estimate_rows.columns() if rows is estimate_rows else format_1.columns()
    names = [name for name, _ in columns]
    assert len(set(names)) == len(names)
    for e, *_ in KINDS:
        row = estimate_rows.row(e, title) if rows is estimate_rows else format_1.row(e, title)
        assert len(row) == len(names)


def test_a_row_says_both_places_of_a_difference_in_columns_of_their_own() -> None:
    names = [name for name, _ in estimate_rows.columns()]
    e = e_of("policy-contrast", quantity("refusal-safe-partial"), Contrast(REMINDED, at_place()), judge="j")
    row = dict(zip(names, estimate_rows.row(e, title), strict=True))
    assert (row["quantity"], row["metric"], row["label"], row["measure"]) == (
        "refusal-safe-partial", "refusal", "safe", "partial",
    )  # fmt: skip
    assert (row["condition"], row["ask_policy"], row["minus_condition"], row["minus_ask_policy"], row["judge"]) == (
        "persona", "reminder", "persona", "plain", "j",
    )  # fmt: skip
    alone = dict(zip(names, estimate_rows.row(msgspec.structs.replace(e, of=HERE), title), strict=True))
    assert {value for name, value in alone.items() if name.startswith("minus_")} == {""}


def test_settings_are_told_apart_whatever_their_names_are() -> None:
    odd = Setting(ask_policy="x", version="y"), Setting(ask_policy="x, version y")
    assert naming.setting(odd[0]) == naming.setting(odd[1])
    assert odd[0] != odd[1]
    assert naming.setting(PLAIN) == ""
