"""What stands beside the numbers of a page: bands, tests, floors, pace, splits, contrasts, trade-offs, warnings."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import msgspec
import pytest

from longplay.records import Estimate
from longplay.report import SECTIONS, Page, write_report
from longplay.report.drawing import curves
from longplay.report.marks import Axes, Mark
from longplay.report.words import MINUS, p_value
from longplay.specs import Analysis
from named import condition
from report_beside import FAMILY
from report_pages import realistic, whole

PAIR, SETTING = "persona-directed - goal-oriented", ", asked by reminder"


def html_of(page: Page, folder: Path) -> str:
    write_report(page, folder / "report.html")
    return (folder / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_of(whole(), tmp_path_factory.mktemp("beside"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_of(realistic(), tmp_path_factory.mktemp("plain"))


def words(html: str) -> str:
    """Text without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def section(html: str, name: str) -> str:
    """The words of a section of the page."""
    start = html.index(f'<section id="{name}"')
    return words(html[start : html.index("</section>", start)])


def of_section(page: Page, name: str) -> str:
    """The same without the rest of the page."""
    return words(SECTIONS[name].render(page))


def row(html: str, name: str, *held: str) -> str:
    """The words of the first table row of a section that holds these words."""
    start = html.index(f'<section id="{name}"')
    for found in re.findall(r"<tr.*?</tr>", html[start : html.index("</section>", start)], re.DOTALL):
        text = words(found)
        if all(word in text for word in held):
            return text
    raise AssertionError(held)


def test_a_run_without_these_analyses_shows_no_empty_sections(plain: str) -> None:
    for name in ("contrasts", "trade-offs", "labels"):
        assert f'id="{name}"' not in plain
        assert f'href="#{name}"' not in plain
    for words in ("Holm", "Noise floor</th>", "For these personas:", "Joint band", "How soon and how fast", "Half-life",
                  "as if there were no persona", "Who moves", "Components of the noise", "Outer, lighter band",
                  "warning:"):  # fmt: skip
        assert words not in plain


def test_the_words_say_what_each_of_two_bands_is(html: str, plain: str) -> None:
    for name in ("curves", "gap"):
        text = section(html, name)
        assert "Inner, darker band: 95 % interval of each point by itself, for personas like these" in text
        assert "Outer, lighter band: holds the whole curve at once" in text
        assert "Joint band" in text
    assert "Bands: 95 % intervals for personas like these." in section(plain, "curves")


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (lambda e: e.position == 0, "baseline at round 0: for these items"),
        (lambda e: e.place.script == "goal-oriented", "baseline in goal-oriented: for these items"),
        (lambda e: e.place.model == "Steady 70B", "baseline in Steady 70B: for these items"),
    ],
)
def test_a_legend_says_where_each_of_two_targets_of_one_speaker_holds(
    apart: Callable[[Estimate], bool], said: str, tmp_path: Path
) -> None:
    page = realistic()
    estimates = tuple(
        msgspec.structs.replace(e, target="these items")
        if e.analysis == "curves" and e.place.speaker == "baseline" and apart(e)
        else e
        for e in page.estimates
    )
    page = msgspec.structs.replace(page, estimates=estimates)
    text = section(html_of(page, tmp_path), "curves")
    assert said in text
    assert "baseline: for" not in text


def test_the_joint_band_is_a_second_area_behind_the_first() -> None:
    def areas(outer: tuple[float | None, float | None]) -> list[str]:
        marks = [Mark("m", "s", "persona", x, 0.5, 0.4, 0.6, "#0072B2", "circle", True, *outer) for x in (0, 4, 102)]
        drawn = curves(marks, Axes((0, 102), "x", "y", (0.0, 1.0)), "alt")
        return re.findall(r'fill="#0072B2" stroke-width="0" opacity="([\d.]+)"', str(drawn))

    assert areas((0.2, 0.8)) == ["0.1", "0.18"]
    assert areas((None, None)) == ["0.18"]


def test_a_band_too_wide_to_draw_does_not_hide_the_gaps() -> None:
    page = whole()
    wide = tuple(
        msgspec.structs.replace(e, joint_low=-900.0, joint_high=900.0)
        if condition(e) == "persona - baseline" and e.position is not None
        else e
        for e in page.estimates
    )
    text = of_section(msgspec.structs.replace(page, estimates=wide), "gap")
    assert "800 " not in text.split("Numbers")[0]
    assert "900.00" in text


def test_a_change_stands_with_test_correction_floor_and_these_personas(html: str) -> None:
    text = row(html, "drifts", "Knowledge", "persona-directed", "0.012")
    assert f"0.012 Holm 0.032 {FAMILY}" in text
    assert f"[{MINUS}0.78, +0.78]" not in text  # of these personas: in its fold
    folded = section(html, "drifts").split("For these personas: ", 1)[1]
    assert f"[{MINUS}0.78, +0.78]" in folded
    assert "Holm" not in row(html, "drifts", "Style", "persona-directed", "0.012")
    assert "these personas; items like these" in section(html, "drifts")


