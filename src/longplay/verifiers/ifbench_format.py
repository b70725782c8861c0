"""IFBench's checks of marks and layout; must not know how a constraint is chosen or scored.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
"""

import re
from itertools import pairwise

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import PUNCTUATION, bare, sentences, tokens_of_sentence
from longplay.verifiers.shape import Args, Check, string

_EDGES = PUNCTUATION + " "
_BRACKET = re.compile(r"[()\[\]{}]")
_QUOTE = re.compile("[\"']")
_OPENING = {")": "(", "]": "[", "}": "{"}
_NESTED_BRACKETS, _NESTED_QUOTES = 5, 3
_LETTERS_TO_CHOOSE = re.compile(r"\W*[aA]\W*[bB]\W*[cC]")
_UNQUOTED_EDGES = "0123456789" + PUNCTUATION.replace('"', "")
_TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")


def _parentheses(_args: Args, text: str) -> bool:
    # One bracket closed rightly at five levels is enough; a wrong one starts the count anew.
    open_ones: list[str] = []
    deepest = 0
    for char in _BRACKET.findall(text):
        if char in "([{":
            open_ones.append(char)
            deepest = max(deepest, len(open_ones))
        else:
            if open_ones and open_ones[-1] == _OPENING[char]:
                open_ones.pop()
                if deepest >= _NESTED_BRACKETS:
                    return True
            else:
                open_ones, deepest = [], 0
    return False


def _quotes(_args: Args, text: str) -> bool:
    # An apostrophe counts as a quotation mark; three levels must close one after another.
    open_ones: list[str] = []
    deepest = 0
    for char in _QUOTE.findall(text):
        if open_ones and open_ones[-1] == char:
            open_ones.pop()
            if deepest - len(open_ones) >= _NESTED_QUOTES:
                return True
        else:
            open_ones.append(char)
            deepest = max(deepest, len(open_ones))
    return False


def _quote_unquote(_args: Args, text: str) -> bool:
    close = "".join(text.replace("'\"'", "").split())
    return '""' not in close and not close.strip(_UNQUOTED_EDGES).endswith('"')


def _options(args: Args, text: str) -> bool:
    wanted = string(args, "options")
    separator = next((mark for mark in ("/", "or") if mark in wanted), ",")
    options = [option.strip() for option in wanted.split(separator)]
    if _LETTERS_TO_CHOOSE.match(wanted):
        return text in options
    return text.strip(_EDGES).lower() in [option.strip(_EDGES).lower() for option in options]


def _newline(_args: Args, text: str) -> bool:
    plain = bare(text).strip()
    return sum(line != "" for line in plain.split("\n")) == len(plain.split())


def _line_indent(_args: Args, text: str) -> bool:
    indents = (len(line) - len(line.lstrip(" ")) for line in text.split("\n") if line.strip())
    return all(one < other for one, other in pairwise(indents))


def _list(args: Args, text: str) -> bool:
    return text.count(string(args, "sep")) >= 2


def _thesis(_args: Args, text: str) -> bool:
    start = _first(text, "<i>", "<em>")
    end = _first(text[start:], "</i>", "</em>") if start >= 0 else -1
    # Four characters are taken off for the closing mark, so that the last one of </em> counts as text behind it.
    return end >= 0 and text[start + 3 : start + end].strip() != "" and text[start + end + 4 :].strip() != ""


def _first(text: str, mark: str, other: str) -> int:
    at = text.find(mark)
    return at if at >= 0 else text.find(other)


def _sub_bullets(_args: Args, text: str) -> bool:
    # Every asterisk counts as a bullet and every hyphen as a sub-bullet; a text without asterisks breaks nothing.
    return all("-" in bullet for bullet in text.split("*")[1:])


def _no_bullets_bullets(_args: Args, text: str) -> bool:
    before = bullets = 0
    counting = True
    for line in map(str.strip, text.split("\n")):
        if line.startswith("*"):
            if before < 2:
                return False
            bullets += 1
            counting = False
        elif counting:
            # A blank line ends the part in which sentences are counted: bullets must follow it.
            here = sum(1 for _ in sentences(line))
            before += here
            counting = here > 0
        else:
            return False
    return bullets >= 2


def _title_case(_args: Args, text: str) -> bool:
    return all(_capital(token) for sentence in sentences(text) for token in tokens_of_sentence(sentence))


def _capital(token: str) -> bool:
    """Whether a token is no word in small letters; iPhone and 3rd pass."""
    first, rest = token[0], token[1:]
    if not (first.isalpha() and first.islower()):
        return True
    return rest != "" and not rest.islower() and not rest.isupper()


def _output_template(_args: Args, text: str) -> bool:
    return all(part in text for part in _TEMPLATE)


def _no_whitespace(_args: Args, text: str) -> bool:
    return not any(map(str.isspace, text))


IFBENCH_FORMAT: dict[str, Check] = {
    "ifbench/format:parentheses": check({}, _parentheses),
    "ifbench/format:quotes": check({}, _quotes),
    "ifbench/format:quote_unquote": check({}, _quote_unquote),
    "ifbench/format:options": check({"options": str}, _options),
    "ifbench/format:newline": check({}, _newline),
    "ifbench/format:line_indent": check({}, _line_indent),
    "ifbench/format:list": check({"sep": str}, _list),
    "ifbench/format:thesis": check({}, _thesis),
    "ifbench/format:sub-bullets": check({}, _sub_bullets),
    "ifbench/format:no_bullets_bullets": check({}, _no_bullets_bullets),
    "ifbench/format:title_case": check({}, _title_case),
    "ifbench/format:output_template": check({}, _output_template),
    "ifbench/format:no_whitespace": check({}, _no_whitespace),
}
