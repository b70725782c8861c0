"""A study that is stopped ten times at random, on a server that fails one request in five in every known way: does it
end as on a server without a fault, but for what that server made final?

python bench/stops.py [--seed S] [--stops N]: a line a figure with its bar; exit 1 when a bar is missed. The real
command line runs in child processes, of which some are interrupted and some killed. Knows no way by which longplay
gets there.
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from bars import Figure, show
from case_run import workspace
from case_server import Answer, Asked, CaseServer, On
from longplay.records import Cell, RoundRef
from longplay.specs import LongplayError
from longplay.store import Reader
from soak_checks import read_run
from stops_server import LASTING, PASSING, Mixed

STOPS = 10
SHARE = 0.25  # of the calls; most are asked again, so that one request in five meets a fault
MOST_RUNS = 40
ALLOWED = frozenset({"failed", "filtered", "overflow"})  # what a lasting fault leaves, and what follows from it
FOLLOWING = frozenset({"dialogue-stopped", "no-reference"})

STUDY = """\
seed = 5
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = 8
attempts = 3
[judge]
name = "openai/j"
base_url = "URL"
concurrency = 8
attempts = 3
cache = false
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
scripts = ["talk.toml"]
rounds = 8
draws = 2
[conditioning]
checkpoints = [0, 4, 8]
draws_at_0 = 1
noise_share = 0
repeats = 0
[[probes]]
name = "fidelity"
limit = 3
[[probes]]
name = "follow"
limit = 3
[[probes]]
name = "refusal"
limit = 2
[[probes]]
name = "general"
limit = 1
"""


class Ended(msgspec.Struct):
    """How a study was brought to its end: runs, how they were stopped, and the exit code of the last."""

    runs: int = 0
    stops: Counter[str] = msgspec.field(default_factory=Counter)
    code: int = -1
    defects: list[str] = []


class Ender:
    """Ends a child when so many further requests have come."""

    def __init__(self, mixed: Mixed, rng: random.Random) -> None:
        self._mixed = mixed
        self._rng = rng
        self._process: subprocess.Popen[str] | None = None
        self._signal = signal.SIGINT
        self._left = -1

    def aim(self, process: subprocess.Popen[str], with_signal: signal.Signals) -> None:
        """End this one, soon."""
        self._process, self._signal, self._left = process, with_signal, self._rng.randint(5, 40)

    def __call__(self, asked: Asked) -> Answer:
        """Answer a request; perhaps it was the last of its process."""
        self._left -= 1
        if self._left == 0 and self._process is not None:
            self._process.send_signal(self._signal)
        return self._mixed(asked)


def begin(folder: Path, url: str) -> subprocess.Popen[str]:
    """The study, as a child."""
    from case_server import TURN

    folder.mkdir(exist_ok=True)
    questions = ", ".join(f'"{TURN.format(number)}"' for number in range(1, 9))
    (folder / "talk.toml").write_text(f'kind = "goal-oriented"\nquestions = [{questions}]\n')
    (folder / "study.toml").write_text(STUDY.replace("URL", url))
    command = [sys.executable, str(Path(__file__).parent / "case_child.py"), "run", str(folder / "study.toml")]
    command += ["--into", str(folder / "run"), "--go-on"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def bring_to_end(folder: Path, mixed: Mixed, server: CaseServer, stops: int, seed: int) -> Ended:
    """Run the study again and again: `stops` times ended on the way, then until nothing is left that may pass."""
    rng, whole = random.Random(seed), 0
    ender, ended = Ender(mixed, rng), Ended()
    url = server.open([On(ender), On(ender, "judge")])
    while ended.runs < MOST_RUNS:
        ended.runs += 1
        process = begin(folder, url)
        if ended.stops.total() < stops:
            ender.aim(process, rng.choice((signal.SIGINT, signal.SIGKILL)))
        printed, _ = process.communicate(timeout=300)
        if "Traceback" in printed:
            ended.defects.append(printed.strip().splitlines()[-1])
        ended.code, whole = process.returncode, whole + 1
        if process.returncode < 0:
            ended.stops["killed"] += 1
        elif "interrupt" in printed.lower():
            ended.stops["interrupted"] += 1
        elif process.returncode == 0 or whole == 2:
            break  # done, or nothing is left that a further run would obtain
        else:
            continue
        whole = 0
    return ended


class Ends(msgspec.Struct, frozen=True):
    """A finished run as words: what was obtained (None = missing), and why what is missing is."""

    texts: dict[RoundRef | Cell, tuple[str | None, str | None]]
    verdicts: dict[tuple[object, str, str | None], tuple[str, object, str | None]]


def read_ends(run: Path) -> Ends:
    """All texts and verdicts of a run folder."""
    found = read_run(run)
    names = {("round", row.id): ref for ref, row in found.rounds.items()}
    names |= {("answer", row.id): cell for cell, row in found.answers.items()}
    texts: dict[RoundRef | Cell, tuple[str | None, str | None]] = {}
    verdicts: dict[tuple[object, str, str | None], tuple[str, object, str | None]] = {}
    with Reader.open(run) as reader:
        for ref, row in chain(found.rounds.items(), found.answers.items()):
            reply = None
            if row.asked:
                stored = reader.round_text(ref) if isinstance(ref, RoundRef) else None
                reply = (
                    stored.reply if stored is not None else reader.answer_text(ref) if isinstance(ref, Cell) else None
                )
            texts[ref] = (None if reply is None or row.reason else reply.text, row.reason)
        for ref in texts:
            for judged in reader.verdicts(ref):
                one = judged.verdict
                verdicts[ref, one.metric, one.judged_as] = (one.status, one.score, one.reason)
    return Ends(texts, verdicts)


def figures(folder: Path, seed: int, stops: int) -> Iterator[Figure]:
    """Stops and resumes under lasting and passing faults, then under passing ones alone, beside a faultless server."""
    with CaseServer() as server:
        bring_to_end(folder / "honest", Mixed(seed, 0.0), server, 0, seed)
        honest = read_ends(folder / "honest" / "run")
        yield Figure("texts and verdicts of the honest run", len(honest.texts) + len(honest.verdicts), low=300)
        yield Figure("missing in the honest run", _missing(honest).total(), 0, 0)
        for name, kinds in (("every fault", (*PASSING, *LASTING)), ("passing faults", PASSING)):
            mixed = Mixed(seed, SHARE, kinds)
            ended = bring_to_end(folder / name, mixed, server, stops, seed)
            ends = read_ends(folder / name / "run")
            yield from stop_figures(name, honest, ends, ended, mixed, stops)


def stop_figures(name: str, honest: Ends, ends: Ends, ended: Ended, mixed: Mixed, stops: int) -> Iterator[Figure]:
    share = mixed.met.total() / mixed.requests
    note = f"of {mixed.requests:,} requests"
    yield Figure(f"{name}: share that met a fault", 100 * share, low=18, unit=" %", note=note, digits=0)
    absent = sorted(set(mixed.kinds) - mixed.met.keys())
    yield Figure(f"{name}: kinds that never came", len(absent), 0, 0, note=", ".join(absent))
    told = ", ".join(f"{how} {count}" for how, count in sorted(ended.stops.items()))
    yield Figure(f"{name}: stops and resumes", ended.stops.total(), low=stops, note=f"{told}; {ended.runs} runs")
    yield Figure(f"{name}: tracebacks", len(ended.defects), 0, 0, note="; ".join(ended.defects[:2]))
    missing = _missing(ends)
    note = ", ".join(f"{reason} {count}" for reason, count in sorted(missing.items())) or "nothing is missing"
    lost, strange = honest.texts.keys() - ends.texts.keys(), ends.texts.keys() - honest.texts.keys()
    yield Figure(f"{name}: texts not there, or not due", len(lost) + len(strange), 0, 0, note=note)
    other = [ref for ref, (text, reason) in ends.texts.items() if not reason and text != honest.texts[ref][0]]
    yield Figure(f"{name}: texts that differ", len(other), 0, 0, note=_shown(other, ends, honest))
    both = ends.verdicts.keys() & honest.verdicts.keys()
    scored = [key for key in both if ends.verdicts[key][2] is None and ends.verdicts[key] != honest.verdicts[key]]
    due = {key for key in honest.verdicts if ends.texts[key[0]][1] is None}  # type: ignore[index]
    yield Figure(f"{name}: verdicts that differ", len(scored), 0, 0)
    yield Figure(f"{name}: verdicts owed and not there", len(due - ends.verdicts.keys()), 0, 0)
    if name == "passing faults":
        yield Figure(f"{name}: missing", missing.total(), 0, 0)
        yield Figure(f"{name}: exit code", ended.code, 0, 0)
        return
    reasons = {ref: reason for ref, (_, reason) in ends.texts.items() if reason is not None}
    wrong = [
        ref
        for ref, reason in reasons.items()
        if reason not in FOLLOWING and not mixed.explains(honest.texts[ref][0], reason)
    ]
    yield Figure(f"{name}: missing without a fault behind it", len(wrong), 0, 0, note=str(wrong[:1]))
    odd = missing.keys() - ALLOWED - FOLLOWING
    yield Figure(f"{name}: reasons that no fault gives", len(odd), 0, 0, note=", ".join(sorted(odd)))
    yield Figure(f"{name}: obtained though the fault was final", _believed(ends, honest, mixed), 0, 0)


def _missing(ends: Ends) -> Counter[str]:
    reasons = [reason for _, reason in ends.texts.values()] + [reason for _, _, reason in ends.verdicts.values()]
    return Counter(reason for reason in reasons if reason is not None)


def _believed(ends: Ends, honest: Ends, mixed: Mixed) -> int:
    """Texts that were obtained where the server made their absence final."""
    there = [ref for ref, (_, reason) in ends.texts.items() if reason is None]
    return sum(mixed.final(honest.texts[ref][0]) is not None for ref in there)


def _shown(refs: Sequence[RoundRef | Cell], ends: Ends, honest: Ends) -> str:
    return f"{ends.texts[refs[0]][0]!r} for {honest.texts[refs[0]][0]!r}"[:200] if refs else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every bar met, 1: one missed, 2: no figures."""
    parser = argparse.ArgumentParser(description="Does a study end the same, however often it is stopped and refused?")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stops", type=int, default=STOPS, help="how often each study is stopped")
    asked = parser.parse_args(arguments)
    began_s = time.monotonic()
    print(f"seed {asked.seed}")
    with workspace() as folder:
        try:
            met = show(figures(folder, asked.seed, asked.stops))
        except LongplayError as error:
            print(f"stops: {error}", file=sys.stderr)
            return 2
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
