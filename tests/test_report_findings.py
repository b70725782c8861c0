"""What a card says of its finding: tag, meaning, what is missing or confounded, what to do next."""

import html
import re
from pathlib import Path

import msgspec
import pytest

from longplay.records import Quantity
from longplay.records.estimates import Headline
from longplay.records.findings import Finding, NoStep, PValues, Step, Tag
from longplay.report import Page, write_report
from longplay.report.findings import TAGS, remarks
from longplay.report.rulers import Ruler
from report_pages import realistic


def bare() -> Page:
    """The cards alone, which takes less time to draw."""
    page = realistic()
    return msgspec.structs.replace(page, estimates=(), examples=(), excerpts=(), wording=None)


def first() -> Headline:
    return bare().headlines[0]


def text_of(page: Page, folder: Path) -> str:
    write_report(page, folder / "report.html")
    return (folder / "report.html").read_text("utf-8")


def card(found: Finding, folder: Path, **fields: object) -> str:
    """The words of the one card of a page."""
    page = bare()
    only = msgspec.structs.replace(page.headlines[0], finding=found)
    whole = text_of(msgspec.structs.replace(page, headlines=(only,), **fields), folder)
    body = whole[whole.index('<article class="verdict') : whole.index("</article>")]
    return " ".join(html.unescape(re.sub(r"<svg.*?</svg>|<[^>]*>", "", body, flags=re.DOTALL)).split())


@pytest.mark.parametrize("tag", list(TAGS))
def test_every_tag_stands_on_its_card_with_what_it_means(tag: Tag, tmp_path: Path) -> None:
    said = card(Finding(tag, low=-12.0, high=-3.0, margin=10.0), tmp_path)
    assert TAGS[tag] in said
    assert ("The role wears off" in said) == tag.endswith("loss") or tag == "loss-unclear"
    assert ("margin of 10 points" in said) == (tag not in ("loss", "gain", "untold", "no-interval", "no-number"))


def test_the_first_sentence_has_the_interval_from_its_lower_to_its_upper_end(tmp_path: Path) -> None:
    drift = first().drift
    assert drift.value is not None
    said = card(Finding("loss", value=drift.value, low=drift.value - 5, high=drift.value + 3, cards=4), tmp_path)
    value = -drift.value
    assert f"down {value:.0f} [{value - 3:.0f}, {value + 5:.0f}]" in said
    assert "By itself, without the other cards" in said


@pytest.mark.parametrize(
    ("value", "low", "high", "moved"),
    [
        (-9.0, -12.0, -3.0, "down 9 [3, 12]"),
        (9.0, 3.0, 12.0, "up 9 [3, 12]"),
        (9.0, -3.0, 12.0, "changed by +9 [−3, +12]"),
        (-9.0, -12.0, 0.0, "changed by −9 [−12, 0]"),
        (9.0, 0.0, 12.0, "changed by +9 [0, +12]"),
        (-9.0, None, None, "down 9 (no interval: too few)"),
        (9.0, None, None, "up 9 (no interval: too few)"),
    ],
)
def test_a_change_is_said_in_the_direction_in_which_its_interval_reads(
    value: float, low: float | None, high: float | None, moved: str, tmp_path: Path
) -> None:
    drift = msgspec.structs.replace(first().drift, value=value, low=low, high=high, note="too few")
    headline = msgspec.structs.replace(first(), drift=drift, finding=Finding("untold"))
    text = text_of(msgspec.structs.replace(bare(), headlines=(headline,)), tmp_path)
    assert f"<b>{moved}</b>" in text


def test_where_only_the_questions_differ_no_card_speaks_of_the_role(tmp_path: Path) -> None:
    said = card(Finding("untold", open="questions"), tmp_path)
    assert "Cannot be told" in said
    assert "hold different questions" in said
    assert "wears off" not in said
    gap = card(Finding("no-change", basis="gap", value=-1.0, low=-4.0, high=2.0, margin=10.0), tmp_path)
    assert "change of persona minus baseline, who were asked the same: −1 [−4, +2]" in gap
    untold = card(Finding("untold", basis="gap", value=-1.0, low=-4.0, high=2.0), tmp_path)
    assert "anything from −4 to +2 points in persona minus baseline fits these data" in untold


