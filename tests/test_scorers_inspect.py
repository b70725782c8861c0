"""Scorers beside Inspect's own on the same texts: where the two differ, and that they differ nowhere else."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from longplay.verifiers.answers import choice_of, numbers
from test_scorers import score, spec

inspect_ai = pytest.importorskip("inspect_ai", reason="inspect-ai is not installed; pip install '.[inspect]'")
from inspect_ai.model import ChatMessageUser, ModelOutput  # noqa: E402 - only where it is there
from inspect_ai.scorer import Target, choice, exact, match  # noqa: E402
from inspect_ai.solver import TaskState, multiple_choice  # noqa: E402

COLOURS = ("red", "green", "blue", "grey")
WORDS = ("Paris", "New York", "the cat", "A dog", "42", "blue", "an owl", "e-mail", "O'Hara", "3.5")
WRAPS = ("{}", " {} ", "{}.", "**{}**", '"{}"', "It is {}.", "{}!", "({})", "not {}", "the {}", "{}, I think", "{}\n")
NUMBERS = ("7", "1200", "-3", "0.5", "3.25", "1000000", "12", "99")
AROUND = ("{}", "{}.", "It is {}.", "${}", "5 and then {}", "{} apples", "**{}**", "about ({})", "x = {}", "{} of 9")
LETTERS = ("ANSWER: {}", "Answer: {}", "I see.\n\nANSWER: {}", "ANSWER: {}.", "ANSWER: A\nANSWER: {}", "answer: {}")
OTHERWISE = ("{}", "({})", "The answer is {}.", "{}) {}", "No idea, {}!")


def texts(seed: int, n: int, wraps: tuple[str, ...], said: tuple[str, ...]) -> list[tuple[str, str]]:
    """(answer, reference) pairs, about half of them with the reference in the answer."""
    rng = random.Random(seed)
    found: list[tuple[str, str]] = []
    for _ in range(n):
        reference = rng.choice(said)
        found.append(
            (rng.choice(wraps).replace("{}", reference if rng.random() < 0.5 else rng.choice(said)), reference)
        )
    return found


def theirs(scorer: Callable[[Any, Any], Awaitable[Any]], answer: str, reference: str) -> float:
    state = TaskState(
        model=cast("Any", "mockllm/model"), sample_id=1, epoch=1, input="?", messages=[],
        output=ModelOutput.from_content("mockllm", answer),
    )  # fmt: skip
    return 1.0 if asyncio.run(cast("Any", scorer(state, Target(reference)))).value == "C" else 0.0


def their_choice(answer: str, right: str) -> float:
    state = TaskState(
        model=cast("Any", "mockllm/model"),
        sample_id=1,
        epoch=1,
        input="?",
        messages=[ChatMessageUser(content="?")],
        choices=list(COLOURS),
    )

    async def said(given: TaskState, **_: object) -> TaskState:
        given.output = ModelOutput.from_content("mockllm", answer)
        return given

    async def both() -> Any:
        done = await cast("Any", multiple_choice())(state, said)
        return await cast("Any", choice())(done, Target(right))

    return 1.0 if asyncio.run(both()).value == "C" else 0.0


def test_exact_says_what_inspects_exact_says_but_for_articles_and_marks_inside() -> None:
    ours = spec(kind="exact")
    pairs = texts(1, 170, WRAPS, WORDS)
    differ = [
        (answer, reference)
        for answer, reference in pairs
        if score(ours, answer, reference=reference) != theirs(exact(), answer, reference)
    ]
    assert all(any(article in f" {a.lower()} " for article in (" the ", " a ", " an ")) for a, _ in differ), differ
    assert 0 < len(differ) < 20


def test_number_says_what_inspects_match_says() -> None:
    ours = spec(kind="number")
    pairs = texts(2, 170, AROUND, NUMBERS)
    differ = [
        (answer, reference)
        for answer, reference in pairs
        if score(ours, answer, reference=reference) != theirs(match(numeric=True), answer, reference)
    ]
    assert differ == []
    # and where they read otherwise
    assert (numbers("3,5"), theirs(match(numeric=True), "3,5", "35")) == ([3.5], 1.0)
    assert (score(ours, "1000004", reference="1000000"), theirs(match(numeric=True), "1000004", "1000000")) == (
        0.0,
        1.0,
    )


def test_choice_says_what_inspects_choice_says_of_answers_in_its_form() -> None:
    ours = spec(kind="choice")
    letters = ("A", "B", "C", "D")
    for answer, right in texts(3, 120, LETTERS, letters):
        assert score(ours, answer, choices=COLOURS, reference=right) == their_choice(answer, right), (answer, right)
    differ = [
        answer
        for answer, right in texts(4, 40, OTHERWISE, letters)
        if score(ours, answer, choices=COLOURS, reference=right) != their_choice(answer, right)
    ]
    assert all(choice_of(answer, COLOURS) is not None for answer in differ), "longplay reads more ways to name one"
