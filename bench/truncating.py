"""Servers that cut prompts silently, and honest ones whose counts look odd: what they count, and whether a prompt was
whole. Pure: no network, no longplay; texts and their tokens are made up, the same for a seed."""

import hashlib
import random
import re
from dataclasses import dataclass, field
from functools import lru_cache

_PIECE = re.compile(r"[a-z]{1,6}|[A-Z]|\d|[^\sa-zA-Z\d]|\s\s+")
_LINES = {
    "en": "the harbour was quiet when we came back and nobody asked where old captains had gone with a boat",
    "de": "die Hafenbehörde verweigerte uns damals jede Auskunft über Segelschiffe und deren Mannschaft",
    "zh": "我 们 在 港 口 等 了 很 久 没 有 人 知 道 船 长 去 哪 里 也 敢 问",
    "ru": "мы долго ждали в гавани но никто не знал куда пропал старый капитан со своей лодкой",
}
WORDS = {language: tuple(line.split()) for language, line in _LINES.items()}
MESSAGE = 6  # tokens that a template puts around a message
STYLES = ("half", "messages", "pinned", "last")
WAYS = ("kept", "window", "apart")
HONEST = (
    "plain",
    "traces",
    "cached apart",
    "scaled",
    "router",
    "labels",
    "compressible",
    "gaps",
    "zeros",
    "hidden",
    "prompt only",
    "partly cached",
)


@lru_cache(maxsize=200_000)
def tokens(text: str) -> int:
    """Tokens of one text: short pieces of words, single other characters; runs of one character are few."""
    short = re.sub(r"(.)\1{7}", "\x00", text)
    return len(_PIECE.findall(short))


def words(language: str, characters: int, chance: random.Random) -> str:
    """About so many characters in one language."""
    between = "" if language == "zh" else " "
    said: list[str] = []
    length = 0
    while length < characters:
        said.append(chance.choice(WORDS[language]))
        length += len(said[-1]) + len(between)
    return between.join(said)


@dataclass(frozen=True)
class Message:
    """What a server gets."""

    role: str
    content: str
    reasoning: str = ""


@dataclass(frozen=True)
class Answered:
    """A reply with the server's counts; `whole`: whether the model saw all that was sent."""

    text: str
    prompt: int | None
    cached: int | None
    completion: int | None
    whole: bool = True
    reasoning: str = ""
    by: str = ""


@dataclass
class Serving:
    """One server of one study. `way`: how it counts when it cuts at `window`, or one of HONEST."""

    way: str
    seed: int
    window: int = 2048
    style: str = "half"
    language: str = "en"
    reply_chars: int = 300
    cache: bool = True
    _held: list[tuple[str, ...]] = field(default_factory=list)
    _asked: int = 0

    def answer(self, messages: list[Message], max_tokens: int) -> Answered:
        """The reply to a prompt; the same words for the same prompt."""
        self._asked += 1
        name = hashlib.blake2b(repr(messages).encode() + str(self.seed).encode(), digest_size=8).hexdigest()
        chance = random.Random(name)
        text = self._text(chance, max_tokens)
        completion = min(tokens(text), max_tokens)
        sizes = [tokens(one.content) + MESSAGE for one in messages]
        if self.way in HONEST:
            return self._honest(messages, sizes, text, completion, chance)
        total = sum(sizes) + 3
        room = self.window - (max_tokens if self.style == "last" else 0)
        whole = total <= room
        kept = total if whole else self._kept(sizes, total, room)
        cached = self._cached(messages, sizes, whole) if self.cache else 0
        cached = min(cached, kept - 1)
        if self.way == "kept":
            return Answered(text, kept, cached if self.cache else None, completion, whole)
        if self.way == "window":
            return Answered(text, kept if whole else room, None, completion, whole)
        if self.way == "apart":
            return Answered(text, kept - cached, cached, completion, whole)
        if self.way == "before":
            return Answered(text, total, None, completion, whole)
        return Answered(text, None, None, None, whole)  # does not count

    def length(self, messages: list[Message]) -> int:
        """Tokens of a prompt."""
        return sum(tokens(one.content) + MESSAGE for one in messages) + 3

    def _text(self, chance: random.Random, max_tokens: int) -> str:
        if self.way == "compressible" and chance.random() < 0.4:
            return "a" * chance.randint(100, 2500)
        length = max(int(self.reply_chars * chance.uniform(0.3, 1.7)), 1)
        text = words(self.language, length, chance)
        while tokens(text) > max_tokens:
            text = text[: len(text) * 3 // 4]
        return text

    def _kept(self, sizes: list[int], total: int, room: int) -> int:
        """Tokens that are left of a prompt that does not fit."""
        if self.style == "half":  # drops halves of what may be dropped, from the front
            block = (room - sizes[0]) // 2
            while total > room:
                total -= max(block, 1)
            return total
        if self.style == "last":
            return room
        left = sizes[1:] if self.style == "pinned" else list(sizes)
        fixed = total - sum(left)
        while len(left) > 1 and fixed + sum(left) > room:
            left.pop(0)
        return min(fixed + sum(left), room)

    def _cached(self, messages: list[Message], sizes: list[int], whole: bool) -> int:
        """Tokens of the longest beginning that was asked before; a prompt that was cut has little of it left."""
        contents = tuple(one.content for one in messages)
        most = 0
        for held in self._held[-40:]:
            shared = 0
            for mine, theirs, size in zip(contents, held, sizes, strict=False):
                if mine != theirs:
                    break
                shared += size
            most = max(most, shared)
        self._held.append(contents)
        return most if whole else min(most, sizes[0])

    def _honest(
        self, messages: list[Message], sizes: list[int], text: str, completion: int, chance: random.Random
    ) -> Answered:
        total = sum(sizes) + 3
        cached = self._cached(messages, sizes, whole=True)
        cached = min(cached, total - 1)
        way, by, reasoning = self.way, "", ""
        if way == "traces":
            reasoning = words("en", chance.randint(20, 1500), chance)
            completion += tokens(reasoning)
            traces = [tokens(one.reasoning) for one in messages if one.reasoning]
            total += traces[-1] if traces else 0  # the template keeps the last turn's alone
        if way == "cached apart":
            cached = cached if chance.random() < 0.8 else int(cached * chance.random())
            return Answered(text, total - cached, cached, completion)
        if way == "partly cached":
            return Answered(text, total, int(cached * chance.random()), completion)
        if way == "scaled":
            scale = random.Random(self.seed).uniform(0.5, 2.0)
            return Answered(text, int(total * scale), int(cached * scale), int(completion * scale))
        if way in ("router", "labels"):
            other = random.Random(self.seed).uniform(0.77, 1.3)
            second = chance.random() < 0.5 if self.seed % 2 else self._asked % 2 == 0
            scale = other if second else 1.0
            by = ("one", "two")[second] if way == "labels" else ""
            return Answered(text, int(total * scale), None, int(completion * scale), by=by)
        if way == "gaps" and chance.random() < 0.4:
            return Answered(text, None, None, None)
        if way == "zeros" and chance.random() < 0.3:
            return Answered(text, 0, None, 0)
        if way == "hidden":
            completion += chance.randint(50, 900)
        if way == "prompt only":
            return Answered(text, total, None, None)
        return Answered(text, total, cached, completion, reasoning=reasoning, by=by)
