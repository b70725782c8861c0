"""IFBench's checks that count words, marks and names; must not know how a constraint is chosen or scored.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
"""

import re
from functools import lru_cache
from itertools import islice

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import PUNCTUATION, bare, numbers, runs, tokens
from longplay.verifiers.lexicon import CONJUNCTIONS, NAMES, PRONOUNS, STOP_WORDS
from longplay.verifiers.patterns import count_whole
from longplay.verifiers.shape import Args, Check, number, string, whole

_EDGES = PUNCTUATION + " "
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_KEYWORD_TIMES = {"keyword1": 1, "keyword2": 2, "keyword3": 3, "keyword4": 5, "keyword5": 7}
_MARKS = ".,!?;:"
_INTERROBANG = "\u203d"


def _min_above_max(args: Args) -> str:
    return "min_words is above max_words" if whole(args, "min_words") > whole(args, "max_words") else ""


def _more_names_than_listed(args: Args) -> str:
    return f"the instruction lists {len(NAMES)} names, fewer than N" if whole(args, "N") > len(NAMES) else ""


def _no_cycle(args: Args) -> str:
    return "" if whole(args, "N") > 0 else "words are counted from 1"


def _not_a_percentage(args: Args) -> str:
    return "" if 0 <= number(args, "percentage") <= 100 else "percentage must be from 0 to 100"


def _word_count_range(args: Args, text: str) -> bool:
    return whole(args, "min_words") <= len(runs(text)) <= whole(args, "max_words")


def _unique_word_count(args: Args, text: str) -> bool:
    return len({run.strip(_EDGES) for run in set(text.lower().split())}) >= whole(args, "N")


def _numbers(args: Args, text: str) -> bool:
    # Without punctuation, so that 3.14 and 100,000 are one number each.
    return len(numbers(bare(text))) == whole(args, "N")


def _person_names(args: Args, text: str) -> bool:
    return len(NAMES.intersection(runs(text))) >= whole(args, "N")


def _pronouns(args: Args, text: str) -> bool:
    wanted = whole(args, "N")
    found = (token for token in tokens(text.replace("/", " ").lower()) if token in PRONOUNS)
    return sum(1 for _ in islice(found, wanted)) == wanted


def _punctuation(_args: Args, text: str) -> bool:
    # The two marks of one interrobang do not count again as marks of their own.
    pair = next((pair for pair in ("?!", "!?") if pair in text), "")
    rest = text.replace(pair, "", 1) if pair else text
    return (pair != "" or _INTERROBANG in text) and all(mark in rest for mark in _MARKS)


def _conjunctions(args: Args, text: str) -> bool:
    found = {run.strip(_EDGES) for run in set(text.lower().split())}
    return len(CONJUNCTIONS & found) >= whole(args, "small_n")


def _keywords_multiple(args: Args, text: str) -> bool:
    small = text.lower()
    return all(count_whole(string(args, name), small) == times for name, times in _KEYWORD_TIMES.items())


def _words_japanese(args: Args, text: str) -> bool:
    nth = whole(args, "N")
    chosen = (run.strip(_EDGES) for run in text.split()[nth - 1 :: nth])
    return all(not run or run.isdigit() or _JAPANESE.search(run) is not None for run in chosen)


def _stop_words(args: Args, text: str) -> bool:
    found = runs(text.lower())
    share = 100 * sum(map(STOP_WORDS.__contains__, found))
    return bool(found) and share <= number(args, "percentage") * len(found)


def _overlap(args: Args, text: str) -> bool:
    found = _trigrams(text)
    shared = 100 * len(found & _reference_trigrams(string(args, "reference_text")))
    low, high = number(args, "percentage") - 2, number(args, "percentage") + 2
    return bool(found) and low * len(found) <= shared <= high * len(found)


def _trigrams(text: str) -> set[tuple[str, str, str]]:
    # Of characters: so the published verdicts count them.
    return set(zip(text, text[1:], text[2:], strict=False))


@lru_cache(maxsize=64)
def _reference_trigrams(text: str) -> frozenset[tuple[str, str, str]]:
    return frozenset(_trigrams(text))


IFBENCH_COUNT: dict[str, Check] = {
    "ifbench/count:word_count_range": check({"min_words": int, "max_words": int}, _word_count_range, _min_above_max),
    "ifbench/count:unique_word_count": check({"N": int}, _unique_word_count),
    "ifbench/count:numbers": check({"N": int}, _numbers),
    "ifbench/count:person_names": check({"N": int}, _person_names, _more_names_than_listed),
    "ifbench/count:pronouns": check({"N": int}, _pronouns),
    "ifbench/count:punctuation": check({}, _punctuation),
    "ifbench/count:conjunctions": check({"small_n": int}, _conjunctions),
    "ifbench/count:keywords_multiple": check(dict.fromkeys(_KEYWORD_TIMES, str), _keywords_multiple),
    "ifbench/count:words_japanese": check({"N": int}, _words_japanese, _no_cycle),
    "ifbench/ratio:stop_words": check({"percentage": float}, _stop_words, _not_a_percentage),
    "ifbench/ratio:overlap": check({"reference_text": str, "percentage": float}, _overlap, _not_a_percentage),
}
