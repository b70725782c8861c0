"""One round: what its user says, then what the model replies. Sends nothing."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from longplay.dialogue import ask, completed
from longplay.pipeline.counts import noted
from longplay.pipeline.pinned_dialogue import PinnedDialogue
from longplay.policies import POLICIES
from longplay.records import (
    History,
    Occasion,
    Reply,
    Request,
    Round,
    RoundRef,
    Scene,
    Steps,
    Usage,
    View,
)
from longplay.users import USERS


class Growing(Protocol):
    """The dialogue that a round belongs to. `turns`: the user's as written, None where the user's side makes them."""

    @property
    def dialogue(self) -> PinnedDialogue:
        """What its server counted and holds of it."""
        ...

    @property
    def history(self) -> History:
        """The rounds that are there."""
        ...

    @property
    def turns(self) -> tuple[str | None, ...]:
        """The user's turns."""
        ...

    def grow(self, played: Round | None, request: Request | None, reply: Reply) -> None:
        """Go on after a settled round; None = it was not obtained."""
        ...

    async def end_here(self) -> None:
        """Its user has ended it."""
        ...

    def give_back(self) -> None:
        """The next round was not asked after all."""
        ...


class RoundJob:
    """Ask the model for its reply to the next user turn."""

    def __init__(self, playing: Growing) -> None:
        self.playing = playing
        self.dialogue = playing.dialogue
        self.number = playing.history.length + 1
        self.user = ""
        self.ref = RoundRef(playing.dialogue.key, self.number)
        self._request: Request | None = None
        self._copied = False

    def steps(self) -> Steps[Reply | None]:
        """The calls of the user's side, then of the policy, then the reply; None where the user ends the dialogue."""
        key, experiment, history = self.dialogue.key, self.dialogue.bench.experiment, self.playing.history
        script, persona = experiment.scripts[key.script], experiment.persona(key.persona)
        scene = Scene(script, persona, self.playing.turns, history, self.ref, key.draw, experiment.samplings)
        said = yield from USERS[script.side](scene)
        if said.text is None:
            return None if said.lost is None else msgspec.structs.replace(said.lost, usage=Usage())  # of another prompt
        self.user = said.text
        reply = yield from self.asking(said.text)
        return reply

    def asking(self, user: str) -> Steps[Reply]:
        """The policy's calls before this turn of the user's, then the reply."""
        key, experiment = self.dialogue.key, self.dialogue.bench.experiment
        persona, seed = experiment.persona(key.persona), experiment.study.seed
        view = View(persona, self.playing.history, user, seed=seed, samplings=experiment.samplings)
        sampling = experiment.models[key.model].sampling
        occasion = Occasion(self.ref, persona=view.persona)
        return noted(ask(view, POLICIES[key.policy], sampling, key.draw, occasion), self._note)

    def _note(self, request: Request) -> None:
        self._request = request

    async def end_dialogue(self) -> None:
        """The user has ended the dialogue instead."""
        await self.playing.end_here()

    async def store(self, reply: Reply, keys: Sequence[bytes]) -> None:
        """The round is on the disk."""
        self._copied = self.dialogue.copied(reply, self.user, self.number - 1)
        await self.dialogue.bench.store.put_round(self.ref, self.user, keys, copied=self._copied)

    def go_on(self, reply: Reply) -> None:
        """The stored round is counted, and what follows it is ready."""
        self.dialogue.settled("rounds", reply)
        if self._request is not None:
            self.dialogue.cache.replied(reply.usage)
            self.dialogue.measure(self._request, reply)
        self.playing.grow(completed(self.number, self.user, reply, copied=self._copied), self._request, reply)

    def give_back(self) -> None:
        """The call was not made."""
        self.playing.give_back()