def test_missing_scores_that_could_turn_a_tag_are_said_with_what_they_would_have_to_average(tmp_path: Path) -> None:
    found = Finding(
        "untold", low=-20.0, high=-10.0, all_low=-30.0, all_high=2.0, open="missing", without="loss", lost=0.2,
        tip_first=40.0, tip_last=61.0,
    )  # fmt: skip
    said = card(found, tmp_path)
    assert "Cannot tell" in said
    assert "anything from −30 to +2 points fits" in said
    assert "The scores obtained alone say “Loss”; the missing ones could change that." in said
    assert "would no longer hold if the missing scores averaged 40 at the start and 61 at the end" in said
    assert "20 % of the scores behind this are missing" in said
    few = card(Finding("loss", low=-20.0, high=-10.0, lost=0.002), tmp_path)
    assert "under 1 % of the scores" in few


def test_a_card_that_cannot_tell_has_the_cheapest_next_step_and_its_cost(tmp_path: Path) -> None:
    of = first()
    steps = {(of.model, of.script): Step("orders", 2, 10.0, 0.83, 3_400, 2_000_000, 1.2)}
    found = Finding("untold", low=-12.0, high=3.0, smallest=8.25)
    said = card(found, tmp_path, steps=steps)
    assert "Cheapest next step: 2 more orders of the questions, 3 400 more calls and 1.20 more" in " ".join(
        said.split()
    )
    assert "finds a change of 8.2 points or more in 4 of 5 cases" in said
    none = {(of.model, of.script): NoStep("4 personas are needed.")}
    assert "No next step can be given: 4 personas are needed." in card(found, tmp_path, steps=none)
    assert "Cheapest next step" not in card(msgspec.structs.replace(found, tag="loss"), tmp_path, steps=steps)


def test_a_size_on_a_short_scale_has_no_more_digits_than_its_level_unless_it_is_small() -> None:
    short = Ruler(Quantity("knowledge"), "knowledge", 1.0, 5.0, 2)
    of = msgspec.structs.replace(first(), finding=Finding("untold", smallest=1.0266))
    assert "a change of 1.03 or more" in " ".join(remarks(of, short, None))
    of = msgspec.structs.replace(of, finding=Finding("untold", smallest=0.0042))
    assert "a change of 0.004 or more" in " ".join(remarks(of, short, None))


def test_a_page_without_corrected_tests_says_so(tmp_path: Path) -> None:
    page = msgspec.structs.replace(bare(), p_values=PValues(11, 0, 0, 1))
    assert "11 tests of no effect (p); none of them is corrected for another, and 1 stands alone" in (
        text_of(page, tmp_path)
    )


def test_the_page_says_how_many_tests_it_holds_and_how_many_are_corrected(tmp_path: Path) -> None:
    page = msgspec.structs.replace(bare(), p_values=PValues(128, 12, 2, 1))
    assert "128 tests of no effect (p); 12 of them are corrected for each other, in 2 families, and 1 stands alone" in (
        text_of(page, tmp_path)
    )


def test_a_family_of_one_is_not_shown_as_corrected(tmp_path: Path) -> None:
    page = realistic()
    few = tuple(e for e in page.estimates if e.quantity == page.headlines[0].drift.quantity)
    page = msgspec.structs.replace(bare(), estimates=few)
    shown: list[str] = []
    for size in (1, 2):
        estimates = tuple(
            msgspec.structs.replace(e, p=0.03, p_adjusted=0.03 * size, family="main", family_size=size)
            if e.analysis == "drift"
            else e
            for e in page.estimates
        )
        (tmp_path / str(size)).mkdir()
        shown.append(text_of(msgspec.structs.replace(page, estimates=estimates), tmp_path / str(size)))
    alone, pair = shown
    assert "Holm 0.0" not in alone
    assert "not corrected, alone in" in alone
    assert "Holm 0.060" in pair


@pytest.mark.parametrize(
    ("p", "said"), [(0.0096, "0.010"), (0.0049, "0.005"), (0.0011, "0.001"), (0.0009, "&lt; 0.001")]
)
def test_a_small_p_is_printed_as_it_is_and_only_under_a_thousandth_as_smaller(
    p: float, said: str, tmp_path: Path
) -> None:
    page = bare()
    only = msgspec.structs.replace(page.headlines[0], drift=msgspec.structs.replace(page.headlines[0].drift, p=p))
    assert f"p {said}" in text_of(msgspec.structs.replace(page, headlines=(only,)), tmp_path)
