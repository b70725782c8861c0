"""When a reply is a copy of an earlier one: its own words, from one reply, not asked for."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.verifiers.copies import LENGTH, Earlier, asks_again, words
from longplay.verifiers.text import BREAKS

QUESTION = "What do you do all day?"
LAMP = "I trim the lamp at dusk, log the weather at eight, and sleep while the gulls are loud."
STORM = "The storm of last winter took our only boat, so the letters came a month too late for all of us."


def earlier(*replies: str) -> Earlier:
    found = Earlier()
    for reply in replies:
        found.add(reply)
    return found


def made_up(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"w{rng.randrange(100_000)}" for _ in range(count)]


@pytest.mark.parametrize(
    "reply",
    [
        LAMP,
        LAMP.upper(),
        f"*{LAMP}*\n",
        LAMP.replace(",", ""),
        LAMP.replace(" at ", "  at\n"),
        f"Well. {LAMP}",
    ],
)
def test_a_reply_nearly_all_from_an_earlier_one_is_copied(reply: str) -> None:
    assert earlier(STORM, LAMP, STORM).holds(reply, QUESTION)


@pytest.mark.parametrize("reply", ["", "Aye.", STORM, LAMP[: len(LAMP) // 2] + STORM, "I trim the lamp at dusk."])
def test_a_reply_of_its_own_or_too_short_is_not(reply: str) -> None:
    assert not earlier(LAMP, "Aye.", "I trim the lamp at dusk.").holds(reply, QUESTION)


@pytest.mark.parametrize(("own", "copied"), [(20, True), (21, False)])
def test_a_fifth_of_the_runs_may_be_the_replys_own(own: int, copied: bool) -> None:
    taken = made_up(80 + LENGTH - 1, 1)
    assert earlier(" ".join(taken)).holds(" ".join(taken + made_up(own, 2)), QUESTION) is copied


def test_what_is_put_together_from_several_replies_is_not_a_copy_of_one() -> None:
    first, second = (" ".join(made_up(60, seed)) for seed in (1, 2))
    assert not earlier(first, second).holds(f"{first} {second}", QUESTION)
    assert earlier(first, second, f"{first} {second}").holds(f"{first} {second}", QUESTION)


def test_nothing_is_a_copy_before_the_first_round() -> None:
    assert not Earlier().holds(LAMP, QUESTION)
    assert not earlier("", "").holds(LAMP, QUESTION)


def test_an_answer_is_compared_with_the_rounds_before_it_alone() -> None:
    found = earlier(STORM, LAMP)
    assert not found.holds(LAMP, QUESTION, 1)
    assert found.holds(LAMP, QUESTION, 2)


def test_what_stands_in_the_question_is_nobodys_copy() -> None:
    quoted = f"Somebody said: {LAMP} Is it so?"
    assert not earlier(LAMP).holds(LAMP, quoted)
    long = " ".join(made_up(60, 1))
    assert earlier(STORM, long).holds(f"{LAMP} {long}", quoted)


@pytest.mark.parametrize(
    "asked",
    [
        "Please repeat that.",
        "Could you repeat your last answer?",
        "Repeat!",
        "Say that once more, slowly.",
        "Tell me the story of the boat again.",
        "What did you say about the lamp?",
        "Quote your first answer.",
        "Give me your answer on the lamp, word for word.",
        "Answer with exactly the same words as before.",
        "Use the same words.",
        "Remind me: what did you just say?",
        "And what was it you said earlier? Copy your last reply.",
        "Sing it again, keeper!",
        "What have you told me? Say it one more time.",
    ],
)
def test_what_was_asked_for_again_is_no_copy(asked: str) -> None:
    assert asks_again(asked)
    assert not earlier(LAMP).holds(LAMP, asked)


@pytest.mark.parametrize(
    "asked",
    [
        QUESTION,
        "Would you choose the sea again?",
        "Does history repeat, or only rhyme?",
        "Did you ever have to repeat a year at school?",
        "What would you say to a frightened child?",
        "Do not say too much. Will you sail again?",
        "Tell me if you would ever sail again.",
        "Tell me, will the gulls come again?",
        "What did you tell your mother when you left?",
        "What did you say to the crew when the mast broke?",
        "Write about a man who loses his way again.",
        "Remind me of your first love.",
        "Recite a poem of the sea.",
        "What would a carpenter quote for a new boat?",
        "Give me a repeated pattern of your own, in verse.",
    ],
)
def test_other_questions_ask_for_nothing_again(asked: str) -> None:
    assert not asks_again(asked)
    assert earlier(LAMP).holds(LAMP, asked)


@pytest.mark.parametrize(
    "reply",
    [
        "私は毎晩灯台のランプに火をつけて、海を見ています。",
        "我每天晚上点亮灯塔的灯,然后写下天气。",
        "Ich zünde abends die Lampe an, schreibe das Wetter auf und schlafe, während die Möwen schreien.",
        "Я зажигаю лампу вечером и записываю погоду, а потом сплю до утра.",
        "\u201cI trim the lamp at dusk\u201d \u2014 and that\u2019s all, my friend, that\u2019s all there is to do.",
    ],
)
def test_other_writing_is_compared_too(reply: str) -> None:
    assert earlier(LAMP, reply).holds(f"{reply} ", QUESTION)
    assert not earlier(LAMP, STORM).holds(reply, QUESTION)


def test_the_result_does_not_hang_on_how_full_a_dialogue_is() -> None:
    replies = [" ".join(made_up(2_000, seed)) for seed in range(150)]
    found = earlier(*replies)
    assert found.holds(replies[0], QUESTION)
    assert not found.holds(" ".join(made_up(2_000, 999)), QUESTION)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_finds_the_same_words(text: str) -> None:
    assert words(text) == re.findall(f"[^{BREAKS}]+", text.casefold())


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40), st.data())
def test_the_result_is_that_of_counting_every_run(said: list[str], before: list[str], data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from([said[:12], before[:12], []]))
    runs, held, given_too = (
        [tuple(one[at : at + LENGTH]) for at in range(len(one) - LENGTH + 1)] for one in (said, before, asked)
    )
    own = [run for run in runs if run not in given_too]
    copied = bool(own) and 5 * sum(run in held for run in own) >= 4 * len(own)
    assert earlier(" ".join(before)).holds(" ".join(said), " ".join(asked)) is copied
