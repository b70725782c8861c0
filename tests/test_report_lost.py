"""What a card says where scores are missing: how many above a tenth, and no verdict above three tenths."""

from pathlib import Path

import msgspec
import pytest

from longplay.report import Page, write_report
from longplay.report.answer import TAGS
from report_pages import realistic


def card(page: Page, folder: Path) -> str:
    """The text of the first card."""
    write_report(page, folder / "report.html")
    html = (folder / "report.html").read_text("utf-8")
    return html[html.index('<article class="verdict') : html.index("</article>")]


def losing(share: float, places: tuple[str, ...]) -> Page:
    """A page whose first card lacks this share of the scores at its start, at its end or in its change."""
    page = realistic()
    first = page.headlines[0]
    changes = {
        place: msgspec.structs.replace(getattr(first, place), n=1000 - round(1000 * share), missing=round(1000 * share))
        for place in places
    }
    kept = {
        place: msgspec.structs.replace(getattr(first, place), n=1000, missing=0)
        for place in {"start", "end", "drift"} - set(places)
    }
    return msgspec.structs.replace(page, headlines=(msgspec.structs.replace(first, **changes, **kept),))


@pytest.mark.parametrize("places", [("start",), ("end",), ("drift",), ("start", "end", "drift")])
def test_a_card_says_what_is_missing_and_gives_no_verdict_where_that_is_much(
    places: tuple[str, ...], tmp_path: Path
) -> None:
    whole, few, many, most = (card(losing(share, places), tmp_path) for share in (0.0, 0.09, 0.2, 0.43))
    assert whole.count("of 100</small>") == few.count("of 100</small>") == many.count("of 100</small>") == 1
    assert "are missing" not in whole + few
    assert "20 % of the scores behind this are missing." in many
    assert "Cannot tell: 43 % of the scores are missing." in most
    assert TAGS["untold"] in most
    assert "of 100" not in most.partition("<details>")[0]
    assert 'class="sentence"' not in most
