"""Grow a dialogue: its user turns, their order, and what a completed round is. Pure: no network, no clock."""

import random
from collections.abc import Callable

import msgspec

from longplay.records import Item, Message, Occasion, Reply, Request, Round, Script, Steps, Turn, View
from longplay.specs import NOBODY, LongplayError, Persona, Sampling, fill_macros

ENOUGH_TO_ORDER = 2  # questions


class ScriptError(LongplayError):
    """A script that cannot give the rounds a study asks for."""


def user_turns(script: Script, persona: Persona | None, rounds: int, order: int, seed: int) -> tuple[str | None, ...]:
    """The user's turns of one dialogue, names in the places of macros such as `{{char}}`; None where a model makes the
    turn, as the script says for those beyond its questions.

    Takes the opening, the first questions and the closing, then permutes the questions alone: every order has the same
    questions and the remarks keep their places. Order 0 is as written.
    """
    opening = _remark(script.opening, script.opening_baseline, persona)
    closing = _remark(script.closing, script.closing_baseline, persona)
    wanted = rounds - (opening is not None) - (closing is not None)
    free = 0 if script.user is None else max(wanted - len(script.questions), 0)
    if not 0 <= wanted <= len(script.questions) + free:
        most = len(script.questions) + rounds - wanted
        raise ScriptError(f"script {script.name!r} has {most} user turns, so dialogues.rounds = {rounds} does not fit.")
    questions = list(script.questions[:wanted])
    if order:
        if script.user is not None and len(questions) < ENOUGH_TO_ORDER:
            raise ScriptError(
                f"script {script.name!r} has nothing to put in another order; set dialogues.orders = [0]."
            )
        _random(script, order, seed).shuffle(questions)
    name = NOBODY if persona is None else persona.name
    first, last = ([] if remark is None else [remark] for remark in (opening, closing))
    written = [[fill_macros(turn, name) for turn in some] for some in (first, questions, last)]
    return (*written[0], *written[1], *([None] * free), *written[2])


def orders_of(script: Script, rounds: int) -> int | None:
    """How many orders a script of so many rounds can have, order 0 among them; None where there is no end of them."""
    asked = min(len(script.questions), rounds - len(remark_rounds(script, rounds)))
    if script.user is not None and asked < ENOUGH_TO_ORDER:
        return 1
    return len(script.shuffle_seeds) + 1 if script.shuffle_seeds else None


def spoken_to(script: Script, model: str) -> Script:
    """The script with the model's short name in the baseline's remarks."""
    remarks = {name: getattr(script, name) for name in ("opening_baseline", "closing_baseline")}
    named = {name: text.replace("{model}", model) for name, text in remarks.items() if text is not None}
    return msgspec.structs.replace(script, **named) if named else script


def _random(script: Script, order: int, seed: int) -> random.Random:
    if not script.shuffle_seeds:
        return random.Random(f"{seed}/{order}")
    if order > len(script.shuffle_seeds):
        known = ", ".join(map(str, range(len(script.shuffle_seeds) + 1)))
        raise ScriptError(f"script {script.name!r} has no order {order} (dialogues.orders). Known: {known}.")
    return random.Random(script.shuffle_seeds[order - 1])


def remark_rounds(script: Script, rounds: int) -> tuple[int, ...]:
    """Numbers of the rounds that are remarks, not questions."""
    return tuple(number for remark, number in ((script.opening, 1), (script.closing, rounds)) if remark is not None)


def _remark(text: str | None, nameless: str | None, persona: Persona | None) -> str | None:
    if text is None:
        return None
    if persona is not None:
        return text.replace("{persona}", persona.name)
    return nameless if nameless is not None else text.replace(", {persona}", "").replace("{persona}", "").strip()


def ask(
    view: View, policy: Callable[[View], Steps[Turn]], sampling: Sampling, draw: int, cell: Occasion
) -> Steps[Reply]:
    """Let the policy say what stands before the user's turn, then ask the model; the last call is the reply."""
    turn = yield from policy(view)
    reply = yield Request(turn.prefix, turn.tail, sampling, draw, cell=cell)
    return reply


def ask_item(
    view: View, policy: Callable[[View], Steps[Turn]], sampling: Sampling, draw: int, occasion: Occasion, item: Item
) -> Steps[Reply]:
    """Put an item to the model after the dialogue: its examples, what the user says before with the replies to that,
    then the view's query. The last call is the answer; where an earlier reply was not obtained, there is none either.
    """
    before = tuple(Message(shot.role, shot.content) for shot in item.examples)
    for step, said in enumerate(item.earlier, start=1):
        turn = yield from policy(msgspec.structs.replace(view, query=said))
        cell = msgspec.structs.replace(occasion, step=step)
        reply = yield Request(turn.prefix, (*before, *turn.tail), sampling, draw, cell=cell)
        if reply.text is None:
            return reply
        before += Message("user", said), Message("assistant", reply.text, reply.reasoning)
    turn = yield from policy(view)
    reply = yield Request(turn.prefix, (*before, *turn.tail), sampling, draw, cell=occasion)
    return reply


def settling(steps: Steps[Reply], change: Callable[[Request], Request]) -> Steps[Reply]:
    """The same steps; the request whose reply is the round or the answer itself is sent as `change` makes it."""
    try:
        request = next(steps)
        while True:
            reply = yield change(request) if request.settles else request
            request = steps.send(reply)
    except StopIteration as stop:
        result: Reply = stop.value
        return result


def completed(number: int, user: str, reply: Reply, *, copied: bool = False) -> Round | None:
    """The round that a reply completes, or None where no reply was obtained. Flagged replies are behaviour.

    `copied`: whether the reply is copied from an earlier one of the dialogue.
    """
    if reply.text is None:
        return None
    return Round(number, user, reply.text, reply.reasoning, reply.empty, reply.cut, reply.marked, copied)
