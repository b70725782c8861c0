"""Puts one question to a judge and hears the answer: templates, fences, the second try. Knows no metric's words."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from longplay.judging.metric import Heard, JudgingError, Metric, Rubric, Words
from longplay.judging.parsing import PARSER
from longplay.records import EMPTY, REASK_DRAW, Message, Occasion, Prefix, Request, Role, Shown, Steps, Subject
from longplay.specs import ModelSpec, fingerprint

ASKS = 2
MOST_WHY = 400
"""Characters of a judge's reasons kept in a verdict; its reply is stored whole beside it."""

_OPENING_TAG = re.compile(r"(?m)^<[a-z0-9-]+ ([0-9a-f]{8})>$")
_PLACE = re.compile(r"\{([a-z]+)\}")


class Prompt(msgspec.Struct, frozen=True):
    """One question to a judge: the constant instructions, what is judged, and what that shows.

    Call number `step` of `steps` planned; a second try counts on after them, so that `step % steps` names the question.
    `asks`: tries in all; `fenced`: whether the material stands between our tags. `history`: rounds before the text,
    fenced apart, so that prompts about one dialogue begin alike. `reminder`: what a second try adds; "" = the usual.
    """

    prefix: Prefix
    text: str
    shown: Shown
    step: int = 0
    steps: int = 1
    asks: int = ASKS
    fenced: bool = True
    history: str = ""
    reminder: str = ""


class Question(Rubric, frozen=True):
    """One question about a single answer, which stands on a scale.

    `template`: the instructions, with a place `{persona}` where the judge must see one, by the item's dimension where
    they are several. They must ask for a last line `Result: X` with X one of the scale's choices.
    """

    template: Words

    def version(self, metric: Metric) -> str:
        """Of the words and the parser."""
        more = [ON_BEHALF] if metric.judged_as == "own" else []
        return fingerprint([self.template, *more, PARSER])

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """Ask once."""
        template = self.template
        if not isinstance(template, str):
            template = template[dimension_of(metric, subject, template)]
        text = fence(user=subject.question, answer=subject.answer)
        prefix, shown = before(template, metric, subject), Shown(subject.answer, self.scale.choices)
        return (yield from ask(metric, judge, subject, Prompt(prefix, text, shown)))


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
    """The codes of the tags around the material, and around persona and earlier rounds where there are any."""
    texts = (prompt.history, prompt.text, *(message.content for message in prompt.prefix.messages()))
    return {found[1] for text in texts if (found := _OPENING_TAG.search(text))} if prompt.fenced else set()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()


@lru_cache(maxsize=1024)
def instructions(template: str, name: str = "", description: str = "") -> Prefix:
    """The part that all questions of one rubric about one persona share."""
    persona = fence(persona=f"{name}\n\n{description}") if description else ""
    return EMPTY.extend(Message("system", fill(template, {"persona": persona})))


ON_BEHALF = """

The answer was given on behalf of this persona, whose part the speaker was told to play:

{persona}"""
"""What the form `preamble` adds to instructions that are blind otherwise."""


def before(template: str, metric: Metric, subject: Subject) -> Prefix:
    """Instructions with the persona that the metric lets the judge see.

    Raises JudgingError where there must be one and is none.
    """
    persona = None if metric.judged_as == "blind" else subject.persona
    if metric.judged_as in ("persona", "item") and persona is None:
        raise JudgingError(f"metric {metric.name!r} judges an answer as some persona's; give the subject a persona.")
    if persona is None:
        return instructions(template)
    words = template + ON_BEHALF if metric.judged_as == "own" else template
    return instructions(words, persona.name, persona.description)


def dimension_of(metric: Metric, subject: Subject, known: Mapping[str, object]) -> str:
    """The dimension of an item. Raises JudgingError where it has none, or one that is not known."""
    dimension = subject.item.dimension if subject.item is not None else None
    if dimension is None or dimension not in known:
        given = ", ".join(known)
        raise JudgingError(f"metric {metric.name!r}: the item's dimension is {dimension!r}; give it one of: {given}.")
    return dimension


def ask(metric: Metric, judge: ModelSpec, subject: Subject, prompt: Prompt) -> Steps[Heard]:
    """Ask, and ask once more, in other words and with another draw, where the reply names no choice that counts.

    A reply that was cut has not said its result, and one that holds a code of the prompt's tags copies the prompt.
    """
    choices, codes = prompt.shown.choices, _codes(prompt)
    shown = msgspec.structs.replace(prompt.shown, planted=metric.planted)
    content = "\n\n".join(filter(None, (prompt.history, prompt.text)))
    reminder = prompt.reminder or _reminder(choices)
    for attempt in range(prompt.asks):
        step = prompt.step + attempt * prompt.steps
        reply = yield Request(
            prompt.prefix,
            (Message("user", f"{content}\n\n{reminder}" if attempt else content),),
            judge.sampling,
            subject.repeat + attempt * REASK_DRAW,
            cell=Occasion(
                ref=subject.ref,
                item=subject.item,
                metric=metric.name,
                judged_as=metric.seen(subject),
                repeat=subject.repeat,
                step=step,
                shown=shown,
            ),
            to=Role("judge", judge.title),
        )
        if reply.status == "missing":
            return Heard("missing", reason=reply.reason or "failed")
        text = reply.text or ""
        if reply.cut or any(code in text for code in codes):
            continue
        reading = metric.rubric.parse(text, choices)
        if reading.choice is not None:
            return Heard(reading.status, reading.choice, why=reading.why[:MOST_WHY])
    return Heard("missing", reason="unparsable")


def _reminder(choices: tuple[str, ...]) -> str:
    return f"Close with one line that reads `Result:` and then exactly one of: {', '.join(choices)}."
