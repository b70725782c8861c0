"""What one statement of a judge chooses: clause by clause, denials seen. Knows no markers and no layout of a reply.

A clause claims a choice (`B`, `I will choose B`, `B is clearly stronger`), denies it (`B is not the better one`, `not
B`), or does neither (`B lacks detail`, `2 facts are wrong`). What stands before a choice in its clause must be words
that lead to a choice, and what follows must say that it is chosen; everything else is read as no choice at all.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from longplay.verifiers.lexicon import listed

_NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2212": "-"})
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>|<\|[^<>|\n]{0,40}\|>")
_LATEX = re.compile(r"\\[A-Za-z]+\s*(?=\{)|\$(?=\S[^$\n]*\$)|(?<=\S)\$")
_DRESS = re.compile(r"[*_`#\"\u201c\u201d{}\[\]\\\u200b-\u200d\u2060\ufe0e\ufe0f\u20e3\ufeff]+|(?<!\w)'|'(?!\w)")
_SPACE = re.compile(r"[^\S\n]+")
_WRAPPED = re.compile(r"\A[\s(]*\(([^()]*)\)(?=\W*\Z)")
# What sets a conclusion off from its reasons; the mark after it parts no clauses.
_CONCLUDES = re.compile(
    r"\b(therefore|thus|hence|consequently|accordingly|finally|ultimately|in conclusion|to conclude|in the end"
    r"|(?:final|ultimate) (?:answer|verdict|rating|score|choice|decision|judge?ment|result|level)"
    r"|on second thoughts?|on reflection|actually|correction|instead|overall)\s*[,:=]",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\bnot (?:only|just|merely|simply)\b"
    r"|\b(?:there is |there's )?(?:no|without|beyond)(?: an?| any)? (?:doubt|question)(?: that)?\b",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"(?<![.!?])([.!?])+(?=\s|$)|[;|()\n]|(?<!\d),|,(?!\d)|:(?!\d)|(?<!\d):|\s[-\u2013]+\s|\u2014"
    r"|\b(?:because|since|although|though|while|whereas|however|but)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\d\s*[-\u2013\u2014]\s*\d")
_TOKEN = re.compile(r"[<>~\u2248\u2264\u2265+$\u20ac\xa3-]{0,3}\d[\d.,/]*\w*[%+]?|[^\W\d_]+(?:'[^\W\d_]+)?|[=/&<>]")
_HALF = re.compile(
    r"\b(?:\d|one|two|three|four|five)\s*(?:and\s+(?:an?\s+)?(?:half|quarter|bit)|(?:and\s+)?(?:\u00bd|\u00bc|\u00be|1\s*[/\u2044]\s*2)|point\s+\w+)",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\b(\d+)\.0+\b")

_LEADING = listed("""
    response answer option reply assistant model candidate text score level rating grade number a an the it it's
    its this that that's is was be my our your final overall better best stronger superior preferred winning
    winner choice verdict decision judgment judgement result one i i'd i'll i'm we we'd we'll would will must
    solid strong weak
    have to should can choose chose chosen pick select prefer favor favour go going went with for vote settle on
    give gave rate assign award say call conclude conclusion in therefore thus hence so consequently accordingly
    finally ultimately clearly definitely obviously simply just and = n x of on second thought thoughts
    reflection actually correction instead end then again
""")
_EXPLICIT = listed("therefore thus hence consequently accordingly finally ultimately final ultimate conclusion")
_DENIES = listed("not never no neither nor cannot none nothing hardly without against unlike except")
_SET_ASIDE = frozenset(("than", "over", "above", "before"))
"""What comes after these is what was not chosen: A over B."""
_ARTICLES = frozenset(("the", "response", "reply", "answer", "option"))
_AFTER = listed("as for with given due here and based overall despite")
_OF_NUMBER = listed("point points star stars")
_OF_LABEL = {"tie": ("between", "game"), "full": ("refusal",), "partial": ("refusal",), "none": ()}
_IS = listed("is was are be has does did will would seems seemed looks remains feels comes gets 's can could should")
_WINS = listed("wins won prevails")
_LOSES = listed("loses lost fails failed")
_CHOSEN = listed("""
    better best stronger strongest superior preferred preferable prefer winner winning wins win choice right correct
    answer more closer closest appropriate fair deserved fitting apt accurate ahead
    """)
_REJECTED = listed("rejected discarded disqualified dismissed eliminated excluded overruled withdrawn retracted")
_FILLERS = _IS | _ARTICLES | listed("a an as been being one clearly therefore thus hence")
_BEATEN = listed("worse worst weaker weakest inferior loser wrong incorrect less beaten unsuitable")


_MOST_DENYING = 3  # words of a clause that says no more than "is not"


class Claim(msgspec.Struct, frozen=True):
    """What one clause says of one choice. `explicit`: it names itself a conclusion (therefore, final answer)."""

    choice: str
    chosen: bool
    explicit: bool = False


def plain(text: str) -> str:
    """The text in ASCII digits and without markup, quotation marks and invisible characters; case and marks stay."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    folded = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
    bare = _SPACE.sub(" ", _DRESS.sub(" ", _LATEX.sub(" ", _TAG.sub(" ", folded))))
    return _WRAPPED.sub(r"\1", _WHOLE.sub(r"\1", bare)).strip()


