"""Checks that count words, sentences and paragraphs; must not know how a constraint is chosen or scored."""

from longplay.verifiers.shape import Args, Check, string, whole
from longplay.verifiers.text import count_phrase, paragraphs, sentences, words


def _low_above_high(args: Args) -> str:
    return "low is above high" if whole(args, "low") > whole(args, "high") else ""


def _words_between(args: Args, text: str) -> bool:
    return whole(args, "low") <= len(words(text)) <= whole(args, "high")


def _words_at_most(args: Args, text: str) -> bool:
    return len(words(text)) <= whole(args, "n")


def _words_at_least(args: Args, text: str) -> bool:
    return len(words(text)) >= whole(args, "n")


def _sentences_exactly(args: Args, text: str) -> bool:
    return len(sentences(text)) == whole(args, "n")


def _sentences_at_most(args: Args, text: str) -> bool:
    return len(sentences(text)) <= whole(args, "n")


def _sentences_at_least(args: Args, text: str) -> bool:
    return len(sentences(text)) >= whole(args, "n")


def _sentence_words_at_most(args: Args, text: str) -> bool:
    found = sentences(text)
    return bool(found) and all(len(words(sentence)) <= whole(args, "n") for sentence in found)


def _paragraphs_exactly(args: Args, text: str) -> bool:
    return len(paragraphs(text)) == whole(args, "n")


def _no_such_sentence(args: Args) -> str:
    if whole(args, "sentence") == 0:
        return "sentences are counted from 1"
    return "" if words(string(args, "keyword")) else "the keyword holds no word"


def _keyword_in_sentence(args: Args, text: str) -> bool:
    found = sentences(text)
    at = whole(args, "sentence")
    return at <= len(found) and count_phrase(found[at - 1], string(args, "keyword")) > 0


LENGTH: dict[str, Check] = {
    "words-between": Check({"low": int, "high": int}, _words_between, _low_above_high),
    "words-at-most": Check({"n": int}, _words_at_most),
    "words-at-least": Check({"n": int}, _words_at_least),
    "sentences-exactly": Check({"n": int}, _sentences_exactly),
    "sentences-at-most": Check({"n": int}, _sentences_at_most),
    "sentences-at-least": Check({"n": int}, _sentences_at_least),
    "sentence-words-at-most": Check({"n": int}, _sentence_words_at_most),
    "paragraphs-exactly": Check({"n": int}, _paragraphs_exactly),
    "keyword-in-sentence": Check({"keyword": str, "sentence": int}, _keyword_in_sentence, _no_such_sentence),
}
