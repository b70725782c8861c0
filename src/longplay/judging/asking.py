"""Puts one question to a judge and hears the answer: templates, fences, the second try. Knows no rubric."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from longplay.judging.metric import Metric
from longplay.judging.parsing import read
from longplay.records import EMPTY, Message, Occasion, Prefix, Request, Shown, Steps, Subject, Verdict
from longplay.records.messages import Reason, Status
from longplay.specs import LongplayError, ModelSpec

ASKS = 2
REASK_DRAW = 1000
"""Added to the draw of a second try, so that it is another call than any repeat of the first."""
MOST_WHY = 400
"""Characters of a judge's reasons kept in a verdict; its reply is stored whole beside it."""

_OPENING_TAG = re.compile(r"(?m)^<[a-z-]+ ([0-9a-f]{8})>$")
_PLACE = re.compile(r"\{([a-z]+)\}")


class JudgingError(LongplayError):
    """An answer cannot be judged as asked because its item or persona lacks what the metric needs."""


class Scale(msgspec.Struct, frozen=True):
    """The choices a judge has and their scores; `labelled` choices are categories and are kept beside the score."""

    scores: dict[str, float]
    labelled: bool = False


class Prompt(msgspec.Struct, frozen=True):
    """One question to a judge: the constant instructions, what is judged, and what that shows.

    Call number `step` of `steps` planned; a second try counts on after them, so that `step % steps` names the question.
    `asks`: tries in all; `bold`: the form of the result (see `parsing.read`).
    """

    prefix: Prefix
    text: str
    shown: Shown
    step: int = 0
    steps: int = 1
    asks: int = ASKS
    bold: bool = False


class Heard(msgspec.Struct, frozen=True):
    """What a judge chose, or why nothing was obtained."""

    status: Status
    choice: str | None = None
    reason: Reason | None = None
    why: str = ""


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values into their `{places}` in one pass: a place inside a value stays as it is written."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def fence(**parts: str) -> str:
    """Each text between tags that carry a code which none of the texts contains, so that none can close its own tag.

    The code depends on the texts alone; equal questions stay equal calls.
    """
    code = _digest("\0".join(f"{len(text)}\0{text}" for text in parts.values()))
    while any(code in text for text in parts.values()):
        code = _digest(code)
    tags = {part: f"{part.replace('_', '-')} {code}" for part in parts}
    return "\n\n".join(f"<{tags[part]}>\n{text}\n</{tags[part]}>" for part, text in parts.items())


def _codes(prompt: Prompt) -> set[str]:
    """The codes of the tags around the material and around the persona, where there is one."""
    texts = (prompt.text, *(message.content for message in prompt.prefix.messages()))
    return {found[1] for text in texts if (found := _OPENING_TAG.search(text))} if not prompt.bold else set()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()


@lru_cache(maxsize=1024)
def instructions(template: str, name: str = "", description: str = "") -> Prefix:
    """The part that all questions of one rubric about one persona share."""
    persona = fence(persona=f"{name}\n\n{description}") if description else ""
    return EMPTY.extend(Message("system", fill(template, {"persona": persona})))


def about_persona(template: str, metric: str, subject: Subject) -> Prefix:
    """Instructions with the persona the judge shall have before it. Raises JudgingError where there is none."""
    if subject.persona is None:
        raise JudgingError(f"metric {metric!r} judges an answer as some persona's; give the subject a persona.")
    return instructions(template, subject.persona.name, subject.persona.description)


ON_BEHALF = """

The answer was given on behalf of this persona, whose part the speaker was told to play:

{persona}"""
"""What the form `preamble` adds to instructions that are blind otherwise."""


def perhaps_about_persona(template: str, subject: Subject) -> Prefix:
    """Blind instructions with what is known of the persona added, where there is one."""
    if subject.persona is None:
        return instructions(template)
    return instructions(template + ON_BEHALF, subject.persona.name, subject.persona.description)


def judged_as(metric: Metric, subject: Subject) -> str | None:
    """Id of the persona whose description the judge sees."""
    return None if metric.judged_as == "blind" or subject.persona is None else subject.persona.id


def ask(metric: Metric, judge: ModelSpec, subject: Subject, prompt: Prompt) -> Steps[Heard]:
    """Ask, and ask once more, in other words and with another draw, where the reply names no choice that counts.

    A reply that was cut has not said its result, and one that holds a code of the prompt's tags copies the prompt.
    """
    choices, codes = prompt.shown.choices, _codes(prompt)
    for attempt in range(prompt.asks):
        step = prompt.step + attempt * prompt.steps
        reply = yield Request(
            prompt.prefix,
            (Message("user", prompt.text + _reminder(choices) if attempt else prompt.text),),
            judge.sampling,
            subject.repeat + attempt * REASK_DRAW,
            cell=Occasion(
                ref=subject.ref,
                item=subject.item,
                metric=metric.name,
                judged_as=judged_as(metric, subject),
                repeat=subject.repeat,
                step=step,
                shown=prompt.shown,
            ),
        )
        if reply.status == "missing":
            return Heard("missing", reason=reply.reason or "failed")
        text = reply.text or ""
        if reply.cut or any(code in text for code in codes):
            continue
        reading = read(text, choices, bold=prompt.bold)
        if reading.choice is not None:
            return Heard(reading.status, reading.choice, why=reading.why[:MOST_WHY])
    return Heard("missing", reason="unparsable")


def _reminder(choices: tuple[str, ...]) -> str:
    return f"\n\nClose with one line that reads `Result:` and then exactly one of: {', '.join(choices)}."


def conclude(metric: Metric, judge: ModelSpec, subject: Subject, heard: Heard, scale: Scale) -> Verdict:
    """The verdict of one subject; a missing choice is a missing score."""
    found = heard.choice is not None
    return Verdict(
        ref=subject.ref,
        metric=metric.name,
        judge=metric.judge_title(judge),
        method=metric.method(judge),
        status=heard.status,
        score=scale.scores[heard.choice] if heard.choice is not None else None,
        label=heard.choice if found and scale.labelled else None,
        reason=heard.reason,
        judged_as=judged_as(metric, subject),
        repeat=subject.repeat,
        why=heard.why,
    )


def rate(metric: Metric, judge: ModelSpec, subject: Subject, prefix: Prefix, scale: Scale) -> Steps[Verdict]:
    """Ask once where a single answer stands on a scale; the verdict."""
    text = fence(user=subject.question, answer=subject.answer)
    heard = yield from ask(metric, judge, subject, Prompt(prefix, text, Shown(subject.answer, tuple(scale.scores))))
    return conclude(metric, judge, subject, heard, scale)
