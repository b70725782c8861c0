"""Cases of reasoning traces: every family of marks, closed, open, cut, closed alone, after text, twice; and replies
that only speak of marks. A trace is never what was said, and never goes back to the model.
"""

import random
from collections.abc import Iterator

from case_due import Due
from case_run import Case, Tiny
from case_server import On, says

TRACE = "They ask about {}. I should sound old."
SAID = "Aye, {} burns bright tonight."
FAMILIES = {
    "think": ("<think>", "</think>"),
    "thinking": ("<thinking>", "</thinking>"),
    "[THINK]": ("[THINK]", "[/THINK]"),
    "seed:think": ("<seed:think>", "</seed:think>"),
    "triangles": ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    "START_THINKING": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "harmony": ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
}
WORDS = ("the lamp", "the beacon", "the lantern", "the light", "the fire")


def marks(rng: random.Random) -> Iterator[Case]:
    """All of them."""
    for family, (opens, closes) in FAMILIES.items():
        word = rng.choice(WORDS)
        yield from _family(family, opens, closes, TRACE.format(word), SAID.format(word))
        yield from _judged(family, opens, closes)
    yield from _apart()
    yield from _mentions()


def _case(kind: str, name: str, reply: str, *due: Due, finish: str = "stop", **more: object) -> Case:
    return Case(kind, name, (On(says(reply, finish, **more), "model", "round 2"),), due)


def _family(family: str, opens: str, closes: str, trace: str, said: str) -> Iterator[Case]:
    kind = f"reasoning marks, {family}"
    clean = Due((0,), "", said, reply={"reasoning": trace, "marked": False}, unsent=(trace,), goes_on=True)
    yield _case(kind, "closed", f"{opens}{trace}{closes}{said}", clean)
    yield _case(kind, "closed, on lines of its own", f"\n{opens}\n{trace}\n{closes}\n\n{said}", clean)
    yield _case(kind, "closed alone", f"{trace}{closes}\n\n{said}", clean)
    empty = {"empty": True, "reasoning": trace, "marked": False}
    open_ = Due((0, 1), "", "", reply=empty, unsent=(trace,), tells=("empty",))
    yield _case(kind, "never closed", f"{opens}\n{trace}", open_)
    cut = Due((0, 1), "", "", finish="length", reply={"reasoning": trace, "cut": True}, unsent=(trace,))
    yield _case(kind, "cut within", f"{opens}\n{trace}", cut, finish="length")
    nothing = Due((0, 1), "", "", reply={"empty": True, "marked": False}, tells=("empty",))
    yield _case(kind, "closed, and nothing after it", f"{opens}{trace}{closes}", nothing)
    # What stands around a trace is kept or goes; the trace may only stay where its marks are counted and said.
    around = Due((0,), "", contains=said, lacks=(trace, opens, closes), unsent=(trace,))
    counted = Due((0,), "", contains=said, reply={"marked": True}, says=("mark|trace",), tells=("mark|trace",))
    yield _case(kind, "an empty one", f"{opens}\n\n{closes}\n\n{said}", Due((0,), "", said, reply={"reasoning": ""}))
    kept = Due((0,), "", contains="Well now.", lacks=(trace, opens), unsent=(trace,))
    marked = Due((0,), "", contains="Well now.", reply={"marked": True}, says=("mark|trace",))
    yield _case(kind, "after a text, never closed", f"Well now.\n{opens}{trace}", kept, marked)
    two = Due((0,), "", said, unsent=(trace,))
    yield _case(kind, "two, one after the other", f"{opens}So.{closes}\n{opens}{trace}{closes}\n{said}", two)
    yield _case(kind, "after a text", f"Well now. {opens}{trace}{closes}{said}", around, counted)
    yield _case(kind, "a second block", f"{opens}So.{closes}{said}\n{opens}{trace}{closes}", around, counted)


def _judged(family: str, opens: str, closes: str) -> Iterator[Case]:
    kind = f"reasoning marks, {family}"
    due = (Due((0,), "", score=4.0),)
    closed = f"{opens}At first sight Result: 1\n{closes}Fitting.\nResult: 4"
    yield Case(kind, "closed, judge", _by_judge(closed), due, "judge")
    yield Case(kind, "closed alone, judge", _by_judge(closed.removeprefix(opens)), due, "judge")
    unread = (Due((0, 1), "unparsable"),)
    yield Case(kind, "never closed, judge", _by_judge(f"{opens}Perhaps\nResult: 2\nor so"), unread, "judge")


def _by_judge(reply: str) -> tuple[On, ...]:
    return (On(says(reply), "judge", "round 2"),)


def _apart() -> Iterator[Case]:
    kind = "reasoning in a field of its own"
    for field in ("reasoning_content", "reasoning"):
        due = Due((0,), "", "Aye.", reply={"reasoning": "Short.", "marked": False}, unsent=("Short.",), goes_on=True)
        yield _case(kind, f"{field}, with a text", "Aye.", due, message={field: "Short."})
        alone = Due((0, 1), "", "", reply={"reasoning": "Short.", "empty": True}, tells=("empty",))
        yield _case(kind, f"{field} alone, content empty", "", alone, message={field: "Short."})
        yield _case(kind, f"{field} alone, content null", "", alone, message={field: "Short.", "content": None})
    both = Due((0,), "", "Aye.", lacks=("think",), unsent=("Long.",))
    yield _case(kind, "in a field and in the text", "<think>Long.</think>Aye.", both, message={"reasoning": "Short."})
    kept = Due((0,), "", "Aye.", lacks=("Short",), sent=("Short.",))
    on = On(says("<think>Short.</think>Aye."), "model", "round 2")
    yield Case(
        kind, "kept for the model where the study says so", (on,), (kept,), study=Tiny(model='reasoning = "keep"')
    )


def _mentions() -> Iterator[Case]:
    kind = "texts that speak of marks"
    for text in ("I write `<think>` on the door.", "He said [THINK] first, then talk.", "A <thinking man> is rare."):
        due = Due((0,), "", contains=text[:8], goes_on=True)
        yield _case(kind, text, text, due)
    for text in ("Think! Aye, think.", "The analysis is final.", "I thought: <b>no</b>.", "a < b > c </i>"):
        due = Due((0,), "", text, reply={"marked": False, "reasoning": ""}, goes_on=True)
        yield _case(kind, text, text, due)
