"""What a run has used, by role, and which cap of the study's budget that reaches. Sends nothing."""

from longplay.experiment.caps import Cap, held_against
from longplay.folder.costs import ROLES, prices_in
from longplay.folder.outcome import unsettled_by_role, unsettled_requests
from longplay.inference import Tries
from longplay.records import Reply, Usage
from longplay.specs import ROLE_KINDS, Budget, Caps, ModelSpec, Prices, RoleKind, Study
from longplay.store import Reader


class Account:
    """What one kind of role has used so far, earlier runs into the folder too: requests with all their tries, tokens,
    cost.

    `tries`: all that were sent, those of calls under way too. `in_flight`: calls under way. `unsettled`: requests of
    earlier runs that no settled call counts. `uncounted`: replies without token counts.
    """

    def __init__(self, name: str, caps: Caps, within: Tries | None) -> None:
        self.name = name
        self.caps = caps
        self.tries = Tries(caps.requests, within)
        self.in_flight = 0
        self.unsettled = 0
        self.requests = 0
        self.uncounted = 0
        self.prompt = 0
        self.cached = 0
        self.completion = 0
        self.cost = 0.0
        self.priced = False

    @property
    def sent(self) -> int:
        """All requests that were sent, those of calls that the end of the run broke off too."""
        return max(self.requests, self.tries.sent)

    def add(self, prices: Prices | None, requests: int, usage: Usage) -> None:
        """Count calls of one model and the tokens they took."""
        prompt, cached, completion = usage.prompt or 0, usage.cached or 0, usage.completion or 0
        self.requests += requests
        self.prompt += prompt
        self.cached += cached
        self.completion += completion
        if prices is not None:
            self.priced = True
            self.cost += prices.cost(prompt, cached, completion, usage.written or 0)

    def heard(self, spec: ModelSpec, reply: Reply) -> None:
        """Count one settled call."""
        self.add(spec.prices, reply.attempts, reply.spent)
        self.uncounted += reply.status == "ok" and reply.attempts > 0 and not counted(reply)


class Spending:
    """What a run has used so far, earlier runs into its folder too: an account for each kind of role, and their sums.

    `reused`: replies of earlier runs, found and not paid. `insisted`: go on although a cap cannot be kept.
    `unassigned`: requests without a settled call that an earlier version did not count by role.
    """

    name = "budget"

    def __init__(self, budget: Budget) -> None:
        self.caps: Caps = budget
        self.insisted = False
        self.reused = 0
        self.unassigned = 0
        self._tries = None if budget.requests is None else Tries(budget.requests)
        self.roles: dict[RoleKind, Account] = {
            kind: Account(f"budget.roles.{kind}", budget.of(kind), self._tries) for kind in ROLE_KINDS
        }
        self._capped = any(map(_given, (budget, *(one.caps for one in self.roles.values()))))

    @property
    def requests(self) -> int:
        """Requests of settled calls, and those of earlier runs that were broken off."""
        return self.unassigned + sum(one.requests for one in self.roles.values())

    @property
    def sent(self) -> int:
        """All requests that were sent, those of calls that the end of the run broke off too."""
        return self.unassigned + sum(one.sent for one in self.roles.values())

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return sum(one.in_flight for one in self.roles.values())

    @property
    def uncounted(self) -> int:
        """Replies without token counts."""
        return sum(one.uncounted for one in self.roles.values())

    @property
    def prompt(self) -> int:
        """Tokens of prompts."""
        return sum(one.prompt for one in self.roles.values())

    @property
    def completion(self) -> int:
        """Tokens of replies."""
        return sum(one.completion for one in self.roles.values())

    @property
    def cost(self) -> float:
        """Of all models that have prices."""
        return sum(one.cost for one in self.roles.values())

    @property
    def priced(self) -> bool:
        """Whether any model that was asked has prices."""
        return any(one.priced for one in self.roles.values())

    def take_over(self, reader: Reader, study: Study) -> None:
        """Count what earlier runs into the folder have spent. Raises StoreError."""
        price = prices_in(reader, study)
        for (title, kind), spent in reader.spent().items():
            if kind in ROLES:
                usage = Usage(spent.prompt, spent.cached, spent.completion, spent.written)
                self.roles[ROLES[kind]].add(price(ROLES[kind], title), spent.attempts, usage)
        for (_, kind), count in reader.uncounted().items():
            if kind in ROLES:
                self.roles[ROLES[kind]].uncounted += count
        meta = reader.meta()
        by_role = unsettled_by_role(meta)
        for kind, one in self.roles.items():
            one.unsettled = by_role.get(kind, 0)
            one.requests += one.unsettled
            one.tries.sent = one.requests
        self.unassigned = max(unsettled_requests(meta) - sum(by_role.values()), 0)
        if self._tries is not None:
            self._tries.sent = self.requests

    def unsettled(self) -> dict[RoleKind, int]:
        """Requests by role, earlier runs' too, that no settled call counts: of calls that were broken off."""
        return {kind: one.unsettled + one.sent - one.requests for kind, one in self.roles.items()}

    def forbids(self, kind: RoleKind, spec: ModelSpec) -> str | None:
        """Which cap forbids to ask this model once more in such a role: it is reached, calls under way counted as
        requests, or cannot be kept, and the person does not insist; None where none does."""
        if not self._capped:
            return None
        for used in (self, self.roles[kind]):
            why = (None if self.insisted else _blind(used, spec)) or _reached(used)
            if why is not None:
                return why
        return None

    def refused(self, kind: RoleKind) -> str | None:
        """Which cap has kept back a request in such a role; None where none has."""
        if self._tries is not None and self._tries.refused:
            return _all_sent(self)
        return _all_sent(self.roles[kind]) if self.roles[kind].tries.refused else None


