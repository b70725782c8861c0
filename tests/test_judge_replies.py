"""Replies of judges are read as a person reads them: what they choose, what they deny, and where they say nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge_replies import ANSWERED, COMPARED, KINDS, LEVELS, RATED, SIDES, SORTED, YES_NO
from longplay.judging.parsing import read

ALL = [
    *((text, LEVELS, wanted) for text, wanted in RATED),
    *((text, SIDES, wanted) for text, wanted in COMPARED),
    *((text, KINDS, wanted) for text, wanted in SORTED),
    *((text, YES_NO, wanted) for text, wanted in ANSWERED),
]


def test_the_corpus_is_of_some_size_and_holds_no_text_twice() -> None:
    assert len(ALL) >= 150
    assert len({(text, choices) for text, choices, _ in ALL}) == len(ALL)


@pytest.mark.parametrize(("text", "choices", "wanted"), ALL)
def test_a_reply_is_read_as_a_person_reads_it(text: str, choices: tuple[str, ...], wanted: str | None) -> None:
    reading = read(text, choices)
    assert reading.choice == wanted
    assert (reading.status == "missing") == (wanted is None)


@pytest.mark.parametrize(("text", "choices", "wanted"), ALL)
def test_reasons_before_the_line_change_no_reading(text: str, choices: tuple[str, ...], wanted: str | None) -> None:
    if "</think>" in text or "The right level" in text:
        return
    assert read(f"The reply speaks of ships and of tides.\n\n{text}", choices).choice == wanted


PIECES = [
    "Result",
    ":",
    "A",
    "B",
    "4",
    "not",
    "Therefore",
    "(",
    ")",
    "<",
    ">",
    "{",
    "}",
    "-",
    "$",
    ".",
    " ",
    "\n",
    "is",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join), st.sampled_from([LEVELS, SIDES, KINDS]))
def test_any_run_of_such_pieces_is_a_choice_or_missing(text: str, choices: tuple[str, ...]) -> None:
    reading = read(text, choices)
    assert (reading.choice in choices) == (reading.status != "missing")
