"""Where a server really cuts: prompts near the window that it is said to have, held against what it counts of short
ones. Pure: a probe yields requests and is sent their replies."""

import random
from typing import Literal

import msgspec

from longplay.checks.prompts import WORDS, Probe
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import Sampling

SHORT, LONGER = 80, 320  # words of the prompts whose counts say how many tokens a word has
MOST_CALLS = 11
REPLY_TOKENS = 24
_NEAR, _PAST = 0.96, 1.2  # shares of the window that prompts are sized to
_WHOLE = 0.94  # a count of at least this share of what it should be is one of the whole prompt
_STEPS = 7  # prompts tried to find where it cuts

Found = Literal["whole", "counted", "cuts", "refuses", "uncheckable", "not tried", "not known"]


class Window(msgspec.Struct, frozen=True):
    """What became of prompts near the window of `told` tokens. `sent`: tokens that the prompt must have had, by the
    counts of shorter ones; `counted`: what the server said. `cuts_at`: about where it cuts. `echoed`: whether it said
    the code word that stood at the start, after a short prompt and after the long one.

    `whole`: counts and code word agree, and longer prompts are refused; `counted`: the counts alone say so;
    `uncheckable`: it counts nothing, or before it cuts.
    """

    found: Found
    told: int | None = None
    sent: int | None = None
    counted: int | None = None
    cuts_at: int | None = None
    echoed: tuple[bool, bool] | None = None
    why: str = ""


class _Scale(msgspec.Struct, frozen=True):
    """Tokens of a prompt, by its words."""

    base: float
    word: float

    def words(self, tokens: float) -> int:
        return max(int((tokens - self.base) / self.word), 1)

    def tokens(self, words: int) -> int:
        return round(self.base + words * self.word)


def window(nonce: str, sampling: Sampling, told: int, most: int) -> Probe[Window]:
    """Is a prompt near the window counted whole, and one past it refused? `told`: the least window that anybody
    names, `most`: the largest one."""
    prompts = _Prompts(nonce, msgspec.structs.replace(sampling, max_tokens=REPLY_TOKENS))
    (short,) = yield [prompts.request("short", SHORT)]
    (longer,) = yield [prompts.request("longer", LONGER)]
    if "missing" in (short.status, longer.status):
        return Window("not known", told, why="short prompts had no reply")
    few, many = short.usage.prompt or 0, longer.usage.prompt or 0
    if not few or many <= few:
        return Window("uncheckable", told, why="it does not count prompts, or not what they hold")
    scale = _Scale(few - SHORT * (many - few) / (LONGER - SHORT), (many - few) / (LONGER - SHORT))
    words = scale.words((told - REPLY_TOKENS) * _NEAR)
    if words <= LONGER:
        return Window("not tried", told, why="the window is too small to try")
    (near,) = yield [prompts.request("near", words)]
    sent = scale.tokens(words)
    if near.status == "missing":
        found: Found = "refuses" if near.reason == "overflow" else "not known"
        return Window(found, told, sent, why=near.detail)
    counted = near.usage.prompt
    echoed = prompts.echoes("short", short), prompts.echoes("near", near)
    if not counted:
        return Window("uncheckable", told, sent, why="it did not count the long prompt", echoed=echoed)
    if counted < _WHOLE * sent:
        at = yield from _searched(prompts, scale, (LONGER, words), max(many, counted))
        return Window("cuts", told, sent, counted, at, echoed)
    (past,) = yield [prompts.request("past", scale.words(most * _PAST))]
    refused, beyond = past.status == "missing", past.usage.prompt or 0
    if not refused and beyond < _WHOLE * most * _PAST:
        return Window("cuts", told, round(most * _PAST), beyond, max(counted, beyond), echoed)
    if not refused:
        why = f"it counted {beyond:,} tokens, more than its window: it counts before it cuts, or its window is larger"
        return Window("uncheckable", told, sent, counted, echoed=echoed, why=why)
    if past.reason != "overflow":
        return Window("counted", told, sent, counted, echoed=echoed, why="a longer prompt had no reply")
    return Window("whole" if echoed[1] else "counted", told, sent, counted, echoed=echoed)


def _searched(prompts: "_Prompts", scale: _Scale, between: tuple[int, int], most: int) -> Probe[int]:
    """About where it cuts: the most tokens that it counted of any prompt, longer and longer ones being tried."""
    whole, cut = between
    for number in range(_STEPS):
        words = (whole + cut) // 2
        (reply,) = yield [prompts.request(f"search {number}", words)]
        counted = reply.usage.prompt or 0
        if counted >= _WHOLE * scale.tokens(words):
            whole = words
        else:
            cut = words
        most = max(most, counted)
    return most


class _Prompts:
    """Prompts of so many words that no server has seen, each with a code word at its start."""

    def __init__(self, nonce: str, sampling: Sampling) -> None:
        self._nonce = nonce
        self._sampling = sampling

    def request(self, name: str, words: int) -> Request:
        chance = self._chance(name)
        code = _code(chance)
        notes = " ".join(chance.choice(WORDS) for _ in range(words))
        told = f"{code} is the code word. Keep it in mind. These are my notes: {notes}."
        asked = "What is the code word that I gave you at the very start? Answer with it alone."
        return Request(EMPTY, (Message("user", f"{told}\n\n{asked}"),), self._sampling)

    def echoes(self, name: str, reply: Reply) -> bool:
        return _code(self._chance(name)).lower() in (reply.text or "").lower()

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self._nonce}/window/{name}")


def _code(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4)).capitalize()
