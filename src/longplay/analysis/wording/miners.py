"""Ways to find patterns, by name: how texts are split, what is mined, when a text has a pattern. Knows no speakers."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from longplay.analysis.wording.premise import Premise
from longplay.stats.word_patterns import Gram, Pattern, Present, Texts, mine, words

MinerName = Literal["built-in", "premise"]


class Miner(Protocol):
    """One way. `method` says it in the words of an estimate."""

    @property
    def method(self) -> str: ...
    def split(self, text: str) -> list[str]:
        """The words of a text."""
        ...

    def mine(self, texts: Sequence[str], others: Sequence[str]) -> list[Pattern]:
        """Patterns that tell `texts` from `others`, most telling first, both directions."""
        ...

    def present(self, texts: Texts, patterns: Sequence[Gram]) -> Present:
        """(texts, patterns): whether a text has a pattern, as the miner means it."""
        ...


class BuiltIn:
    """Runs of words by Fisher's test under a false discovery rate (see `stats.wording`)."""

    method = "runs of 1 to 3 words, Fisher's test at a false discovery rate of 4 %, log-odds with Dirichlet prior"

    def split(self, text: str) -> list[str]:
        """Words and signs in lower case."""
        return words(text)

    def mine(self, texts: Sequence[str], others: Sequence[str]) -> list[Pattern]:
        """As `stats.wording.mine`."""
        return mine(texts, others)

    def present(self, texts: Texts, patterns: Sequence[Gram]) -> Present:
        """Words one after the other."""
        return texts.present(patterns)


MINERS: dict[MinerName, Callable[[], Miner]] = {"built-in": BuiltIn, "premise": Premise}
