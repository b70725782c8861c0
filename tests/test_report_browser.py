"""The report page in a real browser: no console message, no request but the file, nothing wider than a phone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from conftest import absent
from longplay.report import write_report
from report_pages import hostile, whole

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE = ("<script>alert(1)</script>", '"><img src="http://127.0.0.1:9/x" onerror=alert(1)>' + "wide" * 50)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        absent("no chromium on PATH; install chromium", "LONGPLAY_REQUIRE_BROWSER", os.environ)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module", params=["whole", *HOSTILE])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(whole() if request.param == "whole" else hostile(request.param), path)
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_page_opens_silently_and_fits(
    browser: Browser, page: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    tab = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri(), timeout=120_000)  # milliseconds; a busy machine opens the largest page late
    tab.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(21, 24, 28)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert said == []
    assert asked == [page.as_uri()]
    context.close()


def test_where_a_browser_is_required_its_absence_is_a_failure() -> None:
    with pytest.raises(pytest.fail.Exception, match="REQUIRE_BROWSER=1"):
        absent("none", "LONGPLAY_REQUIRE_BROWSER", {"LONGPLAY_REQUIRE_BROWSER": "1"})
    with pytest.raises(pytest.skip.Exception, match="none"):
        absent("none", "LONGPLAY_REQUIRE_BROWSER", {})
