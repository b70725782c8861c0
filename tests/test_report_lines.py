"""What a study of versions and policies looks like on the page: every line can be told from the others."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from longplay.records import Contrast, Estimate, Setting
from longplay.report import SECTIONS, Page, curves
from longplay.specs import Analysis
from report_pages import realistic

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
