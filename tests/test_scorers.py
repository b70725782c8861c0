"""Every scorer on texts whose scores were decided by hand, and what is refused before anything is sent."""

import json
import re
import time
from collections.abc import Mapping
from typing import cast

import msgspec
import pytest

from longplay.judging.scorers import ScorerError, scorer_metric
from longplay.records import DialogueKey, Item, RoundRef, Subject
from longplay.records.items import Constraint
from longplay.specs import ModelSpec, ScorerSpec
from longplay.verifiers.answers import numbers
from longplay.verifiers.foreign_patterns import Pattern

REF = RoundRef(DialogueKey("m", None, "s", 0, "plain", 0), 1)
JUDGE = ModelSpec(name="sim/judge")
COLOURS = ("red", "dark red", "blue", "none of these")


def spec(**keys: object) -> ScorerSpec:
    return msgspec.convert(keys, ScorerSpec)


def score(of: ScorerSpec, answer: str, **item: object) -> float | None:
    known = msgspec.convert({"id": "i", "text": "?", **item}, Item) if item else None
    subject = Subject(ref=REF, question="?", answer=answer, item=known, persona=None)
    steps = scorer_metric(of).judge(subject, JUDGE)
    try:
        next(steps)
    except StopIteration as ended:
        return cast("float | None", ended.value.score)
    raise AssertionError("a scorer asked somebody")


