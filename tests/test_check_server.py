"""What a server does with a prompt: each probe by itself, then whole checks of servers that behave and misbehave."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import longplay
from faults import FaultServer, digest_words
from llama_server import LlamaServer
from longplay.checks.prompts import (
    PAIRS,
    SEEDS,
    Caching,
    Compared,
    Material,
    Probe,
    caching,
    calls,
    compare,
    determinism,
    read_caching,
    read_seeds,
    seeds,
    short_requests,
)
from longplay.checks.server import Sender, check_server, flip_rates
from longplay.cli import main
from longplay.inference import InferenceError, open_endpoint
from longplay.inference.inquiry import Said, inquire
from longplay.records import Reply, Request, Usage
from longplay.specs import ModelSpec, Sampling
from longplay.store import replies_path

KEY = "key-that-nobody-may-ever-see-0123456789"
SHORT = Sampling(max_tokens=16, seed=0)
ITEMS = 3


def run(probe: Probe[object], answer: Callable[[Request], Reply]) -> tuple[object, list[list[Request]]]:
    """A probe's result, and the batches that it sent, without a wire."""
    batches: list[list[Request]] = []
    try:
        batch = next(probe)
        while True:
            batches.append(list(batch))
            batch = probe.send([answer(request) for request in batch])
    except StopIteration as stop:
        return stop.value, batches


def said(text: str | None = "x", latency_s: float = 1.0, cached: int | None = 0) -> Reply:
    if text is None:
        return Reply("missing", reason="failed")
    return Reply("ok", text, finish="stop", usage=Usage(100, cached, 5), latency_s=latency_s)


def test_every_prompt_is_new_to_the_server_and_long() -> None:
    one, other = (Material(nonce, 300).notes("a") for nonce in ("n1", "n2"))
    assert one[:16] != other[:16]
    assert len(one.split()) > 300
    assert Material("n1").notes("a") == Material("n1").notes("a") != Material("n1").notes("b")


def prompt(request: Request) -> str:
    """What a request begins with, and no other prompt does."""
    return request.tail[0].content[:16]


def test_no_request_holds_a_turn_of_the_model_that_it_could_say_again() -> None:
    material = Material("n", 30)
    for probe in (caching(material, SHORT), seeds(ModelSpec("openai/m"), "n"), determinism(material, SHORT, ITEMS)):
        _, batches = run(probe, lambda _: said())
        for request in (request for batch in batches for request in batch):
            assert [message.role for message in (*request.prefix.messages(), *request.tail)] == ["user"]


def test_caching_sends_each_prompt_cold_and_then_warm_with_another_question() -> None:
    seen: Counter[str] = Counter()

    def answer(request: Request) -> Reply:
        seen[prompt(request)] += 1
        warm = seen[prompt(request)] > 1
        return said(latency_s=0.1 if warm else 1.0, cached=90 if warm else 0)

    found, batches = run(caching(Material("n"), SHORT), answer)
    assert found == Caching(PAIRS, 0, 100 * PAIRS, 0, 90 * PAIRS, 1.0, 0.1, "yes")
    assert [len(batch) for batch in batches] == [1] * 2 * PAIRS
    assert set(seen.values()) == {2}
    assert len({request.tail[0].content.split("\n\n")[1] for batch in batches for request in batch}) == 2


@pytest.mark.parametrize(
    ("warm_s", "real"), [((0.1, 0.2, 0.3), "yes"), ((1.0, 1.1, 0.99), "no"), ((0.1, 0.9, 1.0), "unclear")]
)
def test_times_say_whether_a_cache_works(warm_s: tuple[float, ...], real: str) -> None:
    assert read_caching([(said(), said(latency_s=seconds)) for seconds in warm_s]).real == real


def test_what_a_server_does_not_report_is_not_known_and_what_is_missing_is_counted() -> None:
    found = read_caching([(said(cached=None), said(cached=50)), (said(), said(None)), (said(), said())])
    assert (found.pairs, found.missing, found.cached_cold, found.cached_warm) == (2, 1, None, 50)
    assert read_caching([(said(None), said())]) == Caching(0, 1)


