"""What the first replies of a model or a judge say: whether going on would only repeat a fault. Stores nothing.

A model of which anything was ever obtained is never stopped here: its later faults are gaps.
"""

from collections.abc import Callable, Iterable

import msgspec

from longplay.inference.foreign_words import alike, quoted
from longplay.records import Reply, Verdict
from longplay.specs import ModelSpec

ALIKE = 8  # first calls of a model that failed in the same words
NOTHING = 20  # first calls without a text
UNREAD = 20  # first verdicts of a judge that were not obtained
_OTHERS = frozenset(("no-reference", "dialogue-stopped"))  # gaps that are not the judge's
GO_ON = "To go on all the same, add --go-on."


class Heard(msgspec.Struct, frozen=True):
    """Of whom something was obtained by earlier runs into the folder: (title, whether as a judge)."""

    replies: frozenset[tuple[str, bool]] = frozenset()
    judges: frozenset[str] = frozenset()


class Alarms:
    """Listens to a run. `stop` ends it for a reason; `say` keeps a line to be said once it has ended."""

    def __init__(self, stop: Callable[[str], None], say: Callable[[str], None], heard: Heard) -> None:
        self._stop = stop
        self._say = say
        self._heard = set(heard.replies)
        self._read = set(heard.judges)
        self._first: dict[tuple[str, bool], list[Reply]] = {}
        self._unread: dict[str, int] = {}

    def replied(self, spec: ModelSpec, reply: Reply, *, judging: bool) -> None:
        """A call was settled. What was not sent says nothing."""
        who = spec.title, judging
        if who in self._heard or (reply.attempts == 0 and reply.status == "missing"):
            return
        if reply.text is not None and not reply.empty:
            self._heard.add(who)
            self._first.pop(who, None)
            return
        first = self._first.setdefault(who, [])
        first.append(reply)
        of = f"{'the judge ' if judging else ''}{spec.title}"
        if len(first) == ALIKE and all(one.reason == "failed" for one in first) and len(set(map(_words, first))) == 1:
            self._end(f"the first {ALIKE} calls of {of} all failed alike", first[-1])
        elif len(first) == NOTHING:
            empty = sum(one.text is not None for one in first)
            what = "replies of {} are all empty" if empty == NOTHING else "calls of {} all brought no text"
            self._end(f"the first {NOTHING} {what.format(of)}", first[-1])

    def judged(self, verdict: Verdict, replies: Iterable[Reply | None]) -> None:
        """A judge's verdict was made or not. `replies`: of its calls, to be read here; that is once a judge at most."""
        if verdict.judge in self._read or verdict.reason in _OTHERS:
            return
        if verdict.reason is None:
            self._read.add(verdict.judge)
            return
        self._unread[verdict.judge] = self._unread.get(verdict.judge, 0) + 1
        if self._unread[verdict.judge] != UNREAD:
            return
        what = "could be read" if verdict.reason == "unparsable" else "were obtained"
        last = next((reply for reply in replies if reply is not None and reply.text), None)
        cut = last is not None and last.cut
        if last is not None:
            ended = " (cut at max_tokens)" if cut else ""
            self._say(f"The judge {verdict.judge} replied, for example{ended}: {quoted(last.text or '')}.")
        more = "give it more max_tokens under [judge.sampling]"
        self._say(f"What to do: {more if cut else f'name a judge that follows instructions, or {more}'}. {GO_ON}")
        self._stop(f"none of the first {UNREAD} verdicts of the judge {verdict.judge} {what}")

    def _end(self, why: str, last: Reply) -> None:
        self._say(f"What came: {quoted(last.detail)}." if last.detail else f"Cause: {cause(last)}.")
        if last.text is not None:
            self._say("Empty replies are kept as what the model did: after a change, start a new run with --into.")
        self._say(GO_ON)
        self._stop(why)


def cause(reply: Reply) -> str:
    """Why an empty reply may be empty, as far as it shows."""
    if reply.reasoning:
        more = ", and it was cut at max_tokens before the answer began" if reply.cut else ""
        return f"all text stands in the reasoning{more}; give more max_tokens, or turn reasoning off for this model"
    if reply.cut:
        return "the reply was cut at max_tokens before any text; give more max_tokens"
    if reply.usage.completion == 0:
        return "the server counted 0 tokens for the reply; check the chat template and the stop words"
    return "the model ended without any text; check the chat template, the stop words and max_tokens"


def _words(reply: Reply) -> str:
    return alike(reply.detail)
