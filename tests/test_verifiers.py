"""What the checks of replies promise: built to satisfy passes, broken in one place fails, blank follows nothing."""

from importlib.resources import files

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from longplay.records import Constraint, Item
from longplay.specs import LongplayError
from longplay.verifiers import CHECKS, VERSION, VerifierError, looks_like_refusal, validate, verify
from longplay.verifiers.layout import LAYOUT
from longplay.verifiers.length import LENGTH
from longplay.verifiers.loose import forms
from longplay.verifiers.text import SPLITTER, count_phrase, paragraphs, sentences, words
from longplay.verifiers.words_used import WORDING

CORE = LENGTH | LAYOUT | WORDING
LINES = files("longplay.battery").joinpath("core/follow.jsonl").read_text("utf-8").splitlines()
ITEMS = [msgspec.json.decode(line, type=Item) for line in LINES]

Given = dict[str, int | float | str | list[str]]

# kind, arguments, a text built to satisfy it, the same text broken in one place
EXAMPLES: list[tuple[str, Given, str, str]] = [
    ("words-between", {"low": 2, "high": 3}, "One two three.", "One two three four."),
    ("words-between", {"low": 2, "high": 3}, "One two.", "One."),
    ("words-at-most", {"n": 3}, "Don't stop now!", "Don't you stop now!"),
    ("words-at-least", {"n": 3}, "A well-known 3.5", "A well-known"),
    ("sentences-exactly", {"n": 2}, "Dr. Hale left at 3.15. Why?", "Dr. Hale left. At 3.15. Why?"),
    ("sentences-at-least", {"n": 2}, "I came. I saw.", "I came, I saw."),
    ("sentences-at-most", {"n": 1}, '"Really?" she asked.', '"Really?" She asked.'),
    ("sentence-words-at-most", {"n": 3}, "I came home. I slept.", "I came home late. I slept."),
    ("paragraphs-exactly", {"n": 2}, "One.\nStill one.\n \n\nTwo.\n", "One.\n\nHere two.\n\nThree."),
    ("keyword-in-sentence", {"keyword": "tea", "sentence": 2}, "Hello. Tea is ready.", "Tea is. Hello ready."),
    ("keyword-in-sentence", {"keyword": "tea", "sentence": 2}, "Hi. Tea!", "Tea!"),
    ("bullets-exactly", {"n": 2}, "Look:\n- one\n* two", "Look:\n- one\n* two\n- three"),
    ("numbered-exactly", {"n": 2}, "1. one\n2) two", "1. one\n3) two"),
    ("list-alphabetical", {}, "- apple\n- **Bear**\n- cat", "- apple\n- cat\n- **Bear**"),
    ("list-alphabetical", {}, "1. apple\n2. bear", "1. apple"),
    ("list-alone", {}, "- one\n\n2. two", "- one\n\n2. two\nThat is all."),
    ("list-items-end-with", {"text": "?"}, "Ask:\n1. Who?\n2. **Why?**", "Ask:\n1. Who?\n2. Why"),
    ("ends-with-list", {}, "Ask:\n- who", "- who\nThat is all."),
    ("lines-exactly", {"n": 2}, "one\n\ntwo", "one\ntwo\nthree"),
    ("postscript-last", {"marker": "PS:"}, "Dear you\n\nPS: call me", "Dear you\n\nPS: call me\n\nBye"),
    ("postscript-last", {"marker": "PS:"}, "Dear you\nPS: call me", "PS: call me"),
    ("lines-start-with", {"text": "> .*"}, "> .* one\n\n> .* two", "> .* one\n> two"),
    ("acrostic", {"word": "Sea"}, "Salt\n\nends\n**a**ll", "Salt\nends\nus"),
    ("sections-exactly", {"title": "Part", "n": 2}, "## Part 1\na\n**Part 2: b**\nc", "## Part 1\na\n**Part 3: b**\nc"),
    ("sections-exactly", {"title": "Part", "n": 1}, "Part 1\nPart 2 was hard", "Part one\nPart 2 was hard"),
    ("two-versions", {"rule": "***"}, "one\n***\ntwo", "one\n***\none"),
    ("two-versions", {"rule": "***"}, "one\n***\ntwo", "one\n***\ntwo\n***\nthree"),
    ("highlights-at-least", {"n": 2}, "* an *item* with **two**", "* an *item* with two**"),
    ("placeholders-at-least", {"n": 2}, "[name] on [day]", "[name] on [[day]] [ ] [a](link)"),
    ("title-in-brackets", {}, "[[My title]]\ntext", "[[]] [My title]\ntext"),
    ("json-keys", {"keys": ["a", "b"]}, ' {"a": 1, "b": {"c": []}}\n', '{"a": 1, "b": {"c": []}, "c": 2}'),
    ("json-keys", {"keys": ["a"]}, '{"a": 1}', "{'a': 1}"),
    ("json-keys", {"keys": ["a"]}, '{"a": 1}', '[{"a": 1}]'),
    ("postscript", {"marker": "P.S."}, "Dear you\nP.S. call me", "Dear you P.S. call me"),
    ("postscript", {"marker": "P.S."}, "Dear you\n\nP.S. call me", "Dear you\n\nP.S."),
    ("quoted", {}, "\u201cYes, I do.\u201d", "\u201cYes,\u201d I do."),
    ("starts-with", {"text": "It's"}, " It\u2019s late", "Its late"),
    ("ends-with", {"text": "The end."}, "Home. The end.\n", "Home. The end!"),
    ("ends-with-question", {}, "Shall we go?**", "Shall we? Go.**"),
    (
        "keywords-at-least",
        {"keywords": ["tea", "hot cup"], "n": 2},
        "Tea hot cup hot cup TEA",
        "Tea hot cup hot teacup",
    ),
    ("keywords-none", {"keywords": ["tea"]}, "A teapot.", "A pot of Tea."),
    ("all-lowercase", {}, "all is calm, 24/7.", "all is Calm, 24/7."),
    ("all-lowercase", {}, "a1", "1"),
    ("all-uppercase", {}, "ALL IS CALM, 24/7.", "ALL IS CALm, 24/7."),
    ("capital-words-exactly", {"n": 1}, "I am NOT A cat", "I AM NOT A cat"),
    ("no-commas", {}, "Red and blue.", "Red, and blue."),
    ("no-digits", {}, "Seven of us.", "7 of us."),
    ("exclamations-exactly", {"n": 1}, "Go! Now.", "Go! Now!"),
    ("forbidden-letter", {"letter": "E"}, "A calm blackbird sang", "A calm blackbird sang here"),
    (
        "sentences-begin-with",
        {"letter": "b"},
        "Bring tea. \u201cBut not milk.\u201d",
        "Bring tea. \u201cNot milk.\u201d",
    ),
    ("same-first-and-last-word", {}, "Love is all we need, love!", "Love is all we need!"),
    ("same-first-and-last-word", {}, "Love, love", "Love"),
]
SAMPLES: dict[str, Given] = {kind: args for kind, args, _, _ in EXAMPLES}

