"""Which replies are believed: by the server's word for how each ended, and by what its counts say."""

import pytest

from bodies import completion, counted
from longplay.inference.endings import Asked, admitted
from longplay.inference.replies import read_completion
from longplay.inference.reply_outcome import MAX_RAW_BYTES
from longplay.inference.retry import Again
from longplay.records import Reply
from longplay.specs import ModelSpec, parse_study


def reply_to(body: bytes, asked: Asked | None = None) -> Reply:
    outcome = read_completion(body, asked or Asked())
    assert isinstance(outcome, Reply), outcome
    return outcome


def not_believed(body: bytes, asked: Asked | None = None) -> Reply:
    """What is kept of a body that is asked again, where it stays so."""
    outcome = read_completion(body, asked or Asked())
    assert isinstance(outcome, Again), outcome
    assert outcome.left is not None
    assert (outcome.left.status, outcome.left.reason, outcome.left.text) == ("missing", "failed", None)
    assert outcome.left.detail == outcome.detail
    assert not outcome.left.final
    return outcome.left


STOPS = [
    *("stop", "STOP", "Stop", "eos", "eos_token", "stop_sequence", "StopSequence", "end_turn", "END_TURN", "completed"),
    *("COMPLETE", "complete", "finished", "done", "FINISH_REASON_STOP", "stop-sequence", "tool_calls"),
]
CUTS = [
    *("length", "LENGTH", "max_tokens", "MAX_TOKENS", "MaxTokens", "max_output_tokens", "token_limit"),
    *("model_length", "model_context_window_exceeded", "context_window_exceeded"),
]
FILTERS = [
    *(
        "content_filter",
        "CONTENT_FILTER",
        "content_filter: OTHER",
        "content-filter",
        "sensitive",
        "SAFETY",
        "RECITATION",
    ),
    *("PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "refusal", "guardrail_intervened", "ERROR_TOXIC"),
]
NO_ENDINGS = [
    *("abort", "aborted", "error", "network_error", "insufficient_system_resource", "cancelled", "timeout", "unknown"),
    *(
        "MALFORMED_FUNCTION_CALL",
        "OTHER",
        "FINISH_REASON_UNSPECIFIED",
        "load",
        "pause_turn",
        "stopwatch",
        "lengthy",
        "?",
    ),
]


@pytest.mark.parametrize("word", STOPS)
def test_every_spelling_of_a_normal_end_is_behaviour(word: str) -> None:
    reply = reply_to(completion("Aye.", word))
    assert (reply.status, reply.text, reply.finish, reply.ending) == ("ok", "Aye.", "stop", word)


@pytest.mark.parametrize("word", CUTS)
def test_every_spelling_of_a_cut_is_behaviour_that_was_cut(word: str) -> None:
    reply = reply_to(completion("Aye, I be", word))
    assert (reply.status, reply.text, reply.cut, reply.ending) == ("ok", "Aye, I be", True, word)


@pytest.mark.parametrize("word", FILTERS)
@pytest.mark.parametrize("text", ["", "Aye, I be"])
def test_a_filter_is_missing_and_what_came_of_the_text_is_kept_apart(word: str, text: str) -> None:
    reply = reply_to(completion(text, word))
    assert (reply.status, reply.reason, reply.text, reply.finish) == ("missing", "filtered", None, "filter")
    assert (reply.raw or b"").decode() == text
    assert (reply.ending, reply.final) == (word, True)
    assert word in reply.detail


@pytest.mark.parametrize("word", NO_ENDINGS)
@pytest.mark.parametrize("text", ["", "Aye, I be"])
@pytest.mark.parametrize("tokens", [0, 4])
def test_any_other_word_is_no_reply_and_says_the_key_that_admits_it(word: str, text: str, tokens: int) -> None:
    left = not_believed(completion(text, word, usage=counted(tokens)))
    assert (left.finish, left.ending, left.usage.prompt) == ("other", word, 40)
    assert (left.raw or b"").decode() == text
    assert left.detail.startswith(f'ended as "{word}"')
    assert f'endings = {{ "{word}" = "stop" }}' in left.detail


@pytest.mark.parametrize("word", [None, "", 7, ["stop"], {"type": "stop"}, True])
@pytest.mark.parametrize("text", ["", "Aye."])
def test_an_ending_that_is_missing_or_no_word_is_no_reply(word: object, text: str) -> None:
    left = not_believed(completion(text, word))
    assert (left.finish, left.ending) == ("other", "")
    assert ('finish = "unnamed"' in left.detail) == (word in (None, ""))


def test_a_long_word_is_kept_and_shown_in_part() -> None:
    left = not_believed(completion("Aye.", "x" * 5_000))
    assert len(left.ending) == 200
    assert len(left.detail) < 300


def test_the_text_of_a_reply_that_is_not_believed_is_kept_up_to_a_limit() -> None:
    left = not_believed(completion("é" * MAX_RAW_BYTES, "abort"))
    assert left.raw is not None
    assert len(left.raw) == MAX_RAW_BYTES


@pytest.mark.parametrize("word", ["tool_calls", "function_call", "stop"])
def test_a_call_of_a_tool_without_a_text_is_no_reply(word: str) -> None:
    left = not_believed(completion(None, word, tool_calls=[{"id": "1", "type": "function"}]))
    assert "without a text" in left.detail


UNNAMED = Asked(endings=admitted(ModelSpec("openai/m", finish="unnamed")))


@pytest.mark.parametrize("word", [None, ""])
def test_a_study_can_say_that_a_server_never_names_an_ending(word: str | None) -> None:
    reply = reply_to(completion("Aye.", word), UNNAMED)
    assert (reply.status, reply.text, reply.finish, reply.ending) == ("ok", "Aye.", "stop", "")
    not_believed(completion("", word), UNNAMED)
    not_believed(completion(None, word), UNNAMED)
    not_believed(completion("Aye.", word, usage=counted(0)), UNNAMED)
    not_believed(completion("Aye.", "abort"), UNNAMED)
    not_believed(completion("Aye.", 7), UNNAMED)


@pytest.mark.parametrize(("meaning", "finish"), [("stop", "stop"), ("length", "length"), ("filter", "filter")])
def test_a_study_can_say_what_a_word_of_its_server_means(meaning: str, finish: str) -> None:
    spec = parse_study(
        f'[[models]]\nname = "openai/m"\nbase_url = "http://127.0.0.1:1/v1"\nendings = {{ "My-Word" = "{meaning}" }}\n'
        '[judge]\nname = "sim/judge"\n'
    ).models[0]
    reply = reply_to(completion("Aye.", "my_word"), Asked(endings=admitted(spec)))
    assert (reply.finish, reply.ending) == (finish, "my_word")


def test_what_a_server_means_by_its_endings_is_no_part_of_the_models_identity() -> None:
    plain = ModelSpec("openai/m")
    assert ModelSpec("openai/m", finish="unnamed", endings={"x": "stop"}).identity == plain.identity
    assert ModelSpec("openai/m", empty_turn="...").identity != plain.identity


@pytest.mark.parametrize("word", ["stop", "end_turn"])
@pytest.mark.parametrize("content", ["", None])
@pytest.mark.parametrize("tokens", [0, 1, None])
def test_an_honest_end_without_a_text_is_an_empty_reply(word: str, content: str | None, tokens: int | None) -> None:
    reply = reply_to(completion(content, word, usage=counted(tokens)))
    assert (reply.status, reply.text, reply.empty) == ("ok", "", True)


def test_a_count_of_0_beside_a_text_is_the_counts_fault_not_the_replys() -> None:
    reply = reply_to(completion("Aye.", "stop", usage=counted(0)))
    assert (reply.status, reply.text, reply.usage.completion) == ("ok", "Aye.", 0)


def test_a_reply_that_was_cut_before_its_first_token_had_no_room() -> None:
    reply = reply_to(completion("", "length", usage=counted(0)))
    assert (reply.status, reply.reason, reply.text, reply.ending) == ("missing", "overflow", None, "length")
    for window in ("model_length", "model_context_window_exceeded"):
        assert reply_to(completion("", window)).reason == "overflow"


@pytest.mark.parametrize("usage", [counted(5), {}, None])
def test_an_empty_reply_that_was_cut_after_its_first_token_is_behaviour(usage: object) -> None:
    reply = reply_to(completion("", "length", usage=usage))
    assert (reply.status, reply.text, reply.cut) == ("ok", "", True)


def test_a_cut_within_the_reasoning_is_no_overflow_whatever_was_counted() -> None:
    reply = reply_to(completion("", "length", usage=counted(0), reasoning_content="They ask"))
    assert (reply.status, reply.text, reply.reasoning, reply.cut) == ("ok", "", "They ask", True)


@pytest.mark.parametrize(("tokens", "cut"), [(63, False), (64, True), (65, False), (None, False), ("64", True)])
def test_a_reply_of_exactly_max_tokens_was_cut_whatever_it_says(tokens: object, cut: bool) -> None:
    reply = reply_to(completion("Aye.", "stop", usage=counted(tokens)), Asked(max_tokens=64))
    assert (reply.status, reply.cut, reply.ending) == ("ok", cut, "stop")


def test_the_model_and_the_configuration_that_answered_are_kept() -> None:
    reply = reply_to(completion("Aye.", top_model="m-2", top_system_fingerprint="fp_1"))
    assert (reply.served_by, reply.fingerprint) == ("m-2", "fp_1")
    reply = reply_to(completion("Aye.", top_model="m" * 999, top_system_fingerprint=7))
    assert (len(reply.served_by), reply.fingerprint) == (200, "")
    left = not_believed(completion("Aye.", "abort", top_model="m-2"))
    assert left.served_by == "m-2"


def test_a_gateway_that_leaves_the_ending_out_may_hand_on_its_providers_word() -> None:
    assert reply_to(completion("Aye.", None, choice_native_finish_reason="STOP")).finish == "stop"
    assert reply_to(completion("Aye.", None, choice_native_finish_reason="SAFETY")).reason == "filtered"
