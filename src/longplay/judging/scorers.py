"""Scorers that a study declares: programs that score texts, a kind each. Knows no model and no file."""

from collections.abc import Callable, Sized

import msgspec
from msgspec import UNSET

from longplay.judging.metric import Heard, JudgingError, Metric, Scale, Scored
from longplay.judging.program import Program
from longplay.records import LIKELIEST, Constraint, Item, Likely, Subject
from longplay.specs import LongplayError, ScorerSpec, fingerprint, plain
from longplay.specs.own_scorers import (
    Choice,
    Constraints,
    Exact,
    Includes,
    JsonSchema,
    Language,
    Length,
    MustNotSay,
    MustSay,
    Number,
    RefusalRules,
    Regex,
)
from longplay.verifiers import VERSION, VerifierError, looks_like_refusal, validate, verify
from longplay.verifiers.answers import bare, choice_of, composed, holds_words, letter_shares, number_of, numbers
from longplay.verifiers.foreign_patterns import PatternError, pattern_of
from longplay.verifiers.json_texts import SchemaError, schema_of
from longplay.verifiers.languages import LANGUAGES, language
from longplay.verifiers.text import paragraphs, sentences, words

EDITION = "scorers-2"
"""Of the programs here; change it whenever any text could be scored differently."""
CHANCE = Scale({"wrong": 0.0, "right": 1.0})
PASSED = Scale({"passed": 1.0, "not passed": 0.0})
REFUSED = Scale({"full": 1.0, "partial": 0.5, "none": 0.0}, labelled=True)
_OF_ITEMS = (Exact, Includes, Choice, Number)
_UNITS: dict[str, Callable[[str], Sized]] = {
    "words": words,
    "characters": str,
    "sentences": sentences,
    "paragraphs": paragraphs,
}
_UNTOLD = Heard("missing", reason="unparsable", why="takes too long on this text")
_CLOSE = 1e-9  # what reading decimals may cost, as a share
_ABOUT = {
    "exact": "Share of answers that are the item's reference, case and marks at both ends aside.",
    "includes": "Share of answers that hold the item's reference.",
    "regex": "Share of texts in which a pattern is found.",
    "choice": "Share of answers that name the right choice.",
    "number": "Share of answers with the right number.",
    "json-schema": "Share of texts that are JSON of the form asked for.",
    "constraints": "Share of texts that keep every constraint.",
    "language": "Share of texts in the language asked for.",
    "length": "Share of texts of the length asked for.",
    "refusal-rules": "How far texts refuse, by their phrases alone: 1 in full, 0.5 in part.",
    "must-say": "Share of texts that say what they must.",
    "must-not-say": "Share of texts that say nothing of what they must not.",
}

NOT_TOLD = (
    "no log probabilities of the answer's first token came with it: the server gives none, the model thinks before it "
    'answers, or it was asked before by = "probability" was written; by = "text" scores the text'
)
_ABOUT_CHANCE = "Probability of the right letter as an answer's first token, among the letters of the choices."
_NO_LETTER = 1e-6  # under so much mass on all letters together the answer does not begin with one


class ScorerError(LongplayError):
    """A scorer, or an item that it is to score, that cannot be used; said before anything is spent."""


class Scorer(Program, frozen=True):
    """The program of a declared scorer."""

    spec: ScorerSpec

    def lacks(self, item: Item) -> str:
        """What an item lacks to be scored; "" where it lacks nothing."""
        spec, reference = self.spec, (item.reference or "").strip()
        if isinstance(spec, Constraints) and not spec.constraints:
            try:
                validate(item.constraints)
            except VerifierError as error:
                return str(error).rstrip(".")
        if not isinstance(spec, _OF_ITEMS):
            return ""
        if not reference:
            return "has no reference to compare with"
        if isinstance(spec, Number) and number_of(reference) is None:
            return f"has the reference {plain(reference, 60)!r}, which is no number"
        if isinstance(spec, Choice):
            return _lacking_choices(item, reference)
        return ""


