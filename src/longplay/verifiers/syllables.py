"""Counts the syllables of an English word by its spelling; must not know any check.

No dictionary is at hand: rules for silent letters and for neighbouring vowels that are spoken apart, each with words it
is for, and a table of words that no rule gets right.
"""

import re
from functools import lru_cache

_LETTERS = re.compile(r"[a-z]+")
# The u of quick and league is silent; a y beside a vowel is none itself: day, beyond, player.
_NO_VOWEL = re.compile(r"(?<=q)u|(?<=[aeiou]g)ue(?=s?$)|(?<=ong)ue(?=s?$)")
_GROUP = re.compile(r"[aeiou]+|(?<![aeiou])y(?![aeiou])")
# somehow, household
_FIRST_HALF = re.compile(
    r"^(base|care|cheese|fire|grape|home|hope|horse|house|life|like|name|note|one|race|safe|some|space|there|time|type"
    r"|ware|where|white|whole|wide)(?=[bcfghjkmnpqtwxz]|lo|s(?:al|el|hi|ho|p|ty)|vie)"
)
_SECOND_HALVES = (
    "ly|ments?|mental|ful|fully|less|lessly|lessness|ness|some|times?|where|thing|body|towns?|shirts?|work|works|way|ways"
    "|balls?|walks?|ware|lines?|man|men|land|lands|hood|hoods|casts?|marks?|holders?|wise|bodies|day|side|keeper|place"
)
# Dropped only where another vowel stands before it: she and bed keep theirs.
_SILENT = re.compile(
    "|".join(
        [
            r"(?<![cgsxz])(?<!ch)(?<!sh)(?<![^aeiouylr][lr])es$",  # codes; but boxes, tables, acres
            r"(?<![td])(?<![^aeiouylr][lr])ed$",  # asked; but added, handled
            r"(?<![^aeiouylr][lr])(?<![aeiou])e$",  # same, rate; but table, centre
            rf"(?<![^aeiouy]l)e(?=(?:{_SECOND_HALVES})$)",  # completely, movement, baseball
            r"(?<=ic)a(?=lly$)",  # basically
        ]
    )
)
_APART = re.compile(
    "|".join(
        [
            r"(?<![cstgln])i(?=a(?!ge?$))|(?<=^g)i(?=a)|(?<=n)i(?=a(?:ls?|cs?|s)?$)",  # piano; but social, marriage
            r"(?<=[cstg])i(?=at)",  # associate, appreciate
            r"(?<=l)i(?=a(?:ble|bility|nces?|nc|bl|s$|t|b))",  # reliable, alliance
            r"(?<![cstgxlnh])(?<!hav)(?<!sav)i(?=o)|(?<=^l)i(?=o)",  # radio, lion; but behavior
            r"(?<=[ln])i(?=o(?!ns?$|rs?$|us))",  # folio; but million
            r"i(?=um)|(?<![csxtln])i(?=us)",  # stadium, radius; but genius
            r"(?<![ctln])i(?=en[ct])|(?<=^cl)i(?=en)|i(?=et)",  # audience, client; society
            r"(?<=[^aeiou])i(?=ers?$)|(?<=[^aeiour])i(?=est$)|(?<=[aeiour]r)i(?=est$)",  # easier, carrier, sorriest
            r"(?<![gh])e(?=o(?!u|ple|pard))|(?<=^g)e(?=o(?!r))|(?<=^th)e(?=o)",  # video, geography; but people, surgeon
            r"(?<=^r)e(?=a(?:ct|ff|li|ss|pp|rr))|(?<=cr)e(?=at)|(?<=^id)e(?=a)|(?<=ar)e(?=as?$)",  # react, create, idea
            r"e(?=i(?:ng|ty))|(?<=^pr)e(?=[eo])|(?<=^r)e(?=[eou]|in)|(?<=[bcpsr])e(?=ans?$)(?<!^be)(?<!oce)",  # being
            r"(?<!g)u(?=a(?:l|r[iy]|t|b))|(?<=g)u(?=al$)",  # actual, January, situation
            r"u(?=ous|it(?:y|ous|ive)|ing$|e(?:l|n[ct]|t$))|(?<=[flr])u(?=i[dn])|(?<=[en])u(?=ine?)",  # duet, ruin
            r"o(?=ing|ist|e(?:t|m|v))|(?<=^c)o(?=op|or|inc|exi|edu|ali)|a(?=o[st])|a(?=ic$)",  # going, poet, chaos
            r"o(?=ic(?!e|i|y))|(?<=^pr)o(?=act)",  # heroic, proactive; but voice
            r"(?<=[^aeiou])y(?=i|er)",  # carrying, flyer
        ]
    )
)
_WITHOUT_VOWEL = re.compile(r"(?:s|th)ms?$")  # mechanism, rhythm
_EXCEPTIONS = {
    word: count
    for count, words in (
        (
            1,
            "aisle aisles choir clothes pier priest priests realm tier",
        ),
        (
            2,
            "argue argued argues business cafe cafes chile colonel creature creatures cruel diamond diamonds "
            "evening evenings every facade forehead frontier frontiers genre genres maybe meow naive naked "
            "ninety ocean oceans premier rely rhythm rhythms sacred safety science skiing soldier soldiers "
            "someone something somewhere therefore vacuum via wednesday whereas wicked wretched "
            "boaz bryan chloe cleo joel leah liam noah noel rhea ryan theo zoe",
        ),
        (
            3,
            "adobe alien aliens anime anyone apache beloved businesses element elements everyday everyone "
            "everything everywhere fiance finale hawaii implement implements israel karate linear moreover "
            "museum museums nonetheless nuclear oasis ohio parliament poetry recipe recipes sciences scientist "
            "scientists sesame simile suicide supplement supplements theater theatre theories theory tokyo "
            "vegetable vegetables wherever",
        ),
        (
            4,
            "diabetes everybody implemented nevertheless scientific ukulele",
        ),
    )
    for word in words.split()
}


@lru_cache(maxsize=4096)
def syllables(word: str) -> int:
    """The syllables of a word, at least 1; 0 where it holds a digit or no letter from a to z."""
    letters = "".join(_LETTERS.findall(word.casefold()))
    if not letters or any(map(str.isdigit, word)):
        return 0
    if letters in _EXCEPTIONS:
        return _EXCEPTIONS[letters]
    first = _GROUP.search(letters)
    heard = _FIRST_HALF.sub(lambda half: half[1][:-1], _NO_VOWEL.sub("", letters))
    heard = _SILENT.sub(lambda mark: "" if first and first.end() <= mark.start() else mark[0], heard)
    extra = len(_APART.findall(heard)) + bool(_WITHOUT_VOWEL.search(letters))
    return max(1, len(_GROUP.findall(heard)) + extra)
