"""IFBench's checks of sentences: their kinds, lengths and ends; must not know how a constraint is chosen or scored.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
Sentences are taken one by one, so that a check stops at the first that breaks it.
"""

from collections import Counter
from itertools import islice, pairwise

from longplay.verifiers.benchmarks import check
from longplay.verifiers.emoji import ends_with_emoji, opens_with_emoji
from longplay.verifiers.english import PUNCTUATION, bare, sentences, word_tokens
from longplay.verifiers.patterns import count_whole
from longplay.verifiers.shape import Args, Check, string, whole

_EDGES = PUNCTUATION + " "
_CLOSING = "\"'\u2019\u201d"


def _no_such_sentence(args: Args) -> str:
    return "" if whole(args, "N") > 0 else "sentences are counted from 1"


def _no_such_place(args: Args) -> str:
    return "" if whole(args, "n") > 0 and whole(args, "m") > 0 else "sentences and words are counted from 1"


def _ends(text: str) -> Counter[str]:
    # A mark inside closing quotation marks ends its sentence too.
    return Counter(sentence.rstrip(_CLOSING)[-1:] for sentence in sentences(text))


def _sentence_type(_args: Args, text: str) -> bool:
    ends = _ends(text)
    return ends["."] == 2 * ends["?"]


def _sentence_balance(_args: Args, text: str) -> bool:
    ends = _ends(text)
    return ends["."] == ends["?"] == ends["!"]


def _sentence_words(_args: Args, text: str) -> bool:
    found = list(islice(sentences(text), 4))
    if len(found) != 3 or len(set(map(len, found))) != 1:
        return False
    words = bare(text.lower()).split()
    return len(words) == len(set(words))


def _alliteration_increment(_args: Args, text: str) -> bool:
    return all(one < other for one, other in pairwise(map(_alliterations, sentences(text))))


def _alliterations(sentence: str) -> int:
    """The words of the sentence that stand beside one with the same first letter."""
    initials = [word[0] for run in sentence.lower().split() if (word := run.lstrip(_EDGES))]
    count, last = 0, False
    for one, other in pairwise(initials):
        same = one == other
        count += (1 if last else 2) if same else 0
        last = same
    return count


def _increment(args: Args, text: str) -> bool:
    more = whole(args, "small_n")
    lengths = (len(bare(sentence).split()) for sentence in sentences(text))
    return all(other == one + more for one, other in pairwise(lengths))


def _keyword(args: Args, text: str) -> bool:
    word = string(args, "word")
    if word.lower() not in text.lower():
        return False
    return count_whole(word, _nth_sentence(text, whole(args, "N")).lower()) > 0


def _nth_sentence(text: str, nth: int) -> str:
    return next(islice(sentences(text), nth - 1, None), "")


def _last_first(_args: Args, text: str) -> bool:
    return all(_leads_over(one, other) for one, other in pairwise(sentences(text)))


def _leads_over(one: str, other: str) -> bool:
    last, first = one.rstrip(_EDGES).split()[-1:], other.lstrip(_EDGES).split()[:1]
    return bool(last) and bool(first) and last[0].lower() == first[0].lower()


def _keywords_specific_position(args: Args, text: str) -> bool:
    keyword = string(args, "keyword").strip().lower()
    if keyword not in text.lower():
        return False
    words = word_tokens(_nth_sentence(text, whole(args, "n")))
    return len(words) >= whole(args, "m") and words[whole(args, "m") - 1].lower() == keyword


def _emoji(_args: Args, text: str) -> bool:
    # An emoji behind the full stop opens what is split off as the next sentence, so its first character counts too.
    last: str | None = None
    for sentence in sentences(text):
        marked = bare(sentence).strip()
        if not marked or (last is not None and not ends_with_emoji(last) and not opens_with_emoji(marked)):
            return False
        last = marked
    return last is not None and ends_with_emoji(last)


def _sentence_alphabet(_args: Args, text: str) -> bool:
    initials = [sentence.lstrip(_EDGES)[:1].lower() for sentence in islice(sentences(text), 27)]
    return "".join(initials) == "abcdefghijklmnopqrstuvwxyz"


IFBENCH_SENTENCE: dict[str, Check] = {
    "ifbench/ratio:sentence_type": check({}, _sentence_type),
    "ifbench/ratio:sentence_balance": check({}, _sentence_balance),
    "ifbench/ratio:sentence_words": check({}, _sentence_words),
    "ifbench/sentence:alliteration_increment": check({}, _alliteration_increment),
    "ifbench/sentence:increment": check({"small_n": int}, _increment),
    "ifbench/sentence:keyword": check({"word": str, "N": int}, _keyword, _no_such_sentence),
    "ifbench/words:last_first": check({}, _last_first),
    "ifbench/words:keywords_specific_position": check(
        {"keyword": str, "n": int, "m": int}, _keywords_specific_position, _no_such_place
    ),
    "ifbench/format:emoji": check({}, _emoji),
    "ifbench/custom:sentence_alphabet": check({}, _sentence_alphabet),
}