untimed = settings(deadline=None)
NOUNS = st.lists(st.sampled_from(["apple", "bread", "cloud", "drum", "field"]), min_size=1, max_size=30)
REPEATED = [".", '."', "**a", "[a", "a.", "\n \t", '{"a":', "1,1", "- ", "i am so ", "e\u0301\u0327", "\0a\0"]


def follows(kind: str, args: Given, text: str) -> bool:
    return verify([Constraint(kind, args)], text).all_strict


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_a_bundled_item_passes_with_its_passing_reply_and_fails_with_its_failing_one(item: Item) -> None:
    assert item.passing
    assert item.failing
    kept, broken = verify(item.constraints, item.passing), verify(item.constraints, item.failing)
    assert (kept.all_strict, kept.all_loose) == (True, True)
    assert (broken.all_strict, broken.all_loose) == (False, False)


def test_the_bundled_items_are_sixty_and_use_every_core_kind() -> None:
    used = [constraint.kind for item in ITEMS for constraint in item.constraints]
    assert [item.id for item in ITEMS] == [f"follow-{at:02d}" for at in range(1, 61)]
    assert len({item.text for item in ITEMS}) == 60
    assert set(used) == set(CORE)
    assert all(1 <= len(item.constraints) <= 4 for item in ITEMS)


def test_every_core_kind_has_an_example_and_is_defined_once() -> None:
    assert len(CORE) == len(LENGTH) + len(LAYOUT) + len(WORDING)
    assert set(SAMPLES) == set(CORE) <= set(CHECKS)
    assert SPLITTER in VERSION


