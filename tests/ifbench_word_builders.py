"""For every kind of IFBench about words and sentences: how to build a text that satisfies it, and to break it."""

import string
from itertools import pairwise

from building import WORDS, Builder, Built, Drawing, sentence

PALINDROMES = ["level", "radar", "civic", "madam", "refer", "rotor", "kayak", "tenet", "stats", "solos", "minim"]
STOPS = ["the", "and", "of", "is", "in"]
ONE_SYLLABLE, TWO_SYLLABLES = ["bread", "cloud", "grape", "field"], ["apple", "lemon", "mango", "kayak"]


def word_count_range(draw: Drawing) -> Built:
    words = draw.words(1, 30)
    text = " ".join(words)
    return Built({"min_words": len(words), "max_words": len(words)}, text, text + " more")


def unique_word_count(draw: Drawing) -> Built:
    words = draw.distinct(2, 12)
    return Built({"N": len(words)}, " ".join(words), " ".join([*words[:-1], words[0] + "!"]))


def numbers(draw: Drawing) -> Built:
    found = [f"{word} {draw.one(['7', '3.14', '100,000', '-2'])}" for word in draw.words(1, 8)]
    return Built({"N": len(found)}, "; ".join(found), "; ".join([*found, "and 12"]))


def person_names(draw: Drawing) -> Built:
    names = draw.distinct(1, 6, ["Emma", "Liam", "Ava", "Noah", "Zoe", "Ella"])
    return Built({"N": len(names)}, " and ".join(names), " and ".join([*names[:-1], names[-1].lower()]))


def pronouns(draw: Drawing) -> Built:
    found = [draw.one(["I", "her", "its", "they", "who", "nobody"]) for _ in range(draw.number(1, 9))]
    text = " bread ".join(found)
    return Built({"N": len(found)}, text, text.replace(found[0], "jam", 1))


def punctuation(draw: Drawing) -> Built:
    marks = draw.shuffled([".", ",", "!", "?", ";", ":", "?!"])
    text = " bread".join(["Jam", *marks])
    broken = draw.one([",", ";", ":", "."])
    return Built({}, text, text.replace(broken, ""))


def conjunctions(draw: Drawing) -> Built:
    found = draw.distinct(2, 7, ["and", "but", "for", "nor", "or", "so", "yet"])
    text = " bread ".join(["Jam", *found])
    return Built({"small_n": len(found)}, text, text.replace(f" {found[-1]}", f" {found[0].upper()},"))


def keywords_multiple(draw: Drawing) -> Built:
    keys = draw.distinct(5, 5)
    times = dict(zip(keys, (1, 2, 3, 5, 7), strict=True))
    text = " ".join(draw.shuffled([key for key in keys for _ in range(times[key])]))
    args = {f"keyword{at}": key for at, key in enumerate(keys, 1)}
    return Built({**args}, text, f"{text} {draw.one(keys).title()}.")


def words_japanese(draw: Drawing) -> Built:
    nth = draw.number(2, 5)
    words = [*draw.words(nth, 20)]
    words[nth - 1 :: nth] = ["\u8a00\u8449" for _ in words[nth - 1 :: nth]]
    return Built({"N": nth}, " ".join(words), " ".join([*words[: nth - 1], "word", *words[nth:]]))


def stop_words(draw: Drawing) -> Built:
    stops = draw.number(0, 9)
    words = [draw.one(STOPS) for _ in range(stops)] + [draw.one(WORDS) for _ in range(10 - stops)]
    return Built({"percentage": 10 * stops}, " ".join(words), " ".join([*words[:-1], "the"]))


def overlap(draw: Drawing) -> Built:
    text = sentence(draw.words(3, 20))
    return Built({"reference_text": text, "percentage": 100}, text, text + " Xyzzy frobnicate qux.")


def sentence_type(draw: Drawing) -> Built:
    asked = draw.number(1, 4)
    told = draw.shuffled(["?"] * asked + ["."] * (2 * asked))
    text = " ".join(sentence(draw.words(1, 4), end) for end in told)
    return Built({}, text, text + " Bread it is.")


