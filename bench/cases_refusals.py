"""Cases of what servers refuse: prompts that are too long in every wording, times to come again in every place, texts
that were filtered, faults that pass although they look final; and what is none of these.
"""

import json
import random
from collections.abc import Iterator

from case_due import Due
from case_run import Case, Tiny
from case_server import Answer, On, refuses

# M: what fits, N: what was sent, K: what was to be generated; numbers are drawn.
OVERFLOWS = (
    "prompt is too long: {N} tokens > {M} maximum",
    (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {M}. Given: {N} `inputs` "
        "tokens and {K} `max_new_tokens`"
    ),
    "inputs ({N} tokens) + max_new_tokens must be <= {M}",
    (
        "The decoder prompt (length {N}) is longer than the maximum model length of {M}. Make sure that "
        "`max_model_len` is no smaller than the number of text tokens."
    ),
    "max_tokens must be at least 1, got -{K}.",
    (
        "'max_tokens' or 'max_completion_tokens' is too large: {K}. This model's maximum context length is "
        "{M} tokens and your request has {N} input tokens"
    ),
    "Input is too long for requested model.",
    (
        "This model's maximum context length is {M} tokens. However, you requested {N} tokens ({N} in the "
        "messages, {K} in the completion). Please reduce the length of the messages or completion."
    ),
    "the request exceeds the available context size ({M} tokens), try increasing it",
    "Input validation error: `inputs` must have less than {M} tokens. Given: {N}",
    "The input token count ({N}) exceeds the maximum number of tokens allowed ({M}).",
    (
        "Requested token count exceeds the model's maximum context length of {M} tokens. You requested a "
        "total of {N} tokens"
    ),
    "The input ({N} tokens) is longer than the model's context length ({M} tokens).",
    (
        "input length and `max_tokens` exceed context limit: {N} + {K} > {M}, decrease input length or "
        "`max_tokens` and try again"
    ),
    (
        "too many tokens: total number of tokens in the prompt cannot exceed {M} - received {N}. Try using a "
        "shorter prompt."
    ),
    "Range of input length should be [1, {M}]",
    "Prompt exceeds max length",
    (
        "Trying to keep the first {N} tokens when context the overflows. However, the model is loaded with "
        "context length of only {M} tokens, which is not enough."
    ),
    "Prompt contains {N} tokens and {K} draft tokens, too large for model with {M} maximum context length",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "Input length {N} exceeds the maximum allowed length {M}.",
    "Sequence length {N} is longer than the maximum sequence length {M}",
)
NO_OVERFLOWS = (
    "temperature must be in [0, 2], got {K}",
    "temperature: Input should be less than or equal to 1",
    "body.top_p: Input should be greater than 0",
    "presence_penalty: Input should be at most 2, got {K}",
    "top_p must be in (0, 1], got 1.{K}",
    "invalid value for 'n': {K}",
    "the request id {N} was already used",
    "the tool call {K} has no answer",
)
FLAGGED = (
    {"error": {"code": 403, "message": "Your input was flagged", "metadata": {"flagged_input": "a", "reasons": ["x"]}}},
    {
        "code": "Client specified an invalid argument",
        "error": "Content violates usage guidelines. Failed check: SAFETY",
    },
    {
        "error": {
            "message": "The prompt was flagged as potentially violating our usage policy.",
            "type": "invalid_request_error",
        }
    },
    {"error": {"message": "Request blocked by content moderation.", "code": "content_moderation"}},
)
PASSING = (
    (400, {"error": {"message": "Already borrowed", "type": "BadRequestError", "code": 400}}),
    (422, {"error": "Already borrowed", "error_type": "validation"}),
    (424, {"error": "Request failed during generation: Already borrowed", "error_type": "generation"}),
    (400, {"error": {"message": "The model is overloaded, please try again later."}}),
    (400, {"error": {"message": "Service temporarily unavailable, retry your request."}}),
    (408, {"error": {"message": "request timed out"}}),
    (409, {"error": {"message": "conflict"}}),
    (425, {"error": {"message": "too early"}}),
    (429, {"error": {"message": "slow down"}}),
    (500, {"error": {"message": "internal error"}}),
    (502, {"error": {"message": "bad gateway"}}),
    (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}),
    (504, {"error": {"message": "gateway timed out"}}),
    (529, {"error": {"message": "overloaded", "type": "overloaded_error"}}),
)


