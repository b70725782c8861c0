"""What a study of versions and policies looks like on the page: every line can be told from the others."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest

from longplay.records import Contrast, Estimate, Place, Setting
from longplay.report import SECTIONS, Page, answer, curves, noise, write_report
from longplay.report.naming import place_words
from longplay.report.series import is_trait_or_refusal, measures
from longplay.specs import Analysis
from report_pages import realistic, whole

SHORT, REMINDED = Setting(version="short"), Setting(ask_policy="remind")


@pytest.fixture(scope="module")
def page() -> Page:
    """Every number also for a version of the persona and for a policy."""
    page = realistic()
    return msgspec.structs.replace(page, estimates=tuple(again for e in page.estimates for again in (e, *_settings(e))))


def _settings(e: Estimate) -> Iterator[Estimate]:
    for setting in (SHORT, REMINDED):
        if e.analysis != "noise":
            places = (msgspec.structs.replace(place, setting=setting) for place in e.of.places)
            yield msgspec.structs.replace(e, of=Contrast(*places))


@pytest.mark.parametrize("name", ["curves", "gap"])
def test_each_version_and_policy_has_a_panel_and_no_two_legend_entries_look_alike(name: str, page: Page) -> None:
    html = SECTIONS[name].render(page)
    figures = re.findall(r'<figure class="card">.*?</figcaption>', html, re.DOTALL)
    assert figures
    for figure in figures:
        drawing, legend = figure.split('<ul class="legend">')
        for setting in ("", ", version short", ", asked by remind"):
            assert f">SIMULATED · Steady 70B{setting}</text>" in drawing
        strokes = re.findall(r"<svg.*?</svg>", legend, re.DOTALL)
        assert len(strokes) == len(set(strokes))
        assert "version short" not in legend


def test_figures_are_grouped_by_what_they_measure_whatever_is_primary() -> None:
    page = realistic()
    analysis = Analysis(primary=("follow-strict", "role-win"))
    html = curves.render(msgspec.structs.replace(page, study=msgspec.structs.replace(page.study, analysis=analysis)))
    _, side, able, rounds = html.split('<h3 class="group">')
    titles = [re.findall(r'aria-label="Figure: (.*?)"', group) for group in (side, able, rounds)]
    assert [title.split(" (")[0] for title in titles[0]] == ["Persona fidelity", "Knowledge", "Style", "In character"]
    assert "Instructions followed (strict)" in titles[1]
    assert titles[2] == ["Knowledge", "Style", "In character"]


def test_a_measure_of_which_less_is_wanted_says_so_at_a_glance() -> None:
    page = realistic()
    wanted = {one.title: one.sample.better for one in measures(page)}
    rows = re.findall(r"<dt>(.+?)( <i>less is better</i>)?</dt>", answer.render(page))
    said = {unescape(title): bool(less) for title, less in rows}
    assert set(said.values()) == {True, False}
    assert said == {title: wanted[title] == "lower" for title in said}


def test_versions_of_a_persona_are_no_personas_of_their_own() -> None:
    page = realistic()
    first, second, *others = page.personas
    analysis = Analysis(versions={"short": {second.id: first.id}})
    versioned = msgspec.structs.replace(page, study=msgspec.structs.replace(page.study, analysis=analysis))
    text = words(SECTIONS["question"].render(versioned))
    assert f"as {1 + len(others)} personas (1 of them also in version short) and as nobody" in text
    assert f"The {1 + len(others)} personas and 1 version" in text


def test_a_baseline_is_judged_as_a_version_and_has_none(page: Page) -> None:
    text = words(SECTIONS["drifts"].render(page))
    of_personas, of_baseline = text.split("Steady 70B, without a persona", 1)
    assert "goal-oriented, version short" in of_personas
    assert "goal-oriented, judged as version short" in of_baseline
    assert place_words(Place("m", "s", "baseline", SHORT)) == "baseline, judged as version short"


def test_columns_of_who_is_beaten_say_what_they_hold() -> None:
    text = words(SECTIONS["trade-offs"].render(whole()))
    assert "Measure Script Model, policy or version Fidelity This measure Round" in text


def test_a_floor_of_nothing_says_that_no_repeat_differed() -> None:
    page = whole()
    still = tuple(
        msgspec.structs.replace(e, floor=0.0, floor_low=0.0, floor_high=0.0, floor_times=None)
        if e.floor is not None and e.quantity.metric == "follow-strict"
        else e
        for e in page.estimates
    )
    rows = re.findall(
        r"<tr.*?</tr>", SECTIONS["drifts"].render(msgspec.structs.replace(page, estimates=still)), re.DOTALL
    )
    found = [words(row) for row in rows if "Instructions followed (strict)" in row and "Holm" not in row]
    assert any("no repeat differed" in row for row in found)
    assert not any("0.00 [0.00, 0.00]" in row for row in found)


def test_a_caption_says_whose_intervals_are_for_what() -> None:
    page = realistic()
    answers = "personas like these, baseline answers like these"
    mixed = tuple(
        msgspec.structs.replace(e, target=answers) if e.place.speaker == "baseline" else e for e in page.estimates
    )
    text = words(curves.render(msgspec.structs.replace(page, estimates=mixed)))
    assert "95 % intervals (persona: for personas like these; what the others are for stands under “Numbers”)." in text
    assert f"What the intervals are for: persona: for personas like these baseline: for {answers} " in text


def test_each_sentence_of_the_page_says_what_it_is_about() -> None:
    page = whole()
    assert "A goal-oriented script is a day" in words(SECTIONS["question"].render(of_kind(page, "goal-oriented")))
    assert "A server may answer the same request differently. This is its own noise" in words(noise.render(page))


def test_a_model_without_a_label_is_named_once_and_numbers_have_one_form() -> None:
    text = words(SECTIONS["making"].render(realistic()))
    assert "sim/judge judges temperature" in text
    assert "Steady 70B speaks sim/steady; temperature" in text
    assert "at most 1 024 tokens a reply" in text


def test_what_was_not_measured_has_no_section(tmp_path: Path) -> None:
    page = realistic()
    others = tuple(e for e in page.estimates if not is_trait_or_refusal(e.quantity))
    write_report(msgspec.structs.replace(page, estimates=others), tmp_path / "report.html")
    assert "Character traits and refusals" not in (tmp_path / "report.html").read_text("utf-8")


def of_kind(page: Page, kind: str) -> Page:
    """The page with all scripts of one kind."""
    return msgspec.structs.replace(
        page, scripts=tuple(msgspec.structs.replace(script, kind=kind) for script in page.scripts)
    )


def words(html: str) -> str:
    """Text without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
