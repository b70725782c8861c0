"""IFEval's checks of length, layout, beginnings and ends; must not know how a constraint is chosen or scored.

They decide as the benchmark's own checkers do, odd places included. Where theirs are patterns that a hostile text could
hold up for hours, these walk through the text once.
"""

import json
import re

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import runs, sentences
from longplay.verifiers.ifeval_content import holds, unknown_relation
from longplay.verifiers.shape import Args, Check, string, whole

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*([^\n*]*)\*\*")
_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_POSTSCRIPTS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}
_FENCES = ("```json", "```Json", "```JSON", "```")
_TWO_ANSWERS = "******"
_FIRST_WORD_ENDS = re.compile(r"[.,?!'\"]")


def _no_such_paragraph(args: Args) -> str:
    inside = 0 < whole(args, "nth_paragraph") <= whole(args, "num_paragraphs")
    return "" if inside else "nth_paragraph must be from 1 to num_paragraphs"


def _number_words(args: Args, text: str) -> bool:
    return holds(string(args, "relation"), len(runs(text)), whole(args, "num_words"))


def _number_sentences(args: Args, text: str) -> bool:
    return holds(string(args, "relation"), sum(1 for _ in sentences(text)), whole(args, "num_sentences"))


def _number_paragraphs(args: Args, text: str) -> bool:
    paragraphs = [part.strip() for part in _DIVIDER.split(text)]
    inner = paragraphs[1:-1]
    count = len(inner) + sum(part != "" for part in (paragraphs[0], *paragraphs[1:][-1:]))
    return all(inner) and count == whole(args, "num_paragraphs")


def _nth_paragraph_first_word(args: Args, text: str) -> bool:
    # Blank parts are not counted as paragraphs, yet they are when the n-th is looked up.
    parts = [part.strip() for part in text.split("\n\n")]
    nth = parts[whole(args, "nth_paragraph") - 1 : whole(args, "nth_paragraph")]
    if sum(part != "" for part in parts) != whole(args, "num_paragraphs") or not nth or not nth[0]:
        return False
    first = nth[0].split()[0].lstrip("'").lstrip('"')
    return _FIRST_WORD_ENDS.split(first)[0].lower() == string(args, "first_word").lower()


def _number_placeholders(args: Args, text: str) -> bool:
    return sum(map(_placeholders, text.split("\n"))) >= whole(args, "num_placeholders")


def _placeholders(line: str) -> int:
    count, at = 0, line.find("[")
    while at >= 0 and (end := line.find("]", at)) >= 0:
        count, at = count + 1, line.find("[", end)
    return count


def _postscript(args: Args, text: str) -> bool:
    marker, small = string(args, "postscript_marker").strip(), text.lower()
    pattern = _POSTSCRIPTS.get(marker)
    return pattern.search(small) is not None if pattern else marker.lower() in small


def _number_bullet_lists(args: Args, text: str) -> bool:
    return _star_bullets(text) + _hyphen_bullets(text) == whole(args, "num_bullets")


def _hyphen_bullets(text: str) -> int:
    return sum(line.lstrip().startswith("-") for line in text.split("\n"))


def _star_bullets(text: str) -> int:
    # An asterisk alone on its line takes the next line as its words, whatever that begins with.
    count, taken = 0, False
    lines = [line.lstrip() for line in text.split("\n")]
    for at, line in enumerate(lines):
        if taken:
            taken = False
        elif line.startswith("*") and (line[1:2] != "*" if line != "*" else at + 1 < len(lines)):
            count += 1
            taken = line == "*"
    return count


def _number_highlighted_sections(args: Args, text: str) -> bool:
    # Words between double asterisks count here, and again below as between single ones where two pairs meet.
    single = sum(mark.strip("*").strip() != "" for mark in _HIGHLIGHT.findall(text))
    double = sum(words.strip() != "" for words in _DOUBLE_HIGHLIGHT.findall(text))
    return single + double >= whole(args, "num_highlights")


def _multiple_sections(args: Args, text: str) -> bool:
    mark = re.escape(string(args, "section_spliter").strip())
    return len(re.findall(rf"{mark}\s?\d+", text)) >= whole(args, "num_sections")


def _json_format(_args: Args, text: str) -> bool:
    body = text.strip()
    for fence in _FENCES:
        body = body.removeprefix(fence)
    try:
        json.loads(body.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(_args: Args, text: str) -> bool:
    return any(map(_titled, text.split("\n")))


def _titled(line: str) -> bool:
    start, end = line.find("<<"), line.rfind(">>")
    return start >= 0 and end > start + 2 and line[start : end + 2].lstrip("<").rstrip(">").strip() != ""


def _constrained_response(_args: Args, text: str) -> bool:
    return any(answer in text for answer in _ANSWERS)


def _two_responses(_args: Args, text: str) -> bool:
    parts = [part.strip() for part in text.split(_TWO_ANSWERS)]
    answers = [part for part in parts if part]
    return all(parts[1:-1]) and len(answers) == 2 and answers[0] != answers[1]


def _repeat_prompt(args: Args, text: str) -> bool:
    return text.strip().lower().startswith(string(args, "prompt_to_repeat").strip().lower())


def _end_checker(args: Args, text: str) -> bool:
    return text.strip().strip('"').lower().endswith(string(args, "end_phrase").strip().lower())


def _quotation(_args: Args, text: str) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare.startswith('"') and bare.endswith('"')


IFEVAL_LAYOUT: dict[str, Check] = {
    "ifeval/length_constraints:number_words": check(
        {"num_words": int, "relation": str}, _number_words, unknown_relation
    ),
    "ifeval/length_constraints:number_sentences": check(
        {"num_sentences": int, "relation": str}, _number_sentences, unknown_relation
    ),
    "ifeval/length_constraints:number_paragraphs": check({"num_paragraphs": int}, _number_paragraphs),
    "ifeval/length_constraints:nth_paragraph_first_word": check(
        {"num_paragraphs": int, "nth_paragraph": int, "first_word": str}, _nth_paragraph_first_word, _no_such_paragraph
    ),
    "ifeval/detectable_content:number_placeholders": check({"num_placeholders": int}, _number_placeholders),
    "ifeval/detectable_content:postscript": check({"postscript_marker": str}, _postscript),
    "ifeval/detectable_format:number_bullet_lists": check({"num_bullets": int}, _number_bullet_lists),
    "ifeval/detectable_format:number_highlighted_sections": check(
        {"num_highlights": int}, _number_highlighted_sections
    ),
    "ifeval/detectable_format:multiple_sections": check(
        {"section_spliter": str, "num_sections": int}, _multiple_sections
    ),
    "ifeval/detectable_format:json_format": check({}, _json_format),
    "ifeval/detectable_format:title": check({}, _title),
    "ifeval/detectable_format:constrained_response": check({}, _constrained_response),
    "ifeval/combination:two_responses": check({}, _two_responses),
    "ifeval/combination:repeat_prompt": check({"prompt_to_repeat": str}, _repeat_prompt),
    "ifeval/startend:end_checker": check({"end_phrase": str}, _end_checker),
    "ifeval/startend:quotation": check({}, _quotation),
}