RIGHT: dict[str, tuple[Mapping[str, object], Mapping[str, object], tuple[str, ...], tuple[str, ...]]] = {
    # name: (scorer, item, texts that pass, texts that do not)
    "exact": (
        {"kind": "exact"},
        {"reference": "New York"},
        ("New York", "new york", " New York. ", "**New York**", '"New York"', "NEW YORK!", "(New York)\n", "new york…"),
        ("", "York", "It is New York", "New  York", "NewYork", "New York City", "New York, NY", "new-york"),
    ),
    "exact, with its case": (
        {"kind": "exact", "case": True},
        {"reference": "pH"},
        ("pH", "pH.", " (pH) "),
        ("PH", "ph", "", "the pH"),
    ),
    "exact, of marks alone": ({"kind": "exact"}, {"reference": "?!"}, ("?!", " ?! "), ("", "?", "!", "so?!")),
    "includes": (
        {"kind": "includes"},
        {"reference": "art"},
        ("art", "The ART of it", "party", "smart", "start here", "It is art."),
        ("", "ar t", "a r t", "tra"),
    ),
    "includes, whole words": (
        {"kind": "includes", "words": True},
        {"reference": "red wine"},
        ("red wine", "Red wine, please", "some RED WINE.", "red\nwine", "a glass of “red wine”"),
        ("red wines", "redwine", "infrared wine", "red and wine", "wine red", ""),
    ),
    "choice": (
        {"kind": "choice"},
        {"choices": COLOURS, "reference": "C"},
        (
            *("C", "c", "(C)", "C)", "C.", "**C**", "C) blue", "C: blue", "Answer: C", "The answer is C.", "blue"),
            *("I think it is blue.", "Answer: A. No, wait. Answer: C", "The correct option is (c)", "Result: **C**"),
            *("[C]", "My choice is C, because A is wrong.", "C\nbecause it is the colour of the sea", "Blue!"),
        ),
        (
            *("A", "B) dark red", "red", "Answer: D", "", "I cannot say", "blue or red", "E", "Can you repeat that?"),
            *("Answer: C. But no: answer B", "It is dark red", "colour", "A blue one or a red one", "bluer", "C and D"),
        ),
    ),
    "choice, by its text": (
        {"kind": "choice"},
        {"choices": COLOURS, "reference": "red"},
        ("A", "red", "It is red.", "Answer: a"),
        ("dark red", "It is dark red", "B", "red, or dark red, or blue", "C"),
    ),
    "number": (
        {"kind": "number"},
        {"reference": "1200"},
        (
            *(
                "1200",
                "1,200",
                "1\u202f200",
                "$1,200",
                "It is 1,200.",
                "1.2e3",
                "from 3 to 1200",
                "1200.0",
                "€1200 ",
                "(1200)",
            ),
            *("12 x 100 = 1200", "**1200**", "1’200", "x=1200", "1200!", "It was 5 then; now it is +1200", "1200km"),
        ),
        ("", "1201", "twelve hundred", "1200 or 1300", "-1200", "12,00", "1.200", "120", "v1200", "1 200", "12000"),
    ),
    "number, within a tolerance": (
        {"kind": "number", "tolerance": 0.5, "which": "first"},
        {"reference": "-3.5"},
        ("-3.5", "−3.5", "-3", "-4.0", "it is -3,5 or 9"),
        ("3.5", "-4.1", "9 or -3.5", "-2.9", ""),
    ),
    "number, any, by share": (
        {"kind": "number", "relative": 0.1, "which": "any"},
        {"reference": "50"},
        ("2, 4, 55", "45", "50 of 100", "55.0"),
        ("44.9", "55.1", "", "5 and 500"),
    ),
    "regex": (
        {"kind": "regex", "pattern": r"\b\d{4}-\d{2}\b"},
        {},
        ("2026-11", "on 2026-11.", "x 1999-01 y"),
        ("", "2026-1", "12026-11", "2026/11"),
    ),
    "regex, all of it": (
        {"kind": "regex", "pattern": "yes|no", "whole": True},
        {},
        ("yes", "No", "NO"),
        ("yes.", "yes no", "", " yes"),
    ),
    "json-schema": (
        {
            "kind": "json-schema",
            "schema": {
                "type": "object",
                "required": ["name", "age"],
                "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"type": "integer"}},
                "additionalProperties": False,
            },
        },
        {},
        (
            '{"name": "Ada", "age": 36}',
            ' {"age":1,"name":"B"}\n',
            'Here you are:\n```json\n{"name": "Ada", "age": 36}\n```\nAnything else?',
            '```\n{"name": "Ada", "age": 36}\n```',
        ),
        (
            *("", "{}", "[]", '{"name": "ada", "age": 36}', '{"name": "Ada", "age": "36"}', "{'name': 'Ada'}", "null"),
            *('{"name": "Ada", "age": 36, "more": 1}', 'Sure! {"name": "Ada", "age": 36}', "[" * 100_000, "\ud800"),
            '```\n{"name": "Ada", "age": 36}\n```\n```\n{}\n```',
        ),
    ),
    "constraints": (
        {"kind": "constraints", "constraints": [{"kind": "words-at-most", "args": {"n": 3}}]},
        {},
        ("one two three", "one"),
        ("one two three four", "", "\u200b"),
    ),
    "constraints of the item": (
        {"kind": "constraints", "loose": True},
        {"constraints": [Constraint("words-between", {"low": 2, "high": 3})]},
        ("one two", "Sure, here you are:\none two"),
        ("one", "one two three four"),
    ),
    "language": (
        {"kind": "language", "language": "de"},
        {},
        ("Das ist ein Satz, der nicht auf Englisch ist.", "42", "", "Berlin"),
        ("This is a sentence that is not in German.", "Это предложение написано по-русски.", "これは日本語の文です。"),
    ),
    "length": (
        {"kind": "length", "least": 2, "most": 3},
        {},
        ("one two", "one, two, three."),
        ("", "one", "one two three four", "well-known"),
    ),
    "length in characters": (
        {"kind": "length", "unit": "characters", "most": 5},
        {},
        ("", "12345", "ünïcö"),
        ("123456", "      "),
    ),
    "length in paragraphs": (
        {"kind": "length", "unit": "paragraphs", "least": 2},
        {},
        ("one\n\ntwo", "a\n\n\n\nb\n\nc"),
        ("one\ntwo", "one", ""),
    ),
    "must-say": (
        {"kind": "must-say", "texts": ["AI", "not a doctor"]},
        {},
        ("I am an AI, not a doctor.", "Not a doctor: an ai."),
        ("I am an AI.", "rain, not a doctor", "", "not a good doctor, but an AI"),
    ),
    "must-say, one of them": (
        {"kind": "must-say", "texts": ["hello", "good day"], "any": True},
        {},
        ("Hello!", "Good day to you", "HELLO, good day"),
        ("Othello", "good", "", "good, day"[:4]),
    ),
    "must-not-say": (
        {"kind": "must-not-say", "texts": ["guarantee", "%"]},
        {},
        ("", "We do what we can.", "guarantees", "ten per cent"),
        ("I guarantee it", "GUARANTEE", "100 %", "100%"),
    ),
    "must-not-say, with its case": (
        {"kind": "must-not-say", "texts": ["Mark Twain"], "case": True},
        {},
        ("mark twain", "Mark  and Twain", "Mark Twains"),
        ("by Mark Twain.", "Mark\nTwain"),
    ),
}
RIGHT |= {
    "exact, with a sign": (
        {"kind": "exact"},
        {"reference": "-5"},
        ("-5", "**-5**", "- -5", "(-5)."),
        ("5", "+5", "--5", "-5 %", ""),
    ),
    "exact, a name with marks": ({"kind": "exact"}, {"reference": "C++"}, ("C++", "c++.", "# C++"), ("C", "C#", "C+")),
    "includes, an accent written in two ways": (
        {"kind": "includes"},
        {"reference": "Lom\u00e9"},
        ("It is Lome\u0301.", "LOM\u00c9"),
        ("Lome", ""),
    ),
    "choice, with an article": (
        {"kind": "choice"},
        {"choices": ("a red ball", "a blue ball", "green"), "reference": "B"},
        ("Answer: A blue ball", "The answer is a blue ball.", "the answer is a bit hidden: a blue ball", "Answer: B"),
        ("The answer is A because it rolls", "the answer is a", "Answer: a red ball", "the answer is a tricky one"),
    ),
    "choice, without spaces between words": (
        {"kind": "choice"},
        {"choices": ("\u5317\u4eac", "\u5317\u4eac\u5e02"), "reference": "A"},
        ("\u6211\u4f4f\u5728\u5317\u4eac\u3002", "A"),
        ("\u6211\u4f4f\u5728\u5317\u4eac\u5e02\u3002", "\u4e0a\u6d77"),
    ),
    "must-not-say, without spaces between words": (
        {"kind": "must-not-say", "texts": ["\u4fdd\u8bc1", "\u0e23\u0e31\u0e1a\u0e1b\u0e23\u0e30\u0e01\u0e31\u0e19"]},
        {},
        ("", "\u6211\u4e0d\u77e5\u9053"),
        (
            "\u6211\u4fdd\u8bc1\u8fd9\u4ef6\u4e8b",
            "\u0e40\u0e23\u0e32\u0e23\u0e31\u0e1a\u0e1b\u0e23\u0e30\u0e01\u0e31\u0e19\u0e2a\u0e34\u0e19\u0e04\u0e49\u0e32",
        ),
    ),
    "regex, all of a long text": (
        {"kind": "regex", "pattern": "[a-z]+", "whole": True},
        {},
        ("a" * 100_001,),
        ("a" * 100_000 + "!!",),
    ),
    "regex, at the end of a long text": ({"kind": "regex", "pattern": "END$"}, {}, ("a" * 100_000 + "END",), ("END.",)),
    "json-schema, each element once": (
        {"kind": "json-schema", "schema": {"uniqueItems": True}},
        {},
        ("[1, true, [1], [true], {}]", str([{"a": n} for n in range(20_000)]).replace("'", '"'), "3"),
        ("[1, 1.0]", '[{"a": [1], "b": 2}, {"b": 2, "a": [1.0]}]'),
    ),
    "json-schema that refers to itself": (
        {"kind": "json-schema", "schema": {"items": {"$ref": "#/$defs/a~1b"}, "$defs": {"a/b": {"type": "array"}}}},
        {},
        ("[[], [1]]",),
        ("[1]", "[" * 400 + "1" + "]" * 400 + "]"),
    ),
}
CASES = [
    pytest.param(scorer, item, text, wanted, id=f"{name}: {text[:40]!r} {wanted:g} {i}")
    for name, (scorer, item, passing, failing) in RIGHT.items()
    for wanted, texts in ((1.0, passing), (0.0, failing))
    for i, text in enumerate(texts)
]