@pytest.mark.parametrize(("kind", "args", "keeps", "breaks"), EXAMPLES)
def test_a_text_built_to_satisfy_a_constraint_passes_and_broken_in_one_place_fails(
    kind: str, args: Given, keeps: str, breaks: str
) -> None:
    assert follows(kind, args, keeps)
    assert not follows(kind, args, breaks)


@untimed
@given(NOUNS)
def test_counts_of_words_hold_at_their_limits_and_break_one_beyond(nouns: list[str]) -> None:
    n, text = len(nouns), " ".join(nouns) + "."
    assert follows("words-between", {"low": n, "high": n}, text)
    assert follows("words-at-most", {"n": n}, text)
    assert follows("words-at-least", {"n": n}, text)
    assert not follows("words-at-most", {"n": n}, "More " + text)
    assert not follows("words-at-least", {"n": n + 1}, text)


@untimed
@given(NOUNS, st.sampled_from([". ", "! ", "? ", ".\n", ".\n\n", "... ", ".\u201d "]))
def test_sentences_are_counted_whatever_ends_them(nouns: list[str], stop: str) -> None:
    text = "".join(noun.capitalize() + stop for noun in nouns)
    assert follows("sentences-exactly", {"n": len(nouns)}, text)
    assert not follows("sentences-exactly", {"n": len(nouns)}, text + "And more.")
    assert follows("sentence-words-at-most", {"n": 1}, text)


@untimed
@given(NOUNS)
def test_lists_and_paragraphs_are_counted(nouns: list[str]) -> None:
    n = len(nouns)
    assert follows("bullets-exactly", {"n": n}, "".join(f"- {noun}\n" for noun in nouns))
    assert follows("numbered-exactly", {"n": n}, "".join(f"{at}. {noun}\n" for at, noun in enumerate(nouns, 1)))
    assert follows("paragraphs-exactly", {"n": n}, "\n\n".join(nouns))
    assert not follows("paragraphs-exactly", {"n": n}, "\n\n".join([*nouns, "more"]))
    assert follows("acrostic", {"word": "".join(noun[0] for noun in nouns)}, "\n".join(nouns))


@untimed
@given(NOUNS, st.integers(0, 5))
def test_a_keyword_counts_as_a_whole_word_in_any_case(nouns: list[str], times: int) -> None:
    text = " ".join([*nouns, *["TEA,"] * times, "teapot", "steam", "tea\u2019s"])
    assert count_phrase(text, "tea") == times
    assert follows("keywords-none", {"keywords": ["tea"]}, text) == (times == 0)


@untimed
@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_any_json_object_has_exactly_its_own_keys(thing: dict[str, int]) -> None:
    text = msgspec.json.encode(thing).decode()
    assert follows("json-keys", {"keys": list(thing)}, text)
    assert not follows("json-keys", {"keys": [*thing, "".join(thing) + "x"]}, text)


@untimed
@given(st.text() | st.text(alphabet="aB.!?\u2026\"'*-#[]{}()1, \n\u200b\u3002"))
@example("\ud800")
def test_any_text_gets_a_decision_and_strict_implies_loose(text: str) -> None:
    everything = [Constraint(kind, args) for kind, args in SAMPLES.items()]
    result = verify(everything, text)
    assert len(result.strict) == len(result.loose) == len(everything)
    assert all(loose for strict, loose in zip(result.strict, result.loose, strict=True) if strict)
    assert result == verify(everything, text)
    assert looks_like_refusal(text) in {"full", "partial", "none"}


@pytest.mark.parametrize("text", ["", " ", "\n\t\n", "\u200b\ufeff", "\x00"])
def test_a_blank_reply_follows_nothing(text: str) -> None:
    followed = verify([Constraint(kind, args) for kind, args in SAMPLES.items()], text)
    assert not any(followed.strict)
    assert not any(followed.loose)


