"""Providers behind inspect-ai: what is sent to them, under which key, and what else they may touch."""

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from asking_inspect import ASKED, CLAUDE, GEMINI, KEY, PERSONA, PLAYED, QUESTION, answered, ask, ask_all, model
from longplay.inference import InferenceError, Pair, check_hosts, read_pair
from longplay.inference.inspect_messages import Builder
from longplay.inference.through_inspect import open_inspect
from longplay.records import EMPTY, Message, Request
from longplay.specs import ModelSpec, Sampling
from provider_stubs import Seen, Stub, claude, gemini

MARK = {"type": "ephemeral"}


def said(text: str, *, mark: bool = False) -> dict[str, object]:
    """A text block of Anthropic's."""
    return {"type": "text", "text": text} | ({"cache_control": MARK} if mark else {})


def turns(seen: Seen) -> list[tuple[str, object]]:
    """Role and content of the messages that Anthropic was sent; a block's fields that are null count as absent."""
    return [(message["role"], _present(message["content"])) for message in seen.body["messages"]]


def _present(content: str | list[dict[str, object]]) -> object:
    if isinstance(content, str):
        return content
    return [{name: value for name, value in block.items() if value is not None} for block in content]


def test_claude_is_sent_the_conversation_with_a_breakpoint_at_the_end_of_what_is_shared() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url))
    (seen,) = stub.requests
    assert (seen.path, seen.headers["authorization"]) == ("/v1/messages", f"Bearer {KEY}")
    assert seen.body["system"] == [said(PERSONA.content, mark=True)]
    assert turns(seen) == [
        ("user", "Who are you?"),
        ("assistant", [said("I am Ada.")]),
        ("user", "And the light?"),
        ("assistant", [said("It burns.", mark=True)]),
        ("user", QUESTION.content),
    ]
    assert seen.body["model"] == "claude-opus-4-5"
    assert seen.body["max_tokens"] == 64
    assert "cache_control" not in seen.body  # which would also store every question, at a higher price
    assert not {"temperature", "top_p", "seed", "stop_sequences", "thinking"} & seen.body.keys()


def test_all_items_of_a_prefix_send_the_same_bytes_up_to_the_breakpoint() -> None:
    items = [Request(PLAYED, (Message("user", f"Question {number}?"),), Sampling()) for number in range(3)]
    with Stub(claude()) as stub:
        asyncio.run(ask_all(model(CLAUDE, stub.url), items))
    heads = [(seen.body["system"], seen.body["messages"][:-1]) for seen in stub.requests]
    assert heads == [heads[0]] * 3
    assert [seen.body["messages"][-1]["content"] for seen in stub.requests] == [i.tail[0].content for i in items]


def test_before_the_dialogue_the_persona_alone_is_what_is_shared() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url), Request(EMPTY.extend(PERSONA), (QUESTION,), Sampling()))
    assert stub.body["system"] == [said(PERSONA.content, mark=True)]
    assert stub.body["messages"] == [{"role": "user", "content": QUESTION.content}]


def test_where_no_prefix_is_shared_nothing_is_written_into_the_cache() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url), Request(EMPTY, (PERSONA, QUESTION), Sampling()))
    assert "cache_control" not in str(stub.body)


def test_gemini_is_sent_the_conversation() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=64, seed=3, stop=("END",))
    with Stub(gemini("The North Sea.")) as stub:
        ask(model(GEMINI, stub.url), Request(PLAYED, (QUESTION,), sampling))
    (seen,) = stub.requests
    assert seen.path.endswith("/models/gemini-2.5-flash:generateContent")
    assert seen.headers["x-goog-api-key"] == KEY
    assert seen.body["systemInstruction"]["parts"] == [{"text": PERSONA.content}]
    assert [(turn["role"], turn["parts"]) for turn in seen.body["contents"]] == [
        ("user", [{"text": "Who are you?"}]),
        ("model", [{"text": "I am Ada."}]),
        ("user", [{"text": "And the light?"}]),
        ("model", [{"text": "It burns."}]),
        ("user", [{"text": QUESTION.content}]),
    ]
    config = seen.body["generationConfig"]
    sent = {name: config[name] for name in ("temperature", "topP", "maxOutputTokens", "stopSequences")}
    assert sent == {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 64, "stopSequences": ["END"]}
    assert "seed" not in config


def test_what_is_not_settable_is_not_sent() -> None:
    spec = {"not_settable": ("temperature", "top_p", "seed", "stop")}
    sampling = Sampling(temperature=0.5, top_p=0.9, seed=3, stop=("END",))
    with Stub(gemini("Yes.")) as stub:
        ask(model(GEMINI, stub.url, **spec), Request(PLAYED, (QUESTION,), sampling))
    assert not {"temperature", "topP", "seed", "stopSequences"} & stub.body["generationConfig"].keys()


