"""Remarks keep their places, every order has the same questions, and prefixes grow without being rebuilt."""

import msgspec
import pytest

from longplay.battery import core_personas, core_scripts
from longplay.dialogue import ScriptError, ask, completed, orders_of, remark_rounds, user_turns
from longplay.policies import POLICIES
from longplay.policies.plain import start
from longplay.records import (
    EMPTY,
    NO_ROUNDS,
    DialogueKey,
    Message,
    Occasion,
    Reply,
    Request,
    Round,
    RoundRef,
    Script,
    View,
    call_key,
)
from longplay.specs import Persona, Sampling

ANNA = Persona(id="anna", name="Anna", description="You are Anna.")
SCRIPT = Script("s", "persona-directed", tuple(f"q{i}" for i in range(20)), "Hi, {persona}!", "Bye, {persona}.")


def test_a_short_run_takes_opening_first_questions_and_closing() -> None:
    assert user_turns(SCRIPT, ANNA, 5, 0, seed=0) == ("Hi, Anna!", "q0", "q1", "q2", "Bye, Anna.")
    assert remark_rounds(SCRIPT, 5) == (1, 5)


def test_every_order_has_the_same_questions_between_the_same_remarks() -> None:
    written = user_turns(SCRIPT, ANNA, 12, 0, seed=3)
    for order in range(1, 6):
        turns = user_turns(SCRIPT, ANNA, 12, order, seed=3)
        assert turns == user_turns(SCRIPT, ANNA, 12, order, seed=3)
        assert turns != written
        assert (turns[0], turns[-1]) == (written[0], written[-1])
        assert sorted(turns) == sorted(written)
    assert user_turns(SCRIPT, ANNA, 12, 1, seed=3) != user_turns(SCRIPT, ANNA, 12, 1, seed=4)


def test_the_baseline_is_addressed_without_a_name() -> None:
    assert user_turns(SCRIPT, None, 3, 0, seed=0) == ("Hi!", "q0", "Bye.")
    core = core_scripts()["persona-directed"]
    nameless = user_turns(core, None, 102, 0, seed=0)
    named = user_turns(core, core_personas()["silver"], 102, 0, seed=0)
    assert nameless[0] == core.opening_baseline
    assert "Long John Silver" in named[0]
    assert nameless[1:-1] == named[1:-1]


def test_a_persona_name_with_braces_stays_text() -> None:
    odd = Persona(id="x", name="{persona}{0}", description="d")
    assert user_turns(SCRIPT, odd, 2, 0, seed=0)[0] == "Hi, {persona}{0}!"


@pytest.mark.parametrize("rounds", [1, 23])
def test_rounds_that_a_script_does_not_have_are_refused(rounds: int) -> None:
    with pytest.raises(ScriptError, match="has 22 user turns"):
        user_turns(SCRIPT, ANNA, rounds, 0, seed=0)


def test_both_core_scripts_have_102_turns() -> None:
    for script in core_scripts().values():
        assert len(set(user_turns(script, ANNA, 102, 0, seed=0))) == 102


def _ask(history=NO_ROUNDS, persona: Persona | None = ANNA, query: str = "next?") -> Request:
    key = DialogueKey("m", "anna", "s")
    return next(ask(View(persona, history, query), POLICIES["plain"], Sampling(), 0, Occasion(RoundRef(key, 1))))


def test_plain_conditioning_puts_persona_rounds_and_question_in_order() -> None:
    history = NO_ROUNDS.add(Round(1, "u1", "a1")).add(Round(2, "u2", ""))
    request = _ask(history)
    roles = [(m.role, m.content) for m in request.prefix.messages()[1:]]
    assert roles == [("user", "u1"), ("assistant", "a1"), ("user", "u2"), ("assistant", "")]
    assert request.prefix.messages()[0].role == "system"
    assert "You are Anna." in request.prefix.messages()[0].content
    assert request.tail == (Message("user", "next?"),)


def test_the_baseline_has_no_system_message() -> None:
    assert _ask(persona=None).prefix is EMPTY


def test_a_longer_history_extends_the_prefix_it_shares() -> None:
    shorter = NO_ROUNDS.add(Round(1, "u1", "a1"))
    longer = shorter.add(Round(2, "u2", "a2"))
    assert longer.after(start(ANNA)).parent.parent is shorter.after(start(ANNA))
    assert longer.after(start(ANNA)) is longer.after(start(ANNA))
    assert longer.after(EMPTY) is not longer.after(start(ANNA))


def test_equal_messages_have_equal_digests_and_others_do_not() -> None:
    one = EMPTY.extend(Message("user", "ab"), Message("assistant", "c"))
    same = EMPTY.extend(Message("user", "ab")).extend(Message("assistant", "c"))
    assert one is same
    digests = {
        EMPTY.extend(Message("user", "abc")).digest,
        EMPTY.extend(Message("user", "ab"), Message("user", "c")).digest,
        EMPTY.extend(Message("assistant", "abc")).digest,
        EMPTY.extend(Message("user", "ab", "c")).digest,
        one.digest,
    }
    assert len(digests) == 5


def test_a_call_key_names_everything_that_decides_a_reply_and_nothing_else() -> None:
    base = _ask()
    others = [
        Request(base.prefix, base.tail, base.sampling, draw=1),
        Request(base.prefix, (Message("user", "else?"),), base.sampling),
        Request(base.prefix, base.tail, Sampling(max_tokens=7)),
        Request(base.prefix, base.tail, base.sampling, schema="{}"),
        _ask(persona=None),
    ]
    keys = {call_key("m", request) for request in [base, *others]} | {call_key("other", base)}
    assert len(keys) == len(others) + 2
    assert call_key("m", base) == call_key("m", Request(base.prefix, base.tail, base.sampling))


def test_what_the_model_did_is_a_round_and_what_was_not_obtained_is_none() -> None:
    empty = completed(1, "u", Reply("ok", "  ", finish="stop"))
    cut = completed(2, "u", Reply("ok", "and then", finish="length"))
    assert (empty.empty, empty.cut, cut.empty, cut.cut) == (True, False, False, True)
    assert completed(3, "u", Reply("missing", reason="filtered")) is None


def test_hostile_text_with_surrogates_has_a_digest() -> None:
    assert EMPTY.extend(Message("user", "\ud800\0")).digest != EMPTY.extend(Message("user", "\ud801\0")).digest


def test_a_script_has_as_many_orders_as_its_questions_and_seeds_allow() -> None:
    led = msgspec.structs.replace(SCRIPT, user="You are a visitor.")
    assert [orders_of(SCRIPT, 12), orders_of(led, 12), orders_of(led, 4)] == [None, None, None]
    assert orders_of(led, 3) == 1  # both remarks and one question
    assert orders_of(msgspec.structs.replace(SCRIPT, shuffle_seeds=(7, 8)), 12) == 3
    with pytest.raises(ScriptError, match="nothing to put in another order"):
        user_turns(led, ANNA, 3, 1, seed=0)
    assert user_turns(led, ANNA, 4, 1, seed=0)
