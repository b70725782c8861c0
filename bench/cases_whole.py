"""Cases of whole runs: what every request meets must stop the run, in the server's own words, with what to do; and what
was lost must be told by the last lines, the exit code and `status`.
"""

import random
from collections.abc import Iterator

from case_due import Due
from case_files import FileCase, FileDue
from case_run import ADA, Case, Tiny
from case_server import Answer, Asked, On, refuses, says

FOUR = ", ".join(f'{{ id = "p{n}", name = "P{n}", description = "A keeper." }}' for n in range(3)) + ", " + ADA
LARGE = Tiny(rounds=6, personas=FOUR, limit=20)  # 4 dialogues, 160 answers
EARLY = 60  # requests after which such a run must have noticed
HTML = Answer(b"<html><body>Sign in</body></html>", 200, {"Content-Type": "text/html"})


def whole(rng: random.Random) -> Iterator[Case | FileCase]:
    """All of them."""
    del rng
    yield from _refused_alike()
    yield from _advised()
    yield from _nothing_obtained()
    yield from _judges()
    yield from _empty()
    yield from _placeholders()
    yield from _results()
    yield from _servers()
    yield from _reports()


def _refused_alike() -> Iterator[Case]:
    kind = "every request refused alike"
    for status, words in (
        (400, "quantum mode must be enabled for this deployment"),
        (422, "field region is required by this gateway"),
        (405, "method not allowed on this route"),
        (403, "your plan does not include this model"),
        (404, "the model `m` does not exist"),
        (401, "this key was revoked"),
        (402, "add credits to go on"),
    ):
        answer = refuses(status, {"error": {"message": words, "type": "invalid_request_error"}})
        due = Due((1,), says=(words[:20],), tells=(words[:20],), in_all=EARLY)
        yield Case(kind, f"{status}, model", (On(answer),), (due,), study=LARGE)
        if status in (400, 401):
            due = Due((1,), says=(words[:20],), tells=(words[:20],))
            yield Case(kind, f"{status}, judge", (On(answer, "judge"),), (due,), study=Tiny(rounds=30))
    secret = refuses(400, {"error": {"message": "bad \u001b[31mheader\u202e\u0007 here"}})
    yield Case(kind, "with control characters", (On(secret),), (Due((1,), says=("bad", "header"), in_all=EARLY),))
    long = refuses(400, {"error": {"message": "much " * 9000}})
    yield Case(kind, "in 45,000 characters", (On(long),), (Due((1,), says=("much",), bounded=True, in_all=EARLY),))


def _unless(wrong: Answer, fault: str) -> On:
    """Refuses what has a temperature of 0, or a message of the role system."""

    def answer(asked: Asked) -> Answer:
        bad = asked.body.get("temperature") == 0 if fault == "temperature" else asked.messages[0]["role"] == fault
        return wrong if bad else says()(asked)

    return On(answer)


def _advised() -> Iterator[Case]:
    kind = "settings that help, in the same folder"
    cold = {"detail": [{"loc": ["body", "temperature"], "msg": "Input should be greater than 0", "input": 0}]}
    warm = "sampling = { temperature = 0.5 }\nprobe_sampling = { temperature = 0.5 }"
    roles = "sys" + "tem"
    for name, body, status, fault, says_key, setting in (
        (
            "temperature 0",
            {"error": "`temperature` must be strictly positive"},
            422,
            "temperature",
            "temperature",
            warm,
        ),
        ("temperature 0, by its place", cold, 422, "temperature", "temperature", warm),
        (
            "no system role",
            {"error": {"message": "System role not supported"}},
            400,
            roles,
            "system_role",
            'system_role = "user"',
        ),
        (
            "no system role, by the roles there are",
            {"error": {"message": "Only user and assistant roles are supported!"}},
            400,
            roles,
            "system_role",
            'system_role = "user"',
        ),
    ):
        on = _unless(refuses(status, body), fault)
        yield Case(kind, f"{name}: said", (on,), (Due((1,), says=(says_key,), in_all=30),))
        due = Due((0,), "", goes_on=True)
        yield Case(kind, f"{name}: after it", (on,), (due,), again=Tiny(model=setting))
    kept = On(says("Aye.", "stop"), "model", "round 2")
    due = Due((2,), says=("sampling|temperature|change",))
    yield Case(kind, "not where replies were kept", (kept,), (due,), again=Tiny(model=warm))