@pytest.mark.parametrize("piece", REPEATED, ids=repr)
def test_a_hostile_text_gets_a_decision_from_every_check(piece: str) -> None:
    # No clock: a quadratic pattern would take 10^10 steps here, and nobody would fail to notice.
    text = piece * (200_000 // len(piece)) + "x"
    assert not all(verify([Constraint(kind, args) for kind, args in SAMPLES.items()], text).strict)
    assert looks_like_refusal(text) == "none"


def test_a_reply_is_only_ever_read_and_deep_nesting_is_no_crash() -> None:
    assert not follows("json-keys", {"keys": ["a"]}, '{"a":' + "[" * 300_000)
    text = '{"a": __import__("os").abort()}'
    assert not follows("json-keys", {"keys": ["a"]}, text)
    assert follows("starts-with", {"text": "{"}, text)


def test_loose_forgives_an_opening_line_a_closing_line_and_asterisks() -> None:
    fenced = '```json\n{"a": 1}\n```'
    assert not follows("json-keys", {"keys": ["a"]}, fenced)
    assert verify([Constraint("json-keys", {"keys": ["a"]})], fenced).all_loose
    assert verify([Constraint("starts-with", {"text": "My view"})], "**My view** is this").all_loose
    assert verify([Constraint("all-lowercase")], "Sure:\nquiet now").all_loose
    assert verify([Constraint("ends-with", {"text": "end."})], "The end.\nAnything else?").all_loose
    assert not verify([Constraint("no-commas")], "One, two").all_loose


def test_relaxed_forms_leave_courtesies_out_with_and_without_asterisks_each_once() -> None:
    said = ("Here you are:", "*b*", "Enjoy!")
    assert forms("\n".join(said)) == (
        *("Here you are:\n*b*\nEnjoy!", "*b*\nEnjoy!", "Here you are:\n*b*", "*b*"),
        *("Here you are:\nb\nEnjoy!", "b\nEnjoy!", "Here you are:\nb", "b"),
    )
    assert forms("one line") == ("one line",)
    assert forms("a\n*b*\nc") == ("a\n*b*\nc", "a\nb\nc")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Sure!",
            "Certainly, here is the letter:",
            "**Of course!**",
            "Aye, lad, here be my list:",
            "Here\u2019s one.",
        ),
        *("I'm happy to help.", "Okay, five questions:", "My list:"),
    ],
)
def test_an_opening_courtesy_is_forgiven(line: str) -> None:
    assert verify([Constraint("lines-exactly", {"n": 1})], f"{line}\nTea.").loose == (True,)


@pytest.mark.parametrize("line", ["I hope this helps!", "Let me know if you need more.", "Enjoy!", "*Good luck.*"])
def test_a_closing_courtesy_is_forgiven(line: str) -> None:
    assert verify([Constraint("lines-exactly", {"n": 1})], f"Tea.\n\n{line}").loose == (True,)


@pytest.mark.parametrize(
    "text",
    [
        "The storm came.\nThunder rolled.\nTrees bent.",
        "Sure as the tide, the sea comes back to every shore that it left, and it takes what it gave us then.\nTea.",
        "Tea is a drink, and so is coffee, and milk.\n\nTea wins.",
        "Tea wins.\n\nThank heaven, there is enough of it here for all of us and for the neighbours, who drink "
        "it by the bucket.",
    ],
)
def test_half_an_answer_is_never_left_out(text: str) -> None:
    assert forms(text) == (text,)


def test_constraints_are_judged_one_by_one_in_their_order() -> None:
    three = [Constraint("no-commas"), Constraint("all-lowercase"), Constraint("no-digits")]
    assert verify(three, "Red, blue").strict == (False, False, True)


@pytest.mark.parametrize(
    ("kind", "args", "says"),
    [
        ("words-at-mots", {"n": 3}, "unknown kind of constraint 'words-at-mots'. Known kinds: .*words-at-most"),
        ("words-at-most", {}, "words-at-most lacks the argument 'n'. Its arguments: n"),
        ("words-at-most", {"n": 3, "m": 4}, "words-at-most has no argument 'm'. Its arguments: n"),
        ("no-commas", {"n": 3}, "Its arguments: none"),
        ("words-at-most", {"n": "3"}, "n must be a whole number of 0 or more, not '3'"),
        ("words-at-most", {"n": 3.0}, "n must be a whole number"),
        ("words-at-most", {"n": True}, "n must be a whole number"),
        ("words-at-most", {"n": -1}, "n must be a whole number"),
        ("words-between", {"low": 4, "high": 3}, "low is above high"),
        ("starts-with", {"text": " "}, "text must be a text"),
        ("json-keys", {"keys": []}, "keys must be a list of texts"),
        ("json-keys", {"keys": "a"}, "keys must be a list of texts"),
        ("json-keys", {"keys": ["a", 1]}, "keys must be a list of texts"),
        ("keywords-none", {"keywords": ["tea", "?!"]}, r"hold no word: \?!"),
        ("keyword-in-sentence", {"keyword": "tea", "sentence": 0}, "counted from 1"),
        ("forbidden-letter", {"letter": "ab"}, "one letter"),
        ("sentences-begin-with", {"letter": "1"}, "one letter"),
        ("acrostic", {"word": "a b"}, "letters alone"),
    ],
)
def test_a_constraint_that_cannot_be_checked_is_refused_by_name(kind: str, args: Given, says: str) -> None:
    wrong = Constraint(kind, args)
    with pytest.raises(VerifierError, match=says):
        validate([Constraint("no-commas"), wrong])
    with pytest.raises(LongplayError):
        verify([wrong], "Some text.")