@pytest.mark.parametrize(
    ("first", "second", "heeded", "same", "distinct"),
    [
        ("abc", "abc", "yes", 3, 3),
        ("abc", "abd", "no", 2, 3),
        ("aaa", "aaa", "unclear", 3, 1),
        ("aaa", "bbb", "no", 0, 1),
        ("a-b", "ab-", "unclear", 1, 1),
        ("---", "abc", "unclear", 0, 0),
    ],
)
def test_seeds_are_heeded_where_one_gives_one_reply_and_several_give_several(
    first: str, second: str, heeded: str, same: int, distinct: int
) -> None:
    replies = [[said(None if text == "-" else text) for text in texts] for texts in (first, second)]
    found = read_seeds(*replies)
    assert (found.heeded, found.same, found.distinct) == (heeded, same, distinct)
    assert found.pairs + found.missing == 3


def test_seeds_that_cannot_be_sent_cost_nothing() -> None:
    spec = ModelSpec("openai/m", not_settable=("seed",))
    found, batches = run(seeds(spec, "n"), lambda _: said())
    assert (found.heeded, batches) == ("not sent", [])  # type: ignore[attr-defined]
    assert calls(spec, 4) == calls(ModelSpec("openai/m"), 4) - 2 * len(SEEDS)


def test_each_seed_is_sent_twice_with_equal_bytes() -> None:
    _, batches = run(seeds(ModelSpec("openai/m"), "n"), lambda _: said())
    sent = [request for batch in batches for request in batch]
    assert Counter(request.sampling.seed for request in sent) == dict.fromkeys(SEEDS, 2)
    assert {request.sampling.temperature for request in sent} == {1.0}
    assert len({request.tail for request in sent}) == 1


def test_a_request_is_sent_cold_and_warm_alone_and_in_a_batch() -> None:
    _, batches = run(determinism(Material("n"), SHORT, ITEMS), lambda _: said())
    assert [len(batch) for batch in batches] == [1] * 3 * ITEMS + [ITEMS, ITEMS] + [1] * ITEMS
    times = Counter(prompt(request) for batch in batches for request in batch)
    assert sorted(times.values()) == [2] * ITEMS + [4] * ITEMS
    others = len(short_requests(SHORT, "n")) + 2 * PAIRS + 2 * len(SEEDS) + 1
    assert sum(len(batch) for batch in batches) + others == calls(ModelSpec("openai/m"), ITEMS)


def places(found: Sequence[Compared]) -> dict[str, int]:
    return {one.place: one.flips for one in found}


def test_flips_are_found_where_they_are() -> None:
    sent: Counter[str] = Counter()

    def differs_cold(request: Request) -> Reply:
        sent[prompt(request)] += 1
        return said("cold" if sent[prompt(request)] == 1 else "warm")

    found, _ = run(determinism(Material("n"), SHORT, ITEMS), differs_cold)
    assert places(found) == {  # type: ignore[arg-type]
        "alone, warm again": 0,
        "alone, cold": ITEMS,
        "in a batch, warm": 0,
        "in a batch, cold": ITEMS,
    }


def test_a_missing_reply_is_no_flip_and_reasoning_counts() -> None:
    reasoned = Reply("ok", "a", reasoning="otherwise")
    found = compare(
        "alone, cold", [said("a"), said("a"), said("a"), said(None)], [said("b"), said(None), reasoned, said()]
    )
    assert found == Compared("alone, cold", 2, 2, 2, ("a", "b", "a", "otherwise a"))


def test_rates_have_intervals_and_nothing_compared_has_none() -> None:
    texts = tuple(f"reply {number} of some words" for number in range(8) for _ in range(2))
    one, none, whole = flip_rates([Compared("alone, cold", 8, 2, 0, texts), Compared("in a batch, cold", 0, 0, 8)])
    assert (one.distinct, one.words, none.distinct, none.words) == (8, 5, 0, 0)
    assert (one.share, one.n, one.flips) == (0.25, 8, 2)
    assert one.low is not None
    assert one.high is not None
    assert 0 < one.low < 0.25 < one.high < 1
    assert (none.share, none.low, none.high, none.missing) == (None, None, None, 8)
    assert (whole.place, whole.n, whole.flips, whole.missing, whole.low) == ("all", 8, 2, 8, one.low)


