"""IFEval's checks of words, letters, case and language; must not know how a constraint is chosen or scored.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
Keywords are texts here, never patterns. A text without a word that tells its language is not in the one asked for.
"""

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import tokens
from longplay.verifiers.languages import LANGUAGES, language
from longplay.verifiers.patterns import count_anywhere, count_whole
from longplay.verifiers.shape import Args, Check, string, strings, whole

RELATIONS = ("less than", "at least")


def unknown_relation(args: Args, name: str = "relation") -> str:
    """What is wrong with a relation, if anything."""
    return "" if string(args, name) in RELATIONS else f"{name} must be {' or '.join(map(repr, RELATIONS))}"


def holds(relation: str, count: int, threshold: int) -> bool:
    """Whether a count stands in the relation to its threshold."""
    return count < threshold if relation == RELATIONS[0] else count >= threshold


def _bad_letter(args: Args) -> str:
    return (
        "letter must be one character" if len(string(args, "letter")) != 1 else unknown_relation(args, "let_relation")
    )


def _bad_capital_relation(args: Args) -> str:
    return unknown_relation(args, "capital_relation")


def _unknown_language(args: Args) -> str:
    code = string(args, "language")
    return "" if code in LANGUAGES else f"no language {code!r}. Known: {', '.join(sorted(LANGUAGES))}"


def _existence(args: Args, text: str) -> bool:
    small = text.lower()
    return all(count_anywhere(keyword, small) for keyword in strings(args, "keywords"))


def _frequency(args: Args, text: str) -> bool:
    count = count_anywhere(string(args, "keyword"), text.lower())
    return holds(string(args, "relation"), count, whole(args, "frequency"))


def _forbidden_words(args: Args, text: str) -> bool:
    small = text.lower()
    return not any(count_whole(word, small) for word in strings(args, "forbidden_words"))


def _letter_frequency(args: Args, text: str) -> bool:
    count = text.lower().count(string(args, "letter").lower())
    return holds(string(args, "let_relation"), count, whole(args, "let_frequency"))


def _response_language(args: Args, text: str) -> bool:
    return language(text) == string(args, "language")


def _english_or_unclear(text: str) -> bool:
    # A few names or figures tell no language; the instruction is about the letters' case then.
    return language(text) in {"en", None}


def _english_capital(_args: Args, text: str) -> bool:
    return text.isupper() and _english_or_unclear(text)


def _english_lowercase(_args: Args, text: str) -> bool:
    return text.islower() and _english_or_unclear(text)


def _capital_word_frequency(args: Args, text: str) -> bool:
    count = sum(map(str.isupper, tokens(text)))
    return holds(string(args, "capital_relation"), count, whole(args, "capital_frequency"))


def _no_comma(_args: Args, text: str) -> bool:
    return "," not in text


IFEVAL_CONTENT: dict[str, Check] = {
    "ifeval/keywords:existence": check({"keywords": list}, _existence),
    "ifeval/keywords:frequency": check(
        {"keyword": str, "frequency": int, "relation": str}, _frequency, unknown_relation
    ),
    "ifeval/keywords:forbidden_words": check({"forbidden_words": list}, _forbidden_words),
    "ifeval/keywords:letter_frequency": check(
        {"letter": str, "let_frequency": int, "let_relation": str}, _letter_frequency, _bad_letter
    ),
    "ifeval/language:response_language": check({"language": str}, _response_language, _unknown_language),
    "ifeval/change_case:english_capital": check({}, _english_capital),
    "ifeval/change_case:english_lowercase": check({}, _english_lowercase),
    "ifeval/change_case:capital_word_frequency": check(
        {"capital_frequency": int, "capital_relation": str}, _capital_word_frequency, _bad_capital_relation
    ),
    "ifeval/punctuation:no_comma": check({}, _no_comma),
}
