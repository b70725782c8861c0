"""The overhead bench: what it prints and how it exits. Its figures are for the full size and an idle machine."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINE = re.compile(
    r"(?P<name>\S.*?) +(?P<value>[\d,.]+|not measured)   bar at (?:most|least) [\d.]+: "
    r"(?P<bar>met|MISSED)   (?P<note>.+)"
)


def overhead(*arguments: str, **environment: str) -> tuple[int, dict[str, re.Match[str]]]:
    """Run bench/overhead.py as a user does; the exit code and the figures by name."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "bench/overhead.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | environment,
    )
    assert ran.stderr == ""
    head, *figures, took = ran.stdout.splitlines()
    assert head.startswith("206 messages a request, 16 at a time")
    assert re.fullmatch(r"\d+ s", took)
    found = [LINE.fullmatch(figure) for figure in figures]
    assert None not in found, ran.stdout
    return ran.returncode, {line["name"]: line for line in found if line}


def test_every_figure_has_its_line_and_peers_that_cannot_be_installed_miss_their_bars(tmp_path: Path) -> None:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    code, found = overhead("--requests", "500", XDG_CACHE_HOME=str(tmp_path), **nowhere)
    assert list(found) == [
        "CPU a request: longplay / bare aiohttp",
        "CPU a request: an Inspect evaluation / longplay",
        "CPU a request: the typed OpenAI SDK / longplay",
        "memory growth, MB",
        "disk an answer beside its text, bytes",
    ]
    size = re.search(r"; ([\d,]+) bytes", found["CPU a request: longplay / bare aiohttp"]["note"])
    assert size is not None
    assert 250_000 <= int(size[1].replace(",", "")) <= 260_000
    for peer in ("an Inspect evaluation", "the typed OpenAI SDK"):
        line = found[f"CPU a request: {peer} / longplay"]
        assert (line["value"], line["bar"]) == ("not measured", "MISSED")
        assert "is there a package index?" in line["note"]
    assert found["memory growth, MB"]["note"] == "over 490 requests", "ten dialogues had an answer each before"
    assert float(found["disk an answer beside its text, bytes"]["value"]) < 1000, "too few answers to fill their pages"
    assert code == 1


def test_overhead_refuses_too_few_requests() -> None:
    ran = subprocess.run(
        [sys.executable, "bench/overhead.py", "--requests", "10"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "at least 500" in ran.stderr
