"""Cases of numbers: token counts that are missing or odd under every kind of budget, counts that contradict the reply,
prompts that shrink, requests that a budget counts, and the name that answers.
"""

import random
from collections.abc import Callable, Iterator

import msgspec

from case_due import Due
from case_run import Case, Tiny
from case_server import Answer, Asked, On, refuses, says

TEXT = "Aye, I keep the lamp."
SAID = len(TEXT) // 4 + 1  # its tokens, as the server counts them
PRICES = "prices = { input = 1.0, output = 2.0 }"
BUDGETS = {
    "no budget": "",
    "requests": "[budget]\nrequests = 1000",
    "tokens": "[budget]\ntokens = 100_000_000",
    "cost": "[budget]\ncost = 1000.0",
}
COUNTED = ("tokens", "cost")  # kept by what the server counts
FREE = (r"cost 0\.00(?!\d)",)  # what must never be said of replies that were not counted

# By name: `usage` as it comes (or a function of the prompt's tokens), what is kept of it, and whether a budget can be
# kept by it (None: either way).
FAULTS: dict[str, tuple[object, dict[str, object], bool | None]] = {
    "missing": (None, {"prompt": None, "completion": None}, False),
    "null": ({"prompt_tokens": None, "completion_tokens": None}, {"prompt": None, "completion": None}, False),
    "an empty object": ("{}", {"prompt": None, "completion": None}, False),
    "a list": ([], {"prompt": None, "completion": None}, False),
    "a text": ("none", {"prompt": None, "completion": None}, False),
    "prompt N.0": (lambda prompt: {"prompt_tokens": float(prompt)}, {"completion": SAID}, None),
    "prompt -1": ({"prompt_tokens": -1}, {"prompt": None, "completion": SAID}, False),
    'prompt "N"': (lambda prompt: {"prompt_tokens": str(prompt)}, {"completion": SAID}, None),
    "prompt null": ({"prompt_tokens": None}, {"prompt": None, "completion": SAID}, False),
    "prompt 0": ({"prompt_tokens": 0}, {"completion": SAID}, None),
    "completion 6.0": ({"completion_tokens": 6.0}, {}, None),
    "completion -1": ({"completion_tokens": -1}, {"completion": None}, False),
    'completion "6"': ({"completion_tokens": "6"}, {}, None),
    "completion null": ({"completion_tokens": None}, {"completion": None}, False),
    "completion 0": ({"completion_tokens": 0}, {}, None),
    "details []": ({"prompt_tokens_details": []}, {"completion": SAID, "cached": None}, True),
    "details a text": ({"prompt_tokens_details": "no"}, {"completion": SAID, "cached": None}, True),
    "cached -5": ({"prompt_tokens_details": {"cached_tokens": -5}}, {"completion": SAID, "cached": None}, True),
    'cached "5"': ({"prompt_tokens_details": {"cached_tokens": "5"}}, {"completion": SAID}, True),
    "cached 5.0": ({"prompt_tokens_details": {"cached_tokens": 5.0}}, {"completion": SAID}, True),
    "completion details []": ({"completion_tokens_details": []}, {"completion": SAID}, True),
}


def counts(rng: random.Random) -> Iterator[Case]:
    """All of them."""
    for name, (usage, kept, keeps) in FAULTS.items():
        yield from _under_budgets(name, {} if usage == "{}" else usage, kept, keeps)
    yield from _contradicting()
    yield from _shrinking(rng)
    yield from _requests()
    yield from _answering()


def _spoken(usage: object, empty: bool = False) -> Callable[[Asked], Answer]:
    """Good replies with that usage. `empty`: an object without a field."""

    def answer(asked: Asked) -> Answer:
        spoken = usage(asked.tokens) if callable(usage) else usage
        text = TEXT if asked.who == "model" and asked.place == "round 2" else asked.good
        return says(text, "stop", None, beside={"usage": {}})(asked) if empty else says(text, "stop", spoken)(asked)

    return answer


def _under_budgets(name: str, usage: object, kept: dict[str, object], keeps: bool | None) -> Iterator[Case]:
    answer = _spoken(usage, empty=usage == {})
    for budget, lines in BUDGETS.items():
        study = Tiny(rounds=8, model=PRICES, judge=PRICES, more=lines)
        good = Due((0,), "", TEXT, usage=msgspec.structs.replace(Due(), usage=kept).usage, goes_on=True)
        good = msgspec.structs.replace(good, keeps_quiet=FREE if keeps is False else ())
        told = (rf"budget\.{budget}|budget", "token|usage|count")
        stops = Due((1,), says=told, keeps_quiet=FREE, in_all=12)
        dues = (good,) if budget not in COUNTED or keeps else (stops,) if keeps is False else (stops, good)
        yield Case(f"odd usage, {budget}", name, (On(answer), On(answer, "judge")), dues, study=study)
    if keeps is False:
        study = Tiny(rounds=4, model=PRICES, judge=PRICES, more=BUDGETS["cost"])
        due = Due((0,), "", TEXT, goes_on=True, keeps_quiet=FREE)
        kind = "odd usage, cost, told to go on"
        yield Case(kind, name, (On(answer), On(answer, "judge")), (due,), study=study, options=("--go-on",))


