"""Checks of which words and characters a reply uses; must not know how a constraint is chosen or scored.

A check that forbids something asks for nothing else: that a blank reply follows nothing is decided by the caller.
"""

from longplay.verifiers.shape import Args, Check, string, strings, whole
from longplay.verifiers.text import count_phrase, sentences, words


def _wordless_keyword(args: Args) -> str:
    empty = [word for word in strings(args, "keywords") if not words(word)]
    return f"these keywords hold no word: {', '.join(empty)}" if empty else ""


def _not_one_letter(args: Args) -> str:
    letter = string(args, "letter")
    return "" if len(letter) == 1 and letter.isalpha() else "letter must be one letter"


def _keywords_at_least(args: Args, text: str) -> bool:
    return all(count_phrase(text, keyword) >= whole(args, "n") for keyword in strings(args, "keywords"))


def _keywords_none(args: Args, text: str) -> bool:
    return not any(count_phrase(text, keyword) for keyword in strings(args, "keywords"))


def _all_lowercase(_args: Args, text: str) -> bool:
    return any(map(str.islower, text)) and not any(char.isupper() or char.istitle() for char in text)


def _all_uppercase(_args: Args, text: str) -> bool:
    return any(map(str.isupper, text)) and not any(map(str.islower, text))


def _capital_words_exactly(args: Args, text: str) -> bool:
    # One letter is not enough: I and A are capital without being written in capitals.
    shouted = [word for word in words(text) if word.isupper() and sum(map(str.isalpha, word)) > 1]
    return len(shouted) == whole(args, "n")


def _no_commas(_args: Args, text: str) -> bool:
    return not any(comma in text for comma in ",\uff0c\u3001\u060c")


def _no_digits(_args: Args, text: str) -> bool:
    return not any(map(str.isdigit, text))


def _exclamations_exactly(args: Args, text: str) -> bool:
    return text.count("!") + text.count("\uff01") == whole(args, "n")


def _forbidden_letter(args: Args, text: str) -> bool:
    return string(args, "letter").lower() not in text.lower()


def _sentences_begin_with(args: Args, text: str) -> bool:
    letter = string(args, "letter").casefold()
    found = sentences(text)
    return bool(found) and all(words(sentence)[0].casefold().startswith(letter) for sentence in found)


def _same_first_and_last_word(_args: Args, text: str) -> bool:
    found = words(text.casefold())
    return len(found) > 1 and found[0] == found[-1]


WORDING: dict[str, Check] = {
    "keywords-at-least": Check({"keywords": list, "n": int}, _keywords_at_least, _wordless_keyword),
    "keywords-none": Check({"keywords": list}, _keywords_none, _wordless_keyword),
    "all-lowercase": Check({}, _all_lowercase),
    "all-uppercase": Check({}, _all_uppercase),
    "capital-words-exactly": Check({"n": int}, _capital_words_exactly),
    "no-commas": Check({}, _no_commas),
    "no-digits": Check({}, _no_digits),
    "exclamations-exactly": Check({"n": int}, _exclamations_exactly),
    "forbidden-letter": Check({"letter": str}, _forbidden_letter, _not_one_letter),
    "sentences-begin-with": Check({"letter": str}, _sentences_begin_with, _not_one_letter),
    "same-first-and-last-word": Check({}, _same_first_and_last_word),
}