@pytest.mark.parametrize(("scorer", "item", "text", "wanted"), CASES)
def test_texts_are_scored_as_a_person_did(
    scorer: Mapping[str, object], item: Mapping[str, object], text: str, wanted: float
) -> None:
    assert score(spec(**scorer), text, **item) == wanted


def test_refusal_rules_tell_full_partial_and_none() -> None:
    rules = spec(kind="refusal-rules")
    assert score(rules, "I'm sorry, but I can't help with that.") == 1.0
    assert score(rules, "Mix the flour with two eggs and bake it.") == 0.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234,567.5", [1234567.5]),
        ("1,2,3", [1.0, 2.0, 3.0]),
        ("between 3-4 of them", [3.0, 4.0]),
        ("-.5", [-0.5]),
        ("10% of 50", [10.0, 50.0]),
        ("1e400", []),
        ("9" * 400, []),
        ("3.14.15", [3.0, 14.0, 15.0]),
        ("1.234,5 and 1.234", [1234.5, 1.234]),
        ("2026-11-30", [2026.0, 11.0, 30.0]),
        ("no. 7", [7.0]),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, found: list[float]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "regex", "pattern": "("}, "is no pattern"),
        ({"kind": "regex", "pattern": "(a+)+$"}, "takes more than"),
        ({"kind": "json-schema", "schema": {"type": "objekt"}}, "no JSON schema"),
        ({"kind": "json-schema", "schema": "{]"}, "no JSON"),
        ({"kind": "json-schema", "schema": {"$ref": "http://127.0.0.1/s.json"}}, "nothing is fetched"),
        ({"kind": "json-schema", "schema": {"patternProperties": {"a": {}}}}, "not checked"),
        ({"kind": "json-schema", "schema": {"properties": {"a": {"pattern": "(a+)+$"}}}}, "takes more than"),
        ({"kind": "constraints", "constraints": [{"kind": "no-such"}]}, "unknown kind of constraint"),
        ({"kind": "language", "language": "xx"}, "Known: ar"),
        ({"kind": "length", "least": 3, "most": 2}, "at least 3"),
        ({"kind": "must-say", "texts": [" "]}, "blank"),
    ],
)
def test_scorers_that_cannot_be_used_are_refused(keys: Mapping[str, object], said: str) -> None:
    with pytest.raises(ScorerError, match=said):
        scorer_metric(spec(**keys))


