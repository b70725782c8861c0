"""A real llama-server's prompt cache over a whole study: how much it finds of what it could, and whether answers that
read from it are those without it.

Cacheable are the leading tokens of a prompt that also stand at the head of an earlier call's prompt and reply; earlier
= its reply had come before this prompt was sent. Prompts are those that the server renders and tokenizes.
"""

import json
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
import pytest

from llama_server import LlamaServer
from longplay.folder import Outcome
from longplay.inference import PROVIDERS, Endpoint, Provider, open_endpoint, own_address
from longplay.inference.encoding import Encoder
from longplay.pipeline import load_text, run_study
from longplay.records import Cell, Reply, Request
from longplay.specs import ModelSpec
from tiny_model import write_tiny_model

STUDY = """
seed = 3
probes = [{{ name = "refusal", limit = 6 }}, {{ name = "fidelity", limit = 3 }}, {{ name = "follow", limit = 3 }}]

[[models]]
name = "watched/tiny"
base_url = "{url}"
concurrency = 1
sampling = {{ temperature = 0.0, max_tokens = 24 }}
probe_sampling = {{ temperature = 0.0, max_tokens = 24 }}

[judge]
name = "sim/judge"

[dialogues]
personas = ["silver"]
baseline_draws = 1
scripts = ["persona-directed"]
rounds = 20

[conditioning]
checkpoints = 5
draws_at_0 = 1
repeats = 0
noise_share = 0

[judging]
rounds = []
"""
ROUNDS, ANSWERS = 2 * 20, 2 * 5 * 12
LEAST_CACHED = 0.98
LEAST_EQUAL = 0.99
NO_END = 1e-9  # replies of full length, so that there is something to differ


@dataclass
class Watch:
    """Requests as they were sent (no reply) and as they came back."""

    events: list[tuple[Request, Reply | None]] = field(default_factory=list)


class Watched:
    """An endpoint whose calls are watched."""

    def __init__(self, endpoint: Endpoint, watch: Watch) -> None:
        self.spec = endpoint.spec
        self._endpoint = endpoint
        self._watch = watch

    @property
    def width(self) -> int:
        return self._endpoint.width

    async def reply(self, request: Request) -> Reply:
        self._watch.events.append((request, None))
        reply = await self._endpoint.reply(request)
        self._watch.events.append((request, reply))
        return reply

    async def close(self) -> None:
        await self._endpoint.close()


@dataclass(frozen=True)
class Run:
    """A finished study and the server that it ran on."""

    spec: ModelSpec
    outcome: Outcome
    watch: Watch

    def answers(self) -> list[tuple[Request, Reply]]:
        return [
            (request, reply)
            for request, reply in self.watch.events
            if reply is not None and request.cell is not None and isinstance(request.cell.ref, Cell)
        ]

    def tokens(self, request: Request, reply: str = "") -> list[int]:
        """A prompt, and the reply after it."""
        rendered = self._post("/apply-template", self._body(request))
        asked = {"content": f"{rendered['prompt']}{reply}", "parse_special": True}
        return self._post("/tokenize", asked)["tokens"]

    def reply_without_cache(self, request: Request) -> str:
        """The text of the same request's reply, its whole prompt computed."""
        reply = self._post("/v1/chat/completions", self._body(request) | {"cache_prompt": False})
        assert reply["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
        return reply["choices"][0]["message"]["content"]

    def _body(self, request: Request) -> dict:
        return json.loads(b"".join(Encoder(self.spec).chunks(request)))

    def _post(self, path: str, body: dict) -> dict:
        url = f"{(self.spec.base_url or '').removesuffix('/v1')}{path}"
        asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as response:
            return json.loads(response.read())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The study, run once."""
    folder, watch = tmp_path_factory.mktemp("real-cache"), Watch()
    specs: list[ModelSpec] = []

    def open_watched(spec: ModelSpec, environment: object) -> Endpoint:
        del environment  # a server on loopback has no key
        specs.append(msgspec.structs.replace(spec, name=f"openai/{spec.model}"))
        return Watched(open_endpoint(specs[-1]), watch)

    write_tiny_model(folder / "tiny.gguf", end=NO_END)
    with (
        LlamaServer(folder / "tiny.gguf", folder / "server.log") as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(PROVIDERS, "watched", Provider(open_watched, own_address))
        # a long linger: answers after a checkpoint are asked while a round waits for its commit, on any machine
        outcome = run_study(load_text(STUDY.format(url=server.url)), folder / "run", linger_s=0.2, cache=False)
        yield Run(specs[0], outcome, watch)


def heads(tokens: Iterable[int]) -> Iterator[int]:
    """A hash of each head of the tokens, the shortest first."""
    digest = 0
    for token in tokens:
        digest = hash((digest, token))
        yield digest


def cacheable(run: Run) -> Iterator[tuple[int, Reply]]:
    """How many tokens of each call's prompt earlier calls had computed, and its reply."""
    computed: set[int] = set()
    shared: dict[int, int] = {}
    for request, reply in run.watch.events:
        if reply is None:
            known = [head in computed for head in heads(run.tokens(request))]
            shared[id(request)] = known.index(False) if False in known else len(known)
        else:
            assert reply.text is not None
            computed.update(heads(run.tokens(request, reply.text)))
            yield shared[id(request)], reply


def test_the_study_is_run_to_its_end(run: Run) -> None:
    assert run.outcome == Outcome("complete")
    assert len(run.watch.events) == 2 * (ROUNDS + ANSWERS)
    assert len(run.answers()) == ANSWERS


def test_prompts_are_counted_as_the_server_counts_them(run: Run) -> None:
    for request, reply in run.answers()[::20]:
        assert len(run.tokens(request)) == reply.usage.prompt


def test_the_server_finds_in_its_cache_what_earlier_calls_computed(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = list(cacheable(run))
    cached = sum(reply.usage.cached or 0 for _, reply in calls)
    share = cached / sum(tokens for tokens, _ in calls)
    with capsys.disabled():
        print(f"\nllama-server: cached tokens / cacheable {share:.4f} (bar: at least {LEAST_CACHED})")
    assert share >= LEAST_CACHED


def test_answers_are_those_without_the_cache(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    answers = run.answers()
    flipped = sum(reply.text != run.reply_without_cache(request) for request, reply in answers)
    with capsys.disabled():
        print(f"\nllama-server: flip rate with / without cache {flipped} of {len(answers)}")
    assert flipped <= (1 - LEAST_EQUAL) * len(answers)
