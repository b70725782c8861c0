"""A real model behind a real server, asked directly: template, endings, window, cache, flips. No golden texts."""

import asyncio
import json
import urllib.request

import pytest

from llama_server import LlamaServer
from longplay.checks.server import check_server
from longplay.inference import open_endpoint
from longplay.inference.inquiry import inquire
from longplay.records import EMPTY, Message, Prefix, Reply, Request
from longplay.specs import ModelSpec, Sampling

pytestmark = pytest.mark.real

GREEDY = Sampling(temperature=0.0, max_tokens=24)


def spec(server: LlamaServer) -> ModelSpec:
    return ModelSpec("openai/smollm2", base_url=server.url, probe_sampling=GREEDY)


def ask(server: LlamaServer, *requests: Request) -> list[Reply]:
    """The replies, one after the other."""

    async def ask_all() -> list[Reply]:
        endpoint = open_endpoint(spec(server), {})
        try:
            return [await endpoint.reply(request) for request in requests]
        finally:
            await endpoint.close()

    return asyncio.run(ask_all())


def question(text: str, prefix: Prefix = EMPTY, sampling: Sampling = GREEDY) -> Request:
    return Request(prefix, (Message("user", text),), sampling)


def rendered(server: LlamaServer, messages: list[dict[str, str]]) -> str:
    """The prompt that the model's own chat template makes of messages."""
    body = json.dumps({"messages": messages}).encode()
    address = server.url.removesuffix("/v1") + "/apply-template"
    with urllib.request.urlopen(urllib.request.Request(address, body, {"Content-Type": "application/json"})) as found:
        return json.load(found)["prompt"]


def test_the_chat_template_keeps_the_system_role_and_every_turn(real_server: LlamaServer) -> None:
    turns = [("system", "You are Silver."), ("user", "Who?"), ("assistant", "Silver."), ("user", "And now?")]
    prompt = rendered(real_server, [{"role": role, "content": text} for role, text in turns])
    places = [prompt.index(f"<|im_start|>{role}\n{text}<|im_end|>") for role, text in turns]
    assert places == sorted(places)
    assert prompt.endswith("<|im_start|>assistant\n")


def test_a_persona_changes_what_the_model_says(real_server: LlamaServer) -> None:
    persona = EMPTY.extend(Message("system", "You are a lighthouse keeper. Speak of the lamp, the sea and the gulls."))
    asked = "Describe your day in one sentence."
    plain, kept = ask(real_server, question(asked), question(asked, persona))
    assert plain.text != kept.text
    assert None not in (plain.usage.prompt, kept.usage.prompt)


def test_a_reply_ends_by_itself_or_is_cut_and_says_which(real_server: LlamaServer) -> None:
    ended, cut = ask(
        real_server,
        question("What is 2 + 2? Answer with the number only.", sampling=Sampling(temperature=0.0, max_tokens=200)),
        question("Tell me a long story about a ship.", sampling=Sampling(temperature=0.0, max_tokens=4)),
    )
    assert (ended.status, ended.finish, ended.cut, ended.empty) == ("ok", "stop", False, False)
    assert (cut.status, cut.finish, cut.cut, cut.usage.completion) == ("ok", "length", True, 4)
    assert "<|im_end|>" not in f"{ended.text}{cut.text}"


def test_the_server_says_its_window_and_refuses_what_is_past_it(real_server: LlamaServer) -> None:
    said = asyncio.run(inquire(spec(real_server), {}))
    assert said.window == 2_048
    far, near = ask(real_server, question("gull " * 2_500), question("\u16a0\u16c7\u16bb" * 300))
    assert (far.status, far.reason, far.text, far.attempts) == ("missing", "overflow", None, 0), "need not be sent"
    assert (near.status, near.reason, near.text, near.attempts) == ("missing", "overflow", None, 1), "the server said"


def test_a_second_question_finds_the_dialogue_in_the_cache(real_server: LlamaServer) -> None:
    prefix = EMPTY.extend(Message("system", "You keep a lighthouse and its log, and you like to talk of both. " * 12))
    short = Sampling(temperature=0.0, max_tokens=4)
    cold, warm = ask(real_server, *(question(f"What is entry {n}?", prefix, short) for n in (1, 2)))
    assert warm.usage.prompt is not None
    assert warm.usage.cached is not None
    assert warm.usage.cached > 0.9 * warm.usage.prompt
    assert (cold.usage.cached or 0) < 0.2 * warm.usage.prompt


def test_replies_that_differ_when_asked_again_are_measured_on_real_text(real_server: LlamaServer) -> None:
    found = check_server(open_endpoint(spec(real_server), {}), items=2)
    assert found.missing == 0
    assert found.window == 2_048
    whole = found.determinism[-1]
    assert (whole.place, whole.n) == ("all", 8)
    assert whole.distinct >= 3, "each prompt has a reply of its own"
    assert whole.words >= 4
    assert whole.share is not None
    assert 0 <= whole.flips <= 8