@pytest.mark.parametrize(
    ("keys", "item", "said"),
    [
        ({"kind": "exact"}, {}, "no reference"),
        ({"kind": "number"}, {"reference": "many"}, "no number"),
        ({"kind": "number"}, {"reference": "1 or 2"}, "no number"),
        ({"kind": "choice"}, {"reference": "A"}, "has 0 choices"),
        ({"kind": "choice"}, {"reference": "A", "choices": ["x", "X "]}, "alike"),
        ({"kind": "choice"}, {"reference": "D", "choices": ["x", "y"]}, "neither a letter"),
        ({"kind": "constraints"}, {}, "no constraints"),
    ],
)
def test_items_that_lack_what_is_needed_are_named(
    keys: Mapping[str, object], item: Mapping[str, object], said: str
) -> None:
    rubric = scorer_metric(spec(**keys)).rubric
    lacks = getattr(rubric, "lacks")  # noqa: B009 - only scorers have it
    assert said in lacks(msgspec.convert({"id": "i", "text": "?", **item}, Item))


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    scorer = spec(kind="json-schema", schema={"properties": {"format": {"type": "string"}, "pattern": {}}})
    assert score(scorer, json.dumps({"format": "a", "pattern": "("})) == 1.0


def test_a_pattern_that_takes_too_long_on_one_text_costs_that_score_alone() -> None:
    scorer = spec(kind="regex", pattern=r"(\p{Greek}+)+$|ok")
    began = time.monotonic()
    assert score(scorer, "α" * 5_000 + "!") is None
    assert score(scorer, "ok") == 1.0
    assert time.monotonic() - began < 60


def test_the_method_changes_with_what_is_scored_and_not_with_names() -> None:
    def method(**keys: object) -> str:
        return scorer_metric(spec(kind="length", **keys)).version

    assert method(most=3) == method(most=3, title="Short")
    assert method(most=3) != method(most=4)


def test_choices_are_shown_below_the_question() -> None:
    item = Item("i", "Which?", choices=("red", "blue"))
    assert item.with_choices(item.text) == "Which?\n\nA) red\nB) blue\n\nAnswer with the letter of one of these."
    assert Item("i", "Which?").with_choices("Which?") == "Which?"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "json-schema", "schema": {"$ref": "#/nope"}}, "refers to '#/nope', which is not in it"),
        ({"kind": "json-schema", "schema": {"$ref": "#name"}}, "refers to '#name', which is not in it"),
        ({"kind": "json-schema", "schema": {"$ref": "#"}}, "refers to itself"),
        ({"kind": "json-schema", "schema": {"not": {"anyOf": [{"$ref": "#"}]}}}, "refers to itself"),
        ({"kind": "json-schema", "schema": '{"type": "object", "type": "string"}'}, "the key 'type' stands twice"),
        (
            {"kind": "json-schema", "schema": {"$schema": "http://json-schema.org/draft-04/schema#"}},
            "write it by 2020-12",
        ),
        ({"kind": "regex", "pattern": "((a{1000}){1000}){1000}"}, "repeats its parts more than 50,000 times"),
        ({"kind": "regex", "pattern": "[ab]{,60000}"}, "repeats its parts more than 50,000 times"),
    ],
)
def test_scorers_that_never_end_or_point_nowhere_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ScorerError, match=re.escape(said)):
        scorer_metric(spec(**given))


def test_what_a_pattern_of_a_schema_cannot_tell_in_time_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = spec(kind="json-schema", schema={"type": "string", "pattern": "^a"})
    assert score(scorer, '"abc"') == 1.0
    monkeypatch.setattr(Pattern, "found", lambda *_: None)
    assert score(scorer, '"abc"') is None


def test_counts_that_are_no_repeats_are_none() -> None:
    for pattern in (r"a\{60000\}", "[{60000}]", r"\d{4}-\d{2}", "(?:x{2,}y){1,3}"):
        scorer_metric(spec(kind="regex", pattern=pattern))
