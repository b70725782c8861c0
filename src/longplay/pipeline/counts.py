"""The server's counts of one dialogue's prompts, as they come, and what they say: which rounds and answers it has cut.
Makes no calls, writes nothing."""

import math
from collections.abc import Callable, Hashable, Sequence

import msgspec

from longplay.inference.cut_answers import Name
from longplay.inference.cuts import Habits, Ledger, Place
from longplay.inference.growth import Counted
from longplay.records import Prefix, Reply, Request, Steps
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
        extent = _UNKNOWN if request is None else _extent(request, self._last)
        self._last = None if request is None else Sent(request.prefix.extend(*request.tail), extent.size)
        said, trace = _bytes(reply.text or ""), _bytes(reply.reasoning)
        counted = _counted(extent, reply)
        return self._ledger.add(msgspec.structs.replace(counted, reply=said, trace=trace, carried=self._carried))

    def answer(self, name: Hashable, stood: Stood, request: Request, reply: Reply) -> None:
        """A prompt after the prefix where the dialogue stood so."""
        if self._watched and stood.last is not None:
            self._ledger.answer(name, stood.place, _counted(_extent(request, stood.last), reply))

    def doubtful(self, names: Sequence[Hashable]) -> bool:
        """Whether one of these answers may still be found to have been cut."""
        return self._watched and self._ledger.doubtful(names)

    def settle(self, names: Sequence[Name]) -> list[Name]:
        """Those of these answers that were cut, now that no count will come that says more of them."""
        return self._ledger.settle(names) if self._watched else []

    def finish(self) -> int | None:
        """No more counts will come; the first round that is cut."""
        return self._ledger.finish() if self._watched else None


class _Extent(msgspec.Struct, frozen=True):
    """UTF-8 bytes of all messages of a prompt, and whether they are those of an earlier one and more."""

    size: int
    extends: bool


_UNKNOWN = _Extent(0, extends=False)


def _extent(request: Request, last: Sent | None) -> _Extent:
    """What a request sends beside `last`, whose bytes are known."""
    prefix, tail = request.prefix, request.tail
    known = None if last is None else last.whole
    if known is not None and prefix.length < known.length:  # what they share may end within the tail
        prefix, tail = prefix.extend(*tail), ()
    size, node = 0, prefix
    for message in tail:
        size += _bytes(message.content)
    while node is not known and node.message is not None and node.parent is not None:
        size += _bytes(node.message.content)
        node = node.parent
    if last is None or node is not known:
        return _Extent(size, extends=False)
    return _Extent(size + last.size, extends=node is not prefix or bool(tail))


def _counted(extent: _Extent, reply: Reply) -> Counted:
    """A prompt as the ledger takes it, with nothing of what its reply adds to the next one."""
    usage = reply.usage
    return Counted(
        extent.size,
        usage.prompt,
        usage.cached,
        usage.apart,
        usage.completion,
        by=f"{reply.served_by}\0{reply.fingerprint}",
        extends=extent.extends,
    )


def last_request(steps: Steps[Reply]) -> Request | None:
    """The request whose reply a round is; None where other calls must be made before it is known."""
    request = next(steps)
    return request if request.settles else None


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


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
