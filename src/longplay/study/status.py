"""How far a run is, as values, also while it runs. Writes nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from longplay.experiment import Experiment
from longplay.experiment.caps import Cap
from longplay.folder import Outcome, Part, Standing, ended, stand
from longplay.folder.completeness import KINDS, Held
from longplay.folder.costs import Taken, cost_of, prices_in, taken
from longplay.folder.outcome import unsettled_requests
from longplay.folder.warning_signs import Signs, signs
from longplay.pipeline.spending import Spending, caps_of
from longplay.records import JudgeKind
from longplay.specs import Prices, RoleKind
from longplay.store import Counts, Reader, Spent
from longplay.study.recorded_experiment import recorded
from longplay.study.status_lines import kind_of

LEAST_S = 10  # calls are dated in whole seconds: over a shorter time their rate may be off by more than a tenth
Price: TypeAlias = Callable[[RoleKind, str], Prices | None]


class Count(msgspec.Struct, frozen=True):
    """How many were obtained of those due (`expected`), and how many are missing by reason."""

    done: int
    missing: dict[str, int]
    expected: int


class Set(msgspec.Struct, frozen=True):
    """Verdicts by one metric and method; `counting`: how many of them a later method has not taken the place of."""

    metric: str
    method: str
    done: int
    missing: dict[str, int]
    counting: int


class Judge(msgspec.Struct, frozen=True):
    """One judge: a `program`, a `model` or a `person`. `done`, `missing`, `expected`: as the study asks for now, of its
    current `sets`; requests, tokens and `cost` (None where not known): what judging took."""

    kind: JudgeKind
    done: int
    missing: dict[str, int]
    expected: int
    sets: tuple[Set, ...]
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


class Status(msgspec.Struct, frozen=True):
    """How far a run is. `parts` by kind; `answers` by checkpoint, `verdicts` by metric, `judges` by judge;
    `missing_answers`: by checkpoint, then reason.

    `requests`: all that were sent, tries included. `rate`: requests a second from the first call to the last, None
    where less than LEAST_S lies between these. `cost`: None where no prices are given, or where replies came
    without token counts; `unpriced`: models that were asked and have no price, whose cost is not in it. `ended`:
    how the last run ended, None while one goes on. `reused`: replies of earlier runs, not paid. `marks`: what every
    reader of the run's numbers must be told. `roles`: what each model took in each role. `caps`: what was spent of
    each cap that the study gives. Times in seconds since 1970, None before the first call.
    """

    run: str
    simulated: bool
    parts: dict[str, Count]
    answers: dict[str, Count]
    verdicts: dict[str, Count]
    judges: dict[str, Judge]
    missing_answers: dict[str, dict[str, int]]
    signs: Signs
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    rate: float | None
    first_call_at: int | None
    last_call_at: int | None
    cost: float | None = None
    unpriced: tuple[str, ...] = ()
    ended: Outcome | None = None
    reused: int = 0
    marks: tuple[str, ...] = ()
    roles: tuple[Taken, ...] = ()
    caps: tuple[Cap, ...] = ()


def status(run: Path) -> tuple[Status, Standing]:
    """How far a run is, and the standing behind it, from which lines are made. Raises LongplayError."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        standing = stand(reader, experiment)
        counts = reader.counts()
        price = prices_in(reader, experiment.study)
        found = _status(run, experiment, standing, signs(reader, experiment), counts, price)
        meta, roles = reader.meta(), tuple(taken(reader, experiment.study))
        spending = Spending(experiment.study.budget)
        spending.take_over(reader, experiment.study)
    requests = found.requests + unsettled_requests(meta)
    costs = [one.cost for one in roles if one.cost is not None]
    cost = sum(costs) if costs and not found.signs.uncounted else None
    found = msgspec.structs.replace(
        found,
        requests=requests,
        cost=cost,
        unpriced=tuple(dict.fromkeys(one.model for one in roles if one.requests and not price(one.role, one.model))),
        ended=ended(meta),
        marks=experiment.marks,
        roles=roles,
        caps=tuple(caps_of(spending)),
    )
    return found, standing


def _status(
    run: Path,
    experiment: Experiment,
    standing: Standing,
    found: Signs,
    counts: Counts,
    price: Price,
) -> Status:
    first, last = counts.first_call_at, counts.last_call_at
    spent = counts.spent.values()
    requests = sum(one.attempts for one in spent)
    return Status(
        run=str(run),
        simulated=experiment.study.simulated,
        parts=_counts({kind: standing.kind(kind) for kind in KINDS}),
        answers=_counts(standing.at("answers")),
        verdicts=_counts(standing.at("verdicts")),
        judges=_judges(standing, counts, price),
        missing_answers={at: part.missing for at, part in standing.at("answers").items() if part.missing},
        signs=found,
        requests=requests,
        prompt_tokens=sum(one.prompt for one in spent),
        cached_tokens=sum(one.cached for one in spent),
        completion_tokens=sum(one.completion for one in spent),
        rate=requests / (last - first) if first is not None and last is not None and last - first >= LEAST_S else None,
        first_call_at=first,
        last_call_at=last,
        reused=counts.reused,
    )


def _counts(parts: Mapping[str, Part]) -> dict[str, Count]:
    return {place: Count(part.obtained, part.missing, part.due) for place, part in parts.items()}


def _judges(standing: Standing, counts: Counts, price: Price) -> dict[str, Judge]:
    due, sets = standing.by("verdicts"), dict[str, list[Held]]()
    for held in standing.sets:
        sets.setdefault(held.of.judge, []).append(held)
    found: dict[str, Judge] = {}
    for title in dict.fromkeys((*due, *sets)):
        part, mine = due.get(title, Part()), sets.get(title, [])
        spent = counts.judging.get(title, Spent())
        found[title] = Judge(
            kind=kind_of(standing, title),
            done=part.obtained,
            missing=part.missing,
            expected=part.due,
            sets=tuple(Set(one.of.metric, one.of.method, one.obtained, one.missing, one.counting) for one in mine),
            requests=spent.attempts,
            prompt_tokens=spent.prompt,
            cached_tokens=spent.cached,
            completion_tokens=spent.completion,
            cost=cost_of(None if spent.unmetered else price("judge", title), spent),
        )
    return found