@pytest.mark.parametrize(
    ("texts", "distinct", "words"),
    [
        (("I have read them.",) * 16, 1, 4),  # one reply to every prompt
        (("I have read them.",) * 10 + ("I have read your notes.",) * 6, 2, 4),
        (tuple(f"{number}" for number in range(16)), 16, 1),  # a word each
        (("",) * 16, 1, 0),
    ],
)
def test_replies_that_could_not_differ_give_no_share(texts: tuple[str, ...], distinct: int, words: float) -> None:
    for found in flip_rates([Compared("alone, cold", 8, 0, 0, texts)]):
        assert (found.n, found.flips, found.share, found.low, found.high) == (8, 0, None, None, None)
        assert (found.distinct, found.words) == (distinct, words)


def test_a_server_whose_replies_are_all_alike_is_told_apart_from_one_that_never_flips(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with FaultServer(words=lambda _body: "I have read them.") as server:
        assert check(server) == 0
    output = capsys.readouterr().out
    assert re.search(rf"differs: all +0 of {4 * ITEMS} +no share: the replies are too short or too much alike", output)
    assert f"Replies compared: {8 * ITEMS}, 1 of them different, 4 words (median)." in output


def check(server: FaultServer, *options: str) -> int:
    return main(["check-server", "openai/m", "--base-url", server.url, "--items", f"{ITEMS}", *options])


def of(output: str) -> dict[str, object]:
    return {one["place"]: (one["flips"], one["n"]) for one in json.loads(output)["determinism"]}


def test_a_deterministic_server_is_found_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer() as server:
        assert check(server, "--json") == 0
        sent = len(server.requests)
    output = capsys.readouterr()
    found = json.loads(output.out)
    assert set(of(output.out).values()) == {(0, ITEMS), (0, 4 * ITEMS)}
    assert {one["share"] for one in found["determinism"]} == {0.0}
    assert (found["seeds"]["heeded"], found["logprobs"], found["window"]) == ("yes", False, None)
    assert found["requests"] == sent == calls(ModelSpec("openai/m"), ITEMS)
    assert re.search(rf"\b{sent} requests", output.err.splitlines()[0]), "the number is said before"


def test_a_server_that_flips_is_seen_and_the_interval_says_how_often(capsys: pytest.CaptureFixture[str]) -> None:
    asked: Counter[bytes] = Counter()

    def words(body: bytes) -> str:
        asked[body] += 1
        return digest_words(body + b"odd" * (asked[body] % 2))

    with FaultServer(words=words) as server:
        assert check(server) == 0
    output = capsys.readouterr().out
    # the reference is the second reply of those sent alone first, the second of the others too
    assert re.search(rf"differs: alone, cold +{ITEMS} of {ITEMS} +100.0%, 95% interval \d", output)
    assert re.search(rf"differs: in a batch, warm +0 of {ITEMS} ", output)
    assert re.search(rf"differs: all +{3 * ITEMS} of {4 * ITEMS} ", output)
    assert "not heeded" in output


def test_a_batch_is_on_the_wire_at_once() -> None:
    under_way, most = 0, list[int]()

    class Watched:
        spec = ModelSpec("openai/m")
        width = ITEMS

        async def reply(self, request: Request) -> Reply:
            nonlocal under_way
            del request
            under_way += 1
            most.append(under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return said()

        async def close(self) -> None: ...

    asyncio.run(Sender(Watched()).drive(determinism(Material("n"), SHORT, ITEMS)))
    assert Counter(most) == {1: 4 * ITEMS + 2, 2: 2, 3: 2}


def test_requests_without_a_reply_make_the_check_incomplete(capsys: pytest.CaptureFixture[str]) -> None:
    def faults(body: bytes, attempt: int) -> str | None:
        return "filter" if attempt == 2 and b"Go on with my notes" in body else None

    with FaultServer(faults) as server:
        assert check(server) == 1
    output = capsys.readouterr().out
    assert f"{2 * ITEMS} of {calls(ModelSpec('openai/m'), ITEMS)} requests had no reply" in output
    assert "not known" in output


def test_a_refused_key_ends_the_check_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    with FaultServer(lambda _body, _attempt: "401") as server:
        assert check(server, "--api-key-env", "LONGPLAY_TEST_KEY") == 1
    output = capsys.readouterr()
    assert "refused the key" in output.err.splitlines()[-1]
    assert KEY not in output.err + output.out


def test_a_server_that_is_not_there_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer() as server:
        address = server.url
    assert main(["check-server", "openai/m", "--base-url", address]) == 1
    assert "cannot be reached; check that the server runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["sim/speaker"], "is simulated"),
        (["m"], "must be provider/name"),
        (["nobody/m"], "no provider 'nobody'"),
        (["openai/m", "--base-url", "http://example.org/v1"], "add --allow-host http://example.org:80"),
        (["openai/m", "--base-url", "http://127.0.0.1:1/v1", "--api-key-env", "no name"], "environment variable"),
        (["openai/m", "--base-url", "http://127.0.0.1:1/v1", "--api-key-env", "LONGPLAY_NOT_SET"], "is not set"),
        (["openai/m", "--items", "1"], "between 2 and"),
        (['sim/"]\n[[models]]\n'], "must be printable text on one line"),
        (["openai/m", "--study", "gone.toml"], "no such file"),
    ],
)
def test_bad_input_starts_nothing(arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-server", *arguments]) == 2
    assert fault in capsys.readouterr().err


STUDY = """
[[models]]
name = "openai/m"
label = "M"
base_url = "URL"
probe_sampling = { temperature = 0.7, max_tokens = 9 }
context_window = 5_000
not_settable = ["logprobs"]
[judge]
name = "openai/judge"
base_url = "URL"
not_settable = ["seed"]
"""


def test_a_studys_model_is_asked_as_the_study_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.toml"
    with FaultServer() as server:
        path.write_text(STUDY.replace("URL", server.url))
        assert main(["check-server", "M", "--study", str(path), "--items", "2"]) == 0
        repeated = [json.loads(seen.body) for seen in server.requests if b"Go on with my notes" in seen.body]
        assert {(body["temperature"], body["max_tokens"], body["seed"]) for body in repeated} == {(0.7, 9, 0)}
        assert {len(body["messages"][0]["content"].split()) for body in repeated} < set(range(330, 350))
        assert "not given" in capsys.readouterr().out
        before = len(server.requests)
        assert main(["check-server", "openai/judge", "--study", str(path), "--items", "2"]) == 0
        assert not any(b'"seed"' in seen.body for seen in server.requests[before:])
        assert "not sent" in capsys.readouterr().out
    assert main(["check-server", "N", "--study", str(path)]) == 2
    assert "Known: M, openai/judge" in capsys.readouterr().err


class Answering:
    """A model of a provider that is asked for no log probabilities."""

    def __init__(self) -> None:
        self.spec = ModelSpec("inspect/other/m")
        self.width = 4
        self.asked = 0

    async def reply(self, request: Request) -> Reply:
        del request
        self.asked += 1
        return said()

    async def close(self) -> None:
        """Holds nothing."""


def test_what_was_not_asked_for_is_neither_a_request_nor_missing() -> None:
    model = Answering()
    found = check_server(model, ITEMS)
    assert found.requests == model.asked == calls(model.spec, ITEMS)
    assert (found.missing, found.logprobs) == (0, None)
    assert found.logprobs_why.startswith("not asked for")


def test_each_server_of_a_model_is_checked_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.toml"
    with FaultServer() as one, FaultServer() as other, FaultServer() as judge:
        addresses = (one.url, other.url)
        text = STUDY.replace('"URL"', f'"{judge.url}"').replace(
            f'label = "M"\nbase_url = "{judge.url}"', f'label = "M"\nbase_urls = {json.dumps(addresses)}'
        )
        path.write_text(text)
        assert main(["check-server", "M", "--study", str(path), "--items", "2"]) == 0
        output = capsys.readouterr()
        for url in addresses:
            assert f"M at {url}" in output.out.splitlines()
            assert f"M at {url}: " in output.err
        assert len(one.requests) == len(other.requests) > 0
        assert main(["check-server", "M", "--study", str(path), "--items", "2", "--json"]) == 0
        assert [found["base_url"] for found in json.loads(capsys.readouterr().out)] == list(addresses)
        assert main(["check-server", "M", "--study", str(path), "--items", "2", "--json", "--base-url", one.url]) == 0
        assert json.loads(capsys.readouterr().out)["base_url"] == one.url
        path.write_text(path.read_text().replace('label = "M"', 'label = "M"\nattempts = 1'))
        gone = path.read_text().replace(other.url, "http://127.0.0.1:9/v1")
        (tmp_path / "gone.toml").write_text(gone)
        with pytest.warns(UserWarning, match="cannot be reached"):
            found = longplay.check_server("M", study=tmp_path / "gone.toml", items=2, window=False)
        assert [one.base_url for one in found] == [one.url], "what one server answered is not lost with the other"
    assert main(["check-server", "M", "--study", str(path), "--items", "2"]) == 1
    assert capsys.readouterr().err.count("cannot be reached") == 2, "one that is not there does not hide the others"


def test_a_study_may_not_send_prompts_anywhere_without_a_persons_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace("URL", "https://example.org/v1"))
    assert main(["check-server", "M", "--study", str(path)]) == 2
    assert "--allow-host example.org" in capsys.readouterr().err


