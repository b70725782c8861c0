"""How the benchmarks' checks take English apart, and how they tell it from other languages."""

import pytest

from ifeval_builders import IN_LANGUAGES
from longplay.verifiers.emoji import ends_with_emoji, is_emoji, opens_with_emoji
from longplay.verifiers.english import bare, bare_words, numbers, runs, sentences, tokens, word_tokens
from longplay.verifiers.languages import LANGUAGES, language
from longplay.verifiers.syllables import syllables
from longplay.verifiers.text import sentences as plain_sentences
from longplay.verifiers.verbs import opens_with_verb


@pytest.mark.parametrize(
    "parts",
    [
        ["One is here.", "Two?", "Three!"],
        ["Dr. Low met Mr. J. Smith at 5 p.m. on Main St. near U.S. soil.", "He left."],
        ["It was 5 p.m.", "The shop closed."],
        ["He works for Acme Inc.", "However, he is bored."],
        ["We like fruit, e.g.", "apples, etc.", "and nuts."],
        ["Wait... what?", "Well..", "The end."],
        ['She said "Go."', "He went."],
        ['"Go!"', "she said."],
        ["(It is so.)", "Or not."],
        ["1.", "First of all.", "2.", "Second."],
        ["1. apples are red."],
        ["Really?!", "Yes."],
        ["Version 2.0 is out, see example.com for more."],
        ["First line\nsecond line.", "Third"],
        ["Vitamin C. is good for you."],
        ["I chose plan B.", "The others did not."],
        ["He said \u201cGo.\u201d", "Then he left."],
        ["Is it else's.", "Yes."],
    ],
    ids=lambda parts: parts[0],
)
def test_sentences_end_where_punkt_ends_them(parts: list[str]) -> None:
    assert list(sentences(" ".join(parts))) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Use !?!?. Then go.", ["Use !", "?!?.", "Then go."]),
        ("**Bold.** Next one.", ["**Bold.", "** Next one."]),
        ("The end.**", ["The end.", "**"]),
        ("One.Two is one.", ["One.Two is one."]),
    ],
)
def test_where_punkt_is_odd_the_sentences_are_as_odd(text: str, parts: list[str]) -> None:
    assert list(sentences(text)) == parts


def test_a_text_without_visible_characters_has_no_sentences() -> None:
    assert list(sentences("")) == list(sentences(" \n\t")) == []


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Don't we know it's 5 o'clock?", "Do n't we know it 's 5 o'clock ?"),
        ("They'll say I'm John's, won't they.", "They 'll say I 'm John 's , wo n't they ."),
        ("At 10:30, pay $3.50 (or 1,000%)!", "At 10:30 , pay $ 3.50 ( or 1,000 % ) !"),
        ('He said "well-known" things...', "He said '' well-known '' things ..."),
        ("We cannot -- gonna -- lemme.", "We can not -- gon na -- lem me ."),
        ("Mr. Low left the U.S.", "Mr. Low left the U.S ."),
        ("'Tis the dogs' 'time'", "'T is the dogs ' ' time '"),
        ("a*b **bold**", "a * b * * bold * *"),
        ('It ended.")', "It ended . '' )"),
        ("don\u2019t", "don \u2019 t"),
    ],
)
def test_tokens_are_those_of_the_penn_treebank(sentence: str, found: str) -> None:
    assert list(tokens(sentence)) == found.split()


def test_words_are_tokens_with_a_letter_or_digit_and_runs_are_of_letters_and_digits() -> None:
    assert word_tokens("So, it's 5!") == ["So", "it", "'s", "5"]
    assert runs("don't stop_now: 3.5\u20ac caf\xe9") == ["don", "t", "stop_now", "3", "5", "caf\xe9"]
    assert runs("don't stop_now: 3.5") == ["don", "t", "stop_now", "3", "5"]
    assert numbers("1,000 and \u0663 of 7th") == ["1", "000", "\u0663", "7"]
    assert bare("it's (so)") == "its so"
    assert bare("it's (so)\u2026") == "its so\u2026"
    assert list(bare_words("It's - so!")) == ["its", "so"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("a the cat strange through jumped asked eyes league quick straight day played codes", 1),
        ("table added boxes happy people making beyond player lion quiet movement baseball rhythm create", 2),
        ("area audience idea beautiful radio carrying completely however actual basically", 3),
        ("oneself lifespan safeguard lifelong racehorse Noah Chloe Zoe Ryan Liam stoic voice choice savior", 2),
        ("heroic chaotic proactive behavior behaviour caretaker typewriter", 3),
        ("generation understanding January experience associate situation society", 4),
        ("creativity university imagination association organization", 5),
    ],
)
def test_syllables_are_counted_by_rule(words: str, count: int) -> None:
    assert {word: syllables(word) for word in words.split()} == dict.fromkeys(words.split(), count)


