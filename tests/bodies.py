"""Bodies of chat completions as servers send them, for tests of what is made of them. Knows nothing of longplay."""

import json
from typing import Any

USAGE = {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45}


def completion(content: object, finish: object = "stop", *, usage: object = USAGE, **more: Any) -> bytes:
    """A completion with one choice. `more`: further fields of the message, or with `choice_` before of the choice, with
    `top_` of the whole."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish}
    whole: dict[str, Any] = {"object": "chat.completion", "choices": [choice], "usage": usage}
    for key, value in more.items():
        place, _, name = key.partition("_") if key.startswith(("choice_", "top_")) else ("message", "", key)
        {"choice": choice, "top": whole, "message": message}[place][name] = value
    return json.dumps(whole).encode()


def counted(completion_tokens: object, prompt_tokens: object = 40) -> dict[str, object]:
    """A usage object."""
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
