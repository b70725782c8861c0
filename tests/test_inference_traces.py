"""A reasoning trace and an answer are told apart by the marks of every family, and never where that is in doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodies import completion
from longplay.inference.traces import FAMILIES, Split, split_trace
from test_inference_endings import reply_to

T, E = "<think>", "</think>"
each_family = pytest.mark.parametrize(("opening", "closing"), FAMILIES)


@each_family
def test_a_trace_before_the_answer_is_taken_out(opening: str, closing: str) -> None:
    assert split_trace(f"{opening}\nthey ask\n{closing}\n\nI am Ada.") == Split("I am Ada.", "they ask")
    assert split_trace(f"  \n{opening}they ask{closing}I am Ada.") == Split("I am Ada.", "they ask")
    assert split_trace(f"{opening}\n\n{closing}\n\nI am Ada.") == Split("I am Ada.")


@each_family
def test_a_trace_that_never_ends_leaves_no_answer(opening: str, closing: str) -> None:
    del closing
    assert split_trace(f"{opening}\nthey ask who I am") == Split("", "they ask who I am")


@each_family
def test_what_stands_before_a_lone_closing_mark_is_a_trace(opening: str, closing: str) -> None:
    del opening
    assert split_trace(f"they ask who I am\n{closing}\n\nI am Ada.") == Split("I am Ada.", "they ask who I am")
    assert split_trace(f"they ask who I am.{closing}I am Ada.") == Split("I am Ada.", "they ask who I am.")
    assert split_trace(f"{closing}\n\nI am Ada.") == Split("I am Ada.")


@each_family
def test_text_before_a_trace_stays_and_a_second_trace_goes(opening: str, closing: str) -> None:
    text = f"Aye.\n{opening}they ask{closing}\nI am Ada.\n\n{opening}why{closing}\n\nGood night."
    assert split_trace(text) == Split("Aye.\n\nI am Ada.\n\nGood night.", "they ask\n\nwhy")
    assert split_trace(f"Aye. {opening}they ask{closing} I am Ada.") == Split("Aye. I am Ada.", "they ask")
    assert split_trace(f"Aye.\n{opening}they ask") == Split("Aye.", "they ask")


@pytest.mark.parametrize(
    ("text", "answer", "trace"),
    [
        (
            "<|channel|>analysis<|message|>They ask.<|end|><|start|>assistant<|channel|>final<|message|>Ada.<|return|>",
            "Ada.",
            "They ask.",
        ),
        ("<|channel|>analysis<|message|>They ask", "", "They ask"),
        ("<|start|>assistant<|channel|>final<|message|>Ada.", "Ada.", ""),
        ("<|channel|>commentary to=x <|constrain|>json<|message|>{}<|call|>", "", "{}"),
        ("analysisThey ask.assistantfinalAda.", "Ada.", "They ask."),
        ("<THINK>they ask</Think>Ada.", "Ada.", "they ask"),
        (f"{T}one{T}two{E}three{E}Ada.", "Ada.", "one<think>two\n\nthree"),
        ("<thinking>they ask</think>Ada.", "Ada.", "they ask"),
        (f"{T}they ask{E}\n<answer>\nAda.\n</answer>", "Ada.", "they ask"),
        ("<|begin_of_thought|>hm<|end_of_thought|><|begin_of_solution|>Ada.<|end_of_solution|>", "Ada.", "hm"),
        ("<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Ada.<|END_RESPONSE|>", "Ada.", "hm"),
        (f"They ask about `{T}`. Hm.\n{E}\n\nAda.", "Ada.", f"They ask about `{T}`. Hm."),
        (f"{T}```python\nprint(1){E}Ada.", "Ada.", "```python\nprint(1)"),
    ],
)
def test_marks_of_particular_families(text: str, answer: str, trace: str) -> None:
    assert split_trace(text) == Split(answer, trace)


@pytest.mark.parametrize(
    "text",
    [
        f"I {T}so{E}.",
        f"The tags {T} and {E} stand around it.",
        f"{T} and {E} are the tags that stand around it.",
        f"{T} is the tag that it begins with.",
        f"It begins with the {T} tag.",
        f"It ends with the {E} tag, and then comes the answer.",
        f"Write `{T}` first.",
        f"Write `{T}...{E}` first.",
        f'He wrote "{T}" on the wall.',
        f"He wrote \u201c{T}\u201d on the wall.",
        f"An example:\n```\n{T}\nhm\n{E}\nAda.\n```\nThat is all.",
        f"Such a template ends in `{E}`; what follows is the answer.",
        "`<|channel|>analysis<|message|>` begins a channel.",
    ],
)
def test_an_answer_that_speaks_of_marks_stays_whole_and_says_so(text: str) -> None:
    assert split_trace(text) == Split(text, "", marked=True)


@pytest.mark.parametrize(
    "text",
    ["", "Ada.", "  Ada. \n", "a < b and b > c", "[think] so", "analysis is what I do", "<b>bold</b>", "<thinker>"],
)
def test_a_text_without_marks_is_left_as_it_is(text: str) -> None:
    assert split_trace(text) == Split(text)


def test_a_reply_with_more_marks_than_anybody_means_is_left_as_it_is_and_says_so() -> None:
    text = f"{T}a{E}" * 500
    assert split_trace(text) == Split(text, "", marked=True)


@given(
    st.lists(
        st.sampled_from(
            [T, E, "[THINK]", "<|channel|>", "final", "<|message|>", "`", "```", "\n", " ", "a.", "analysis"]
        )
    )
)
def test_nothing_that_was_said_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    split = split_trace(text)
    assert text.count("a.") == split.text.count("a.") + split.reasoning.count("a.")


@pytest.mark.parametrize("piece", [f"{T}", f"{E}", "`", "<|start|>", "<|channel|>", "analysis", " \n", f"{T} and "])
def test_no_text_takes_long_to_split(piece: str) -> None:
    assert split_trace(T + piece * 200_000).text is not None
    assert split_trace("analysis" + piece * 200_000).text is not None


def test_a_reply_says_that_marks_remain_and_a_field_of_reasoning_is_the_better_trace() -> None:
    reply = reply_to(completion(f"I {T}so{E}."))
    assert reply.marked
    reply = reply_to(completion(f"{T}aside{E}Ada.", reasoning_content="They ask."))
    assert (reply.text, reply.reasoning, reply.marked) == ("Ada.", "They ask.", False)


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_reply_that_is_all_trace_is_empty(finish: str) -> None:
    reply = reply_to(completion(f"{T}they ask and ask", finish))
    assert (reply.status, reply.text, reply.reasoning, reply.empty) == ("ok", "", "they ask and ask", True)