def _nothing_obtained() -> Iterator[Case]:
    kind = "runs that obtained nothing"
    for name, answer, words in (
        ("HTML", HTML, "HTML|web page"),
        ("500", refuses(500, {"error": {"message": "backend gone"}}), "backend gone"),
        ("abort", says("", "abort"), "abort"),
        ("an error under 200", refuses(200, {"error": {"message": "backend gone", "code": 502}}), "backend gone"),
        ("filtered", says("", "content_filter"), "filter"),
        ("endings that are never named", says(None, None), r'finish = "unnamed"'),
        ("a word that nobody knows", says(None, "wandered"), "endings = .*wandered"),
        ("429", refuses(429, {"error": {"message": "slow down please"}}), "slow down please"),
        ("an odd part", says("", message={"content": [{"type": "hologram"}]}), "hologram"),
        ("a stream", Answer(b'data: {"choices":[{"delta":{"content":"A"}}]}\n\n'), "stream|event|frame"),
        ("nothing", Answer(b""), "empty|nothing|no bytes"),
        (
            "too long",
            refuses(400, {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}),
            "too long|overflow",
        ),
        ("no UTF-8", Answer(b"\xff\xfe("), "UTF-8|undecodable|no JSON"),
    ):
        due = Due((1,), says=(words,), tells=(words,), keeps_quiet=(r"^Complete: 3 rounds",))
        yield Case(kind, name, (On(answer),), (due,), place="round 1")
    window = Tiny(model="context_window = 64\nsampling = { max_tokens = 60 }\nprobe_sampling = { max_tokens = 60 }")
    due = Due((1, 2), says=("window|overflow",), keeps_quiet=("^Complete: 3",))
    yield Case(kind, "a window of 64", (), (due,), place="round 1", study=window)
    gone = On(refuses(500, {"error": {"message": "backend gone"}}), "model", "round 3")
    due = Due((1,), "failed", says=("backend gone",), tells=("backend gone",))
    yield Case(kind, "or a part: 500, round 3", (gone,), (due,), place="round 3")


def _judges() -> Iterator[Case]:
    kind = "judges that cannot be read"
    prose = On(says("I rather like this keeper, all in all."), "judge")
    long = Tiny(rounds=120)
    stops = Due((1,), says=("--go-on", "judge"), in_all=122 + 120)  # every verdict is asked for twice
    yield Case(kind, "prose, from the first verdict on", (prose,), (stops,), "judge", study=long)
    insists = Due((1,), "unparsable", says=("unparsable|read",))
    yield Case(kind, "prose, told to go on", (prose,), (insists,), "judge", study=long, options=("--go-on",))
    one = On(says("I rather like this keeper."), "judge", "round 2")
    due = Due((0,), "unparsable", tells=("unparsable",))
    yield Case(kind, "prose, once", (one,), (due,), "judge", study=Tiny(rounds=6))
    broken = On(says("", "abort"), "judge", attempts=2)
    again = Due((0,), "", score=4.0)
    yield Case(kind, "abort, then repaired", (broken,), (again,), "judge", again=Tiny())
    for name, answer in (("no text", says("", "abort")), ("a text", says("Fitting.\nResult: 2", "abort"))):
        about = f'{{ id = "ada", name = "Ada", description = "Ada keeps a lighthouse, {name}." }}'
        kept = Tiny(personas=about, cache="true")
        on = (On(answer, "judge", attempts=2),)
        again = Due((0,), "", score=4.0, asked=(3, 3))
        yield Case(
            kind, f"abort, {name}, then another folder", on, (again,), "judge", study=kept, again=kept, anew=True
        )
    good = Tiny(personas='{ id = "ada", name = "Ada", description = "Ada keeps a cache." }', cache="true")
    reused = Due((0,), "", score=4.0, asked=(1, 1))
    yield Case(kind, "a good one, then another folder", (), (reused,), "judge", study=good, again=good, anew=True)
    fenced = On(says('```json\n{"Result": 4}\n```'), "judge", "round 2")
    yield Case(kind, "JSON in a fence", (fenced,), (Due((0,), "", score=4.0), Due((0, 1), "unparsable")), "judge")


def _empty() -> Iterator[Case]:
    kind = "replies that are all empty"
    for name, answer, words in (
        ("reasoning_content alone", says("", message={"content": None, "reasoning_content": "Hm."}), "reasoning|trace"),
        ("a trace that never ends", says("<think>Hm, they ask"), "reasoning|trace"),
        ("nothing at all", says("", "stop"), "empty"),
        ("null", says("", message={"content": None}), "empty"),
    ):
        due = Due(says=("empty", words), tells=("empty",), reply={"empty": True})
        yield Case(kind, name, (On(answer),), (due,), place="round 1")
    cut = On(says("Aye, I", "length"))
    due = Due(says=(r"\bcut\b|truncated",), tells=(r"\bcut\b|truncated",), reply={"cut": True})
    yield Case(kind, "or all cut", (cut,), (due,), place="round 1")