def refusals(rng: random.Random) -> Iterator[Case]:
    """All of them."""
    yield from _overflows(rng)
    yield from _waits(rng)
    yield from _patience(rng)
    yield from _flagged()
    yield from _passing()


def in_form(number: int, words: str, status: int) -> object:
    """Words as the body of a refusal, in one of the forms that servers have, in turns."""
    forms: tuple[object, ...] = (
        {"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}},
        {"object": "error", "message": words, "type": "BadRequestError", "code": status},
        {"error": words, "error_type": "validation"},
        {"message": words},
        {"detail": words},
        [{"error": {"code": status, "message": words, "status": "INVALID_ARGUMENT"}}],
    )
    return forms[number % len(forms)]


def _numbers(rng: random.Random) -> dict[str, int]:
    most = rng.choice((512, 2048, 4096, 8192, 32768, 131072)) + rng.choice((0, 0, 1))
    return {"M": most, "N": most + rng.randint(1, 900), "K": rng.randint(16, 900)}


def _overflows(rng: random.Random) -> Iterator[Case]:
    kind = "prompts that are too long, by words"
    due = (Due((0, 1), "overflow", asked=(1, 1), goes_on=False),)
    for number, words in enumerate(OVERFLOWS):
        said, status = words.format(**_numbers(rng)), (400, 400, 422, 413)[number % 4]
        on = On(refuses(status, in_form(number, said, status)), "model", "round 2")
        yield Case(kind, f"{status}, {said[:60]}", (on,), due)
    for number, words in enumerate(OVERFLOWS[:6]):
        said = words.format(**_numbers(rng))
        on = On(refuses(400, in_form(number + 1, said, 400)), "judge", "round 2")
        yield Case(kind, f"judge, {said[:60]}", (on,), (Due((0, 1), "overflow", asked=(1, 1)),), "judge")
    coded = {"error": {"message": "no", "type": "invalid_request_error", "code": "context_length_exceeded"}}
    for status in (400, 413, 500):
        yield Case(kind, f"{status}, by its code", (On(refuses(status, coded), "model", "round 2"),), due)
    few = {"error": {"message": f"this deployment takes {rng.randint(310, 700)} tokens a request"}}
    about = "Ada keeps a lighthouse and its log. " * 120
    large = Tiny(
        personas=f'{{ id = "ada", name = "Ada", description = "{about}" }}', model="sampling = { max_tokens = 300 }"
    )
    yield Case(kind, "by arithmetic", (On(refuses(400, few), "model", "round 2"),), due, study=large)
    for number, words in enumerate(NO_OVERFLOWS):
        said = words.format(**_numbers(rng))
        on = On(refuses(400, in_form(number, said, 400)), "model", "round 2")
        yield Case("refusals that are no overflow", said, (on,), (Due((1,), "failed", goes_on=False),))


def _wait_forms(wait_s: int) -> dict[str, Answer]:
    def said(words: str) -> Answer:
        return refuses(429, {"error": {"message": words, "type": "requests", "code": "rate_limit_exceeded"}})

    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait_s}s"}
    gemini = {"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED", "details": [retry]}}
    return {
        "Retry-After": refuses(429, {"error": {"message": "slow down"}}, Retry_After=str(wait_s)),
        "retry-after-ms": refuses(429, {"error": {"message": "slow down"}}, retry_after_ms=str(wait_s * 1000)),
        "retryDelay in details": refuses(429, gemini),
        "retryDelay, in a list": refuses(429, [gemini]),
        "Please try again in S": said(f"Rate limit reached for m on tokens per min. Please try again in {wait_s}s."),
        "Please try again in S.fff": said(f"Rate limit reached. Please try again in {wait_s}.25s. Visit our page."),
        "try again in MmS": said(f"Limit 6000, Used 5900. Please try again in 1m{wait_s - 9}s."),
        "try again in ms": said(f"Rate limit reached. Please try again in {wait_s * 1000}ms."),
        "retry after S seconds": said(f"Requests have exceeded the rate limit. Please retry after {wait_s} seconds."),
        "Please retry in S": said(f"You exceeded your current quota for a minute. Please retry in {wait_s}.5s."),
        "retryDelay with parts of a second": refuses(429, json.loads(json.dumps(gemini).replace('s"}', '.0748s"}'))),
        "Please wait": said(f"Too many requests. Please wait {wait_s} seconds before trying again."),
        "in S secs": said(f"Rate limit exceeded, retry in {wait_s} secs"),
        "retry_after_seconds": refuses(429, {"error": {"message": "slow down", "retry_after_seconds": wait_s}}),
        "retry_after": refuses(429, {"error": {"message": "slow down", "retry_after": wait_s}}),
        "Try again in S seconds": refuses(429, {"detail": f"Too many requests. Try again in {wait_s} seconds."}),
    }


