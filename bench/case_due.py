"""What must become of a case, what was found, and how the two differ. Runs nothing."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from case_server import Asked, Who
from longplay.records import Reply

NONE: Mapping[str, object] = MappingProxyType({})


class Due(msgspec.Struct, frozen=True):
    """What must become of the reply at a case's place, and what must be said. What is None or empty may be anything.

    `says`, `tells`, `keeps_quiet`: patterns, any case: in what `run` printed, in what `status` prints, in neither.
    `detail`: in the reason that is kept with the reply. `lacks`: in no kept text. `asked`: requests for this place, at
    least and at most; `in_all`: requests of the case at most; `waits_s`: the longest pause, from and to.
    `goes_on`: whether the next round was asked. `reply`: fields of the reply. `sent`, `unsent`: words that some request
    and that no request held. `counts_posts`: `status` counts every request that came. `bounded`: no line has more
    than 2,000 characters. `page`: patterns in the text of the report.
    """

    code: tuple[int, ...] = ()
    reason: str | None = None
    text: str | None = None
    contains: str = ""
    lacks: tuple[str, ...] = ()
    finish: str | None = None
    reply: Mapping[str, object] = NONE
    usage: Mapping[str, object] = NONE
    detail: str = ""
    says: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    keeps_quiet: tuple[str, ...] = ()
    asked: tuple[int, int] | None = None
    in_all: int | None = None
    waits_s: tuple[float, float] | None = None
    goes_on: bool | None = None
    score: float | None = None
    sent: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    counts_posts: bool = False
    bounded: bool = False
    page: tuple[str, ...] = ()


class Found(msgspec.Struct):
    """What a case came to. `reason`: "" where the reply was obtained, None where there is none of either."""

    code: int = -1
    printed: str = ""
    status: str = ""
    page: str = ""
    defect: str = ""
    reason: str | None = None
    reply: Reply | None = None
    score: float | None = None
    asked: list[Asked] = []
    slept_s: tuple[float, ...] = ()


def differences(dues: Sequence[Due], found: Found, place: str, who: Who) -> list[str]:
    """How it differs from the one that is due it comes nearest to."""
    if found.defect:
        return ["a traceback: " + found.defect.strip().splitlines()[-1]]
    control = [c for c in found.printed + found.status if ord(c) < 32 and c not in "\n\t"]
    ways = [[*_of_reply(due, found), *_of_asking(due, found, place, who), *_of_words(due, found)] for due in dues]
    return [*min(ways, key=len), *([f"control characters printed: {control[:3]!r}"] if control else [])]


def _of_reply(due: Due, found: Found) -> Iterator[str]:
    reply = found.reply
    said = reply.text if reply is not None else None
    if due.reason is not None and found.reason != due.reason:
        detail = f" ({reply.detail})" if reply is not None and reply.detail else ""
        yield f"reason {due.reason!r}, found {found.reason!r}{detail}"
    if due.text is not None and said != due.text:
        yield f"text {due.text!r}, found {said!r}"
    if due.contains and due.contains not in (said or ""):
        yield f"text with {due.contains!r}, found {said!r}"
    for words in due.lacks:
        if words in (said or ""):
            yield f"text without {words!r}, found {said!r}"
    if due.finish is not None and (reply is None or reply.finish != due.finish):
        yield f"finish {due.finish!r}, found {reply.finish if reply else None!r}"
    for name, value in due.reply.items():
        if reply is None or getattr(reply, name, None) != value:
            yield f"{name} {value!r}, found {getattr(reply, name, None)!r}"
    for name, value in due.usage.items():
        if reply is None or getattr(reply.usage, name) != value:
            yield f"{name} tokens {value!r}, found {getattr(reply.usage, name) if reply else None!r}"
    if due.detail and (reply is None or not re.search(due.detail, reply.detail, re.IGNORECASE)):
        yield f"detail with /{due.detail}/, found {reply.detail if reply else None!r}"
    if due.score is not None and found.score != due.score:
        yield f"score {due.score}, found {found.score}"


def _of_asking(due: Due, found: Found, place: str, who: Who) -> Iterator[str]:
    here = sum(one.who == who and one.place == place for one in found.asked)
    if due.asked is not None and not due.asked[0] <= here <= due.asked[1]:
        yield f"asked {due.asked[0]} to {due.asked[1]} times, found {here}"
    if due.in_all is not None and len(found.asked) > due.in_all:
        yield f"at most {due.in_all} requests, found {len(found.asked)}"
    if due.waits_s is not None:
        longest = max(found.slept_s, default=0.0)
        if not due.waits_s[0] <= longest <= due.waits_s[1]:
            yield f"a pause of {due.waits_s[0]:g} to {due.waits_s[1]:g} s, the longest was {longest:.1f} s"
    bodies = json.dumps([one.body for one in found.asked], ensure_ascii=False)
    for words, there in (*((one, True) for one in due.sent), *((one, False) for one in due.unsent)):
        if (words in bodies) != there:
            yield f"{words!r} sent to a model: {there}, found otherwise"
    if due.counts_posts and f"{len(found.asked):,} requests" not in found.status:
        yield f"{len(found.asked):,} requests counted, found: {last(found.status)}"
    if due.goes_on is not None:
        following = f"round {int(place.rpartition(' ')[2]) + 1}"
        went = any(one.who == "model" and one.place == following for one in found.asked)
        if went != due.goes_on:
            yield f"the next round {'asked' if due.goes_on else 'not asked'}, found otherwise"


def _of_words(due: Due, found: Found) -> Iterator[str]:
    if due.code and found.code not in due.code:
        yield f"exit code {' or '.join(map(str, due.code))}, found {found.code} ({last(found.printed)})"
    longest = max(map(len, (found.printed + found.status).split("\n")))
    if due.bounded and longest > 2000:
        yield f"lines of at most 2,000 characters, found one of {longest:,}"
    for pattern in due.says:
        if not matches(pattern, found.printed):
            yield f"run says /{pattern}/, found: {last(found.printed)}"
    for pattern in due.tells:
        if not matches(pattern, found.status):
            yield f"status says /{pattern}/, found: {last(found.status)}"
    for pattern in due.page:
        if not matches(pattern, found.page):
            yield f"the report says /{pattern}/, found: {last(found.page)}"
    for pattern in due.keeps_quiet:
        if matches(pattern, found.printed + found.status):
            yield f"nothing says /{pattern}/, found: {last(found.printed)}"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern stands anywhere in a text, in any case."""
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None


def last(text: str) -> str:
    """The end of what was printed, as one line."""
    return " | ".join(text.split("\n"))[-300:]
