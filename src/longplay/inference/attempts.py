"""One request, asked until it is settled: attempts through the gate, pauses, and what may be stored. Knows no wire."""

import time
from collections.abc import Awaitable, Callable

from longplay.inference.endpoint import EndpointDown, InferenceError
from longplay.inference.gate import Gate
from longplay.inference.keys import Secret
from longplay.inference.limits import NOTHING_SAID, Ended, Limiter
from longplay.inference.retry import Again, Outcome, Pauses, Stop
from longplay.inference.tries import Tries
from longplay.records import Likely, Reply, Usage
from longplay.records.messages import NOTHING_SPENT
from longplay.specs import ModelSpec

DOWN_AFTER = 3  # requests in a row of which no attempt reached the server
_NOT_SENT = Again("not sent: the budget's requests are used up")
SPARED_S = 300.0  # of waits that a server asks for, a request: beyond it they count as failed attempts
_LEAST_S = 5.0


class Attempts:
    """The attempts at one endpoint. `place`: how messages call the server."""

    def __init__(self, spec: ModelSpec, secret: Secret, pauses: Pauses, place: str) -> None:
        self._spec = spec
        self._secret = secret
        self._pauses = pauses
        self._place = place
        limiter = Limiter(spec.concurrency, spec.requests_per_minute, spec.tokens_per_minute)
        self.gate = Gate(limiter, pauses)
        self._unreached = 0  # requests in a row of which no attempt reached the server
        self._resting = 0  # requests that wait for their next attempt
        self.tries = Tries()

    @property
    def width(self) -> int:
        """How many requests to have under way: those that wait after a failed attempt leave their places to others, as
        long as they are no more than the places."""
        return self.gate.width + min(self._resting, self.gate.width)

    async def settle(self, attempt: Callable[[], Awaitable[Outcome]], tokens: float) -> Reply:
        """Attempt up to `spec.attempts` times, each expected to use about so many tokens.

        Raises InferenceError for faults every request meets, EndpointDown where the server stays out of reach.
        """
        number, unreached, said = 0, 0, _NOT_SENT.detail
        spared, spared_s = 0, 0.0
        lost = NOTHING_SPENT
        while True:
            number += 1
            outcome, latency_s = await self._gated(attempt, tokens)
            if outcome is _NOT_SENT:
                return self._clean(Reply("missing", reason="failed", detail=said), lost, number - 1, latency_s)
            if isinstance(outcome, Stop):
                raise InferenceError(self.explain(outcome.line, outcome.detail))
            if isinstance(outcome, Reply):
                return self._clean(outcome, lost, number, latency_s)
            unreached, said = unreached + (outcome.kind == "unreachable"), outcome.detail
            if outcome.wait_s is not None:  # what is asked of one holds for all
                self.gate.pause(min(self._pauses.wait_s(number, outcome.wait_s), self._spec.timeout_s))
            if self._spec.attempts > 1 and (waits_s := _quota_s(outcome)) and spared_s + waits_s <= SPARED_S:
                spared, spared_s = spared + 1, spared_s + waits_s
            if number - spared == self._spec.attempts:
                self._check_reached(outcome, missed=unreached == number)
                left = outcome.left or Reply("missing", reason="failed", detail=outcome.detail)
                return self._clean(left, lost, number, latency_s)
            lost = lost if outcome.left is None else lost.plus(outcome.left.usage)
            if outcome.wait_s is None:
                self._resting += 1
                try:
                    await self._pauses.wait(number, self._spec.timeout_s)
                finally:
                    self._resting -= 1

    def explain(self, line: str, detail: str = "") -> str:
        """A line about this endpoint, without its key."""
        said = f" ({self._secret.line(detail)})" if detail else ""
        return f"{self._spec.name} at {self._place}: {line}{said}."

    async def _gated(self, attempt: Callable[[], Awaitable[Outcome]], tokens: float) -> tuple[Outcome, float]:
        """One attempt, when the gate lets it through, and the seconds that it took on the wire."""
        entered = self.gate.at_once(tokens) or await self.gate.enter(tokens)
        ended = NOTHING_SAID
        try:
            began = time.perf_counter()
            outcome = await attempt() if self.tries.begin() else _NOT_SENT
            latency_s = time.perf_counter() - began
            ended = _ended(outcome)
        finally:
            self.gate.leave(entered, ended)
        if not (isinstance(outcome, Again) and outcome.kind == "unreachable"):
            self._unreached = 0
        return outcome, latency_s

    def _check_reached(self, last: Again, *, missed: bool) -> None:
        """A request has failed; `missed`: no attempt reached the server. Raises EndpointDown where that goes on."""
        self._unreached += missed
        if missed and self._unreached >= DOWN_AFTER:
            line = "cannot be reached; check that the server runs and that base_url is right, then run again"
            raise EndpointDown(self.explain(line, last.detail))

    def _clean(self, reply: Reply, lost: Usage, attempts: int, latency_s: float) -> Reply:
        """The reply as it may be stored: without the key, whoever put it there. `lost`: of the attempts before."""
        secret = self._secret
        return Reply(
            reply.status,
            None if reply.text is None else secret.hide(reply.text),
            reply.reason,
            reply.finish,
            reply.usage,
            secret.hide(reply.reasoning),
            secret.line(reply.detail),
            None if reply.raw is None else secret.hide_bytes(reply.raw),
            attempts,
            latency_s,
            secret.hide(reply.ending),
            secret.hide(reply.served_by),
            secret.hide(reply.fingerprint),
            reply.marked,
            lost,
            tuple(Likely(secret.hide(one.token), one.logprob) for one in reply.likeliest),
        )


def _quota_s(fault: Again) -> float:
    """Seconds that a server asks to wait until its quota allows more; 0 where it names none worth waiting for.

    Such a wait is no failed attempt. Each counts as some seconds at least, so that their number is bounded too.
    """
    return max(fault.wait_s, _LEAST_S) if fault.kind == "busy" and fault.wait_s is not None and fault.wait_s >= 1 else 0


def _ended(outcome: Outcome) -> Ended:
    """What an attempt says of the server's load."""
    if isinstance(outcome, Reply) and outcome.status == "ok":
        return Ended("good", outcome.usage)
    if isinstance(outcome, Again) and outcome.kind in ("busy", "timeout"):
        return Ended(outcome.kind)
    return NOTHING_SAID
