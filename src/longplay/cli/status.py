"""`longplay status`: how far a run is, also while it runs. Writes nothing."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from longplay.cli.recorded import recorded, specs_of, whole
from longplay.cli.say import count, data, duration, json_data, money, table
from longplay.specs import Study
from longplay.store import Counts, Reader
from longplay.store import Outcome as Settled


class Part(msgspec.Struct, frozen=True):
    """How far one kind of work is. `expected`: what a whole run has; of verdicts fewer where texts are missing."""

    done: int
    missing: dict[str, int]
    expected: int


class Status(msgspec.Struct, frozen=True):
    """How far a run is. `rate`: calls a second from the first call to the last. `cost`: None where no prices are given.

    `reused`: replies of earlier runs, not paid. `missing_answers`: by checkpoint, then reason.
    `marks`: what every reader of the run's numbers must be told.
    Times in seconds since 1970, None before the first call.
    """

    run: str
    simulated: bool
    parts: dict[str, Part]
    missing_answers: dict[int, dict[str, int]]
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float | None
    rate: float | None
    first_call_at: int | None
    last_call_at: int | None
    reused: int = 0
    marks: tuple[str, ...] = ()


def status(run: Path, /, *, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """How far a run is: done, missing by reason and checkpoint, rate, cost. Works while it runs.

    Parameters
    ----------
    run
        The run folder.
    as_json
        Print JSON.
    """
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        counts = reader.counts()
    found = msgspec.structs.replace(_status(run, experiment.study, counts, whole(experiment)), marks=experiment.marks)
    if as_json:
        json_data(found)
    else:
        _tell(found)


def _status(run: Path, study: Study, counts: Counts, whole: dict[str, int]) -> Status:
    answers = Settled()
    for outcome in counts.answers.values():
        answers.add(None, outcome.done)
        for reason, number in outcome.missing.items():
            answers.add(reason, number)
    settled = {"rounds": counts.rounds, "answers": answers, "verdicts": counts.verdicts}
    first, last = counts.first_call_at, counts.last_call_at
    spent = counts.spent.values()
    requests = sum(one.requests for one in spent)
    return Status(
        run=str(run),
        simulated=study.simulated,
        parts={kind: Part(one.done, one.missing, whole[kind]) for kind, one in settled.items()},
        missing_answers={at: one.missing for at, one in counts.answers.items() if one.missing},
        requests=requests,
        prompt_tokens=sum(one.prompt for one in spent),
        cached_tokens=sum(one.cached for one in spent),
        completion_tokens=sum(one.completion for one in spent),
        cost=_cost(study, counts),
        rate=requests / (last - first) if first is not None and last is not None and last > first else None,
        first_call_at=first,
        last_call_at=last,
        reused=counts.reused,
    )


def _cost(study: Study, counts: Counts) -> float | None:
    specs = specs_of(study)
    costs = [
        prices.cost(spent.prompt, spent.cached, spent.completion, spent.written)
        for title, spent in counts.spent.items()
        if title in specs and (prices := specs[title].prices) is not None
    ]
    return sum(costs) if costs else None


def _tell(found: Status) -> None:
    if found.simulated:
        data("SIMULATED: this run asks simulated models.")
    for mark in found.marks:
        data(f"NOTE: {mark}.")
    rows = [_row(kind, part) for kind, part in found.parts.items()]
    table(("", "done", "missing", "of"), rows)
    for kind, part in found.parts.items():
        if part.missing:
            data(f"missing {kind}: {_reasons(part.missing)}")
    for checkpoint, missing in found.missing_answers.items():
        data(f"  after {count(checkpoint)} rounds: {_reasons(missing)}")
    tokens = f"{count(found.prompt_tokens)} prompt ({count(found.cached_tokens)} cached), "
    tokens += f"{count(found.completion_tokens)} reply"
    data(f"{count(found.requests)} requests; tokens: {tokens}; cost {money(found.cost)}")
    if found.reused:
        data(f"{count(found.reused)} replies were found in earlier runs and not paid")
    if found.rate is not None and found.last_call_at is not None:
        ago = duration(max(time.time() - found.last_call_at, 0))
        data(f"{found.rate:,.1f} requests a second from the first to the last, which came {ago} ago")


def _row(kind: str, part: Part) -> tuple[str, str, str, str]:
    return kind, count(part.done), count(sum(part.missing.values())), count(part.expected)


def _reasons(missing: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count(number)}" for reason, number in sorted(missing.items()))