def sentence_balance(draw: Drawing) -> Built:
    ends = draw.shuffled([".", "?", "!"] * draw.number(1, 3))
    text = " ".join(sentence(draw.words(1, 4), end) for end in ends)
    return Built({}, text, text + draw.one([" Bread!", " Bread?", " Bread."]))


def sentence_words(draw: Drawing) -> Built:
    words = draw.distinct(9, 9)
    parts = [words[:3], words[3:6], words[6:]]
    return Built({}, *(" ".join(map(sentence, some)) for some in (parts, [*parts[:2], [words[0], *parts[2][1:]]])))


def alliteration_increment(draw: Drawing) -> Built:
    letters = draw.distinct(2, 5, list("bcdfg"))
    parts = [sentence([letter + "ad"] * (2 + at)) for at, letter in enumerate(letters)]
    return Built({}, " ".join(parts), " ".join([*parts, parts[0]]))


def increment(draw: Drawing) -> Built:
    more, first = draw.number(1, 4), draw.number(1, 3)
    lengths = [first + more * at for at in range(draw.number(2, 4))]
    parts = [draw.words(length, length) for length in lengths]
    return Built({"small_n": more}, *(" ".join(map(sentence, some)) for some in (parts, [*parts[:-1], parts[-1][1:]])))


def keyword(draw: Drawing) -> Built:
    parts = [draw.words(1, 4) for _ in range(draw.number(2, 8))]
    nth = draw.number(1, len(parts))
    word = draw.one(["giraffe", "horary"])
    keeps = [*parts[: nth - 1], [*parts[nth - 1], word], *parts[nth:]]
    breaks = [*parts[: nth - 1], [*parts[nth - 1], word + "s"], *parts[nth:]]
    return Built({"word": word, "N": nth}, *(" ".join(map(sentence, some)) for some in (keeps, breaks)))


def last_first(draw: Drawing) -> Built:
    chain = draw.distinct(3, 8)
    text = " ".join(sentence([one, "and", other]) for one, other in pairwise(chain))
    return Built({}, text, f"{text} {sentence(['Zebra', 'bread'])}")


def specific_position(draw: Drawing) -> Built:
    nth, place = draw.number(1, 5), draw.number(1, 5)
    parts = [draw.words(6, 8) for _ in range(5)]
    parts[nth - 1][place - 1] = "giggle"
    moved = [*parts[: nth - 1], ["so,", *parts[nth - 1]], *parts[nth:]]
    args = {"keyword": "giggle", "n": nth, "m": place}
    return Built({**args}, *(" ".join(map(sentence, some)) for some in (parts, moved)))


def emoji(draw: Drawing) -> Built:
    marks = [draw.one([" \U0001f600.", ". \U0001f389", "! \u2764\ufe0f"]) for _ in range(draw.number(1, 5))]
    text = " ".join(sentence(draw.words(1, 4), mark) for mark in marks)
    return Built({}, text, text + " Bread without one.")


def sentence_alphabet(draw: Drawing) -> Built:
    parts = [sentence([letter + "aba", *draw.words(1, 3)]) for letter in string.ascii_lowercase]
    gone = draw.number(0, 25)
    return Built({}, " ".join(parts), " ".join([*parts[:gone], *parts[gone + 1 :]]))


def alphabet(draw: Drawing) -> Built:
    start = draw.number(0, 25)
    words = [((string.ascii_lowercase * 3)[start + at]) + "aba" for at in range(draw.number(2, 30))]
    return Built({}, sentence(words), sentence([*words, words[-1]]))


def vowel(draw: Drawing) -> Built:
    letters = draw.distinct(4, 4, list("aeiou"))
    text = " ".join(f"b{letter}d" for letter in letters[:3])
    return Built({}, text, f"{text} b{letters[3]}d")


