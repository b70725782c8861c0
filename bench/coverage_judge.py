"""Does a judge that changes with time look like drift, and is it seen? Runs whole simulated studies without any drift
whose judge stays, or sees one level less from the middle of its judgements on, with texts judged as they come in and in
random order, and counts.

python bench/coverage_judge.py [--seed N] [--studies 20]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bars import Figure, seeded
from longplay.analysis import prepare, read_tables
from longplay.analysis.drift import drift
from longplay.analysis.judge_time import judge_time
from longplay.pipeline import load_text, run_study
from longplay.records import Estimate
from longplay.store import Reader

STUDIES = 20
FALSE = 5.0  # per cent at most
FOUND = 80.0  # per cent at least
QUANTITY = "style"
PERSONAS = ("silver", "queen", "scrooge", "elizabeth", "saleh", "marsh", "tamsin", "wren")
CHECKPOINTS, ITEMS, ROUNDS = (0, 4, 8), 6, 8
SHARE = 0.5  # of so few items as many are judged again as a tenth of 30 items
JUDGED = len(PERSONAS) * (ITEMS * len(CHECKPOINTS) + ROUNDS) * 3  # texts by metrics

STUDY = """
seed = {seed}
[[models]]
name = "sim/speaker"
[models.sampling]
seed = {seed}
[models.speaker]
fidelity = {{ start = 4, end = 4 }}
persona_sd = 0.2
[judge]
name = "sim/judge"
[judge.sampling]
seed = {seed}
[judge.judge]
{changes}
[dialogues]
personas = {personas}
baseline = false
scripts = ["goal-oriented"]
rounds = {rounds}
[conditioning]
checkpoints = {checkpoints}
draws_at_0 = 1
noise_share = {share}
[judging]
order = "{order}"
[[probes]]
name = "fidelity"
limit = {items}
"""


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """Of each order and judge: how often drift is told although no text drifts; how often the judge's change is."""
    for order, changes in (("played", False), ("played", True), ("random", True)):
        drifts, seen = list[bool](), list[bool]()
        for number in range(studies):
            found = run(1000 * seed + number, order, changes=changes)
            drifts.append(_excludes_0(found["drift"]))
            if "judge-over-time" in found:
                seen.append(_excludes_0(found["judge-over-time"]))
        judge = "a judge that changes" if changes else "a judge that stays"
        told = 100 * sum(drifts) / studies
        harmful = order == "played" and changes
        note = "what the order does to a drift that is none" if harmful else ""
        high = None if harmful else FALSE
        yield Figure(f"{judge}, {order}: drift told without one", told, high=high, unit=" %", note=note, of=studies)
        if seen:
            share, name = 100 * sum(seen) / len(seen), f"{judge}, {order}: its change is told"
            bar = {"low": FOUND} if changes else {"high": FALSE}
            yield Figure(name, share, **bar, unit=" %", of=len(seen))


def run(seed: int, order: str, *, changes: bool) -> dict[str, Estimate]:
    """Two estimates of one study of eight personas."""
    text = STUDY.format(
        seed=seed,
        changes=f"changes_after = {JUDGED // 2}" if changes else "",
        personas=list(PERSONAS),
        rounds=ROUNDS,
        checkpoints=list(CHECKPOINTS),
        order=order,
        items=ITEMS,
        share=SHARE,
    )
    with TemporaryDirectory() as folder:
        run_study(load_text(text), Path(folder), cache=False)
        with Reader.open(Path(folder)) as reader:
            data = prepare(read_tables(reader), changed_after_data=False)
    every = *drift(data), *judge_time(data)  # all other analyses would take most of the time
    return {
        e.analysis: e
        for e in every
        if e.analysis in ("drift", "judge-over-time")
        and (e.source, e.quantity.metric, e.replies) == ("fidelity", QUANTITY, "all")
    }


def _excludes_0(e: Estimate) -> bool:
    return e.low is not None and e.high is not None and e.low * e.high > 0


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Does a judge that changes with time look like drift, and is it seen?", STUDIES, least=1)


if __name__ == "__main__":
    sys.exit(main())