def test_kept_replies_are_neither_read_nor_written() -> None:
    with FaultServer() as server:
        assert check(server) == 0
    assert not replies_path().exists()


@pytest.mark.parametrize(
    ("choice", "logprobs"),
    [
        ('{"message": {"content": "x"}, "logprobs": {"content": [{"token": "x", "logprob": -0.1}]}}', True),
        ('{"message": {"content": "x"}, "logprobs": {"content": []}}', False),
        ('{"message": {"content": "x"}, "logprobs": null}', False),
        ('{"message": {"content": "x"}}', False),
        ('{"message": {"content": "x"}, "logprobs": "yes"}', None),
    ],
)
def test_log_probabilities_count_only_where_there_are_some(choice: str, logprobs: bool | None) -> None:
    with FaultServer(lambda _body, _attempt: f'body:{{"choices": [{choice}]}}') as server:
        assert asyncio.run(inquire(ModelSpec("openai/m", base_url=server.url), {})).logprobs is logprobs


@pytest.mark.parametrize(("fault", "logprobs"), [("400", False), ("500", None), ("401", None), ("disconnect", None)])
def test_a_refusal_of_log_probabilities_is_no_while_a_fault_leaves_them_unknown(
    fault: str, logprobs: bool | None
) -> None:
    with FaultServer(lambda _body, _attempt: fault) as server:
        spec = ModelSpec("openai/m", base_url=server.url, api_key_env="K")
        found = asyncio.run(inquire(spec, {"K": KEY}))
    assert found.logprobs is logprobs
    assert found.why
    assert KEY not in found.why