def consonants(draw: Drawing) -> Built:
    text = " ".join(draw.distinct(1, 4, ["blend", "crisp,", "drink", "frost."]))
    return Built({}, text, f"{text} banana")


def palindrome(draw: Drawing) -> Built:
    found = draw.distinct(10, 10, PALINDROMES)
    return Built({}, ", ".join(found), ", ".join([*found[:-1], "eve", "bread"]))


def prime_lengths(draw: Drawing) -> Built:
    text = " ".join(draw.distinct(1, 5, ["it", "jam,", "bread", "avocado", "(aren't)"]))
    return Built({}, text, f"{text} four")


def repeats(draw: Drawing) -> Built:
    most, words = draw.number(1, 4), draw.distinct(1, 4)
    text = " ".join(draw.shuffled(words * most))
    return Built({"small_n": most}, text, f"{text} {words[0].title()}.")


def no_consecutive(draw: Drawing) -> Built:
    words = draw.distinct(2, 12)
    return Built({}, sentence(words), sentence([*words, words[-1][0].upper() + "alm"]))


def odd_even_syllables(draw: Drawing) -> Built:
    words = [draw.one((ONE_SYLLABLE, TWO_SYLLABLES)[at % 2]) for at in range(draw.number(2, 12))]
    return Built({}, sentence(words), sentence([*words, words[-1]]))


def paragraph_last_first(draw: Drawing) -> Built:
    lines = [sentence([word, *draw.words(1, 4), word]) for word in draw.words(1, 5)]
    return Built({}, "\n\n".join(lines), "\n\n".join([*lines, "Bread is jam."]))


def words_position(draw: Drawing) -> Built:
    words = draw.words(3, 8)
    kept = [words[0], "whisper", *words[1:-1], "whisper", words[-1]]
    return Built({"keyword": "whisper"}, sentence(kept), sentence(["bread", *kept]))


def start_verb(draw: Drawing) -> Built:
    verb = draw.one(["Build", "Builds", "Built", "Building", "Imagine", "Stopped", "Carrying", "Understand", "Is"])
    return Built({}, f"{verb} the {draw.one(WORDS)}.", f"The {verb} {draw.one(WORDS)}.")


WORD_BUILDERS: dict[str, Builder] = {
    "ifbench/count:word_count_range": word_count_range,
    "ifbench/count:unique_word_count": unique_word_count,
    "ifbench/count:numbers": numbers,
    "ifbench/count:person_names": person_names,
    "ifbench/count:pronouns": pronouns,
    "ifbench/count:punctuation": punctuation,
    "ifbench/count:conjunctions": conjunctions,
    "ifbench/count:keywords_multiple": keywords_multiple,
    "ifbench/count:words_japanese": words_japanese,
    "ifbench/ratio:stop_words": stop_words,
    "ifbench/ratio:overlap": overlap,
    "ifbench/ratio:sentence_type": sentence_type,
    "ifbench/ratio:sentence_balance": sentence_balance,
    "ifbench/ratio:sentence_words": sentence_words,
    "ifbench/sentence:alliteration_increment": alliteration_increment,
    "ifbench/sentence:increment": increment,
    "ifbench/sentence:keyword": keyword,
    "ifbench/words:last_first": last_first,
    "ifbench/words:keywords_specific_position": specific_position,
    "ifbench/format:emoji": emoji,
    "ifbench/custom:sentence_alphabet": sentence_alphabet,
    "ifbench/words:alphabet": alphabet,
    "ifbench/words:vowel": vowel,
    "ifbench/words:consonants": consonants,
    "ifbench/words:palindrome": palindrome,
    "ifbench/words:prime_lengths": prime_lengths,
    "ifbench/words:repeats": repeats,
    "ifbench/words:no_consecutive": no_consecutive,
    "ifbench/words:odd_even_syllables": odd_even_syllables,
    "ifbench/words:paragraph_last_first": paragraph_last_first,
    "ifbench/words:words_position": words_position,
    "ifbench/words:start_verb": start_verb,
}
