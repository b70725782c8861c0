"""Do our checks of IFBench give the official verdicts, and how long does a paper-sized run of them take?

Reads IFBench from the folder that LONGPLAY_DATA names; prints agreement and time beside their bars; exits 1 when a bar
is missed. Run it with the project's Python: python bench/verifiers.py
"""

import csv
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec

from longplay.probes import ifbench
from longplay.records import Item
from longplay.verifiers import VERSION, verify

CHECKS = 57_000
MOST_S = 5.0
OFFICIAL_PROMPTS = {"strict": 77, "loose": 88}
DIFFERENCES = Path(__file__).with_name("ifbench_differences.csv")


class Verdicts(msgspec.Struct):
    """One line of the official results."""

    prompt: str
    response: str
    follow_instruction_list: list[bool]


class Decision(NamedTuple):
    """One instruction of one prompt in one mode, decided twice."""

    key: str
    instruction: str
    mode: str
    ours: bool
    official: bool


def decide(items: list[Item], folder: Path) -> list[Decision]:
    """Every instruction of the official sample, strictly and loosely, ours beside the official verdict."""
    found: list[Decision] = []
    for mode in OFFICIAL_PROMPTS:
        lines = (folder / f"ifbench/eval_results_{mode}.jsonl").read_text("utf-8").splitlines()
        rows = {row.prompt: row for row in map(msgspec.json.Decoder(Verdicts).decode, lines)}
        for item in items:
            official = rows[item.text]
            followed = verify(item.constraints, official.response)
            ours = followed.strict if mode == "strict" else followed.loose
            kinds = [constraint.kind.removeprefix("ifbench/") for constraint in item.constraints]
            key = item.id.removeprefix("ifbench-")
            verdicts = zip(kinds, ours, official.follow_instruction_list, strict=True)
            found.extend(Decision(key, kind, mode, one, other) for kind, one, other in verdicts)
    return found


def report_agreement(decisions: list[Decision]) -> bool:
    """Print agreement per instruction and prompt; True when every difference is one that is listed, and all are."""
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        listed = {(row["key"], row["instruction"], row["mode"]) for row in csv.DictReader(file)}
    good = True
    for mode, wanted_prompts in OFFICIAL_PROMPTS.items():
        some = [one for one in decisions if one.mode == mode]
        differ = {(one.key, one.instruction, mode) for one in some if one.ours != one.official}
        wanted = {row for row in listed if row[2] == mode}
        prompts = {one.key for one in some}
        ours = len(prompts - {one.key for one in some if not one.ours})
        official = len(prompts - {one.key for one in some if not one.official})
        good = good and differ == wanted and official == wanted_prompts
        print(
            f"{mode:6}  {len(some) - len(differ)} of {len(some)} instructions as official (bar: all but {len(wanted)})"
        )
        print(f"        {len(prompts) - len({key for key, *_ in differ})} of {len(prompts)} prompts as official")
        print(f"        prompts followed: ours {ours}, official {official} (published: {wanted_prompts})")
        for key, kind, _ in sorted(differ ^ wanted):
            print(f"        {'not listed' if (key, kind, mode) in differ else 'listed, yet equal'}: {key} {kind}")
    return good


def report_kinds(decisions: list[Decision]) -> None:
    """Print agreement by instruction where it is not complete."""
    total = Counter(one.instruction for one in decisions)
    equal = Counter(one.instruction for one in decisions if one.ours == one.official)
    full = sum(equal[kind] == times for kind, times in total.items())
    print(f"kinds   {full}/{len(total)} agree everywhere, strict and loose")
    for kind in sorted(kind for kind, times in total.items() if equal[kind] < times):
        print(f"        {kind} {equal[kind]}/{total[kind]}")


def report_time(items: list[Item], folder: Path) -> bool:
    """Print the processor time of a paper-sized run; True when it is within the bar.

    A check is one constraint on one reply, strictly and loosely. The official sample is gone through again and again;
    of several stretches the fastest is taken, since other work on the machine is not ours.
    """
    lines = (folder / "ifbench/eval_results_strict.jsonl").read_text("utf-8").splitlines()
    replies = {row.prompt: row.response for row in map(msgspec.json.Decoder(Verdicts).decode, lines)}
    work = [(item.constraints, replies[item.text]) for item in items]
    once = sum(len(constraints) for constraints, _ in work)
    stretches: list[float] = []
    for _ in range(-(-CHECKS // once)):
        start = time.process_time()
        for constraints, reply in work:
            verify(constraints, reply)
        stretches.append(time.process_time() - start)
    spent, best = sum(stretches), min(stretches) / once * CHECKS
    print(f"time    {CHECKS} checks in {best:.1f} s on one core (bar: {MOST_S:.0f} s); {spent:.1f} s with all waiting")
    return best <= MOST_S


def main() -> int:
    """0 when every bar is met, 1 otherwise."""
    named = os.environ.get("LONGPLAY_DATA")
    if not named:
        print("Set LONGPLAY_DATA to the folder of third-party data (ifbench/ is read).", file=sys.stderr)
        return 2
    items = list(ifbench.PROBE.items())
    decisions = decide(items, Path(named))
    print(f"{VERSION} against the official verdicts of IFBench (294 prompts)")
    good = report_agreement(decisions)
    report_kinds(decisions)
    fast = report_time(items, Path(named))
    print("all bars met" if good and fast else "a bar is missed")
    return 0 if good and fast else 1


if __name__ == "__main__":
    sys.exit(main())