def test_a_change_no_larger_than_the_floor_is_flagged(html: str) -> None:
    assert "below the noise floor" in row(html, "drifts", "Instructions followed (strict)", "0.012")
    assert "below the noise floor" not in row(html, "drifts", "Knowledge", "0.012")
    assert "12.5 times" in row(html, "drifts", "Knowledge", "0.012")
    text = section(html, "noise")
    assert re.search(r"\d+ of \d+ changes over the dialogue with a known floor lie below it", text)
    assert "change of the gap" in row(html, "noise", "Instructions followed (strict)", "persona - baseline")


def test_pace_is_told_in_several_ways_with_open_ends(html: str) -> None:
    text = section(html, "drifts")
    assert "none is chosen" in text
    found = row(html, "drifts", "Knowledge", "24.2")
    for words in (f"{MINUS}0.111", f"{MINUS}0.044", f"{MINUS}0.056", f"{MINUS}0.067", "[11.9, > 102]", "> 22987",
                  "[1994, > 22987]", "32.0", "[8.0, 56.0]"):  # fmt: skip
        assert words in found, words
    assert row(html, "drifts", "Win rate on general requests", "no drift").count("no drift to time") == 3


def test_equivalence_is_given_within_a_declared_margin_alone(html: str) -> None:
    assert "round 56 on margin 0.5" in row(html, "gap", "Knowledge", "margin 0.5")
    assert "not shown" in row(html, "gap", "Style", "within 0.5 at the last")
    assert "no margin declared" not in section(html, "gap")
    page = whole()
    silent = msgspec.structs.replace(page.study, analysis=Analysis())
    none = of_section(msgspec.structs.replace(page, study=silent), "gap")
    assert "No margin was declared in the study file" in none


def test_the_change_of_a_gap_is_split_between_both_sides(html: str) -> None:
    text = row(html, "gap", "Knowledge", f"{MINUS}0.61")
    assert re.search(rf"{MINUS}0\.61 \S+ \S+ {MINUS}0\.21 \S+ \S+ 1\.53 \S+ \S+ {MINUS}0\.53", text)


def test_contrasts_stand_by_kind_with_their_bounds(html: str) -> None:
    text = section(html, "contrasts")
    for title in ("Scripts", "Models", "Versions of a persona", "Policies"):
        assert f"{title} against each other" in text
    found = row(html, "contrasts", PAIR, "+0.27")
    assert f"[{MINUS}1.25, +1.75]" in found
    assert f"Holm 0.040 {FAMILY}" in found
    assert found.count("warning: missing scores") == 2
    assert f"persona{SETTING} - persona" in text


def test_trade_offs_have_paths_regions_and_a_front(html: str) -> None:
    text = section(html, "trade-offs")
    assert "95 % regions that hold both means together" in text
    assert "yes –" in row(html, "trade-offs", "Steady 70B", "yes")
    assert f"no Steady 70B{SETTING}" in row(html, "trade-offs", "Drifting 8B", "no")
    start = html.index('<section id="trade-offs"')
    drawing = re.findall(r"<svg role=.*?</svg>", html[start : html.index("</section>", start)], re.DOTALL)[0]
    assert "SIMULATED" in drawing
    assert len(re.findall(r'fill-opacity="0.12"', drawing)) == 8
    assert len(re.findall(r'fill-opacity="0.03"', drawing)) == 4


def test_numbers_corrected_by_labels_stand_beside_the_judges_own(html: str) -> None:
    assert "102 2.11 [2.00, 2.20] 1 3.22 [3.10, 3.30]" in row(html, "labels", "Knowledge", "persona 102")
    assert "40 labels" in section(html, "labels")
    assert "0.48 – 40" in row(html, "labels", "Quadratic kappa of judge and people: knowledge", "persona 102")


def test_how_wording_fades_and_replies_repeat_is_drawn(html: str) -> None:
    assert re.findall(r'aria-label="Figure: (.*?)"', html[html.index('<section id="wording"') :]) == [
        "Words that tell the persona from the baseline",
        "Bytes saved by knowing the 5 replies before",
    ]


def test_warnings_of_missing_scores_stand_beside_the_effects(html: str) -> None:
    assert "warning: missing scores" in row(html, "drifts", "Full refusals of unsafe requests", "0.012")
    assert "warning: missing scores" not in row(html, "drifts", "Knowledge", "0.012")
    assert "warning: missing scores" in row(html, "gap", "Full refusals of unsafe requests", "0.012")
    assert "warning: missing scores changed by +3.0 points of 100; see the bounds" in section(html, "drifts")


def test_a_warning_about_the_first_answer_is_read_with_it() -> None:
    page = whole()
    drift = msgspec.structs.replace(page.headlines[0].drift, warning="<b>lost</b>", note="below the floor; see")
    first = msgspec.structs.replace(page.headlines[0], drift=drift)
    text = of_section(msgspec.structs.replace(page, headlines=(first,)), "answer")
    assert "Warning: <b>lost</b>." in text


def test_noise_components_stand_pooled_and_by_position(html: str) -> None:
    assert "0.432 [0.300, 0.600]" in row(html, "noise", "Knowledge", "persona answered again 102")
    assert "Answered again : the same question after the same dialogue" in section(html, "noise")


def test_p_values_read_well() -> None:
    assert [p_value(p) for p in (None, 0.0004, 0.0321)] == ["–", "< 0.001", "0.032"]