def whole(text: str, choices: Sequence[str]) -> str | None:
    """The choice that the text is and nothing more, in any dress and case."""
    bare = _unscaled(plain(_opened(text, choices)), choices).strip(" .!()")
    return _same(_NUMBERS.get(bare.casefold(), bare), choices)


def decide(text: str, choices: Sequence[str]) -> str | None:
    """The one choice of a statement; None where it has none, several, or one that is denied."""
    alone = whole(text, choices)
    if alone is not None:
        return alone
    clauses = _statement(text, choices)
    made = [claim for clause in clauses for claim in clause]
    last = _last_explicit(made)
    if last is not None:
        made = made[last:]
    elif not clauses or not clauses[0]:
        return None
    chosen = {claim.choice for claim in made if claim.chosen}
    denied = {claim.choice for claim in made if not claim.chosen}
    return chosen.pop() if len(chosen) == 1 and not chosen & denied else None


def concludes(text: str, choices: Sequence[str]) -> bool:
    """Whether the statement holds a clause that calls itself the conclusion and chooses."""
    return _last_explicit([claim for clause in _statement(text, choices) for claim in clause]) is not None


def _statement(text: str, choices: Sequence[str]) -> list[list[Claim]]:
    """The claims of each clause. One without a subject of its own may take back the choice that stands open before it
    in its sentence: `A, sadly, is not`, `A (rejected)`."""
    found: list[list[Claim]] = []
    open_choice: str | None = None
    for tokens, begins in _clauses(text, choices):
        claims = _claims(tokens, choices)
        small = [token.casefold() for token in tokens]
        named = [choice for at in range(len(tokens)) if (choice := _named(tokens, at, choices)) is not None]
        open_choice = None if begins else open_choice
        if named:
            last = small[-1] in _IS and len(small) > 1
            open_choice = _named(tokens, len(tokens) - 1 - last, choices)
        elif open_choice is not None and _takes_back(open_choice, small):
            claims = [Claim(open_choice, chosen=False)]
        found.append(claims)
    return found


def _takes_back(choice: str, small: list[str]) -> bool:
    """Whether words without a subject say that a level, or one of two texts, is not chosen after all. Of a level only
    what can be no reason for it (`2, does not answer` speaks of the text); of kinds of refusal and yes or no nothing
    (`none, does not`, `full (rejected)` are reasons)."""
    between_two = choice == "tie" or (len(choice) == 1 and not choice.isdigit())
    if not small or not (between_two or choice.isdigit()):
        return False
    first = small[0]
    goes_on = first in _IS or _negates(first)
    if goes_on and _negates(small[-1]) and len(small) <= _MOST_DENYING:
        return True
    if _REJECTED.intersection(small) and _REJECTED.union(_FILLERS).issuperset(small):
        return True
    if not between_two:
        return False
    if _BEATEN.intersection(small) and _BEATEN.union(_FILLERS).issuperset(small):
        return True
    return first in _LOSES or (goes_on and _verdict_of(small) is False)


def _negates(word: str) -> bool:
    return word in ("not", "never", "cannot") or word.endswith("n't")


def _last_explicit(made: Sequence[Claim]) -> int | None:
    found = [at for at, claim in enumerate(made) if claim.explicit and claim.chosen]
    return found[-1] if found else None


def _same(word: str, choices: Sequence[str]) -> str | None:
    return next((choice for choice in choices if choice.casefold() == word.casefold()), None)


def _opened(text: str, choices: Sequence[str]) -> str:
    """Without pointed brackets around a choice: `<A>` is A, unless it is closed like a tag."""
    for choice in choices:
        if f"</{choice.casefold()}>" not in text.casefold():
            text = re.sub(rf"<\s*({re.escape(choice)})\s*>", r" \1 ", text, flags=re.IGNORECASE)
    return text


def _unscaled(text: str, choices: Sequence[str]) -> str:
    """Without the ends of the scale: `4/5`, `4 out of 5`, `4 on a scale of 1 to 5` are 4."""
    low, high = re.escape(choices[0]), re.escape(choices[-1])
    scale = rf"\(?\s*\b(?:on |from )?(?:an? |the )?scale (?:of |from )?{low}\s*(?:-|\u2013|to)\s*{high}\b\s*\)?"
    text = re.sub(scale, " ", text, flags=re.IGNORECASE)
    return re.sub(rf"(?<=\d)\s*(?:\(\s*(?:out )?of {high}\s*\)|(?:/|(?:out )?of)\s*{high}\b(?![.,/]?\d))", "", text)