@pytest.mark.parametrize(
    ("name", "change", "line"),
    [
        (CLAUDE, {"not_settable": ()}, 'not_settable = ["temperature", "seed"]'),
        (CLAUDE, {"not_settable": ("stop",)}, 'not_settable = ["stop", "temperature", "seed"]'),
        (CLAUDE, {"not_settable": ("seed",), "probe_sampling": Sampling(top_p=0.5)}, "temperature and top_p"),
        (GEMINI, {"not_settable": ()}, 'not_settable = ["seed"]'),
        (CLAUDE, {"reasoning": "keep"}, 'reasoning = "strip"'),
        (GEMINI, {"reasoning": "keep"}, 'reasoning = "strip"'),
        (CLAUDE, {"system_role": "developer"}, "system_role"),
        (CLAUDE, {"prompt_cache_key": "dialogue"}, "prompt_cache_key"),
        ("inspect/nobody/m", {}, "nobody"),
        ("inspect/mistral/m", {}, "mistralai"),
    ],
)
def test_what_would_not_reach_the_model_is_refused_with_the_line_to_write(
    name: str, change: dict[str, object], line: str
) -> None:
    with pytest.raises(InferenceError) as caught:
        open_inspect(model(name, "http://127.0.0.1:9", **change), {"TEST_KEY": KEY})
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_system_text_can_be_carried_by_the_next_user_message_after_the_preamble() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url, system_role="user", preamble="Think briefly."))
    assert "system" not in stub.body
    first = stub.body["messages"][0]
    assert first == {"role": "user", "content": f"Think briefly.\n\n{PERSONA.content}\n\nWho are you?"}


def test_the_preamble_stands_before_the_system_text() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url, preamble="Think briefly."))
    assert stub.body["system"] == [said(f"Think briefly.\n\n{PERSONA.content}", mark=True)]


def test_half_surrogates_are_replaced_on_their_way() -> None:
    with Stub(claude()) as stub:
        ask(model(CLAUDE, stub.url), Request(EMPTY, (Message("user", "a\ud800b \ud83d\ude00"),), Sampling()))
    assert stub.body["messages"][0]["content"] == "a\ufffdb \U0001f600"


