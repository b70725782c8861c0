"""IFBench's checks of single words: letters, lengths, syllables, places; must not know how a constraint is chosen.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
"""

import re
import string as ascii_text
from collections import Counter, deque
from itertools import chain, islice, pairwise

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import PUNCTUATION, bare, bare_words, sentences, tokens, tokens_of_sentence
from longplay.verifiers.shape import Args, Check, string, whole
from longplay.verifiers.syllables import syllables
from longplay.verifiers.verbs import opens_with_verb

_EDGES = PUNCTUATION + " "
_ALPHABET = ascii_text.ascii_lowercase
_NEXT_LETTER = dict(pairwise(_ALPHABET + _ALPHABET[0]))
_VISIBLE = re.compile(r"\S+")
_CLUSTER = re.compile(r"[bcdfghjklmnpqrstvwxyz]{2}")
_PRIMES = frozenset(
    (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
)
_TAIL = 1000  # characters at a text's end that hold its last two words
_PALINDROMES, _PALINDROME_LETTERS = 10, 5


def _no_letter(args: Args) -> str:
    return "" if any(map(str.isalnum, string(args, "keyword"))) else "the keyword holds no word"


def _alphabet(_args: Args, text: str) -> bool:
    initials = (word[0] for word in bare_words(text))
    first = next(initials, "")
    return first in _NEXT_LETTER and all(_NEXT_LETTER[a] == b for a, b in pairwise(chain(first, initials)))


def _vowel(_args: Args, text: str) -> bool:
    paragraph = text.strip().lower()
    return "\n" not in paragraph and sum(letter in paragraph for letter in "aeiou") <= 3


def _consonants(_args: Args, text: str) -> bool:
    return all(_CLUSTER.search(run[0]) for run in _VISIBLE.finditer(text.lower()))


def _palindrome(_args: Args, text: str) -> bool:
    long = (word for word in bare(text).lower().split() if len(word) >= _PALINDROME_LETTERS and word[0] == word[-1])
    return sum(word == word[::-1] for word in long) >= _PALINDROMES


def _prime_lengths(_args: Args, text: str) -> bool:
    return all(len(word) in _PRIMES for word in bare_words(text))


def _repeats(args: Args, text: str) -> bool:
    counts = Counter(bare(text.lower()).split())
    return max(counts.values(), default=0) <= whole(args, "small_n")


def _no_consecutive(_args: Args, text: str) -> bool:
    return all(one[0] != other[0] for one, other in pairwise(bare_words(text)))


def _odd_even_syllables(_args: Args, text: str) -> bool:
    parities = (syllables(word) % 2 for word in bare_words(text) if any(map(str.isalnum, word)))
    return all(one != other for one, other in pairwise(parities))


def _paragraph_last_first(_args: Args, text: str) -> bool:
    paragraphs = (line.strip().lower().strip(_EDGES).split() for line in text.split("\n"))
    return all(words[0] == words[-1] for words in paragraphs if words)


def _words_position(args: Args, text: str) -> bool:
    keyword = string(args, "keyword").strip().lower()
    if keyword not in text[-_TAIL:].lower():
        return False  # saves taking most texts apart
    found = (token.lower() for token in tokens(text) if any(map(str.isalnum, token)))
    if [*islice(found, 2)][1:] != [keyword]:
        return False
    tail = deque(chain(("", keyword), found), maxlen=2)
    return tail[0] == keyword


def _start_verb(_args: Args, text: str) -> bool:
    first = next(sentences(text), "")
    return opens_with_verb(tokens_of_sentence(first[:1000]))


IFBENCH_WORDS: dict[str, Check] = {
    "ifbench/words:alphabet": check({}, _alphabet),
    "ifbench/words:vowel": check({}, _vowel),
    "ifbench/words:consonants": check({}, _consonants),
    "ifbench/words:palindrome": check({}, _palindrome),
    "ifbench/words:prime_lengths": check({}, _prime_lengths),
    "ifbench/words:repeats": check({"small_n": int}, _repeats),
    "ifbench/words:no_consecutive": check({}, _no_consecutive),
    "ifbench/words:odd_even_syllables": check({}, _odd_even_syllables),
    "ifbench/words:paragraph_last_first": check({}, _paragraph_last_first),
    "ifbench/words:words_position": check({"keyword": str}, _words_position, _no_letter),
    "ifbench/words:start_verb": check({}, _start_verb),
}
