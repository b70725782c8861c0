"""Which servers need approval, where approvals lie, and that keys stay out of every text."""

import base64
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.inference import (
    PROVIDERS,
    Endpoint,
    HostError,
    InferenceError,
    Pair,
    Provider,
    check_approved,
    check_hosts,
    estimate_tokens,
    read_pair,
)
from longplay.inference.approvals import approvals_path, read_approvals
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
        model("https://api.openai.com:443/v1", "OPENAI_API_KEY"),
        model("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        model("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
        model("http://127.0.0.1:8000/v1"),
        model("http://[::1]:8000/v1"),
        model("http://localhost:11434/v1"),
        ModelSpec("sim/speaker"),
        ModelSpec("imported/someone"),
    ],
)
def test_well_known_services_and_this_machine_without_a_key_need_no_approval(spec: ModelSpec) -> None:
    assert check_hosts([spec], ()) == []


@pytest.mark.parametrize(
    ("spec", "pair"),
    [
        (model("https://evil.example/v1", "OPENAI_API_KEY"), "evil.example+OPENAI_API_KEY"),
        (model("https://openrouter.ai/api/v1", "OPENAI_API_KEY"), "openrouter.ai+OPENAI_API_KEY"),
        (model("https://api.openai.com:8443/v1", "OPENAI_API_KEY"), "api.openai.com:8443+OPENAI_API_KEY"),
        (model("http://api.openai.com:443/v1", "OPENAI_API_KEY"), "http://api.openai.com:443+OPENAI_API_KEY"),
        (model(None, "AWS_SECRET_ACCESS_KEY"), "api.openai.com+AWS_SECRET_ACCESS_KEY"),
        (model("https://evil.example/v1"), "evil.example"),
        (
            model("https://api.openai.com.evil.example/v1", "OPENAI_API_KEY"),
            "api.openai.com.evil.example+OPENAI_API_KEY",
        ),
        (model("https://127.0.0.1.evil.example/v1"), "127.0.0.1.evil.example"),
        (model("http://127.0.0.1:8000/v1", "VLLM_API_KEY"), "127.0.0.1:8000+VLLM_API_KEY"),
        (model("http://localhost/v1", "HOME"), "localhost:80+HOME"),
        (model("https://[::1]/v1", "A_KEY"), "[::1]+A_KEY"),
        (model("http://vllm:8000/v1"), "http://vllm:8000"),
        (model("http://node_7.cluster/v1", "A_KEY"), "http://node_7.cluster:80+A_KEY"),
        (ModelSpec("inspect/other/m", base_url="http://[::1]:81"), "[inspect/other/::1]:81"),
        (ModelSpec("inspect/other/m", base_url="https://[2001:db8::1]"), "[inspect/other/2001:db8::1]"),
    ],
)
def test_other_pairs_are_named_until_that_very_pair_is_approved(spec: ModelSpec, pair: str) -> None:
    assert [str(found) for found in check_hosts([spec, spec], ())] == [pair]
    assert check_hosts([spec], {read_pair(pair)}) == []


@pytest.mark.parametrize(
    "approved", ["llm.example", "llm.example:8443", "http://llm.example:443+OPENAI_API_KEY", "llm.example+OTHER_KEY"]
)
def test_approving_one_server_and_key_approves_no_other(approved: str) -> None:
    spec = model("https://llm.example/v1", "OPENAI_API_KEY")
    assert check_hosts([spec], {read_pair(approved)}) == [Pair("llm.example", "OPENAI_API_KEY")]