def _contradicting() -> Iterator[Case]:
    kind = "counts that contradict the reply"
    sampled = f"sampling = {{ max_tokens = {SAID} }}"
    cut = Due((0,), "", TEXT, reply={"cut": True}, goes_on=True)
    full = On(says(TEXT, "stop"), "model", "round 2")
    yield Case(kind, "completion = max_tokens, stop, model", (full,), (cut,), study=Tiny(model=sampled))
    below = Due((0,), "", TEXT, reply={"cut": False}, finish="stop")
    roomy = f"sampling = {{ max_tokens = {SAID + 1} }}"
    yield Case(kind, "completion = max_tokens - 1, stop, model", (full,), (below,), study=Tiny(model=roomy))
    over = Due((0, 1), "overflow", goes_on=False)
    for word in ("length", "max_tokens"):
        nothing = On(says("", word, {"completion_tokens": 0}), "model", "round 2")
        yield Case(kind, f"completion 0, {word}, no text", (nothing,), (over,))
    spent = On(says("", "length", {"completion_tokens": 1024}, message={"reasoning": "Hm."}), "model", "round 2")
    hidden = On(says("", "stop", {"completion_tokens": 400}), "model", "round 2")
    silent = Due((0, 1), "", "", reply={"empty": True}, tells=("empty",))
    yield Case(kind, "completion 400, stop, no text", (hidden,), (silent,))
    thought = Due((0, 1), "", "", reply={"cut": True, "empty": True, "reasoning": "Hm."}, tells=("empty",))
    yield Case(kind, "completion all for the trace, length, no text", (spent,), (thought,))


class Growing(msgspec.Struct, frozen=True):
    """A model with long replies whose server counts prompts. `most`: what it holds, None = everything; `kept`: what is
    left of a prompt that is longer."""

    words: tuple[str, ...]
    most: int | None
    kept: int

    def __call__(self, asked: Asked) -> Answer:
        """A reply of about 200 tokens, and the prompt as this server counts it."""
        rng = random.Random(f"{asked.place} {asked.number}")
        text = " ".join(rng.choices(self.words, k=160))
        whole = asked.tokens
        counted = self.kept if self.most is not None and whole > self.most else whole
        return says(text, "stop", {"prompt_tokens": counted})(asked)


def _shrinking(rng: random.Random) -> Iterator[Case]:
    kind = "prompts that are cut silently"
    words = tuple("".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(3, 7))) for _ in range(400))
    # about 200 tokens a round: the prompt of round 6 is the first past 1,000
    for name, most, kept in (("the window's size from the cut on", 1000, 1000), ("tokens kept", 1000, 500)):
        on = On(Growing(words, most, kept))
        due = Due((0, 1), "overflow", goes_on=None, says=("cut|truncat|window",), tells=("overflow",))
        for place in ("round 7", "round 8"):
            lost = (due, msgspec.structs.replace(due, reason="dialogue-stopped"))
            yield Case(kind, f"{name}, {place}", (on,), lost, place=place, study=Tiny(rounds=10))
        before = Due((0, 1), "", says=("cut|truncat|window",))
        yield Case(kind, f"{name}, round 3", (on,), (before,), place="round 3", study=Tiny(rounds=10))
    honest = Due((0,), "", keeps_quiet=("truncat", "overflow"))
    yield Case(kind, "none, round 9", (On(Growing(words, None, 0)),), (honest,), place="round 9", study=Tiny(rounds=10))


def _requests() -> Iterator[Case]:
    kind = "requests that a budget counts"
    broken = refuses(500, {"error": {"message": "backend gone"}})
    for times in (1, 2):
        on = On(broken, "model", attempts=times), On(broken, "judge", attempts=times)
        study = Tiny(rounds=8, attempts=3, more="[budget]\nrequests = 12")
        due = Due((1,), says=("budget.requests",), in_all=12 + 8, counts_posts=True)
        yield Case(kind, f"tries count, {times} of each call fail", on, (due,), study=study)
    due = Due((0,), "", counts_posts=True)
    yield Case(kind, "all counted, without a budget", (On(broken, attempts=1),), (due,))


def _answering() -> Iterator[Case]:
    kind = "who answers"
    for field in ("model", "system_fingerprint"):
        first = On(says(beside={field: "first-2026"}), "model", since=0)
        later = On(says(beside={field: "other-2027"}), "model", since=5)
        due = Due((0,), "", says=("other-2027",))
        yield Case(kind, f"{field} changes", (later, first), (due,), study=Tiny(rounds=8), place="round 7")
        same = Due((0,), "", keeps_quiet=("first-2026",))
        yield Case(kind, f"{field} stays", (first,), (same,), study=Tiny(rounds=4))
    for name, field in {"a number": 7, "null": None, "a list": []}.items():
        odd = On(says(beside={"system_fingerprint": field, "model": field}), "model", "round 2")
        yield Case(kind, f"model and fingerprint are {name}", (odd,), (Due((0,), "", goes_on=True),))