def scorer_metric(spec: ScorerSpec) -> Metric:
    """The metric that a scorer makes. Raises ScorerError where the scorer cannot be used."""
    fault = _fault(spec)
    if fault:
        raise ScorerError(f"the scorer {spec.called!r} {fault}.")
    of_items = isinstance(spec, _OF_ITEMS) or (isinstance(spec, Constraints) and not spec.constraints)
    scores: tuple[Scored, ...] = ("answers",) if of_items else ("rounds", "answers")
    scale = REFUSED if (refuses := isinstance(spec, RefusalRules)) else PASSED
    likeliest, about = 0, _ABOUT[spec.kind]
    if isinstance(spec, Choice) and spec.by_probability:
        scale, likeliest, about = CHANCE, LIKELIEST, _ABOUT_CHANCE
    return Metric(
        base=spec.called,
        title=spec.title or spec.called[:1].upper() + spec.called[1:].replace("-", " "),
        rubric=Scorer(scale, _edition(spec), _checked, spec),
        judged_as="blind",
        better="neither" if refuses else "higher",
        about=about,
        scores=scores,
        likeliest=likeliest,
    )


def _edition(spec: ScorerSpec) -> str:
    """Names and titles aside, since no score depends on them."""
    plainly = msgspec.structs.replace(spec, name="", title="")
    if isinstance(plainly, Choice) and not plainly.by_probability:
        plainly = msgspec.structs.replace(plainly, by=UNSET)
    return fingerprint([EDITION, VERSION, spec.kind, plainly])


def _fault(spec: ScorerSpec) -> str:
    match spec:
        case Regex():
            try:
                pattern_of(spec.pattern, whole=spec.whole, case=spec.case).check()
            except PatternError as error:
                return f"has the pattern {plain(spec.pattern, 60)!r}, which {plain(str(error))}"
        case JsonSchema():
            try:
                schema_of(_schema_text(spec))
            except SchemaError as error:
                return f"has a schema that {plain(str(error))}"
        case Constraints() if spec.constraints:
            try:
                validate(_constraints(spec))
            except VerifierError as error:
                return f"has constraints that cannot be checked: {str(error).rstrip('.')}"
        case Language() if spec.language not in LANGUAGES:
            return f"names the language {spec.language!r}, which is not told apart here. Known: {_known_languages()}"
        case Length() if spec.least > spec.most:
            return f"asks for at least {spec.least} and at most {spec.most} {spec.unit}"
        case MustSay() | MustNotSay() if any(not text.strip() for text in spec.texts):
            return "has a blank text in texts"
        case _:
            pass
    return ""


def _known_languages() -> str:
    return ", ".join(sorted(LANGUAGES))


def _lacking_choices(item: Item, reference: str) -> str:
    choices = item.choices
    if not 2 <= len(choices) <= 26:
        return f"has {len(choices)} choices; give it 2 to 26"
    if len({choice.strip().casefold() for choice in choices}) < len(choices):
        return "has two choices that are alike"
    if item.right is None:
        return f"has the reference {plain(reference, 60)!r}, which is neither a letter of its choices nor one of them"
    return ""