def _clauses(text: str, choices: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """The words of each clause that has any, none for a question; and whether it begins a sentence."""
    bare = _NO_DENIAL.sub(" ", _unscaled(plain(_opened(text, choices)), choices))
    bare = _HALF.sub(" / ", _RANGE.sub(" / ", _CONCLUDES.sub(r"\1 ", bare)))
    bare = _listed(choices).sub(" / ", bare)
    start, begins = 0, True
    for part in [*_PARTS.finditer(bare), None]:
        end = part.start() if part else len(bare)
        asked = part is not None and part[1] == "?"
        tokens = [] if asked else _TOKEN.findall(bare[start:end])
        start = part.end() if part else end
        if asked or (tokens and not _leads_alone(tokens, choices)):
            yield tokens, begins
            begins = False
        begins = begins or (part is not None and part[0][0] in ".!?;\n")


@lru_cache
def _listed(choices: Sequence[str]) -> re.Pattern[str]:
    """All choices in a row, as in the words that ask for one: `A, B or tie`."""
    return re.compile(r"\b" + r"[\s,/|]+(?:or\s+)?".join(map(re.escape, choices)) + r"\b", re.IGNORECASE)


def _leads_alone(tokens: list[str], choices: Sequence[str]) -> bool:
    """Whether a clause only leads to the next, as in `Score: 4`."""
    return all(token.casefold() in _LEADING for token in tokens) and not any(
        _named(tokens, at, choices) for at in range(len(tokens))
    )


def _claims(tokens: list[str], choices: Sequence[str]) -> list[Claim]:
    small = [token.casefold() for token in tokens]
    named = {at: choice for at in range(len(tokens)) if (choice := _named(tokens, at, choices)) is not None}
    denied = _denied(small, named)
    found = [Claim(choice, chosen=False) for choice in dict.fromkeys(denied.values())]
    left = {at: choice for at, choice in named.items() if at not in denied}
    if not left:
        return found
    at = min(left)
    head, rest = small[:at], _kept(small, at, denied)
    if any(word not in _LEADING for word in head):
        return found
    if len(set(left.values())) > 1 and not (left[at] == "tie" and rest[:1] == ["between"]):
        return []
    chosen = _predicate(left[at], tokens[at], rest)
    explicit = small[0] == "so" or not _EXPLICIT.isdisjoint(small)
    return found if chosen is None else [*found, Claim(left[at], chosen, explicit and chosen)]


def _named(tokens: list[str], at: int, choices: Sequence[str]) -> str | None:
    """The choice that a token is. A lone small letter is an article, as is the A of `A tie`."""
    token = tokens[at]
    if len(token) == 1 and not token.isdigit():
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        return token if token in choices and (len(following) < 2 or _same(following, choices) is None) else None
    return _same(_NUMBERS.get(token.casefold(), token), choices)


def _denied(small: list[str], named: dict[int, str]) -> dict[int, str]:
    """The choices that the words before them deny: not A, neither A nor B, I would not say that A; A rather than B."""
    deny = next((at for at, word in enumerate(small) if word in _DENIES or word.endswith("n't")), len(small))
    return {at: choice for at, choice in named.items() if at > deny or _is_set_aside(small[max(0, at - 5) : at])}


def _is_set_aside(before: list[str]) -> bool:
    while before and before[-1] in _ARTICLES:
        before = before[:-1]
    return before[-2:] in (["rather", "than"], ["instead", "of"]) or (len(before) > 1 and before[-1] in _SET_ASIDE)


def _kept(small: list[str], at: int, denied: dict[int, str]) -> list[str]:
    """The words after the choice, those that set another choice aside taken off the end."""
    end = min((other for other in denied if other > at), default=len(small))
    rest = small[at + 1 : end]
    if end < len(small):
        while rest and (rest[-1] in _DENIES or rest[-1] in _LEADING - _CHOSEN or rest[-1] in {"rather", "instead"}):
            rest.pop()
        while rest and rest[-1] in _SET_ASIDE | {"rather", "instead"}:
            rest.pop()
    return rest


def _predicate(choice: str, token: str, rest: list[str]) -> bool | None:
    """Whether what follows a choice in its clause says that it is chosen (True), is not (False), or neither (None)."""
    if not rest:
        return True
    first = rest[0]
    if first in _IS or first.endswith("n't") or first in {"cannot", "not", "never"}:
        return _verdict_of([word for word in rest if word != "more"] if token.isdigit() else rest)
    if first in _LOSES:
        return False
    follows = first in _AFTER or first in _WINS or first in _OF_LABEL.get(choice.casefold(), ())
    if token.isdigit() and first in _OF_NUMBER and rest[1:] == []:
        return True
    if choice in {"Yes", "No"} and first == "refusal":
        return True
    return True if follows and not (len(token) == 1 and first == "and" and rest[1:]) else None


def _verdict_of(rest: list[str]) -> bool | None:
    words = set(rest)
    if not words.isdisjoint({"if", "unless"}):  # it depends
        return None
    negated = any(word in _DENIES or word.endswith("n't") for word in rest) or "too" in words
    if negated:
        return False if rest[0].endswith("n't") or "too" in words or not words.isdisjoint(_CHOSEN) else None
    if not words.isdisjoint(_BEATEN):
        return False
    return True if len(rest) == 1 or not words.isdisjoint(_CHOSEN) else None
