"""A store without a disk, for studies on virtual time: what is put is there at once.

Behaves like `longplay.store.Store` as far as the pipeline asks; the disk's thread would not go along with a clock that
jumps.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from longplay.records import Cell, DialogueKey, Reply, RoundRef, Verdict
from longplay.records.messages import Reason
from longplay.store import AnswerVerdictKey, Store, StoredAnswer, StoredRound, VerdictKey

Place = tuple[DialogueKey, int, str | None, str]  # dialogue, checkpoint, asked persona, policy


class MemoryStore(Store):
    """Dictionaries in place of tables. One run after another may use it, as runs resume from a folder."""

    def __init__(self) -> None:
        self.calls: dict[bytes, Reply] = {}
        self._rounds: defaultdict[DialogueKey, dict[int, tuple[str, bytes | None]]] = defaultdict(dict)
        self._answers: defaultdict[Place, dict[tuple[str, str, int], bytes | None]] = defaultdict(dict)
        self._round_verdicts: defaultdict[DialogueKey, dict[VerdictKey, Reason | None]] = defaultdict(dict)
        self._judged_by: defaultdict[Place, list[bytes]] = defaultdict(list)
        self._answer_verdicts: defaultdict[Place, dict[AnswerVerdictKey, Reason | None]] = defaultdict(dict)

    def close(self) -> None:
        """Nothing to give back."""

    def put_call(self, key: bytes, kind: str, model: str, reply: Reply) -> None:
        """Keep a reply; the first final one stands."""
        del kind, model
        known = self.calls.get(key)
        if known is None or not known.final:
            self.calls[key] = reply

    def put_round(
        self, ref: RoundRef, user: str, keys: Sequence[bytes], *, copied: bool = False
    ) -> asyncio.Future[None]:
        """Keep a round."""
        del copied
        self._rounds[ref.dialogue][ref.round] = (user, keys[-1])
        return _done()

    def put_answer(self, cell: Cell, keys: Sequence[bytes], *, copied: bool = False) -> asyncio.Future[None]:
        """Keep an answer."""
        del copied
        self._answers[_place(cell)][cell.probe, cell.item, cell.draw] = keys[-1]
        return _done()

    def put_verdict(self, verdict: Verdict, keys: Sequence[bytes], *, brought_in: bool = False) -> asyncio.Future[None]:
        """Keep how a verdict came about."""
        del brought_in
        ref = verdict.ref
        who = (verdict.metric, verdict.judge, verdict.method, verdict.judged_as, verdict.repeat, verdict.part)
        if isinstance(ref, Cell):
            self._judged_by[_place(ref)] += keys
            self._answer_verdicts[_place(ref)][AnswerVerdictKey(ref.probe, ref.item, ref.draw, *who)] = verdict.reason
        elif isinstance(ref, RoundRef):
            self._round_verdicts[ref.dialogue][VerdictKey(ref.round, *who)] = verdict.reason
        return _done()

    def put_unreached(self, refs: Sequence[RoundRef | Cell]) -> asyncio.Future[None]:
        """Note what will be missing, where nothing was put."""
        for ref in refs:
            if isinstance(ref, Cell):
                self._answers[_place(ref)].setdefault((ref.probe, ref.item, ref.draw), None)
            else:
                self._rounds[ref.dialogue].setdefault(ref.round, ("", None))
        return _done()

    def find_call(self, key: bytes) -> Reply | None:
        """The reply under a call key."""
        return self.calls.get(key)

    def rounds(self, dialogue: DialogueKey) -> list[StoredRound]:
        """The rounds of a dialogue in their order."""
        found = sorted(self._rounds[dialogue].items())
        replies = [(number, user, self._reply(key)) for number, (user, key) in found]
        return [StoredRound(number, user, reply, _reason(reply)) for number, user, reply in replies]

    def answers(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> list[StoredAnswer]:
        """The answers after one prefix."""
        found = sorted(self._answers[dialogue, checkpoint, ask_persona, ask_policy].items())
        replies = [(place, self._reply(key)) for place, key in found]
        return [StoredAnswer(*place, reply, _reason(reply)) for place, reply in replies]

    def round_verdicts(self, dialogue: DialogueKey) -> dict[VerdictKey, Reason | None]:
        """Why verdicts on the rounds of a dialogue are missing."""
        return dict(self._round_verdicts[dialogue])

    def answer_verdicts(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> dict[AnswerVerdictKey, Reason | None]:
        """The same of the answers after one prefix."""
        return dict(self._answer_verdicts[dialogue, checkpoint, ask_persona, ask_policy])

    def judged_by(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> list[Reply]:
        """The judge's replies on the answers after one prefix."""
        return [self.calls[key] for key in self._judged_by[dialogue, checkpoint, ask_persona, ask_policy]]

    def _reply(self, key: bytes | None) -> Reply | None:
        return None if key is None else self.calls[key]


def _reason(reply: Reply | None) -> Reason | None:
    return "dialogue-stopped" if reply is None else reply.reason


def _place(cell: Cell) -> Place:
    return cell.dialogue, cell.checkpoint, cell.ask_persona, cell.ask_policy


def _done() -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
