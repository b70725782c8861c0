"""What do 20 probes of a study's own, in files and with scorers, cost: CPU a request, memory, time to analyse? Plays a
real study against a server on loopback, and one on simulated models that is analysed.

python bench/own_probes.py: a line a figure with its bar; exit 1 when a bar is missed. The ratio is of one run: 20 own
probes beside one that comes with a table, in turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

import analysis
from bars import Figure, show
from longplay.pipeline import load_text, run_study
from longplay.plugged import allowing
from longplay.probes import PROBES as BUNDLED
from longplay.probes.own import own_probe
from longplay.specs import ProbeSpec
from longplay.store import Reader
from longplay.study.recorded_experiment import recorded
from loopback import loopback
from overhead import BARE_BAR, RSS_BAR_MB, Prepared, costs, kept, prepare

PROBES, ITEMS, MORE_BAR = 20, 12, 1.1
SIMULATED = """\
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 16
[conditioning]
checkpoints = [0, 2, 4, 8, 16]
[judging]
rounds = []
[analysis]
primary = ["length"]
PROBES
"""
SCORERS = '[[scorers]]\nkind = "length"\nmost = 40\n[[scorers]]\nkind = "includes"\n'


def write_items(folder: Path) -> None:
    """A file of items for each probe."""
    folder.mkdir(exist_ok=True)
    for probe in range(PROBES):
        lines = (
            {"id": f"i{i}", "text": f"What would you say of matter {i} in field {probe}?", "reference": "matter"}
            for i in range(ITEMS)
        )
        (folder / f"p{probe}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def declared() -> str:
    """The probes and scorers as a study file has them."""
    probes = (
        f'[[probes]]\nname = "own-{n}"\nfile = "p{n}.jsonl"\nmetrics = ["length", "includes"]\n' for n in range(PROBES)
    )
    return "".join(probes) + SCORERS


def asked(folder: Path) -> str:
    """The same probes without scores, as what is measured beside the bare loop is asking and storing alone."""
    for n in range(PROBES):
        spec = ProbeSpec(f"own-{n}", file=f"p{n}.jsonl", metrics=())
        BUNDLED[spec.name] = own_probe(spec, folder)
    return "".join(f'[[probes]]\nname = "own-{n}"\nlimit = LIMIT\n' for n in range(PROBES))


def scored() -> str:
    """With limits, for `overhead`."""
    return declared().replace('"includes"]\n', '"includes"]\nlimit = LIMIT\n')


def figures(url: str, folder: Path, requests: int) -> Iterator[Figure]:
    """CPU, memory and disk of asking, then the analysis."""
    for name in ("own", "kept", "scored"):
        write_items(folder / name)
    many = {"items": PROBES * ITEMS, "before": PROBES}
    theirs = _ratio(prepare(url, folder / "table", 1), requests)
    ours = _ratio(prepare(url, folder / "own", 1, probes=asked(folder / "own"), **many), requests)
    yield Figure("CPU a request: 20 own probes / bare aiohttp", ours, high=BARE_BAR, digits=2)
    note = f"{theirs:.2f} times the bare loop"
    yield Figure("CPU a request: 20 own probes / one of a table", ours / theirs, high=MORE_BAR, note=note, digits=2)
    for n in range(PROBES):
        del BUNDLED[f"own-{n}"]
    left = kept(prepare(url, folder / "kept", 4, probes=scored(), **many), 4 * requests)
    yield Figure("memory growth, MB", left.rss / 1e6, high=RSS_BAR_MB, note=f"{left.requests:,} requests", digits=2)
    yield Figure("disk an answer with two scores beside its text, bytes", left.an_answer, digits=2)
    with_scores = _ratio(prepare(url, folder / "scored", 1, probes=scored(), **many), requests)
    yield Figure("with two scores an answer / bare aiohttp", with_scores, digits=2)
    yield from analysed(folder / "simulated")


def _ratio(prepared: Prepared, requests: int) -> float:
    found, _ = costs(prepared, requests)
    return statistics.median(cost.longplay_s / cost.bare_s for cost in found)


def analysed(folder: Path) -> Iterator[Figure]:
    """Time and memory of analysing a run with all of them."""
    write_items(folder)
    with allowing():
        ready = load_text(SIMULATED.replace("PROBES", declared()), folder)
        run_study(ready, folder / "run", cache=False)
    command = [sys.executable, __file__, "--only", str(folder / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took = msgspec.json.decode(done.stdout, type=analysis.Measured)
    note = f"{took.estimates:,} estimates, {took.cpu_s:.1f} s CPU"
    yield Figure("analysis: seconds", took.wall_s, high=analysis.ONE_MODEL_S, note=note, digits=2)
    yield Figure("analysis: peak memory, GB", took.peak_gb, high=analysis.ONE_MODEL_GB, digits=2)


def main() -> int:
    """0: every bar met, 1: one missed."""
    parser = argparse.ArgumentParser(description="What do 20 probes of a study's own cost?")
    parser.add_argument("--requests", type=int, default=2_400)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        with allowing(), Reader.open(given.only) as reader:
            recorded(reader)  # which makes the study's own metrics known
            print(msgspec.json.encode(analysis.measure(given.only)).decode())
        return 0
    with tempfile.TemporaryDirectory() as folder, loopback() as url:
        os.environ["XDG_CACHE_HOME"] = folder
        return 0 if show(figures(url, Path(folder), given.requests)) else 1


if __name__ == "__main__":
    sys.exit(main())
