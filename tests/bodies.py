"""Bodies of chat completions as servers send them, for tests of what is made of them. Knows nothing of longplay."""

import json
import random
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


def mutated(body: bytes, chance: random.Random) -> bytes:
    """A body with one to four faults."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                del changed[at : at + chance.randint(1, 30)]
            case 1:
                changed[at:at] = chance.choice([b"null", b"{", b"]", b'"', b"\xff", b"1e999", b"\\ud800", b"<think>"])
            case 2:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                start = chance.randrange(len(changed) + 1)
                changed[at:at] = changed[start : start + 20]
    return bytes(changed)
