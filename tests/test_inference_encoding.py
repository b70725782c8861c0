"""The bytes of a request: right messages under every model fact, and cheap to extend."""

import gc
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.inference.encoding import Encoder, PrefixBytes
from longplay.records import EMPTY, Cell, DialogueKey, Message, Occasion, Prefix, Request, RoundRef
from longplay.specs import ModelSpec, Sampling

ROLES: list[Literal["system", "user", "assistant"]] = ["system", "user", "assistant"]
MESSAGES = st.lists(st.builds(Message, st.sampled_from(ROLES), st.text(), st.text(max_size=5)), max_size=8)
SPECS = st.builds(
    ModelSpec,
    name=st.just("openai/some/model"),
    system_role=st.sampled_from(["system", "developer", "user"]),
    preamble=st.none() | st.text(min_size=1, max_size=10),
    reasoning=st.sampled_from(["strip", "keep"]),
)
PERSONA = Message("system", "You are Ada.")
QUESTION = Message("user", "Who are you?")


def body(spec: ModelSpec, request: Request, encoder: Encoder | None = None) -> dict[str, Any]:
    return json.loads(b"".join((encoder or Encoder(spec)).chunks(request)))


def sent(spec: ModelSpec, *messages: Message, split: int = 0) -> list[tuple[str, str]]:
    request = Request(EMPTY.extend(*messages[:split]), messages[split:], Sampling())
    return [(message["role"], message["content"]) for message in body(spec, request)["messages"]]


@given(SPECS, MESSAGES, st.integers(0, 8))
def test_bytes_are_json_and_no_text_is_lost_wherever_prefix_and_tail_meet(
    spec: ModelSpec, messages: list[Message], split: int
) -> None:
    parted, whole = sent(spec, *messages, split=split), sent(spec, *messages, split=len(messages))
    assert parted == whole
    said = [content for _, content in whole]
    texts = [spec.preamble or "", *(message.content for message in messages)]
    assert "".join(said).replace("\n\n", "") == "".join(texts).replace("\n\n", "") or "\n" in "".join(texts)
    if spec.system_role == "user":
        assert not {role for role, _ in whole} & {"system", "developer"}
    if spec.system_role == "developer":
        assert "system" not in {role for role, _ in whole}


@given(SPECS, MESSAGES, MESSAGES)
def test_a_prefix_that_grew_step_by_step_has_the_bytes_of_one_encoded_at_once(
    spec: ModelSpec, messages: list[Message], tail: list[Message]
) -> None:
    stepwise = Encoder(spec)
    for length in range(len(messages) + 1):
        request = Request(EMPTY.extend(*messages[:length]), tuple(tail), Sampling())
        assert b"".join(stepwise.chunks(request)) == b"".join(Encoder(spec).chunks(request))


@pytest.mark.parametrize("split", [0, 1, 2])
def test_system_text_is_carried_by_the_first_user_message_where_there_is_no_system_role(split: int) -> None:
    spec = ModelSpec("openai/m", system_role="user")
    assert sent(spec, PERSONA, QUESTION, split=split) == [("user", "You are Ada.\n\nWho are you?")]


def test_the_preamble_stands_before_the_system_text_and_alone_for_the_baseline() -> None:
    spec = ModelSpec("openai/m", preamble="Be brief.")
    assert sent(spec, PERSONA, QUESTION) == [("system", "Be brief.\n\nYou are Ada."), ("user", "Who are you?")]
    assert sent(spec, QUESTION) == [("system", "Be brief."), ("user", "Who are you?")]
    merged = ModelSpec("openai/m", preamble="Be brief.", system_role="user")
    assert sent(merged, QUESTION) == [("user", "Be brief.\n\nWho are you?")]


def test_the_developer_role_is_used_where_the_model_says_so() -> None:
    assert sent(ModelSpec("openai/m", system_role="developer"), PERSONA, QUESTION)[0][0] == "developer"


def test_reasoning_is_sent_again_only_where_the_model_keeps_it() -> None:
    said = Message("assistant", "Ada.", "They ask my name.")
    request = Request(EMPTY.extend(QUESTION, said), (QUESTION,), Sampling())
    kept = body(ModelSpec("openai/m", reasoning="keep"), request)["messages"][1]
    assert kept["reasoning"] == kept["reasoning_content"] == "They ask my name."
    assert body(ModelSpec("openai/m"), request)["messages"][1] == {"role": "assistant", "content": "Ada."}


def test_half_surrogates_are_replaced_on_the_wire() -> None:
    assert sent(ModelSpec("openai/m"), Message("user", "a\ud800b\ud83d\ude00")) == [("user", "a\ufffdb\U0001f600")]