def test_of_other_providers_nothing_is_asked() -> None:
    assert asyncio.run(inquire(ModelSpec("anthropic/m"), {})) == Said(why="not asked for: the provider is anthropic")
    with pytest.raises(InferenceError, match="is not set"):
        asyncio.run(inquire(ModelSpec("openai/m"), {}))


def test_a_real_server_keeps_prompts_heeds_seeds_and_answers_a_warm_request_the_same(llama_server: LlamaServer) -> None:
    spec = ModelSpec("openai/tiny", base_url=llama_server.url)
    material = Material("real", words=120)

    async def whole() -> tuple[Said, Caching, object, list[Compared]]:
        sender = Sender(open_endpoint(spec, {}))
        try:
            parts = (
                await inquire(spec, {}),
                await sender.drive(caching(material, SHORT)),
                await sender.drive(seeds(spec, "real")),
                await sender.drive(determinism(material, SHORT, 2)),
            )
        finally:
            await sender.endpoint.close()
        assert sender.missing == 0
        return parts

    facts, cache, heeded, compared = asyncio.run(whole())
    assert facts == Said(32_768, True)
    assert cache.cached_warm is not None
    assert cache.prompt is not None
    assert cache.cached_cold is not None
    assert cache.cached_warm > 0.9 * cache.prompt > 10 * cache.cached_cold
    assert heeded.heeded == "yes"  # type: ignore[attr-defined]
    assert [one.n for one in compared] == [2] * 4
    assert compared[0].flips == 0


def test_a_server_that_never_names_an_ending_is_checked_all_the_same_and_the_key_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    choice = '{"message": {"content": "A pot of tea stands on the table."}, "finish_reason": null}'
    body = f'body:{{"choices": [{choice}], "usage": {{"prompt_tokens": 9, "completion_tokens": 9}}}}'
    with FaultServer(lambda _body, _attempt: body) as server:
        check = ["check-server", "openai/m", "--base-url", server.url, "--items", "2"]
        assert main([*check, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["endings"], found["missing"]) == ([""], 0)
        assert main(check) == 0
    assert 'write finish = "unnamed" for this model' in " ".join(capsys.readouterr().out.split())
