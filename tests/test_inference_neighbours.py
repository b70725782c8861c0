"""Words, places and forms beside the usual ones: endings, errors, refusals and marks as further servers have them."""

import pytest

from bodies import completion
from longplay.inference.endings import Asked
from longplay.inference.keys import Secret
from longplay.inference.replies import read_completion
from longplay.inference.retry import Again, Stop
from longplay.inference.server_errors import read_error
from longplay.inference.traces import split_trace
from longplay.records import Reply
from test_inference_endings import not_believed, reply_to

ASKED = Asked(1024, 400.0)


def refused(said: str, status: int = 400) -> object:
    body = b'{"error": {"message": %b}}' % _quoted(said)
    outcome = read_error(status, body, None, ASKED)
    return outcome.reason if isinstance(outcome, Reply) else type(outcome)


def _quoted(said: str) -> bytes:
    return ('"' + said.replace('"', '\\"') + '"').encode()


@pytest.mark.parametrize("word", ["stopStringFound", "eos_token_id", "endoftext", "<|im_end|>", "natural_stop"])
def test_further_words_for_a_normal_end_are_known(word: str) -> None:
    assert reply_to(completion("Aye.", word)).finish == "stop"


@pytest.mark.parametrize("word", ["maxPredictedTokensReached", "LENGTH_LIMIT", "truncated", "max_generated_tokens"])
def test_further_words_for_a_cut_are_known(word: str) -> None:
    assert reply_to(completion("Aye", word)).finish == "length"


@pytest.mark.parametrize("word", ["contextLengthReached", "ERROR_LIMIT", "context_full"])
def test_further_words_for_a_full_window_are_known(word: str) -> None:
    assert reply_to(completion("", word)).reason == "overflow"
    assert reply_to(completion("Aye", word)).finish == "length"


@pytest.mark.parametrize(
    "word", ["IMAGE_SAFETY", "BLOCKED_SAFETY", "moderated", "unsafe", "risk_control", "OTHER:SAFETY"]
)
def test_a_word_that_says_that_the_text_was_held_back_is_a_filter(word: str) -> None:
    for content in ("", "Aye, I"):
        assert reply_to(completion(content, word)).reason == "filtered"


@pytest.mark.parametrize("word", ["pause_turn", "policy", "unload", "stop_error", "OTHER", "blocking"])
def test_a_word_that_only_resembles_one_stays_unknown(word: str) -> None:
    not_believed(completion("Aye, I", word))


@pytest.mark.parametrize(
    ("native", "reason", "finish"),
    [("SAFETY", "filtered", "filter"), ("MAX_TOKENS", None, "length"), ("STOP", None, "stop")],
)
def test_behind_a_router_the_word_of_the_models_own_server_counts(native: str, reason: str | None, finish: str) -> None:
    reply = reply_to(completion("Aye", "stop", choice_native_finish_reason=native))
    assert (reply.reason, reply.finish) == (reason, finish)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("top_errors", [{"message": "worker broke"}]),
        ("top_error_message", "worker broke"),
        ("top_error_msg", "worker broke"),
    ],
)
@pytest.mark.parametrize("content", ["", "Aye, I"])
def test_an_error_beside_the_choices_counts_under_each_of_its_names(place: str, value: object, content: str) -> None:
    assert "worker broke" in not_believed(completion(content, **{place: value})).detail


def test_a_reply_that_says_that_it_failed_is_none() -> None:
    assert "broke" in not_believed(completion("Aye", top_success=False, top_msg="it broke")).detail


@pytest.mark.parametrize("value", [None, "", [], "success", "ok"])
def test_a_name_of_an_error_that_says_none_is_none(value: object) -> None:
    assert reply_to(completion("Aye.", top_errors=value, top_error_msg=value, top_success=True)).text == "Aye."


def test_the_choice_of_index_0_is_the_reply_wherever_it_stands() -> None:
    body = completion("Aye.").replace(
        b'"choices": [', b'"choices": [{"index": 1, "message": {"content": "Nay."}, "finish_reason": "stop"}, '
    )
    assert reply_to(body).text == "Aye."


def test_a_thought_of_gemini_is_reasoning() -> None:
    reply = reply_to(completion([{"text": "Hm.", "thought": True}, {"text": "Aye."}]))
    assert (reply.text, reply.reasoning) == ("Aye.", "Hm.")


