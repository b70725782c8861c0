"""The report page: what it says, what it never says, and that no foreign text gets out of its place."""

import base64
import csv
import hashlib
import io
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from longplay.exchange.tidy_files import ExportError, write_csv
from longplay.records import Quantity
from longplay.report import SECTIONS, Example, Page, ReportError, cell, title, write_report
from longplay.report.series import measures
from longplay.report.svg import inline
from longplay.report.words import MINUS, clipped, count, duration, interval, number, visible
from longplay.specs import ModelSpec, Study
from report_pages import MODELS, hostile, realistic, whole

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' style='background:url(http://example.org/)",
    "</style></title></svg><a href=javascript:alert(1)>",
    "{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    "]]><!--<![CDATA[&lt;b&gt;&#x41;",
    "=cmd()|' /C calc'!A0",
    "\u202eevil\u2066\x00\x01\x1b[31m\ufffe\ud800\u2028\x85\U000e0041",
    "datum.value + '%d' %s {0} {x.__class__}",
)


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def html_of(page: Page, folder: Path) -> str:
    write_report(page, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page_html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_of(whole(), tmp_path_factory.mktemp("report"))


def test_the_page_is_one_file_that_asks_for_nothing_else(page_html: str) -> None:
    for tag, attributes in Elements(page_html).found:
        assert tag not in {"script", "iframe", "object", "embed", "form", "base", "img", "use", "image"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    assert "url(" not in page_html
    assert len(page_html.encode()) < 5_000_000


def test_the_policy_forbids_everything_but_the_one_style_sheet(page_html: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", page_html, re.DOTALL)
    assert len(style) == 1
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policy = next(a["content"] for t, a in Elements(page_html).found if a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'")


def test_sections_stand_in_reading_order(page_html: str) -> None:
    places = [page_html.index(f'<section id="{name}"') for name in SECTIONS]
    assert places == sorted(places)
    assert list(SECTIONS)[:3] == ["question", "answer", "curves"]


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    calm, nasty = (Elements(html_of(hostile(t), tmp_path)) for t in ("calm", text))
    assert {tag for tag, _ in nasty.found} == {tag for tag, _ in calm.found}
    assert {name for _, attributes in nasty.found for name in attributes} == {
        name for _, attributes in calm.found for name in attributes
    }
    assert visible(text).split("\n")[0] in nasty.text
    assert not [c for c in nasty.text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize("text", NASTY)
def test_no_csv_cell_is_a_formula(text: str, tmp_path: Path) -> None:
    write_csv(hostile(text).estimates, title, tmp_path / "estimates.csv", cell)
    rows = list(csv.reader(io.StringIO((tmp_path / "estimates.csv").read_text(encoding="utf-8"))))
    numeric = {"value", "low", "high", "lowest", "highest"}
    columns = [i for i, name in enumerate(rows[0]) if name not in numeric]
    assert len({len(row) for row in rows}) == 1
    assert not [row[i] for row in rows[1:] for i in columns if row[i].startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_simulated_numbers_say_so_wherever_they_stand(page_html: str) -> None:
    assert "<title>SIMULATED: " in page_html
    assert "They say nothing about any real model" in page_html
    for tag in ("figcaption", "caption"):
        captions = re.findall(rf"<{tag}>(.*?)</{tag}>", page_html, re.DOTALL)
        assert captions
        assert all("SIMULATED" in caption for caption in captions)
    drawings = re.findall(r"<svg role=.*?</svg>", page_html, re.DOTALL)
    assert len(drawings) > 10
    assert all("SIMULATED" in drawing for drawing in drawings)


def test_real_numbers_are_not_called_simulated(tmp_path: Path) -> None:
    page = realistic(models=(ModelSpec("openai/steady", label=MODELS[0].title),))
    page = msgspec.structs.replace(page, study=msgspec.structs.replace(page.study, judge=ModelSpec("openai/judge")))
    assert "simulated" not in Elements(html_of(page, tmp_path)).text.split("color-scheme", 1)[-1].lower()


def test_the_answer_is_a_sentence_a_model_with_its_interval(page_html: str) -> None:
    text = " ".join(Elements(page_html).text.split())
    for model in MODELS:
        for script in ("persona-directed", "goal-oriented"):
            pattern = (
                rf"Simulated: {model.title} keeps \d+ of 100 points of persona fidelity at round 102 in {script} "
                rf"dialogue, (down \d+ \[\d+, \d+\]|changed by \S+ \[\S+ \S+\]) from \d+ at the start "
                rf"\(personas like these, 8 personas\)"
            )
            assert re.search(pattern, text), (model.title, script)


@pytest.mark.parametrize(
    ("source", "why"), [("rounds", "leaves out the opening and closing remarks"), ("fidelity", "scored at both ends")]
)
def test_a_change_that_is_not_the_difference_of_the_levels_beside_it_says_why(
    source: str, why: str, tmp_path: Path
) -> None:
    page = realistic()
    first = page.headlines[0]
    assert first.start.value is not None
    assert first.end.value is not None
    moved = first.end.value - first.start.value
    shown: list[str] = []
    for name, value in (("same", moved), ("other", moved + 6)):
        drift = msgspec.structs.replace(first.drift, source=source, value=value)
        only = (msgspec.structs.replace(first, drift=drift),)
        (tmp_path / name).mkdir()
        shown.append(Elements(html_of(msgspec.structs.replace(page, headlines=only), tmp_path / name)).text)
    assert [why in text for text in shown] == [False, True]


def test_a_missing_number_is_a_dash_with_its_note_and_is_not_drawn(page_html: str) -> None:
    assert "1 place without a number" in page_html
    assert "round 16: fewer than half of the verdicts were obtained" in Elements(page_html).text
    card = page_html[page_html.index('<section id="traits"') :]
    drawing = re.search(r"<svg role=.*?</svg>", card, re.DOTALL)
    assert drawing is not None
    other = re.search(r"<svg role=.*?</svg>", page_html[page_html.index("Knowledge <span") :], re.DOTALL)
    assert other is not None
    triangles = re.compile(r'<path (?:[^>]*)fill="#D55E00"[^>]*stroke="#D55E00"')
    assert len(triangles.findall(drawing[0])) == len(triangles.findall(other[0])) - 1 == 19


def test_what_is_missing_is_counted_by_place_and_reason(page_html: str) -> None:
    section = Elements(page_html[page_html.index('<section id="missing"') : page_html.index('<section id="flagged"')])
    text = " ".join(section.text.split())
    assert "120 of 280" in text
    assert "unparsable 120" in text
    assert "filtered 9" in text


def test_a_slope_is_no_level_and_never_stands_for_the_drift_of_a_curve() -> None:
    page = realistic()
    slopes = [msgspec.structs.replace(e, analysis="slope", value=9.0) for e in page.estimates if e.analysis == "drift"]
    with_slopes = msgspec.structs.replace(page, estimates=(*slopes, *page.estimates))
    assert slopes
    assert measures(with_slopes) == measures(page)


def test_a_page_without_any_numbers_still_opens(tmp_path: Path) -> None:
    study = Study(models=(ModelSpec("openai/m"),), judge=ModelSpec("openai/j"))
    text = Elements(html_of(Page(study), tmp_path)).text
    assert "No answer yet" in text
    assert "Wording" not in text, "a section that was not asked for"
    assert "None" not in text


def test_who_makes_the_turns_that_no_script_has_written_is_said() -> None:
    page = realistic()
    written, made = page.scripts
    made = msgspec.structs.replace(made, user="You are a visitor.")
    study = msgspec.structs.replace(page.study, users=(ModelSpec("sim/visitor"),))
    played = msgspec.structs.replace(page, study=study, scripts=(written, made))
    said = f"The turns of {made.name} after the written ones are made by sim/visitor."
    assert said in Elements(SECTIONS["question"].render(played)).text
    assert "are made by" not in Elements(SECTIONS["question"].render(page)).text


def test_long_answers_are_cut_and_it_is_said(tmp_path: Path) -> None:
    page = realistic()
    long = msgspec.structs.replace(page.examples[0], answer="a" * 16_000_000)
    many: tuple[Example, ...] = (long,) * 200
    html = html_of(Page(page.study, examples=many), tmp_path)
    assert len(html) < 1_000_000
    assert "15,996,000 more characters" in html
    assert "120 more examples not shown" in html


def test_a_failed_write_keeps_the_old_page_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(ReportError, match=r"report\.html: cannot be written"):
        write_report(
            Page(Study(models=(ModelSpec("openai/m"),), judge=ModelSpec("openai/j"))), tmp_path / "report.html"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(ExportError, match="Name a folder"):
        write_csv(realistic().estimates, title, tmp_path / "nowhere" / "estimates.csv", cell)


def test_only_plain_shapes_of_a_drawing_reach_the_page() -> None:
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1">'
        '<style>*{}</style><script>x()</script><a xlink:href="http://example.org"><text>link</text></a>'
        '<image href="http://example.org/a.png"/><foreignObject/><!-- note -->'
        '<g id="i" onclick="x()" style="fill:red" fill="url(#p)"><text x="1" class="c">a&lt;b</text></g></svg>'
    )
    drawn = inline(source, '"<i>')
    assert drawn == '<svg role="img" aria-label="&quot;&lt;i&gt;" viewBox="0 0 1 1"><text x="1">a&lt;b</text></svg>'
    with pytest.raises(ReportError):
        inline("<svg", "")
    with pytest.raises(ReportError):
        inline("<html/>", "")


def test_numbers_read_well() -> None:
    assert number(None) == "–"
    assert number(-0.001) == "0.00"
    assert number(-1.5, 1, sign=True) == f"{MINUS}1.5"
    assert interval(-1.0, 2.0, 0, sign=True) == f"[{MINUS}1, +2]"
    assert interval(None, 2.0) == "–"
    assert count(1234567).replace("\N{NARROW NO-BREAK SPACE}", " ") == "1 234 567"
    assert [duration(s) for s in (None, 71.4, 600, 7500)] == ["–", "71 s", "10 min", "2 h 05 min"]
    assert clipped("abc", 3) == "abc"


def test_hidden_characters_are_written_out_and_honest_ones_are_not() -> None:
    assert visible("a\u202eb\x00\ud800") == "a‹U+202E›b‹U+0000›‹U+D800›"
    kept = "Zoë – 漢字 👩‍🚀 שלום\tline\nnext"
    assert visible(kept) == kept


def test_the_answer_is_given_in_the_measure_there_is_on_its_own_scale(tmp_path: Path) -> None:
    page = realistic()
    first = page.headlines[0]
    level = msgspec.structs.replace(
        first.start, quantity=Quantity("in-character"), scale=(1.0, 5.0), value=4.6, low=4.4, high=4.8
    )
    later = msgspec.structs.replace(level, position=102, value=2.6, low=2.4, high=2.8)
    drift = msgspec.structs.replace(
        later, analysis="drift", position=None, span=(0, 102), value=-2.0, low=-2.4, high=-1.6
    )
    only = (msgspec.structs.replace(first, start=level, end=later, drift=drift, baseline_end=None),)
    text = Elements(html_of(msgspec.structs.replace(page, headlines=only), tmp_path)).text
    assert "No answer yet" not in text
    assert "stands at 2.60 (on 1 to 5) in “in character” at round 102" in text
    assert "down 2.00 [1.60, 2.40] from 4.60 at the start" in text