def _placeholders() -> Iterator[Case]:
    kind = "empty turns that a server refuses"
    words = "Assistant message must have either content or tool_calls, but not none."

    def answer(asked: Asked) -> Answer:
        if any(one["role"] == "assistant" and not one.get("content") for one in asked.messages):
            return refuses(400, {"object": "error", "message": words, "type": "invalid_request_error"})
        return says("" if asked.place == "round 2" else None)(asked)

    due = Due((1,), says=("placeholder|empty",), tells=("either content|empty",))
    yield Case(kind, "said, with what helps", (On(answer),), (due,), place="round 3")


RESULTS = {  # a judge's last line: the level that it names, None = none
    "Result: 4": 4.0,
    "**Result:** 4": 4.0,
    "Result: **4**": 4.0,
    "result: 4.": 4.0,
    "Result: 4/5": 4.0,
    "Result: 4 out of 5": 4.0,
    "Result: 4.0": 4.0,
    "Result: score 4": 4.0,
    "Result: 4 (fitting)": 4.0,
    "Result: not 4": None,
    "Result: 4 is not right.": None,
    "Result: 4 is not the best choice. Therefore, I will choose 2.": None,
    "Result: 3 or 4": None,
    "Result: 3-4": None,
    "Result: 4.5": None,
    "Result: 6": None,
    "Result: 0": None,
    "Result: -4": None,
    "Result: four": None,
    "Result:": None,
    "Result: X": None,
}
MAY_BE_READ = {  # where reading what follows is no guess either
    "Result: four": 4.0,
    "Result: 4 is not the best choice. Therefore, I will choose 2.": 2.0,
}


def _results() -> Iterator[Case]:
    for line, level in RESULTS.items():
        on = On(says(f"It is in keeping.\n{line}"), "judge", "round 2")
        read, unread = Due((0,), "", score=level), Due((0,), "unparsable")
        dues = (unread,) if level is None else (read,)
        if line in MAY_BE_READ:
            dues = (unread, Due((0,), "", score=MAY_BE_READ[line]))
        yield Case("results that judges name", line, (on,), dues, "judge")


def _servers() -> Iterator[FileCase]:
    kind = "servers that are checked"
    ask = ("check-server", "openai/m", "--study", "STUDY", "--items", "2")
    for name, answer, words in (
        ("500", refuses(500, {"error": {"message": "backend gone"}}), "backend gone"),
        ("HTML", HTML, "HTML|web page"),
        ("400", refuses(400, {"error": {"message": "quantum mode must be enabled"}}), "quantum mode"),
        ("an error under 200", refuses(200, {"error": {"message": "backend gone", "code": 502}}), "backend gone"),
        ("abort", says("", "abort"), "abort"),
    ):
        due = FileDue((1,), (words,), in_all=20)
        yield FileCase(kind, f"{name}, always", {}, (due,), ons=(On(answer),), arguments=ask)
    unnamed = FileDue((0, 1), (r"finish = \W*unnamed",))
    yield FileCase(kind, "endings that are never named", {}, (unnamed,), ons=(On(says(None, None)),), arguments=ask)
    honest = FileDue((0,), keeps_quiet=("error:", "traceback"))
    yield FileCase(kind, "an honest one", {}, (honest,), arguments=ask)
    kind = "windows that are known before the first round"
    small = Tiny(rounds=40, model="context_window = 1200\nsampling = { max_tokens = 300 }")
    said = FileDue((0, 1, 2), ("window",))
    yield FileCase(kind, "plan", {}, (said,), small, arguments=("plan", "STUDY"))


def _reports() -> Iterator[Case]:
    kind = "reports of runs that met faults"
    gone = refuses(500, {"error": {"message": "backend gone"}})
    for name, on, words in (
        ("500, always", On(gone), ("backend gone", "0 of 3")),
        ("500, round 3", On(gone, "model", "round 3"), ("backend gone",)),
        ("filtered, round 3", On(says("", "content_filter"), "model", "round 3"), ("filter",)),
        (
            "too long, round 3",
            On(refuses(400, {"error": "prompt is too long: 9 tokens > 8 maximum"}), "model", "round 3"),
            ("overflow|too long",),
        ),
        ("all empty", On(says("", "stop")), ("empty",)),
        ("all traces", On(says("<think>Hm, they ask")), ("empty", "reasoning|trace")),
        ("all cut", On(says("Aye, I", "length")), (r"\bcut\b|truncated",)),
        ("500, judge, always", On(gone, "judge"), ("backend gone",)),
        ("prose, judge, once", On(says("I rather like it."), "judge", "round 2"), ("unparsable|could not be read",)),
    ):
        yield Case(kind, name, (on,), (Due(page=words),), place="round 1")