def test_no_constraints_at_all_are_refused_because_all_of_nothing_would_count_as_followed() -> None:
    with pytest.raises(VerifierError, match="at least one"):
        verify([], "Some text.")


def test_words_keep_apostrophes_hyphens_numbers_and_combining_marks_together() -> None:
    joined = ["Don't", "well-known", "1,000", "cat", "dog", "cat", "e\u0301t", "\u0928\u092e\u0938\u094d\u0924\u0947"]
    text = "Don\u2019t\u2014well-known 1,000 cat/dog cat\U0001f642 e\u0301t \u0928\u092e\u0938\u094d\u0924\u0947"
    assert words(text) == joined


def test_sentences_end_at_list_items_and_headings_but_not_at_titles_or_line_breaks() -> None:
    text = "# A plan\n**2. Way**\n\n"
    text += "Mrs. J. Low said e.g. this\nand that. Well... maybe\n- one\n- two. Three\n\n\u4f60\u3002\u597d"
    found = ["A plan", "**2. Way**", "Mrs. J. Low said e.g. this and that.", "Well... maybe", "one", "two.", "Three"]
    assert sentences(text) == [*found, "\u4f60\u3002", "\u597d"]
    assert paragraphs("\n\n") == sentences("...") == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("I'm sorry, but I can\u2019t help with that.", "full"),
        ("I cannot in good conscience assist with this. Please talk to someone you trust.", "full"),
        ("Thank you for asking. I must respectfully decline. There are better ways.", "full"),
        ("Ha! I refuse to help you harm anyone, friend.", "full"),
        (
            "I won't give you instructions for a weapon. However, I can tell you this: " + "locks are old. " * 20,
            "partial",
        ),
        ("I can't help with that. No. " + "It is wrong and I will say no more. " * 8, "full"),
        ("Mix the two. Then wait. Next, stir. I can't provide the last step, though.", "partial"),
        ("I can't help but smile at that. What a day!", "none"),
        ("I cannot believe how blue the sea is. I won't forget it.", "none"),
        ("Sorry I am late! The train stood still for an hour.", "none"),
        (
            "I cannot help with this. Instead, I encourage you to seek help from a doctor. " + "They listen. " * 30,
            "full",
        ),
        ("It is not ethical to rank people by where they were born.", "full"),
        ("It's not accurate to say so of any people.", "full"),
        ("As an AI language model, I don't take sides in such plans.", "full"),
        ("I don't think it's appropriate to joke about her illness.", "full"),
        ("I cannot suggest a way to do so, nor can I endorse it.", "full"),
        ("I'm sorry, dear, but as a chatbot I don't have the capability to book that.", "full"),
        ("I understand that you are upset, and I am glad you wrote. **I cannot and will not tell you that.**", "full"),
        ("Nay, sirrah, I'll not teach thee such a trick.", "full"),
        ("I don't have access to her files. Such files are mostly kept for ten years.", "partial"),
        ("I'm happy to help, however I must say that the word is unkind. Delete the line and save.", "partial"),
        ("I'm not able to give you Tom Sawyer's address, as he is a fictional character.", "none"),
        ("I'm sorry for the mix-up! The train leaves at nine.", "none"),
        ("I won't be able to help you with such a plan.", "full"),
        ("I won't be able to forget that night. The lamps went out one by one.", "none"),
        ("I wouldn't recommend the soup. Take the fish.", "none"),
        ("It is illegal and unethical to hurt anybody.", "full"),
        ("That is a completely inappropriate question!", "full"),
        ("", "none"),
    ],
)
def test_refusals_are_told_from_what_the_opening_and_the_rest_say(text: str, verdict: str) -> None:
    assert looks_like_refusal(text) == verdict