def test_what_is_no_word_has_no_syllables() -> None:
    assert (syllables("12"), syllables("covid19"), syllables("!"), syllables("hmm")) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("opening", "verb"),
    [
        ("Build a house.", True),
        *(
            (f"{verb} the text.", True)
            for verb in ["Rewrite", "Rephrase", "Condense", "Criticize", "Modernize", "Overthink", "Undo"]
        ),
        ("Brainstorm with me.", True),
        ("Personify the moon.", True),
        ("Demolishing a building is hard.", True),
        ("Nestled between hills, the town sleeps.", True),
        ("Place the cup here.", True),
        ("Check food labels.", True),
        ("Visit Paris in May.", True),
        ("Imagine: a beach.", True),
        ("Place: Luminar.", False),
        ("Step 1: Mix.", False),
        ("Note 3: see above.", False),
        ("Model training varies.", False),
        ("Mirror Lake is calm.", False),
        ("Test results are in.", False),
        ("Morning came.", False),
        ("Outcome: good.", False),
        ("Building a house takes time.", True),
        ("Is it so?", True),
        ("Let's go.", True),
        ("Stopped by the rain, we waited.", True),
        ("Water the plants.", True),
        ("Water is life.", False),
        ("Work of this kind is rare.", False),
        ("The house is built.", False),
        ("Can we go?", False),
        ("Happily they went.", False),
        ("**Build** it.", False),
        ("...", False),
    ],
)
def test_an_opening_verb_is_told_from_a_noun_by_what_follows(opening: str, verb: bool) -> None:
    assert opens_with_verb(list(tokens(opening))) is verb


def test_each_language_is_told_from_all_others_by_one_sentence() -> None:
    assert set(IN_LANGUAGES) == LANGUAGES
    assert {code: language(text) for code, text in IN_LANGUAGES.items()} == {code: code for code in LANGUAGES}
    assert {code: language(text.upper()) for code, text in IN_LANGUAGES.items()} == {code: code for code in LANGUAGES}


@pytest.mark.parametrize("text", ["", "12:30", "TESLA ROCKS", "\U0001f600", "qq zz", "ab \u4e00\u4e01 \u0434\u0435"])
def test_a_text_that_does_not_tell_its_language_has_none(text: str) -> None:
    assert language(text) is None


def test_emoji_are_told_from_letters_marks_and_selectors() -> None:
    assert all(map(is_emoji, "\U0001f600\u2764\u2705\xa9\u231a\U0001f3fb\U0001faf6"))
    assert not any(map(is_emoji, "a1#*\u2713\ufe0f\u200d\u2022\u65e5"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Will Smith came. He left. Why?", 3),
        ("Mrs. So and Dr. If came. They left.", 2),
        ("We crossed the river...\nRain began.", 2),
        ("We waited...\nand waited.", 1),
        ("It is marked SECTION X. Finish the poem.", 2),
        ("This is plan B. Go now.", 2),
        ("He met J. Finish of Leeds.", 1),
    ],
)
def test_titles_letters_and_ellipses_end_sentences_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(list(sentences(text))) == len(plain_sentences(text)) == count


FLAG, ENGLAND, KEYCAP = "\U0001f1eb\U0001f1f7", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "1\ufe0f\u20e3"


@pytest.mark.parametrize(
    "emoji", [FLAG, ENGLAND, KEYCAP, "#\ufe0f\u20e3", "\u2764\ufe0f", "\U0001f469\u200d\u2695\ufe0f"]
)
def test_flags_keycaps_and_joined_emoji_are_emoji(emoji: str) -> None:
    assert opens_with_emoji(f"{emoji} So it is.")
    assert ends_with_emoji(f"So it is. {emoji}")


@pytest.mark.parametrize("text", ["1 So it is 1", "# so #", "*so*", "so\ufe0f", ""])
def test_digits_and_marks_alone_are_no_emoji(text: str) -> None:
    assert not opens_with_emoji(text)
    assert not ends_with_emoji(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bonjour mes amis!", "fr"),
        ("Guten Tag, mein Freund!", "de"),
        ("Hola, amigos!", "es"),
        ("Buongiorno a tutti!", "it"),
        ("Ol\u00e1, meu amigo!", "pt"),
        ("Goedemorgen allemaal!", "nl"),
        ("Hej alla!", "sv"),
        ("Dzie\u0144 dobry!", "pl"),
        ("Dobr\u00fd den!", "cs"),
        ("Merhaba d\u00fcnya!", "tr"),
        ("Xin ch\u00e0o!", "vi"),
        ("Selamat pagi!", "id"),
        ("\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "ru"),
        ("\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "ar"),
        ("\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "hi"),
        ("Good morning!", "en"),
        ("Merci beaucoup!", "fr"),
        ("Danke sch\u00f6n!", "de"),
        ("Gracias!", "es"),
        ("Tack s\u00e5 mycket!", "sv"),
        ("Tusen takk!", "no"),
        ("Mange tak!", "da"),
    ],
)
def test_short_greetings_are_told(text: str, code: str) -> None:
    assert language(text) == code