def test_sampling_fields_left_out_or_not_settable_are_not_sent() -> None:
    request = Request(EMPTY, (QUESTION,), Sampling(temperature=None))
    assert body(ModelSpec("openai/m"), request).keys() == {"model", "stream", "max_tokens", "messages"}
    everything = Sampling(temperature=0.7, top_p=0.9, seed=5, stop=("END",))
    sent_all = body(ModelSpec("openai/m"), Request(EMPTY, (QUESTION,), everything))
    assert {key: sent_all[key] for key in ("temperature", "top_p", "seed", "stop")} == {
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 5,
        "stop": ["END"],
    }
    fixed = ModelSpec("openai/m", not_settable=("temperature", "top_p", "seed", "stop"))
    assert not body(fixed, Request(EMPTY, (QUESTION,), everything, draw=2)).keys() & {
        "temperature",
        "top_p",
        "seed",
        "stop",
    }


@pytest.mark.parametrize(("seed", "draw", "wire"), [(None, 0, None), (None, 3, 3), (7, 0, 7), (7, 3, 10)])
def test_the_seed_on_the_wire_is_seed_plus_draw(seed: int | None, draw: int, wire: int | None) -> None:
    request = Request(EMPTY, (QUESTION,), Sampling(seed=seed), draw=draw)
    assert body(ModelSpec("openai/m"), request).get("seed") == wire


def test_the_limit_is_sent_under_the_name_the_model_knows() -> None:
    spec = ModelSpec("openai/m", max_tokens_field="max_completion_tokens")
    fields = body(spec, Request(EMPTY, (QUESTION,), Sampling(max_tokens=9)))
    assert fields["max_completion_tokens"] == 9
    assert "max_tokens" not in fields


def test_a_schema_becomes_the_response_format() -> None:
    request = Request(EMPTY, (QUESTION,), Sampling(), schema='{"type": "object"}')
    asked = body(ModelSpec("openai/m"), request)["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"] == {"type": "object"}


def test_bytes_are_encoded_once_and_given_up_when_their_prefix_dies() -> None:
    held = PrefixBytes()
    encoder = Encoder(ModelSpec("openai/m"), held)
    prefix: Prefix | None = EMPTY.extend(PERSONA, QUESTION, Message("assistant", "a" * 1000))
    assert prefix is not None
    first = encoder.chunks(Request(prefix, (QUESTION,), Sampling()))
    again = encoder.chunks(Request(prefix, (QUESTION,), Sampling(), draw=1))
    assert again[1] is first[1]
    assert held.size == len(first[1])
    del prefix
    gc.collect()
    assert held.size == 0


def test_the_bytes_held_stay_under_their_limit_and_what_was_given_up_is_encoded_again() -> None:
    spec = ModelSpec("openai/m")
    held = PrefixBytes(most=5_000)
    encoder = Encoder(spec, held)
    prefixes = [EMPTY.extend(Message("user", f"{i}" * 1000)) for i in range(20)]
    for prefix in prefixes * 2:
        request = Request(prefix, (QUESTION,), Sampling())
        assert b"".join(encoder.chunks(request)) == b"".join(Encoder(spec).chunks(request))
        assert held.size <= 5_000


def dialogue_key(spec: ModelSpec, cell: Occasion | None) -> object:
    return body(spec, Request(EMPTY, (QUESTION,), Sampling(), cell=cell)).get("prompt_cache_key")


def test_cache_fields_are_sent_where_the_study_names_them() -> None:
    request = Request(EMPTY, (QUESTION,), Sampling())
    assert not body(ModelSpec("openai/m"), request).keys() & {"cache_salt", "prompt_cache_key"}
    both = body(ModelSpec("openai/m", cache_salt="mine", prompt_cache_key="ours"), request)
    assert (both["cache_salt"], both["prompt_cache_key"]) == ("mine", "ours")


def test_the_requests_of_one_dialogue_have_one_cache_key_and_a_judges_those_of_one_metric() -> None:
    spec = ModelSpec("openai/m", prompt_cache_key="dialogue")
    gaston, other = (DialogueKey("m", "gaston", "goal-oriented", order) for order in (0, 1))
    first = dialogue_key(spec, Occasion(RoundRef(gaston, 1)))
    assert isinstance(first, str)
    assert len(first) == 16
    assert "gaston" not in first
    assert dialogue_key(spec, Occasion(RoundRef(gaston, 2))) == first
    assert dialogue_key(spec, Occasion(Cell(gaston, 8, "gaston", "plain", "follow", "item-3"))) == first
    assert dialogue_key(spec, Occasion(RoundRef(other, 1))) != first
    styles = {dialogue_key(spec, Occasion(RoundRef(one, 1), metric="style")) for one in (gaston, other)}
    assert len(styles) == 1
    assert first not in styles
    assert dialogue_key(spec, None) is None


def test_what_only_moves_caches_and_rates_does_not_change_which_call_it_is() -> None:
    plain = ModelSpec("openai/m")
    for other in (
        ModelSpec("openai/m", cache_salt="mine", prompt_cache_key="dialogue"),
        ModelSpec("openai/m", requests_per_minute=3, tokens_per_minute=4, context_window=5),
    ):
        assert other.identity == plain.identity
    assert ModelSpec("openai/m", not_settable=("seed",)).identity != plain.identity
