"""What each model took in each role that it plays: calls, requests, tokens and cost, as the store has summed them.
Reads the store; sends nothing."""

from collections.abc import Callable

import msgspec

from longplay.folder.recording import prices
from longplay.specs import ROLE_KINDS, Prices, RoleKind, Study
from longplay.store import Reader, Spent

ROLES: dict[str, RoleKind] = {
    "turn": "model",
    "step": "model",
    "repeat": "model",
    "judge": "judge",
    "user": "user",
    "helper": "helper",
}
"""The role that a kind of call (store.CALL_KINDS) is made for; nobody is paid for imported replies."""


class Taken(msgspec.Struct, frozen=True):
    """One model in one role. `calls`: replies that were obtained or not; `requests`: what was sent for them, tries
    included. `cost`: None where no prices are given, or where replies came without token counts."""

    role: RoleKind
    model: str
    calls: int = 0
    requests: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    cost: float | None = None


def taken(reader: Reader, study: Study) -> list[Taken]:
    """All that were asked, those under test first, then judges, users and helpers. Raises StoreError."""
    sums: dict[tuple[RoleKind, str], Spent] = {}
    for (title, kind), spent in reader.spent().items():
        if kind in ROLES:
            sums[ROLES[kind], title] = sums.get((ROLES[kind], title), Spent()).plus(spent)
    uncounted = {(ROLES.get(kind), title) for title, kind in reader.uncounted()}
    price = prices_in(reader, study)
    return [
        Taken(
            role,
            title,
            calls=spent.requests,
            requests=spent.attempts,
            prompt=spent.prompt,
            cached=spent.cached,
            completion=spent.completion,
            cost=cost_of(None if (role, title) in uncounted else price(role, title), spent),
        )
        for (role, title), spent in sorted(sums.items(), key=lambda one: ROLE_KINDS.index(one[0][0]))
    ]


def prices_in(reader: Reader, study: Study) -> Callable[[RoleKind, str], Prices | None]:
    """The prices of a model in a role, by the role's kind and the model's title: the study's, where it names the role,
    else those that any role of that title has or had."""
    own = {(kind, spec.title): spec.prices for kind, spec in study.roles}
    titled = prices_of(reader, study)
    return lambda kind, title: own[kind, title] if (kind, title) in own else titled.get(title)


def prices_of(reader: Reader, study: Study) -> dict[str, Prices]:
    """Prices of every model that was ever asked, by title, whatever its role; a run of an earlier version has those of
    its study alone."""
    named = {spec.title: spec.prices for _, spec in study.roles if spec.prices is not None}
    return named | prices(reader)


def cost_of(priced: Prices | None, spent: Spent) -> float | None:
    """What this took costs; None where no prices are known."""
    if priced is None:
        return None
    return priced.cost(spent.prompt, spent.cached, spent.completion, spent.written)
