"""The server's counts of one dialogue's prompts, as they come, and what they say: which rounds and answers it has cut.
Makes no calls, writes nothing."""

import math
from collections.abc import Callable, Hashable, Sequence

import msgspec

from longplay.inference.cuts import Counted, Habits, Ledger, Name, Place
from longplay.records import EMPTY, Prefix, Reply, Request, Steps
from longplay.specs import ModelSpec


class Sent(msgspec.Struct, frozen=True):
    """A prompt that was sent: all of its messages, and their UTF-8 bytes."""

    whole: Prefix
    size: int


class Stood(msgspec.Struct, frozen=True):
    """Where a dialogue stood after a number of rounds: what later prompts after this prefix are held against."""

    place: Place
    last: Sent | None


class Counts:
    """The ledger of one dialogue, fed with requests and replies. Simulated models cut nothing and are not watched."""

    def __init__(self, spec: ModelSpec, habits: Habits) -> None:
        self._watched = not spec.simulated
        self._carried = spec.reasoning == "keep"
        self._ledger = Ledger(habits)
        self._last: Sent | None = None

    @property
    def sure(self) -> float:
        """Rounds up to here will not be taken back."""
        return self._ledger.sure if self._watched else math.inf

    @property
    def cut(self) -> int | None:
        """The first round that the server is taken to have cut."""
        return self._ledger.cut

    @property
    def stood(self) -> Stood:
        """The dialogue as it stands after its last round."""
        return Stood(self._ledger.place, self._last)

    def round(self, request: Request | None, reply: Reply) -> int | None:
        """The next round; the first round that is cut, where one is. `request` None: what was sent is not known."""
        if not self._watched:
            return None
        last, self._last = self._last, None if request is None else sent(request, self._last)
        return self._ledger.add(self._counted(last, self._last, reply))

    def answer(self, name: Hashable, stood: Stood, request: Request, reply: Reply) -> None:
        """A prompt after the prefix where the dialogue stood so."""
        if self._watched and stood.last is not None:
            self._ledger.answer(name, stood.place, self._counted(stood.last, sent(request, stood.last), reply))

    def doubtful(self, names: Sequence[Hashable]) -> bool:
        """Whether one of these answers may still be found to have been cut."""
        return self._watched and self._ledger.doubtful(names)

    def settle(self, names: Sequence[Name]) -> list[Name]:
        """Those of these answers that were cut, now that no count will come that says more of them."""
        return self._ledger.settle(names) if self._watched else []

    def finish(self) -> int | None:
        """No more counts will come; the first round that is cut."""
        return self._ledger.finish() if self._watched else None

    def _counted(self, last: Sent | None, now: Sent | None, reply: Reply) -> Counted:
        usage = reply.usage
        return Counted(
            size=0 if now is None else now.size,
            prompt=usage.prompt,
            cached=usage.cached,
            apart=usage.apart,
            completion=usage.completion,
            reply=_bytes(reply.text or ""),
            trace=_bytes(reply.reasoning),
            carried=self._carried,
            by=f"{reply.served_by}\0{reply.fingerprint}",
            extends=now is not None and last is not None and _holds(now.whole, last.whole),
        )


def sent(request: Request, last: Sent | None) -> Sent:
    """What a request sends; of messages that `last` had, the bytes are known."""
    whole = request.prefix.extend(*request.tail)
    size, node = 0, whole
    while node is not EMPTY and node.message is not None and node.parent is not None:
        if last is not None and node is last.whole:
            return Sent(whole, size + last.size)
        size += _bytes(node.message.content)
        node = node.parent
    return Sent(whole, size)


def last_request(steps: Steps[Reply]) -> Request | None:
    """The request whose reply a round is; None where other calls must be made before it is known."""
    request = next(steps)
    return None if request.cell is None or request.cell.step else request


def noted(steps: Steps[Reply], note: Callable[[Request], None]) -> Steps[Reply]:
    """The same steps; every request is noted on its way, the reply's own last."""
    try:
        request = next(steps)
        while True:
            note(request)
            reply = yield request
            request = steps.send(reply)
    except StopIteration as stop:
        result: Reply = stop.value
        return result


def _holds(longer: Prefix, shorter: Prefix) -> bool:
    node: Prefix | None = longer
    while node is not None and node.length > shorter.length:
        node = node.parent
    return node is not None and longer.length > shorter.length and node.digest == shorter.digest


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
