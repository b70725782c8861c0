"""Which hosts need approval, and that keys stay out of every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.inference import InferenceError, Pair, check_hosts, estimate_tokens
from longplay.inference.keys import MAX_LINE_CHARS, Secret, read_key
from longplay.specs import ModelSpec

KEY = "sk-test-0123456789abcdefghij"


def model(base_url: str | None = None, key: str | None = None) -> ModelSpec:
    return ModelSpec("openai/m", base_url=base_url, api_key_env=key)


@pytest.mark.parametrize(
    "spec",
    [
        model(),
        model("https://api.openai.com/v1", "OPENAI_API_KEY"),
        model("https://API.OpenAI.com./v1", "OPENAI_API_KEY"),
        model("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        model("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
        model("http://127.0.0.1:8000/v1", "ANY_KEY"),
        model("http://[::1]:8000/v1"),
        model("http://localhost:11434/v1"),
        ModelSpec("sim/speaker"),
    ],
)
def test_well_known_pairs_and_this_machine_need_no_approval(spec: ModelSpec) -> None:
    assert check_hosts([spec], ()) == []


@pytest.mark.parametrize(
    ("spec", "pair"),
    [
        (model("https://evil.example/v1", "OPENAI_API_KEY"), "evil.example+OPENAI_API_KEY"),
        (model("https://openrouter.ai/api/v1", "OPENAI_API_KEY"), "openrouter.ai+OPENAI_API_KEY"),
        (model(None, "AWS_SECRET_ACCESS_KEY"), "api.openai.com+AWS_SECRET_ACCESS_KEY"),
        (model("https://evil.example/v1"), "evil.example"),
        (
            model("https://api.openai.com.evil.example/v1", "OPENAI_API_KEY"),
            "api.openai.com.evil.example+OPENAI_API_KEY",
        ),
        (model("https://127.0.0.1.evil.example/v1"), "127.0.0.1.evil.example"),
    ],
)
def test_other_pairs_are_named_until_that_very_pair_is_approved(spec: ModelSpec, pair: str) -> None:
    assert [str(found) for found in check_hosts([spec, spec], ())] == [pair]
    assert check_hosts([spec], {pair}) == []


def test_approving_a_host_does_not_approve_a_key_for_it() -> None:
    spec = model("https://llm.example/v1", "OPENAI_API_KEY")
    assert check_hosts([spec], {"llm.example"}) == [Pair("llm.example", "OPENAI_API_KEY")]


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "schlüssel-0123456789", "x" * 5000])
def test_a_value_that_cannot_be_a_key_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(InferenceError) as caught:
        read_key(model("https://llm.example/v1", "LLM_KEY"), {"LLM_KEY": value})
    assert "LLM_KEY" in str(caught.value)
    assert not value.strip() or value not in str(caught.value)


def test_openais_own_variable_is_used_where_no_address_is_given() -> None:
    assert read_key(model(), {"OPENAI_API_KEY": KEY}).headers() == {"Authorization": f"Bearer {KEY}"}


def test_a_secret_does_not_show_itself() -> None:
    assert KEY not in repr(Secret(KEY))
    assert KEY not in f"{Secret(KEY)}"


@given(st.text(), st.text(), st.integers(0, 20_000))
def test_a_line_from_a_server_holds_no_key_and_no_control_characters(before: str, after: str, filler: int) -> None:
    line = Secret(KEY).line(before + "x " * filler + KEY + after)
    assert KEY not in line
    assert line.isprintable()
    assert len(line) <= MAX_LINE_CHARS


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-abcd1234***wxyz",
        "Authorization: Bearer abcdef0123456789",
        "key AIzaSyA0123456789abcdefg",
        "token hf_abcdefghijklmnop",
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_what_looks_like_a_token_is_redacted(text: str) -> None:
    line = Secret().line(text)
    assert "[redacted]" in line
    assert not any(part in line for part in ("abcd", "AIzaSy", "eyJh"))


def test_a_key_cut_in_two_by_the_reading_limit_does_not_show() -> None:
    key = "k" + "0123456789" * 300
    line = Secret(key).line(key * 6)
    assert "0123456789" not in line


def test_a_placeholder_key_does_not_alter_what_a_model_said() -> None:
    assert Secret("EMPTY").hide("The glass is EMPTY.") == "The glass is EMPTY."
    assert KEY not in Secret(KEY).hide(f"my key is {KEY}")


@pytest.mark.parametrize(("chars", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2), (254_000, 63_500)])
def test_tokens_are_estimated_as_a_quarter_of_the_characters(chars: int, tokens: int) -> None:
    assert estimate_tokens(chars) == tokens