def test_a_part_that_is_an_error_is_no_text() -> None:
    not_believed(completion([{"type": "error", "text": "upstream broke"}]))


def test_a_call_of_a_function_without_a_text_is_no_reply() -> None:
    not_believed(completion(None, "stop", function_call={"name": "x", "arguments": "{}"}))


def test_comment_lines_that_keep_a_connection_open_are_no_reply() -> None:
    assert reply_to(b": PROCESSING\n\n: PROCESSING\n\n" + completion("Aye.")).text == "Aye."


@pytest.mark.parametrize(
    "said",
    [
        "tokens + max_new_tokens must be <= 8192",
        "Too many total tokens: 9000 > 8192",
        "seq len 9000 > 8192",
        "Requested prompt length is 9000 but max_seq_len is 8192",
        "InputTooLong",
        "proxy.ContextWindowExceededError: BadRequestError",
        "out of KV cache for this prompt",
        "Only 8192 tokens are available, 9000 were given",
        "\u8f93\u5165\u8fc7\u957f",
        "\u8bf7\u6c42\u7684 token \u6570\u8d85\u8fc7\u9650\u5236",
    ],
)
def test_further_wordings_of_a_prompt_that_is_too_long(said: str) -> None:
    assert refused(said) == "overflow"


@pytest.mark.parametrize(
    "said",
    [
        "Internal server error",
        "Bad gateway",
        "Please retry your request",
        "The engine died unexpectedly",
        "upstream connect error or disconnect/reset before headers",
        "Request failed during generation: Server error: ",
        "content filter service unavailable",
    ],
)
@pytest.mark.parametrize("status", [400, 422, 424, 500])
def test_a_fault_that_a_server_names_as_its_own_is_asked_again(said: str, status: int) -> None:
    assert refused(said, status) is Again


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("The request was rejected because it was considered high risk", 400),
        ("Content Exists Risk", 400),
        ("\u8f93\u5165\u5185\u5bb9\u5305\u542b\u654f\u611f\u4fe1\u606f", 400),
        ("Content violates usage guidelines. Your account access may be restricted.", 403),
        ("The prompt triggered a content filter; please try again with other words", 400),
    ],
)
def test_further_words_about_a_text_are_a_filter(said: str, status: int) -> None:
    assert refused(said, status) == "filtered"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Your credit balance is too low", 400),
        ("Account balance insufficient", 429),
        ("Insufficient balance", 403),
        ("API key not valid. Please pass a valid API key.", 400),
        ("Incorrect API key provided", 400),
        ("Argument not supported on this model: stop", 400),
        ("Extra inputs are not permitted: seed", 400),
        ("seed is not supported", 400),
        ("You cannot see this content since your address was blocked", 403),
        ("This is a high risk account", 403),
        ("\u8d26\u53f7\u8fdd\u89c4\uff0c\u5df2\u5c01\u7981", 403),
        ("Your account has been suspended for content that violates our policies", 403),
    ],
)
def test_what_every_request_would_meet_stops(said: str, status: int) -> None:
    assert refused(said, status) is Stop


def test_an_empty_balance_under_200_stops() -> None:
    body = b'{"choices": null, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}'
    assert isinstance(read_completion(body), Stop)


@pytest.mark.parametrize("name", ["scratchpad", "inner_thoughts", "thought_process", "antThinking", "think_fast"])
def test_further_marks_of_a_trace(name: str) -> None:
    split = split_trace(f"<{name}>\nA pirate.\n</{name}>\n\nAye!")
    assert (split.text, split.reasoning) == ("Aye!", "A pirate.")
    assert split_trace(f"<{name}>A pirate, so").text == ""
    assert split_trace(f"A pirate.</{name}>Aye!").text == "Aye!"


@pytest.mark.parametrize(
    "shown", ["se/cret+key=0123456789", "se\\/cret+key=0123456789", "se\\\\\\/cret\\+key\\=0123456789"]
)
def test_a_key_is_redacted_where_its_marks_are_escaped(shown: str) -> None:
    assert "0123456789" not in Secret("se/cret+key=0123456789").hide(f"a {shown} b")
