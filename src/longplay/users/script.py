"""The user's turns as the script has them; where it has none, the model that plays the user is asked."""

from functools import lru_cache

from longplay.records import EMPTY, REASK_DRAW, USER, Message, Occasion, Prefix, Request, Said, Scene, Steps
from longplay.specs import NOBODY, fill_macros

BEGIN = "(The conversation begins. Write your first message.)"
RULES = """

You write the user's side of a conversation. Everything that you are sent is what the other side says to you. Reply with
your next message alone: no name before it, no quotation marks, no comment."""
TRIES = 3


def script(scene: Scene) -> Steps[Said]:
    """The written turn, which needs no call; else what the user's model says. A user that says nothing at all, asked
    three times, has ended the dialogue."""
    if scene.written is not None:
        return Said(scene.written)
    prefix, tail = _before(scene)
    for attempt in range(TRIES):
        draw = scene.draw + attempt * REASK_DRAW
        occasion = Occasion(scene.ref, persona=scene.persona, step=attempt)
        reply = yield Request(prefix, tail, scene.samplings[USER], draw, cell=occasion, to=USER)
        if reply.text is None:
            return Said(None, reply)
        if reply.text.strip():
            return Said(reply.text.strip())
    return Said(None)


def _before(scene: Scene) -> tuple[Prefix, tuple[Message, ...]]:
    """What stands before the user's turn: its instructions, then the rounds with the two sides exchanged."""
    told = fill_macros(scene.script.user or "", NOBODY if scene.persona is None else scene.persona.name)
    if scene.rounds.parent is None or scene.rounds.last is None:
        return _instructions(told), (Message("user", BEGIN),)
    prefix = scene.rounds.parent.after(_begun(told), turned=True)
    return prefix.extend(Message("assistant", scene.rounds.last.user)), (Message("user", scene.rounds.last.reply),)


@lru_cache(maxsize=64)
def _instructions(told: str) -> Prefix:
    return EMPTY.extend(Message("system", told + RULES))


def _begun(told: str) -> Prefix:
    return _instructions(told).extend(Message("user", BEGIN))