def caps_of(spending: Spending) -> list[Cap]:
    """Every cap that the study gives with what was spent of it, the whole run's first."""
    found: list[Cap] = []
    for used in (spending, *spending.roles.values()):
        cost, tokens = (None, None) if used.uncounted else (used.cost, used.prompt + used.completion)
        found += held_against(used.name, used.caps, cost, used.sent, tokens)
    return found


def counted(reply: Reply) -> bool:
    """Whether the server has said how many tokens the request and the reply took, and not 0 for a text."""
    usage = reply.usage
    return usage.prompt is not None and usage.completion is not None and (usage.completion > 0 or reply.empty)


def _given(caps: Caps) -> bool:
    return not (caps.cost is caps.requests is caps.tokens is None)


def _blind(used: Account | Spending, spec: ModelSpec) -> str | None:
    """Which cap cannot be kept where this model is asked, because prices or token counts are missing."""
    caps = used.caps
    if caps.cost is not None and spec.prices is None and not spec.simulated:
        free = "prices = { input = 0, output = 0 } where it costs nothing"
        what = f"the study gives no prices for {spec.title}; write them into its part of the study"
        return f"{used.name}.cost cannot be kept: {what} ({free}), or add --go-on"
    name = "cost" if caps.cost is not None else "tokens" if caps.tokens is not None else None
    if name is None or not used.uncounted:
        return None
    what = "the server gives no usable token counts (usage) with its replies"
    return f"{used.name}.{name} cannot be kept: {what}; add --go-on to go on without that cap"


def _reached(used: Account | Spending) -> str | None:
    caps = used.caps
    if caps.requests is not None and max(used.requests + used.in_flight, used.sent) >= caps.requests:
        return _all_sent(used)
    if caps.tokens is not None and used.prompt + used.completion >= caps.tokens:
        return f"{used.name}.tokens = {caps.tokens:,} is reached"
    if caps.cost is not None and used.cost >= caps.cost:
        return f"{used.name}.cost = {caps.cost:g} is reached"
    return None


def _all_sent(used: Account | Spending) -> str:
    return f"{used.name}.requests = {used.caps.requests:,} is reached"