def _checked(metric: Metric, subject: Subject) -> Heard:
    rubric, item, text = metric.rubric, subject.item, subject.answer
    if not isinstance(rubric, Scorer):
        raise JudgingError(f"metric {metric.name!r} has no scorer.")
    lacking = rubric.lacks(item if item is not None else Item("", ""))
    if lacking:
        raise JudgingError(f"metric {metric.name!r}: the item {'' if item is None else item.id!r} {lacking}.")
    match rubric.spec:
        case RefusalRules():
            return Heard("ok", looks_like_refusal(text))
        case Regex() as spec:
            found = pattern_of(spec.pattern, whole=spec.whole, case=spec.case).found(text)
            return _UNTOLD if found is None else _passed(held=found)
        case JsonSchema() as spec:
            fault = schema_of(_schema_text(spec)).fault(text)
            return _UNTOLD if fault is None else _passed(held=not fault, why=plain(fault, 400))
        case Constraints() as spec:
            wanted = _constraints(spec) or (item.constraints if item is not None else ())
            followed = verify(wanted, text)
            held = followed.loose if spec.loose else followed.strict
            broken = [one.kind for one, holds in zip(wanted, held, strict=True) if not holds]
            return _passed(held=not broken, why=", ".join(broken))
        case Language() as spec:
            told = language(text)
            return _passed(held=told in (None, spec.language), why="no language can be told" if told is None else told)
        case Length() as spec:
            n = len(_UNITS[spec.unit](text))
            return _passed(held=spec.least <= n <= spec.most, why=f"{n} {spec.unit}")
        case MustSay() as spec:
            said = [holds_words(text, one, case=spec.case) for one in spec.texts]
            lacking = [one for one, there in zip(spec.texts, said, strict=True) if not there]
            return _passed(held=any(said) if spec.any else all(said), why="; ".join(lacking)[:400])
        case MustNotSay() as spec:
            said = [one for one in spec.texts if holds_words(text, one, case=spec.case)]
            return _passed(held=not said, why="; ".join(said)[:400])
        case Choice() as spec if spec.by_probability:
            return _likely(item or Item("", ""), subject.likeliest)
        case Choice() | Number() | Exact() | Includes() as spec:
            return _compared(spec, item or Item("", ""), text)


def _likely(item: Item, likeliest: tuple[Likely, ...]) -> Heard:
    """How likely the right letter is among the letters of the choices; `why` holds what they have together."""
    if not likeliest:
        return Heard("missing", reason="unparsable", why=NOT_TOLD)
    shares = letter_shares(((one.token, one.logprob) for one in likeliest), len(item.choices))
    mass = sum(shares)
    if mass < _NO_LETTER or item.right is None:
        none = f"no letter of the choices is among the {len(likeliest)} likeliest first tokens"
        return Heard("missing", reason="unparsable", why=none)
    return Heard("ok", score=shares[item.right] / mass, why=f"all letters together: {min(mass, 1.0):.3g}")


def _compared(spec: Choice | Number | Exact | Includes, item: Item, text: str) -> Heard:
    reference = (item.reference or "").strip()
    match spec:
        case Choice():
            named = choice_of(text, item.choices)
            why = "names no choice" if named is None else item.choices[named]
            return _passed(held=named is not None and named == item.right, why=why)
        case Number():
            wanted, given = number_of(reference), numbers(text)
            near = [one for one in _meant(spec, given) if wanted is not None and _is_near(one, wanted, spec)]
            return _passed(held=bool(near), why="no number" if not given else "")
        case Exact():
            return _passed(held=bare(text, case=spec.case) == bare(reference, case=spec.case))
        case Includes():
            if spec.words:
                return _passed(held=holds_words(text, reference, case=spec.case))
            said, wanted = composed(text), composed(reference)
            return _passed(held=wanted in said if spec.case else wanted.casefold() in said.casefold())


def _passed(*, held: bool, why: str = "") -> Heard:
    return Heard("ok", "passed" if held else "not passed", why=why)


def _meant(spec: Number, given: list[float]) -> list[float]:
    return given if spec.which == "any" else given[-1:] if spec.which == "last" else given[:1]


def _is_near(one: float, wanted: float, spec: Number) -> bool:
    most = max(spec.tolerance, spec.relative * abs(wanted), _CLOSE * abs(wanted))
    return abs(one - wanted) <= most * (1 + _CLOSE)


def _constraints(spec: Constraints) -> tuple[Constraint, ...]:
    return tuple(Constraint(one.kind, one.args) for one in spec.constraints)


def _schema_text(spec: JsonSchema) -> str:
    return spec.schema if isinstance(spec.schema, str) else msgspec.json.encode(spec.schema).decode()