def test_a_schema_is_sent_where_the_provider_takes_one() -> None:
    schema = '{"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}'
    with Stub(gemini('{"score": 3}')) as stub:
        ask(model(GEMINI, stub.url), Request(PLAYED, (QUESTION,), Sampling(), schema=schema))
    assert stub.body["generationConfig"]["responseJsonSchema"]["required"] == ["score"]


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (CLAUDE, "ANTHROPIC_AUTH_TOKEN"),
        (CLAUDE, "ANTHROPIC_CUSTOM_HEADERS"),
        (GEMINI, "GOOGLE_GENAI_USE_VERTEXAI"),
        (GEMINI, "INSPECT_TELEMETRY"),
    ],
)
def test_a_variable_that_would_replace_the_key_or_listen_in_is_refused(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    with pytest.raises(InferenceError, match=variable):
        open_inspect(model(name, "http://127.0.0.1:9"), {"TEST_KEY": KEY})


@pytest.mark.parametrize(
    ("name", "variable", "header", "sent"),
    [
        (CLAUDE, "ANTHROPIC_API_KEY", "authorization", "Bearer none"),
        (GEMINI, "GOOGLE_API_KEY", "x-goog-api-key", "none"),
    ],
)
def test_a_key_that_the_study_does_not_name_is_not_sent(
    name: str, variable: str, header: str, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    with Stub(claude() if name == CLAUDE else gemini("Aye.")) as stub:
        ask(model(name, stub.url, api_key_env=None))
    assert KEY not in str(stub.requests)
    assert stub.requests[0].headers[header] == sent


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
def test_proxies_of_the_environment_are_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    assert answered(name, claude() if name == CLAUDE else gemini("Aye.")).status == "ok"


@pytest.mark.parametrize(
    ("spec", "pairs"),
    [
        (ModelSpec(CLAUDE), []),
        (ModelSpec(GEMINI), []),
        (ModelSpec(GEMINI, api_key_env="GOOGLE_API_KEY"), []),
        (ModelSpec(CLAUDE, base_url="http://127.0.0.1:8000"), []),
        (ModelSpec(CLAUDE, api_key_env="OPENAI_API_KEY"), [Pair("api.anthropic.com", "OPENAI_API_KEY")]),
        (
            ModelSpec(CLAUDE, base_url="https://evil.example", api_key_env="ANTHROPIC_API_KEY"),
            [Pair("evil.example", "ANTHROPIC_API_KEY")],
        ),
        (ModelSpec("inspect/bedrock/anthropic.claude-v2"), [Pair("inspect/bedrock")]),
        (ModelSpec("inspect/anthropic/bedrock/claude"), [Pair("inspect/anthropic/bedrock")]),
        (
            ModelSpec("inspect/mistral/large", base_url="https://api.mistral.ai", api_key_env="MISTRAL_API_KEY"),
            [Pair("inspect/mistral/api.mistral.ai", "MISTRAL_API_KEY")],
        ),
        (
            ModelSpec("inspect/bedrock/m", base_url="http://127.0.0.1:8000"),
            [Pair("inspect/bedrock/127.0.0.1", "", 8000)],
        ),
    ],
)
def test_a_provider_that_finds_address_or_credentials_itself_needs_approval(spec: ModelSpec, pairs: list[Pair]) -> None:
    assert check_hosts([spec], ()) == pairs
    assert check_hosts([spec], [read_pair(str(pair)) for pair in pairs]) == []


def test_a_prefix_is_built_once_for_all_its_items_and_forgotten_with_it() -> None:
    builder = Builder(model(CLAUDE, None), breakpoints=True)
    prefix = EMPTY.extend(PERSONA, Message("user", "Only here."), Message("assistant", "Aye."))
    first = builder.messages(Request(prefix, (QUESTION,), Sampling()))
    longer = builder.messages(Request(prefix.extend(QUESTION, Message("assistant", "The North Sea.")), (), Sampling()))
    assert [one is other for one, other in zip(first[:2], longer[:2], strict=True)] == [True, True]
    built = weakref.ref(first[1])
    del prefix, first, longer
    gc.collect()
    assert built() is None


def test_earlier_reasoning_is_given_back_only_where_the_study_says_keep() -> None:
    kept = Builder(ModelSpec("inspect/other/m", reasoning="keep"), breakpoints=False).messages(ASKED)
    assert [part.type for part in kept[2].content if not isinstance(part, str)] == ["reasoning", "text"]
    assert [message.text for message in kept] == [message.content for message in (*PLAYED.messages(), QUESTION)]
    stripped = Builder(ModelSpec("inspect/other/m"), breakpoints=False).messages(ASKED)
    assert [message.content for message in stripped] == [message.text for message in kept]


def test_the_seed_is_the_samplings_and_the_draws_together() -> None:
    builder = Builder(ModelSpec("inspect/other/m"), breakpoints=False)
    seeds = [
        builder.settings(Request(PLAYED, (), Sampling(seed=seed), draw)).seed for seed in (None, 5) for draw in (0, 2)
    ]
    assert seeds == [None, 2, 5, 7]


def test_a_missing_key_is_said_with_its_variable() -> None:
    with pytest.raises(InferenceError, match="ANTHROPIC_API_KEY is not set"):
        open_inspect(model(CLAUDE, None, api_key_env=None), {})


def test_the_width_is_the_concurrency_until_the_server_complains() -> None:
    endpoint = open_inspect(model(CLAUDE, "http://127.0.0.1:9", concurrency=7), {"TEST_KEY": KEY})
    assert endpoint.width == 7
    asyncio.run(endpoint.close())


ALONE = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from asking_inspect import CLAUDE, GEMINI, ask, model
from provider_stubs import Stub, claude, claude_error, gemini
hook, environment = sys.excepthook, dict(__import__("os").environ)
with Stub(claude_error(429, "rate_limit_error", "slow"), claude()) as stub:
    assert ask(model(CLAUDE, stub.url)).status == "ok"
with Stub(gemini("Aye.")) as stub:
    assert ask(model(GEMINI, stub.url)).status == "ok"
assert sys.excepthook is hook
assert dict(__import__("os").environ) == environment
"""


def test_nothing_is_written_printed_or_left_in_the_environment(tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    bare = {"HOME": str(home), "TMPDIR": str(home), "PATH": os.environ["PATH"]}
    if "PYTHONPATH" in os.environ:
        bare["PYTHONPATH"] = os.environ["PYTHONPATH"]
    script = ALONE.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", script], cwd=here, env=bare, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert sorted(tmp_path.rglob("*")) == [here, home]


WITHOUT = """
import sys
sys.modules["inspect_ai"] = None
from longplay.inference import InferenceError
try:
    import longplay.inference.through_inspect
except InferenceError as error:
    print(error)
"""


def test_a_missing_extra_is_said_with_the_command_that_installs_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert "pip install '.[inspect]'" in done.stdout
    assert done.stdout.count("\n") == 1
