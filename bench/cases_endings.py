"""Cases of how a reply ends: every word of a finish reason, with text and without, by the model and by its judge."""

import random
from collections.abc import Iterator

from case_due import Due
from case_run import Case, Tiny
from case_server import On, Who, says

TEXT = "Aye, I keep the lamp."
RESULT = "Fitting.\nResult: 4"
NORMAL = ("stop", "eos", "eos_token", "stop_sequence", "end_turn", "STOP", "completed", "COMPLETE", "EOS", "Stop")
CUTS = ("length", "max_tokens", "MAX_TOKENS", "LENGTH", "max_output_tokens")
FILTERS = (
    *("content_filter", "sensitive", "SAFETY", "PROHIBITED_CONTENT", "content_filter: OTHER", "BLOCKLIST", "SPII"),
    *(
        "CONTENT_FILTER",
        "safety",
        "content_filter: PROHIBITED_CONTENT",
        "RECITATION",
        "ERROR_TOXIC",
        "content_filtered",
    ),
)
UNKNOWN = (
    *(
        "abort",
        "network_error",
        "insufficient_system_resource",
        "error",
        "cancelled",
        "timeout",
        "unloaded",
        "wandered",
    ),
    *("MALFORMED_FUNCTION_CALL", "OTHER", "FINISH_REASON_UNSPECIFIED"),
)
UNNAMED = (None, "")
NUMBER = 7


def endings(rng: random.Random) -> Iterator[Case]:
    """All of them."""
    del rng
    yield from _normal()
    yield from _cuts()
    yield from _filters()
    yield from _broken()
    yield from _admitted()


def _at(who: Who, reply: object, word: object, **more: object) -> tuple[On, ...]:
    return (On(says(reply, word, **more), who, "round 2"),)


def _normal() -> Iterator[Case]:
    kind = "endings that are normal"
    for word in NORMAL:
        yield Case(
            kind,
            f"{word!r}, text, model",
            _at("model", TEXT, word),
            (Due((0,), "", TEXT, finish="stop", asked=(1, 1), goes_on=True),),
        )
        yield Case(
            kind,
            f"{word!r}, text, judge",
            _at("judge", RESULT, word),
            (Due((0,), "", score=4.0, asked=(1, 1)),),
            "judge",
        )
    for word in ("stop", "eos_token", "END_TURN"):
        due = Due((0,), "", "", finish="stop", reply={"empty": True}, goes_on=True, tells=("empty",), says=("empty",))
        yield Case(kind, f"{word!r}, no text, model", _at("model", "", word), (due,))


def _cuts() -> Iterator[Case]:
    kind = "endings that are cuts"
    for word in CUTS:
        due = Due((0,), "", TEXT, finish="length", reply={"cut": True}, goes_on=True, tells=(r"\bcut\b|truncated",))
        yield Case(kind, f"{word!r}, text, model", _at("model", TEXT, word), (due,))
    for word in ("length", "MAX_TOKENS"):
        due = Due((0, 1), "overflow", goes_on=False)
        yield Case(kind, f"{word!r}, no text, 0 tokens, model", _at("model", "", word), (due,))
    for word in ("model_length", "model_context_window_exceeded", "ERROR_LIMIT"):
        dues = Due((0,), "", TEXT, reply={"cut": True}, goes_on=True), Due((0, 1), "overflow", goes_on=False)
        dues = (*dues, Due((1,), "failed", goes_on=False))
        yield Case(kind, f"{word!r}, text, model", _at("model", TEXT, word), dues)
    due = Due((0, 1), "unparsable")
    yield Case(kind, "'length', no result, judge", _at("judge", "Well, the", "length"), (due,), "judge")


