"""Tells whether an English sentence opens with a verb; must not know any check.

No tagger is at hand: a list of verbs, the rules of their forms, and a look at the next word, since water in "Water the
plants" is a verb and in "Water is life" it is not. Can, may, must and their like are no verbs here, as for the Penn
Treebank, whose tags the benchmark asks for.
"""

from collections.abc import Sequence

from longplay.verifiers.lexicon import listed
from longplay.verifiers.verb_lists import ALSO_NOUNS, IRREGULAR, NO_FORMS, VERBS

_NOUN_BEFORE = frozenset(
    {"is", "are", "was", "were", "has", "of", "'s", "will", "would", "can", "could", "may", "might"}
)
_VERBS_ALONE = VERBS - ALSO_NOUNS
_VOWELS = frozenset("aeiou")
_PREFIXES = ("re", "over", "under", "out", "un", "mis", "pre", "co", "de", "dis", "inter", "fore")
_NOUNS = listed("income outcome outlook output outset overview overall preview region require undertone unlike")
"""What looks like a verb with something before it, and is none."""
_CALLS = listed("beware behold consider guess imagine listen look note picture remember say see suppose think")
"""Verbs that a colon may follow: Imagine: a beach."""
_OPENS_OBJECT = listed(
    "a an the this that these those my your our his her its their some any each every all both it them him us me you"
    " to for with in on at by from into up down out off over about if when how what why who where and or"
)


def opens_with_verb(tokens: Sequence[str]) -> bool:
    """Whether the first of a sentence's tokens is a verb in any form: build, builds, built, building."""
    if not tokens:
        return False
    word = tokens[0].lower()
    if word in IRREGULAR or (word.endswith(("ing", "ed")) and _is_form(word)):
        return not _is_label(tokens)
    return _is_verb(word) and not _is_named(word, tokens) and not _is_label(tokens)


def _is_form(word: str) -> bool:
    """Whether a word in -ing or -ed is a participle: most are."""
    return word not in NO_FORMS and word.isalpha() and len(word) > 4 and any(mark in word[:-2] for mark in "aeiouy")


def _is_verb(word: str) -> bool:
    stems = _stems(word)
    fronts = () if word in _NOUNS else _PREFIXES
    bare = [word.removeprefix(front) for front in fronts if word.startswith(front)]
    of_bare = {stem for one in bare if len(one) > 2 for stem in _stems(one)}
    made = any(len(stem) > 5 and stem.endswith(("ify", "ize")) for stem in stems)
    return made or not (stems | of_bare).isdisjoint(VERBS)


def _is_label(tokens: Sequence[str]) -> bool:
    """`Place: Luminar.`, `Step 1: Mix.`: what is named, not what is done."""
    numbered = len(tokens) > 1 and tokens[1][:1].isdigit()
    after = tokens[2 if numbered else 1 :][:1]
    return after == [":"] and (numbered or tokens[0].lower() not in _CALLS)


def _is_named(word: str, tokens: Sequence[str]) -> bool:
    """Whether a word that may be a verb is what the sentence speaks of: Water is life, Model training varies."""
    small = [token.lower() for token in tokens[1:4]]
    if small[:1] and small[0] in _NOUN_BEFORE:
        return True
    if _stems(word).isdisjoint(ALSO_NOUNS) or len(small) < 2 or small[0] in _OPENS_OBJECT:
        return False
    third = small[1].endswith("s") and not _stems(small[1]).isdisjoint(_VERBS_ALONE)
    return small[1] in _NOUN_BEFORE - {"of", "'s"} or third


def _stems(word: str) -> set[str]:
    """What the word could be a form of, itself included."""
    found = {word}
    for ending in ("s", "es", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem == word:
            continue
        found |= {stem, stem + "e"} if ending == "ing" else {stem}
        if ending in {"es", "ed"} and stem.endswith("i"):
            found.add(stem[:-1] + "y")  # carries, carried
        if ending in {"ed", "ing"} and len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
            found.add(stem[:-1])  # stopped, stopping
    return found
