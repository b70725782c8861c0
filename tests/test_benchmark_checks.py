"""What the checks of IFBench and IFEval promise: built to satisfy passes, broken in one place fails, for every kind."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from building import Searching, Seeded
from ifbench_layout_builders import LAYOUT_BUILDERS
from ifbench_word_builders import WORD_BUILDERS
from ifeval_builders import BUILDERS as IFEVAL_BUILDERS
from longplay.records import Constraint
from longplay.verifiers import CHECKS, VERSION, VerifierError, constraints, english, validate, verify
from longplay.verifiers.benchmarks import DEPARTURES
from longplay.verifiers.loose import benchmark_forms

BUILDERS = WORD_BUILDERS | LAYOUT_BUILDERS | IFEVAL_BUILDERS
SAMPLES = [Constraint(kind, build(Seeded()).args) for kind, build in BUILDERS.items()]
HOSTILE = [
    ".",
    '."',
    "**a",
    "[a",
    "<<",
    "\n \t",
    "Dr. ",
    "?!",
    "*\n",
    "p. ",
    "(",
    "'",
    "a'",
    '{"a":',
    "\0a\0",
    "e\u0301",
]


def test_all_58_kinds_of_ifbench_and_all_25_of_ifeval_are_checks_with_a_builder() -> None:
    assert (len(WORD_BUILDERS) + len(LAYOUT_BUILDERS), len(IFEVAL_BUILDERS)) == (58, 25)
    assert set(BUILDERS) == {kind for kind in CHECKS if "/" in kind}
    assert set(DEPARTURES) <= set(BUILDERS)
    assert english.SPLITTER in VERSION


@pytest.mark.parametrize("kind", BUILDERS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_text_built_to_satisfy_a_constraint_passes_and_broken_in_one_place_fails(
    kind: str, data: st.DataObject
) -> None:
    built = BUILDERS[kind](Searching(data))
    constraint = Constraint(kind, built.args)
    validate([constraint])
    kept = verify([constraint], built.keeps)
    assert (kept.strict, kept.loose) == ((True,), (True,))
    assert verify([constraint], built.breaks).strict == (False,)


@given(st.text() | st.text(alphabet="aB.!?\u2026\"'*-#[]{}()<>1, \n\t\r\u200b\u3002\u201d\U0001f600"))
@example("\ud800")
@example("\r\n")
def test_any_text_gets_a_decision_and_strict_implies_loose(text: str) -> None:
    result = verify(SAMPLES, text)
    assert len(result.strict) == len(result.loose) == len(SAMPLES)
    assert all(loose for strict, loose in zip(result.strict, result.loose, strict=True) if strict)
    assert result == verify(SAMPLES, text)


@pytest.mark.parametrize("text", ["", " ", "\n\t\n", "\u200b\ufeff", "\x00"])
def test_a_blank_reply_follows_nothing(text: str) -> None:
    followed = verify(SAMPLES, text)
    assert not any((*followed.strict, *followed.loose))


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_a_hostile_text_gets_a_decision_from_every_check(piece: str) -> None:
    # No clock: a quadratic pattern would take 10^10 steps here, and nobody would fail to notice.
    assert not all(verify(SAMPLES, piece * (100_000 // len(piece)) + "x").strict)


def test_the_eight_relaxed_forms_are_cut_at_newlines_alone_as_the_benchmarks_cut_them() -> None:
    assert benchmark_forms("a\n*b*\nc") == ("a\n*b*\nc", "*b*\nc", "a\n*b*", "*b*", "a\nb\nc", "b\nc", "a\nb", "b")
    assert benchmark_forms("one line\n") == ("one line\n", "", "one line")
    assert benchmark_forms("a\u2028b\x0cc") == ("a\u2028b\x0cc", "")


def test_a_closing_line_that_is_blank_is_the_one_that_loose_forgives() -> None:
    last = Constraint("ifeval/startend:end_checker", {"end_phrase": "The end."})
    assert verify([last], "The end.\nBye.").loose == (True,)
    assert verify([last], "The end.\nBye.\n").loose == (False,)


@pytest.mark.parametrize(
    ("kind", "args", "text", "followed"),
    [
        ("ifbench/count:conjunctions", {"small_n": 2}, "And so, and so on", True),
        ("ifbench/count:conjunctions", {"small_n": 2}, "And bread and jam, and, tea", False),
        ("ifbench/ratio:sentence_type", {}, 'I say "bread." It is bread. Is it?', True),
        ("ifbench/ratio:sentence_balance", {}, 'I say "bread." It is! Is it?', True),
        ("ifbench/custom:sentence_alphabet", {}, " ".join(f'"{chr(97 + at)}x" is.' for at in range(26)), True),
        ("ifbench/format:line_indent", {}, "a\n\n\n b\n\n\n\n  c\n", True),
        ("ifbench/words:start_verb", {}, "Understand the plan first.", True),
        ("ifbench/words:words_position", {"keyword": "am"}, '"I am glad that I am here."', True),
        ("ifbench/words:words_position", {"keyword": "do"}, "Why do I ask what you do!?", False),
        ("ifbench/words:words_position", {"keyword": "do"}, "Why do I ask what birds do now!?", True),
        ("ifbench/words:words_position", {"keyword": "was"}, "He was tired and it was late...", True),
        ("ifbench/words:words_position", {"keyword": "despite"}, "Alas, despite rain we won despite wind.", True),
        ("ifbench/words:odd_even_syllables", {}, "Jumped \u2013 over \U0001f600 walls", True),
        ("ifbench/words:odd_even_syllables", {}, "Jumped apple added", False),
        ("ifbench/words:odd_even_syllables", {}, "Jumped over walls", True),
        ("ifeval/language:response_language", {"language": "de"}, "12:30 \U0001f600", False),
        ("ifeval/change_case:english_capital", {}, "DIE M\xdcHLE STEHT AM FLUSS UND DER WIND IST KALT", False),
        ("ifeval/change_case:english_capital", {}, "TESLA ROCKS 2024", True),
    ],
)
def test_where_we_depart_from_the_benchmarks_code_the_prompt_decides(
    kind: str, args: dict[str, int | float | str | list[str]], text: str, followed: bool
) -> None:
    assert kind in DEPARTURES
    assert verify([Constraint(kind, args)], text).strict == (followed,)


def test_a_keyword_counts_as_a_whole_word_where_its_plural_does_not() -> None:
    words = {"keyword1": "door", "keyword2": "fish", "keyword3": "lamp", "keyword4": "dawn", "keyword5": "river"}
    times = {"door": 1, "fish": 2, "lamp": 3, "dawn": 5, "river": 7}
    text = " ".join(word for word, count in times.items() for _ in range(count))
    kept = Constraint("ifbench/count:keywords_multiple", {**words})
    assert verify([kept], f"{text} doors outdoor").all_strict
    assert not verify([kept], text.replace("door", "doors")).all_loose


def test_rows_of_the_data_files_become_constraints_without_their_nulls() -> None:
    found = constraints("ifbench", ["count:numbers", "format:emoji"], [{"N": 3.0, "m": None}, {}])
    assert found == (Constraint("ifbench/count:numbers", {"N": 3}), Constraint("ifbench/format:emoji", {}))
    with pytest.raises(VerifierError, match="2 instruction ids but kwargs for 1"):
        constraints("ifeval", ["punctuation:no_comma", "startend:quotation"], [{}])


@pytest.mark.parametrize(
    ("kind", "args", "says"),
    [
        ("ifbench/keywords:existence", {"keywords": ["a"]}, "unknown kind"),
        ("ifeval/count:numbers", {"N": 1}, "unknown kind"),
        ("ifbench/count:numbers", {}, "lacks the argument 'N'"),
        ("ifbench/count:numbers", {"N": 1, "m": 2}, "no argument 'm'"),
        ("ifbench/count:numbers", {"N": -1}, "whole number of 0 or more"),
        ("ifbench/count:numbers", {"N": 1.5}, "whole number of 0 or more"),
        ("ifbench/count:word_count_range", {"min_words": 3, "max_words": 2}, "above max_words"),
        ("ifbench/count:person_names", {"N": 51}, "lists 50 names"),
        ("ifbench/count:words_japanese", {"N": 0}, "counted from 1"),
        ("ifbench/ratio:stop_words", {"percentage": 101}, "from 0 to 100"),
        ("ifbench/ratio:overlap", {"percentage": 50, "reference_text": " "}, "must be a text"),
        ("ifbench/sentence:keyword", {"word": "a", "N": 0}, "counted from 1"),
        ("ifbench/words:keywords_specific_position", {"keyword": "a", "n": 1, "m": 0}, "counted from 1"),
        ("ifbench/words:words_position", {"keyword": "?"}, "holds no word"),
        ("ifbench/repeat:repeat_span", {"prompt_to_repeat": "a b", "n_start": 0, "n_end": 2}, "last word"),
        ("ifeval/keywords:frequency", {"keyword": "a", "frequency": 1, "relation": "at most"}, "'less than' or 'at"),
        (
            "ifeval/keywords:letter_frequency",
            {"letter": "ab", "let_frequency": 1, "let_relation": "at least"},
            "one char",
        ),
        ("ifeval/language:response_language", {"language": "xx"}, "no language 'xx'"),
        (
            "ifeval/length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"},
            "from 1 to num_paragraphs",
        ),
    ],
)
def test_a_constraint_that_cannot_be_checked_is_refused_never_filled_in(
    kind: str, args: dict[str, int | float | str | list[str]], says: str
) -> None:
    with pytest.raises(VerifierError, match=says):
        validate([Constraint(kind, args)])