def _filters() -> Iterator[Case]:
    kind = "endings that are filters"
    for word in FILTERS:
        due = Due((0, 1), "filtered", asked=(1, 1), goes_on=False)
        yield Case(kind, f"{word!r}, no text, model", _at("model", "", word), (due,))
        due = Due((0, 1), "filtered", asked=(1, 1))
        yield Case(kind, f"{word!r}, no text, judge", _at("judge", "", word), (due,), "judge")
    for word in ("content_filter", "SAFETY"):
        due = Due((0, 1), "filtered", goes_on=False)
        yield Case(kind, f"{word!r}, text, model", _at("model", "Aye, I", word), (due,))


def _broken() -> Iterator[Case]:
    kind = "endings that are none"
    for word in (*UNKNOWN, *UNNAMED, NUMBER):
        # `error` is known by every reader; other words are printed with the key that admits them
        named = isinstance(word, str) and word not in ("", "error")
        says_it = (f"endings = .*{word}",) if named else ()
        spoken = (str(word),) if named else ()
        failed = Due((1,), "failed", asked=(2, 2), goes_on=False, detail="|".join(spoken))
        yield Case(kind, f"{word!r}, no text, model", _at("model", "", word), (failed,))
        yield Case(kind, f"{word!r}, no text, judge", _at("judge", "", word), (Due((1,), "failed"),), "judge")
        with_text = Due((1,), "failed", goes_on=False, says=says_it)
        yield Case(kind, f"{word!r}, text, model", _at("model", TEXT, word), (with_text,))
        yield Case(kind, f"{word!r}, text, judge", _at("judge", RESULT, word), (Due((1,), "failed"),), "judge")
        once = (On(says("", word), "model", "round 2", attempts=1),)
        passes = Due((0,), "", asked=(2, 2), goes_on=True)
        yield Case(kind, f"{word!r}, no text, once, model", once, (passes,))
    call = {"tool_calls": [{"id": "x", "type": "function", "function": {"name": "look", "arguments": "{}"}}]}
    failed = Due((1,), "failed", goes_on=False)
    yield Case(kind, "'tool_calls', no text, model", _at("model", "", "tool_calls", message=call), (failed,))
    for name, word in {"an object": {"type": "stop"}, "a list": ["stop"], "true": True}.items():
        failed = Due((1,), "failed", goes_on=False)
        yield Case(kind, f"{name}, text, model", _at("model", TEXT, word), (failed,))
    for word in ("abort", None):
        no_tokens = says(TEXT, word, {"completion_tokens": 0})
        failed = Due((1,), "failed", asked=(2, 2), goes_on=False)
        yield Case(kind, f"{word!r}, text, 0 tokens, model", (On(no_tokens, "model", "round 2"),), (failed,))


def _admitted() -> Iterator[Case]:
    kind = "endings that the study admits"
    unnamed = Tiny(model='finish = "unnamed"', judge='finish = "unnamed"')
    for word in UNNAMED:
        due = Due((0,), "", TEXT, goes_on=True, asked=(1, 1))
        yield Case(kind, f"{word!r}, text, model", _at("model", TEXT, word), (due,), study=unnamed)
    admitted = Tiny(model='endings = { wandered = "stop", halted = "length" }', judge='endings = { wandered = "stop" }')
    due = Due((0,), "", TEXT, finish="stop", goes_on=True, asked=(1, 1))
    yield Case(kind, "'wandered', text, model", _at("model", TEXT, "wandered"), (due,), study=admitted)
    due = Due((0,), "", TEXT, finish="length", reply={"cut": True}, goes_on=True)
    yield Case(kind, "'halted', text, model", _at("model", TEXT, "halted"), (due,), study=admitted)
    due = Due((0,), "", score=4.0)
    yield Case(kind, "'wandered', text, judge", _at("judge", RESULT, "wandered"), (due,), "judge", study=admitted)
    failed = Due((1,), "failed", goes_on=False)
    yield Case(kind, "'abort', text, model, another word", _at("model", TEXT, "abort"), (failed,), study=admitted)
    yield Case(kind, "None, no text, model", _at("model", "", None), (failed,), study=unnamed)
    yield Case(kind, "'abort', text, model", _at("model", TEXT, "abort"), (failed,), study=unnamed)