@pytest.mark.parametrize(
    "text", ["", "+KEY", "a..b", "host+", "host+not a name", "host:99999", "https://host/v1", "u@host", "a+B+C"]
)
def test_what_names_no_server_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(HostError, match=r"Write HOST, HOST:PORT or http://HOST:PORT"):
        read_pair(text)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (model("http://vllm:8000/v1"), "whoever is on the way can read and change"),
        (model("http://127.0.0.1:8000/v1", "OPENAI_API_KEY"), "OPENAI_API_KEY is the key of api.openai.com"),
        (model("http://127.0.0.1:8000/v1", "AWS_SECRET_ACCESS_KEY"), "it may open much more"),
        (model("https://llm.example/v1", "GITHUB_TOKEN"), "it may open much more"),
        (model("https://llm.example/v1", "HOME"), "does not look like the key of a model server"),
    ],
)
def test_a_question_says_what_is_odd_about_a_server_or_a_variable(spec: ModelSpec, said: str) -> None:
    (pair,) = check_hosts([spec], ())
    assert said in pair.asks


@pytest.mark.parametrize("variable", ["VLLM_API_KEY", "MY_KEY", "HF_TOKEN2_TOKEN"])
def test_an_ordinary_key_is_asked_about_without_warnings(variable: str) -> None:
    (pair,) = check_hosts([model("https://llm.example/v1", variable)], ())
    assert pair.asks == f"The study would send its texts and the key in {variable} to llm.example"


def test_a_provider_that_does_not_say_where_it_sends_is_refused_whatever_was_approved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
        raise AssertionError(f"{spec.name} was opened with {len(environment)} variables")

    monkeypatch.setitem(PROVIDERS, "acme", Provider(opened))
    for spec in (ModelSpec("acme/m"), ModelSpec("acme/m", base_url="http://127.0.0.1:1/v1")):
        with pytest.raises(HostError, match=r"'acme/m': the provider 'acme' does not say where it sends"):
            check_approved([ModelSpec("sim/speaker"), spec], lambda pairs: pairs)
        with pytest.raises(HostError, match="does not say"):
            check_hosts([spec], {Pair("acme/anywhere"), Pair("127.0.0.1", "", 1)})


def test_each_server_that_a_provider_names_is_approved_on_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = (Pair("one.example", "ONE_KEY"), Pair("two.example"), Pair("127.0.0.1", "", 1))
    monkeypatch.setitem(PROVIDERS, "acme", Provider(PROVIDERS["sim"].open, lambda _: pairs))
    assert check_hosts([ModelSpec("acme/m")], ()) == [*pairs[:2]]
    assert check_hosts([ModelSpec("acme/m")], {pairs[0]}) == [pairs[1]]


def test_a_model_of_no_known_provider_is_refused_before_anything_is_approved() -> None:
    with pytest.raises(InferenceError, match=r"no provider 'nobody'\. Known providers: imported, inspect, openai, sim"):
        check_approved([ModelSpec("nobody/m")], lambda pairs: pairs)


def test_what_was_allowed_once_is_kept_for_the_user_alone(config_home: Path) -> None:
    spec = model("https://llm.example/v1", "LLM_KEY")
    with pytest.raises(HostError, match=r"If that is meant, add --allow-host llm\.example\+LLM_KEY\Z"):
        check_approved([spec])
    assert not config_home.exists()
    check_approved([spec], lambda pairs: pairs)
    check_approved([spec])
    file = config_home / "longplay" / "approvals"
    assert approvals_path() == file
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert os.listdir(file.parent) == ["approvals"]
    check_approved([model("http://vllm:1/v1")], lambda pairs: pairs)
    assert read_approvals() == {Pair("llm.example", "LLM_KEY"), Pair("vllm", "", 1, plain=True)}
    with pytest.raises(HostError, match=r"LLM_KEY to llm\.example:1"):
        check_approved([model("https://llm.example:1/v1", "LLM_KEY")])


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_approvals_that_others_could_have_written_count_for_nothing(config_home: Path, mode: int) -> None:
    file = config_home / "longplay" / "approvals"
    file.parent.mkdir(parents=True)
    file.write_text("llm.example\n")
    file.chmod(mode)
    with pytest.raises(HostError, match=r"chmod 600"):
        check_approved([model("https://llm.example/v1")])


