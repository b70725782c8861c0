"""What users' sides and policies ask on the way to a round or an answer, found by driving their steps with replies of
an assumed length. Sends nothing."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import TypeVar

import msgspec

from longplay.dialogue import ask
from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import Workload
from longplay.inference.tokens import CHARS_PER_TOKEN, estimate_tokens
from longplay.policies import POLICIES
from longplay.records import (
    NO_ROUNDS,
    PLAIN,
    DialogueKey,
    History,
    Occasion,
    Reply,
    Request,
    Role,
    Round,
    RoundRef,
    Scene,
    Steps,
    Usage,
    View,
)
from longplay.specs import Sampling
from longplay.users import USERS

T = TypeVar("T")
SILENT = PLAIN.play_policy  # longplay's own way of asking, which asks nobody on the way
MOST = 100  # requests of one piece of work; beyond, it does not hear what it wants in rehearsed replies


class Helped(msgspec.Struct, frozen=True):
    """Calls of one role that are no round, answer or verdict themselves, and their tokens."""

    role: Role
    calls: int
    prompt: int
    completion: int


def rehearse(steps: Steps[T], reply_tokens: int) -> list[Request]:
    """The requests that the steps make, each answered by a text of so many tokens."""
    reply = Reply("ok", _text(reply_tokens), finish="stop", usage=Usage())
    found: list[Request] = []
    try:
        request = next(steps)
        while len(found) < MOST:
            found.append(request)
            request = steps.send(reply)
    except StopIteration:
        pass
    return found


def helped(experiment: Experiment, reply_tokens: int) -> list[Helped]:
    """What a whole study asks beside rounds, answers and verdicts, by role; a model's title is the name of its role.

    A policy is asked before every round and at every checkpoint. Calls that are shared are counted for every dialogue.
    """
    rehearsal = _Rehearsal(experiment, reply_tokens)
    calls, prompt, completion = Counter[Role](), Counter[Role](), Counter[Role]()
    for key in experiment.dialogues():
        for times, requests in rehearsal.of_dialogue(key):
            for request in requests:
                role = _named(experiment, key, request.to)
                calls[role] += times
                prompt[role] += times * _tokens(request)
                completion[role] += times * min(reply_tokens, request.sampling.max_tokens)
    return [Helped(role, count, prompt[role], completion[role]) for role, count in calls.items()]


class _Rehearsal:
    """Rehearses each way once for all dialogues that are alike."""

    def __init__(self, experiment: Experiment, reply_tokens: int) -> None:
        self._experiment = experiment
        self._reply_tokens = reply_tokens
        self._owed = Workload(experiment)
        self._policy = cache(self._of_policy)
        self._turns = cache(self._of_user)

    def of_dialogue(self, key: DialogueKey) -> "Iterable[tuple[int, list[Request]]]":
        """How often, and what is asked each time."""
        experiment, study = self._experiment, self._experiment.study
        if experiment.imported is None:
            yield from self._turns(key.script, key.persona, key.order)
            for done in range(experiment.rounds(key) if key.policy != SILENT else 0):
                yield 1, self._policy(key.policy, key.persona, done)
        for policy in study.conditioning.policies if key.order in study.conditioning.orders else ():
            for point in experiment.checkpoints(key) if policy != SILENT else ():
                if requests := self._policy(policy, key.persona, point):
                    answers = self._owed.answers(key.persona, point)
                    yield answers // len(study.conditioning.policies), requests

    def _of_policy(self, policy: str, persona: str | None, done: int) -> list[Request]:
        """What it asks after so many rounds."""
        experiment = self._experiment
        rounds, occasion = self._rounds(done), Occasion(RoundRef(_NOBODYS, done + 1))
        view = View(experiment.persona(persona), rounds, _text(20), samplings=experiment.samplings)
        requests = rehearse(ask(view, POLICIES[policy], Sampling(), 0, occasion), self._reply_tokens)
        return [request for request in requests if not request.settles]

    def _of_user(self, script: str, persona: str | None, order: int) -> list[tuple[int, list[Request]]]:
        """The turns that are written, and those that are not."""
        experiment = self._experiment
        key = DialogueKey(next(iter(experiment.models)), persona, script, order)
        turns = experiment.turns(key)
        made = [number for number, turn in enumerate(turns, start=1) if turn is None]
        written = [number for number, turn in enumerate(turns, start=1) if turn is not None]
        found: list[tuple[int, list[Request]]] = []
        for numbers in (made, written):
            if numbers:
                number = numbers[len(numbers) // 2]
                side, who = experiment.scripts[script], experiment.persona(persona)
                history, ref = self._rounds(number - 1), RoundRef(key, number)
                scene = Scene(side, who, turns, history, ref, samplings=experiment.samplings)
                found.append((len(numbers), rehearse(USERS[side.side](scene), self._reply_tokens)))
        return found

    def _rounds(self, count: int) -> History:
        history = NO_ROUNDS
        for number in range(1, count + 1):
            history = history.add(Round(number, _text(20), _text(self._reply_tokens)))
        return history


_NOBODYS = DialogueKey("", None, "")


def _named(experiment: Experiment, key: DialogueKey, to: Role) -> Role:
    """The role with the title of who plays it."""
    if to.name:
        return to
    return Role("model", key.model) if to.kind == "model" else experiment.first(to.kind)


def _text(tokens: int) -> str:
    return ("word" * tokens)[: CHARS_PER_TOKEN * tokens]


def _tokens(request: Request) -> int:
    return estimate_tokens(request.prefix.chars + sum(len(message.content) for message in request.tail))
