"""What is asked of a model, whom it is for, and the key that names the call. Values and digests; sends nothing."""

from functools import lru_cache
from hashlib import blake2b

import msgspec

from longplay.records.keys import Occasion
from longplay.records.messages import Message, Prefix, absorb
from longplay.specs import RoleKind, Sampling, fingerprint


class Role(msgspec.Struct, frozen=True, order=True):
    """Whom a request is for. `name` tells several of a kind apart; empty = the study's first of that kind.

    `model` is the model under test, whose dialogue it is. The study says which model plays each of the others.
    """

    kind: RoleKind
    name: str = ""


MODEL = Role("model")
JUDGE = Role("judge")
USER = Role("user")
HELPER = Role("helper")
LIKELIEST = 20
"""Of a reply's first token, the most alternatives that servers of this format tell."""
REASK_DRAW = 1000
"""Added to the draw of a further try, so that it is another call than any repeat of the first."""


class Request(msgspec.Struct, frozen=True):
    """One call to a model. `draw` tells draws of equal messages apart; `cell` says what it is for and is never sent.

    `repeat` > 0: the same request once more, equal on the wire, so as to see whether the server answers the same.
    `schema`: a JSON schema (as text) that the reply shall follow, where the server can do that. `to`: who answers; no
    part of the call's key, which names the answering model itself. `likeliest`: so many of the tokens that the reply
    could have begun with are asked for, with their log probabilities; 0 = none.
    """

    prefix: Prefix
    tail: tuple[Message, ...]
    sampling: Sampling
    draw: int = 0
    schema: str | None = None
    cell: Occasion | None = None
    repeat: int = 0
    to: Role = MODEL
    likeliest: int = 0

    @property
    def settles(self) -> bool:
        """Whether its reply is the round or the answer itself, and no call on the way there."""
        return self.to == MODEL and self.cell is not None and not self.cell.step


@lru_cache(maxsize=256)
def _sampling_digest(sampling: Sampling) -> bytes:
    return bytes.fromhex(fingerprint(sampling))


def call_key(identity: str, request: Request) -> bytes:
    """16 bytes that name a call: H(model identity, sampling, prefix digest, tail, draw, schema, repeat,
    likeliest), not `cell`."""
    digest = request.prefix.digest
    for message in request.tail:
        digest = absorb(digest, message)
    head = f"{identity}\0{request.draw}\0{request.schema or ''}\0"
    repeat = request.repeat.to_bytes(4, "little") if request.repeat else b""
    likeliest = f"likeliest {request.likeliest}".encode() if request.likeliest else b""
    parts = head.encode(), _sampling_digest(request.sampling), digest, repeat, likeliest
    return blake2b(b"".join(parts), digest_size=16).digest()