def test_approvals_that_are_a_link_or_cannot_be_read_are_refused_and_odd_lines_allow_nothing(config_home: Path) -> None:
    file = config_home / "longplay" / "approvals"
    file.parent.mkdir(parents=True)
    other = config_home / "other"
    other.write_bytes(b"llm.example\n\xff\n# no\na..b\nllm.example+\n")
    other.chmod(0o600)
    file.symlink_to(other)
    with pytest.raises(HostError, match="cannot be read"):
        check_approved([model("https://llm.example/v1")])
    file.unlink()
    other.rename(file)
    assert read_approvals() == {Pair("llm.example")}


def test_where_approvals_cannot_be_kept_the_run_goes_on(config_home: Path) -> None:
    config_home.write_text("a file where the folder should be")
    with pytest.raises(HostError, match="cannot be read"):
        read_approvals()
    config_home.unlink()
    config_home.mkdir()
    (config_home / "longplay").symlink_to("nowhere")
    check_approved([model("https://llm.example/v1")], lambda pairs: pairs)
    assert read_approvals() == set()


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


@pytest.mark.parametrize(
    "form",
    [
        lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
        lambda key: "".join(f"\\u{ord(c):04X}" if c.isdigit() else c for c in key),
        lambda key: json.dumps("".join(f"\\u{ord(c):04x}" for c in key)),
        lambda key: "".join(f"%{ord(c):02X}" for c in key),
        lambda key: "".join(f"%{ord(c):02x}" if c == "-" else c for c in key),
        lambda key: "".join(f"&#{ord(c)};" for c in key),
        lambda key: "".join(f"&#x{ord(c):x};" for c in key),
        lambda key: "".join(f"\\x{ord(c):02x}" for c in key),
        lambda key: "".join(c if c.isalnum() else f"\\{c}" for c in key),
        lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
        lambda key: base64.b64encode(f"user:{key} and more".encode()).decode(),
        lambda key: base64.urlsafe_b64encode(f"{key}".encode()).decode(),
        lambda key: key.encode().hex(),
        lambda key: key.encode().hex().upper(),
        lambda key: f"{key[:9]}\n{key[9:]}",
        lambda key: "\r\n".join(key[at : at + 4] for at in range(0, len(key), 4)),
        lambda key: "\\n".join((key[:9], key[9:])),
    ],
)
def test_an_escaped_or_encoded_key_is_redacted_too(form: Callable[[str], str]) -> None:
    shown = form(KEY)
    secret = Secret(KEY)
    middle = form(KEY)[len(form(KEY)) // 3 : len(form(KEY)) // 2]
    for hidden in (
        secret.hide(f"a {shown} b"),
        secret.hide_bytes(f"a {shown} b".encode()).decode(),
        secret.line(shown),
    ):
        assert "[redacted]" in hidden
        assert middle not in hidden


@pytest.mark.parametrize("written", [json.dumps, lambda key: json.dumps(key).replace("/", "\\/"), repr])
def test_a_key_with_quotes_slashes_and_backslashes_is_redacted_as_programs_write_it(
    written: Callable[[str], str],
) -> None:
    key = 'ab12"cd/34\\ef56gh78'
    hidden = Secret(key).hide(f"bad key {written(key)}")
    assert "[redacted]" in hidden
    assert "gh78" not in hidden


def test_texts_and_bytes_without_the_key_stay_as_they_are() -> None:
    text = "100 %41 \\u0041 &#65; \u00e9\u2028 sk-test-012345678"
    assert Secret(KEY).hide(text) == text
    raw = bytes(range(256)) * 3
    assert Secret(KEY).hide_bytes(raw) == raw


@pytest.mark.parametrize(("chars", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2), (254_000, 63_500)])
def test_tokens_are_estimated_as_a_quarter_of_the_characters(chars: int, tokens: int) -> None:
    assert estimate_tokens(chars) == tokens


def test_a_folder_in_the_place_of_the_approvals_is_one_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="is a folder"):
        read_approvals(tmp_path)
