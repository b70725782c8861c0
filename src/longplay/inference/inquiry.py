"""What a server says when it is asked for more than replies: how much fits, and log probabilities. Beside the requests
of runs, for checking a server; knows nothing of what replies are for."""

import os
from collections.abc import Mapping

import aiohttp
import msgspec

from longplay.inference.bodies import read_bounded
from longplay.inference.encoding import Encoder
from longplay.inference.endpoint import EndpointDown
from longplay.inference.hosts import address_of
from longplay.inference.keys import Secret, read_key
from longplay.inference.server_facts import ServerFacts
from longplay.records import EMPTY, Message, Request
from longplay.specs import ModelSpec, Sampling

OPENAI = "openai"
_MOST_S = 60.0
_MOST_BYTES = 1_000_000
_QUESTION = Request(EMPTY, (Message("user", "Say one word."),), Sampling(temperature=None, max_tokens=16))
_WANTED = b'{"logprobs":true,'


class _Probabilities(msgspec.Struct):
    content: list[msgspec.Raw] | None = None


class _Choice(msgspec.Struct):
    logprobs: _Probabilities | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class Said(msgspec.Struct, frozen=True):
    """`window`: tokens that fit, None where the server does not say. `logprobs`: whether it gives them with a reply,
    None where that could not be found out; `why` says more where it does not."""

    window: int | None = None
    logprobs: bool | None = None
    why: str = ""


def asks_logprobs(spec: ModelSpec) -> bool:
    """Whether `inquire` sends a chat completion: only to OpenAI-compatible servers, and where the study allows it."""
    return spec.provider == OPENAI and "logprobs" not in spec.not_settable


async def inquire(spec: ModelSpec, environment: Mapping[str, str] = os.environ) -> Said:
    """Ask one server of a model; at most two kinds of question about its size, and one short chat completion.

    Raises InferenceError where the key variable is not set, EndpointDown where there is no server. One that answers
    badly leaves things unknown.
    """
    if spec.provider != OPENAI:
        return Said(why=f"not asked for: the provider is {spec.provider}")
    secret = read_key(spec, environment)
    async with aiohttp.ClientSession(
        headers={**secret.headers(), "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=min(spec.timeout_s, _MOST_S)),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    ) as session:
        facts = ServerFacts(msgspec.structs.replace(spec, context_window=None), lambda: session)
        window = await facts.find_window()
        if not asks_logprobs(spec):
            return Said(window, False, "the study says that they cannot be asked for")
        logprobs, why = await _logprobs(spec, session, secret)
        return Said(window, logprobs, why)


async def _logprobs(spec: ModelSpec, session: aiohttp.ClientSession, secret: Secret) -> tuple[bool | None, str]:
    body = b"".join(Encoder(spec).chunks(_QUESTION))
    url = address_of(spec).url + "/chat/completions"
    headers = {"Content-Type": "application/json"}
    try:
        async with session.post(url, data=_WANTED + body[1:], headers=headers, allow_redirects=False) as response:
            said, _ = await read_bounded(response.content, _MOST_BYTES)
            status = response.status
    except aiohttp.ClientConnectorError as error:
        line = "cannot be reached; check that the server runs and that base_url is right"
        raise EndpointDown(f"{spec.name}: {line} ({secret.line(str(error))}).") from None
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return None, secret.line(f"{type(error).__name__}: {error}")
    if 200 <= status < 300:
        return _given(said), ""
    refused = 400 <= status < 500 and status not in (401, 403, 404, 408, 429)
    return (False if refused else None), secret.line(f"status {status}: {said.decode(errors='replace')}")


def _given(body: bytes) -> bool | None:
    """Whether a completion holds log probabilities of its tokens; None where the body is no such completion."""
    try:
        choices = msgspec.json.decode(body, type=_Completion).choices
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return bool(choices[0].logprobs and choices[0].logprobs.content) if choices else None