def _waits(rng: random.Random) -> Iterator[Case]:
    kind = "times to come again"
    for name in _wait_forms(30):
        wait_s = rng.randint(12, 50)
        least = 60 + wait_s - 9 if name == "try again in MmS" else wait_s
        due = Due((0,), "", asked=(2, 2), goes_on=True, waits_s=(least, 1.15 * least + 1))
        yield Case(kind, name, (On(_wait_forms(wait_s)[name], "model", "round 2", attempts=1),), (due,))
    slow = On(refuses(503, {"error": {"message": "busy"}}, Retry_After="21"), "judge", "round 2", attempts=1)
    yield Case(kind, "503, Retry-After, judge", (slow,), (Due((0,), "", waits_s=(21, 25)),), "judge")


def _patience(rng: random.Random) -> Iterator[Case]:
    kind = "quotas of a minute"
    for name in ("Retry-After", "retryDelay in details", "Please try again in S"):
        for times in (2, 4):
            on = On(_wait_forms(rng.randint(12, 20))[name], "model", "round 2", attempts=times)
            due = Due((0,), "", asked=(times + 1, times + 1), goes_on=True)
            yield Case(kind, f"{name}, {times} times", (on,), (due,))
    always = On(refuses(429, {"error": {"message": "slow down"}}, Retry_After="15"), "model", "round 2")
    yield Case(kind, "without an end", (always,), (Due((1,), "failed", in_all=300),))
    spent = refuses(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
    yield Case(kind, "no quota left at all", (On(spent),), (Due((1,), says=("quota",), in_all=12),))


def _flagged() -> Iterator[Case]:
    kind = "403 about one text"
    for number, body in enumerate(FLAGGED):
        due = Due((0, 1), "filtered", asked=(1, 1), goes_on=False, keeps_quiet=("error:",))
        yield Case(kind, f"form {number + 1}, model", (On(refuses(403, body), "model", "round 2"),), (due,))
        due = Due((0, 1), "filtered", asked=(1, 1), keeps_quiet=("error:",))
        yield Case(kind, f"form {number + 1}, judge", (On(refuses(403, body), "judge", "round 2"),), (due,), "judge")
    plain = refuses(403, {"error": {"message": "Your project has no access to this model", "code": "forbidden"}})
    due = Due((1,), says=("no access to this model",), in_all=12)
    yield Case(kind, "about the key, always", (On(plain),), (due,))


def _passing() -> Iterator[Case]:
    kind = "faults that pass"
    for status, body in PASSING:
        on = On(refuses(status, body), "model", "round 2", attempts=1)
        due = Due((0,), "", asked=(2, 2), goes_on=True)
        yield Case(kind, f"{status}, {str(body)[:50]}, once", (on,), (due,))
        stays = On(refuses(status, body), "model", "round 2")
        most = 40 if status == 429 else 2
        due = Due((1,), "failed", asked=(2, most), goes_on=False, detail=str(status))
        yield Case(kind, f"{status}, {str(body)[:50]}, always", (stays,), (due,), study=Tiny(attempts=2))
