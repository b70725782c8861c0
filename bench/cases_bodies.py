"""Cases of bodies: error objects wherever one can stand, parts of content, and bytes that are no chat completion, under
every status. What is no reply is never believed, and is called what it is.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator

from case_due import Due
from case_run import Case
from case_server import JSON, Answer, Asked, On, completion, refuses, says

HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in to the proxy</body></html>"
PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 520, 529)


def bodies(rng: random.Random) -> Iterator[Case]:
    """All of them."""
    del rng
    yield from _errors()
    yield from _parts()
    yield from _bytes_of_200()
    yield from _under_statuses()


ERRORS: dict[str, tuple[object, Due, bool]] = {  # the object, what is due, whether it passes
    "502": ({"code": 502, "message": "upstream gone"}, Due((1,), "failed", detail="upstream gone"), True),
    "429": ({"code": 429, "message": "slow down"}, Due((1,), "failed", detail="slow down"), True),
    "text": ("upstream gone", Due((1,), "failed", detail="upstream gone"), True),
    "400": ({"code": 400, "message": "bad tool"}, Due((1,), "failed", detail="bad tool"), False),
    "overflow": (
        {"code": "context_length_exceeded", "message": "8,200 tokens do not fit"},
        Due((0, 1), "overflow"),
        False,
    ),
    "filter": ({"code": "content_filter", "message": "flagged"}, Due((0, 1), "filtered"), False),
}


def _placed(error: object) -> dict[str, Callable[[Asked], Answer]]:
    """An error object in every place where one was seen."""
    alone = Answer(json.dumps({"error": error}).encode())
    listed = Answer(json.dumps([{"error": error}]).encode())
    return {
        "alone": lambda _: alone,
        "in a list": lambda _: listed,
        "beside choices, no text": says("", None, None, beside={"error": error}),
        "beside choices, with text": says("Aye, I be", "stop", beside={"error": error}),
        "beside no choices": says(beside={"error": error, "choices": []}),
        "in the choice, no text": says("", None, None, choice={"error": error}),
        "in the choice, with text": says("Aye, I be", "stop", choice={"error": error}),
    }


def _errors() -> Iterator[Case]:
    kind = "error objects under 200"
    for name, (error, due, passes) in ERRORS.items():
        for place, answer in _placed(error).items():
            yield Case(kind, f"{name}, {place}, model", (On(answer, "model", "round 2"),), (due,))
            if passes:
                once = (On(answer, "model", "round 2", attempts=1),)
                yield Case(kind, f"{name}, {place}, once", once, (Due((0,), "", asked=(2, 2), goes_on=True),))
        answer = _placed(error)["in the choice, with text"]
        yield Case(kind, f"{name}, in the choice, judge", (On(answer, "judge", "round 2"),), (due,), "judge")
    for name, beside in {"null": {"error": None}, "of a choice, null": {}}.items():
        answer = says("Aye.", beside=beside, choice={"error": None})
        yield Case(kind, f"none: {name}", (On(answer, "model", "round 2"),), (Due((0,), "", "Aye."),))
    for name, body in {
        "object": {"object": "error", "message": "upstream gone", "type": "InternalServerError", "code": 500},
        "detail": {"detail": "upstream gone"},
        "msg": {"code": 1234, "msg": "upstream gone"},
        "base_resp": {"choices": None, "base_resp": {"status_code": 1013, "status_msg": "upstream gone"}},
        "errors": {"errors": [{"message": "upstream gone"}]},
        "error of a choice without a message": {"choices": [{"index": 0, "error": {"message": "upstream gone"}}]},
        "message": {"message": "upstream gone"},
    }.items():
        answer = On(refuses(200, body), "model", "round 2")
        yield Case(kind, f"as `{name}`", (answer,), (Due((1,), "failed", detail="upstream gone"),))
    key = On(refuses(200, {"error": {"code": 401, "message": "no such key"}}))
    yield Case(kind, "401, always", (key,), (Due((1,), says=("no such key",), in_all=40),))


PARTS: dict[str, tuple[list[object], tuple[Due, ...]]] = {
    "text": ([{"type": "text", "text": "Aye."}], (Due((0,), "", "Aye."),)),
    "two texts": (
        [{"type": "text", "text": "Aye, "}, {"type": "text", "text": "I do."}],
        (Due((0,), "", "Aye, I do."),),
    ),
    "output_text": ([{"type": "output_text", "text": "Aye."}], (Due((0,), "", "Aye."),)),
    "text and output_text": (
        [{"type": "text", "text": "Aye, "}, {"type": "output_text", "text": "I do."}],
        (Due((0,), "", "Aye, I do."),),
    ),
    "refusal": ([{"type": "refusal", "refusal": "I can't do that."}], (Due((0,), "", "I can't do that."),)),
    "thinking, in parts": (
        [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Aye."}],
        (Due((0,), "", "Aye.", reply={"reasoning": "Hm."}, unsent=("Hm.",)),),
    ),
    "thinking": (
        [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Aye."}],
        (Due((0,), "", "Aye.", reply={"reasoning": "Hm."}, unsent=("Hm.",)),),
    ),
    "image": (
        [{"type": "text", "text": "Aye."}, {"type": "image_url", "image_url": {"url": "data:,"}}],
        (Due((1,), "failed", detail="image_url", goes_on=False),),
    ),
    "unknown, without text": ([{"type": "holograms", "depth": 3}], (Due((1,), "failed", detail="holograms"),)),
    "unknown, with text": (
        [{"type": "murmur", "text": "Aye."}],
        (Due((0,), "", "Aye."), Due((1,), "failed", detail="murmur")),
    ),
    "a bare string": (["Aye."], (Due((0,), "", "Aye."), Due((1,), "failed"))),
    "a number": ([7], (Due((1,), "failed"),)),
    "none": ([], (Due((0, 1), "", "", reply={"empty": True}),)),
}


def _parts() -> Iterator[Case]:
    kind = "parts of content"
    for name, (parts, due) in PARTS.items():
        on = On(says("", message={"content": parts}), "model", "round 2")
        yield Case(kind, name, (on,), due)
    refused = Due((1,), "failed", goes_on=False)
    for name, content, dues in (
        ("an object with a text", {"text": "Aye."}, (refused, Due((0,), "", "Aye."))),
        ("an object", {"words": "Aye."}, (refused,)),
        ("a number", 7, (refused,)),
        ("true", True, (refused,)),
    ):
        on = On(says("", message={"content": content}), "model", "round 2")
        yield Case(kind, f"content is {name}", (on,), dues)
    refused = On(says("", message={"content": None, "refusal": "I can't do that."}), "model", "round 2")
    yield Case(kind, "refusal beside null", (refused,), (Due((0,), "", "I can't do that."),))


def _good(asked: Asked) -> bytes:
    return json.dumps(completion(asked, "Aye.")).encode()


def _frame(asked: Asked, words: str, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": words}, "finish_reason": finish}
    chunk = {**completion(asked), "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _stream(asked: Asked) -> bytes:
    return _frame(asked, "Ay", None) + _frame(asked, "e.", None) + _frame(asked, "", "stop") + b"data: [DONE]\n\n"


def _chunk(asked: Asked) -> bytes:
    return _frame(asked, "Aye.", "stop")


def _broken_stream(asked: Asked) -> bytes:
    return _frame(asked, "Ay", None)


OTHER_FORMS = {  # replies of other interfaces, and of none: no chat completion
    "a native reply of Ollama": {
        "message": {"role": "assistant", "content": "Aye."},
        "done_reason": "stop",
        "done": True,
    },
    "a text completion": {"object": "text_completion", "choices": [{"text": "Aye.", "finish_reason": "stop"}]},
    "a response": {"object": "response", "output": [{"type": "message", "content": [{"type": "output_text"}]}]},
    "a message of Anthropic": {
        "type": "message",
        "content": [{"type": "text", "text": "Aye."}],
        "stop_reason": "end_turn",
    },
    "no choices": {"object": "chat.completion", "choices": []},
    "choices that are null": {"object": "chat.completion", "choices": None},
    "a choice that is null": {"object": "chat.completion", "choices": [None]},
    "a message that is null": {"choices": [{"message": None, "finish_reason": "stop"}]},
    "a message that is a text": {"choices": [{"message": "Aye.", "finish_reason": "stop"}]},
    "choices that are an object": {"choices": {"message": {"content": "Aye."}, "finish_reason": "stop"}},
}
ODD: dict[str, tuple[Callable[[Asked], bytes], str]] = {  # bytes, and what they must be called under 200
    "HTML": (lambda _: HTML, "HTML|web page"),
    "HTML, after a blank line": (lambda _: b"\r\n" + HTML.lower(), "HTML|web page"),
    "a stream": (_stream, r"stream|event|SSE|data:"),
    "a stream of one frame": (_chunk, r"stream|event|SSE|data:"),
    "a stream that breaks off": (_broken_stream, r"stream|event|SSE|data:"),
    "JSON lines": (lambda _: b'{"message":{"content":"A"}}\n{"message":{"content":"ye"},"done":true}\n', "."),
    "nothing": (lambda _: b"", r"empty|no bytes|nothing"),
    "blanks": (lambda _: b" \n", r"empty|no bytes|nothing|blank"),
    "JSON that breaks off": (lambda asked: _good(asked)[:-25], r"whole|break|trunc|incomplete"),
    "text": (lambda _: b"upstream connect error or disconnect", "upstream connect error"),
    "null": (lambda _: b"null", "."),
    "a list": (lambda _: b"[]", "."),
    "a number": (lambda _: b"42", "."),
}

WHOLE = (_stream, _chunk)  # may also be put together and read


def _answers(make: Callable[[Asked], bytes], status: int = 200) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(make(asked), status)


def _bytes_of_200() -> Iterator[Case]:
    kind = "bytes under 200 that are no completion"
    for name, (make, called) in ODD.items():
        failed = Due((1,), "failed", asked=(2, 2), goes_on=False, detail=called)
        read = Due((0,), "", "Aye.", goes_on=True)
        dues = (failed, read) if make in WHOLE else (failed,)
        yield Case(kind, f"{name}, model", (On(_answers(make), "model", "round 2"),), dues)
        dues = (Due((1,), "failed"),) if make not in WHOLE else (Due((1,), "failed"), Due((0, 1), "unparsable"))
        yield Case(kind, f"{name}, judge", (On(_answers(make), "judge", "round 2"),), dues, "judge")
        once = On(_answers(make), "model", "round 2", attempts=1)
        dues = (Due((0,), "", asked=(2, 2), goes_on=True), *((read,) if make in WHOLE else ()))
        yield Case(kind, f"{name}, once", (once,), dues)
    for name, mark in {"UTF-8": b"\xef\xbb\xbf"}.items():
        on = On(_answers(lambda asked, mark=mark: mark + _good(asked)), "model", "round 2")
        dues = Due((0,), "", "Aye.", goes_on=True), Due((1,), "failed", detail="BOM|byte order mark")
        yield Case(kind, f"a byte order mark ({name})", (on,), dues)
    single = On(_answers(lambda asked: b"data: " + _good(asked) + b"\n\n"), "model", "round 2")
    dues = Due((0,), "", "Aye.", goes_on=True), Due((1,), "failed", detail=r"stream|event|SSE|data:")
    yield Case(kind, "one frame with the whole completion", (single,), dues)
    broken = On(_answers(lambda asked: _good(asked).replace(b"Aye", b"\xff\xfe\xc3(")), "model", "round 2")
    yield Case(kind, "no UTF-8", (broken,), (Due((0, 1), "undecodable", goes_on=False),))
    for name, body in OTHER_FORMS.items():
        failed = Due((1,), "failed", asked=(1, 2), goes_on=False, detail=".")
        yield Case(kind, name, (On(refuses(200, body), "model", "round 2"),), (failed,))
    squeezed = On(
        lambda asked: Answer(gzip.compress(_good(asked)), 200, {**JSON, "Content-Encoding": "gzip"}), "model", "round 2"
    )
    said = "gzip|compress"
    dues = Due((0,), "", "Aye."), Due((1,), "failed", detail=said), Due((0, 1), "undecodable", detail=said)
    yield Case(kind, "a completion that is compressed", (squeezed,), dues)
    far = On(_answers(lambda asked: json.dumps(completion(asked, "Aye.")).encode("utf-16")), "model", "round 2")
    dues = Due((0,), "", "Aye."), Due((1,), "failed", detail="UTF|JSON"), Due((0, 1), "undecodable", detail="UTF")
    yield Case(kind, "a completion in UTF-16", (far,), dues)
    nothing = On(Answer(b"", 204), "model", "round 2")
    yield Case(kind, "204, nothing", (nothing,), (Due((1,), "failed", goes_on=False),))
    made = On(_answers(_good, 201), "model", "round 2")
    yield Case(kind, "201, a completion", (made,), (Due((0,), "", "Aye."),))


def _under_statuses() -> Iterator[Case]:
    kind = "odd bodies under a refusal's status"
    shown = {"HTML": lambda _: HTML, "no UTF-8": lambda _: b"\xff\xfe(", **{k: v for k, (v, _) in ODD.items()}}
    for name, make in shown.items():
        for status in PASSING[:: 3 if name != "HTML" else 1]:
            once = On(_answers(make, status), "model", "round 2", attempts=1)
            yield Case(kind, f"{status}, {name}, once", (once,), (Due((0,), "", asked=(2, 2), goes_on=True),))
        stays = On(_answers(make, 502), "model", "round 2")
        detail = "502.*(HTML|web page)|(HTML|web page).*502" if "HTML" in name else "502"
        due = Due((1,), "failed", asked=(2, 2), goes_on=False, detail=detail)
        yield Case(kind, f"502, {name}, always", (stays,), (due,))
        refused = On(_answers(make, 400), "model", "round 2")
        yield Case(kind, f"400, {name}", (refused,), (Due((1,), "failed", goes_on=False, detail="400"),))
    page = On(Answer(HTML, 404, {"Content-Type": "text/html"}))
    yield Case(kind, "404, HTML, always", (page,), (Due((1,), says=("base_url",), in_all=12),))
