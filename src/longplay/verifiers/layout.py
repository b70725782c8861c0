"""Checks of a reply's layout: lists, headers, marks, JSON; must not know how a constraint is chosen or scored."""

import re

import msgspec

from longplay.verifiers.shape import Args, Check, string, strings, whole
from longplay.verifiers.text import bullets, lines, numbered, paragraphs, plain, words

_EMPHASIS = re.compile(r"\*\*(?![\s*])[^*\n]+\*\*|\*(?![\s*])[^*\n]+\*")
_PLACEHOLDER = re.compile(r"(?<!\[)\[[^\[\]\n]+\](?![\](])")
# "Part 2" or "Part 2: the road", but not a sentence such as "Part 2 was hard".
_HEADER_NUMBER = re.compile(r"\s*(\d{1,4})(?:[*_# ]*$|[*_ ]*[:.\-\u2013\u2014])")
_TITLE = re.compile(r"\[\[([^\[\]\n]+)\]\]")


def _bullets_exactly(args: Args, text: str) -> bool:
    return len(bullets(text)) == whole(args, "n")


def _numbered_exactly(args: Args, text: str) -> bool:
    return [number for number, _ in numbered(text)] == list(range(1, whole(args, "n") + 1))


def _list_alphabetical(_args: Args, text: str) -> bool:
    # The words alone are compared, so that emphasis and quotation marks do not decide the order.
    items = [words(item.casefold()) for item in (bullets(text) or [item for _, item in numbered(text)])]
    return len(items) > 1 and items == sorted(items)


def _is_item(line: str) -> bool:
    return bool(bullets(line) or numbered(line))


def _list_alone(_args: Args, text: str) -> bool:
    found = lines(text)
    return bool(found) and all(map(_is_item, found))


def _ends_with_list(_args: Args, text: str) -> bool:
    found = lines(text)
    return bool(found) and _is_item(found[-1])


def _list_items_end_with(args: Args, text: str) -> bool:
    items = [*bullets(text), *(item for _, item in numbered(text))]
    return bool(items) and all(item.rstrip("*_ ").endswith(string(args, "text")) for item in items)


def _lines_exactly(args: Args, text: str) -> bool:
    return len(lines(text)) == whole(args, "n")


def _lines_start_with(args: Args, text: str) -> bool:
    prefix = plain(string(args, "text")).lstrip()
    return all(plain(line).startswith(prefix) for line in lines(text))


def _acrostic(args: Args, text: str) -> bool:
    initials = [next(iter(words(line)), " ")[0] for line in lines(text)]
    return "".join(initials).casefold() == string(args, "word").casefold()


def _no_letters(args: Args) -> str:
    return "" if string(args, "word").isalpha() else "an acrostic needs a word of letters alone"


def _sections_exactly(args: Args, text: str) -> bool:
    title = string(args, "title").casefold() + " "
    bare = [line.lstrip("#*_ ").casefold() for line in lines(text)]
    found = [mark[1] for line in bare if line.startswith(title) and (mark := _HEADER_NUMBER.match(line, len(title)))]
    return found == [str(at) for at in range(1, whole(args, "n") + 1)]


def _two_versions(args: Args, text: str) -> bool:
    rule = string(args, "rule").strip()
    rows = [line.strip() for line in text.strip().splitlines()]
    if rows.count(rule) != 1:
        return False
    at = rows.index(rule)
    first, second = words("\n".join(rows[:at])), words("\n".join(rows[at + 1 :]))
    return bool(first) and bool(second) and first != second


def _highlights_at_least(args: Args, text: str) -> bool:
    # A bullet may be an asterisk too, but a space behind it keeps it from opening an emphasis.
    return sum(len(_EMPHASIS.findall(line)) for line in lines(text)) >= whole(args, "n")


def _placeholders_at_least(args: Args, text: str) -> bool:
    return sum(bool(words(found)) for found in _PLACEHOLDER.findall(text)) >= whole(args, "n")


def _title_in_brackets(_args: Args, text: str) -> bool:
    return any(words(found) for found in _TITLE.findall(text))


def _json_keys(args: Args, text: str) -> bool:
    try:
        found = msgspec.json.decode(text.strip(), type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        # Not an object, not JSON, half a surrogate pair, or nested out of reach: none of them is the object asked for.
        return False
    return set(found) == set(strings(args, "keys"))


def _postscript(args: Args, text: str) -> bool:
    parts = lines(text)[1:]
    marker = string(args, "marker")
    return any(part.startswith(marker) and words(part[len(marker) :]) for part in parts)


def _postscript_last(args: Args, text: str) -> bool:
    parts = paragraphs(text)
    last = lines(parts[-1]) if parts else []
    return any(line.startswith(string(args, "marker")) for line in last[0 if len(parts) > 1 else 1 :])


def _quoted(_args: Args, text: str) -> bool:
    bare = plain(text).strip()
    return len(bare) > 2 and bare.startswith('"') and bare.endswith('"') and bool(words(bare))


def _starts_with(args: Args, text: str) -> bool:
    return plain(text).lstrip().startswith(plain(string(args, "text")).lstrip())


def _ends_with(args: Args, text: str) -> bool:
    return plain(text).rstrip().endswith(plain(string(args, "text")).rstrip())


def _ends_with_question(_args: Args, text: str) -> bool:
    return plain(text).rstrip().rstrip("\"'*_)").endswith(("?", "\uff1f"))


LAYOUT: dict[str, Check] = {
    "bullets-exactly": Check({"n": int}, _bullets_exactly),
    "numbered-exactly": Check({"n": int}, _numbered_exactly),
    "list-alphabetical": Check({}, _list_alphabetical),
    "list-alone": Check({}, _list_alone),
    "list-items-end-with": Check({"text": str}, _list_items_end_with),
    "ends-with-list": Check({}, _ends_with_list),
    "lines-exactly": Check({"n": int}, _lines_exactly),
    "lines-start-with": Check({"text": str}, _lines_start_with),
    "acrostic": Check({"word": str}, _acrostic, _no_letters),
    "sections-exactly": Check({"title": str, "n": int}, _sections_exactly),
    "two-versions": Check({"rule": str}, _two_versions),
    "highlights-at-least": Check({"n": int}, _highlights_at_least),
    "placeholders-at-least": Check({"n": int}, _placeholders_at_least),
    "title-in-brackets": Check({}, _title_in_brackets),
    "json-keys": Check({"keys": list}, _json_keys),
    "postscript": Check({"marker": str}, _postscript),
    "postscript-last": Check({"marker": str}, _postscript_last),
    "quoted": Check({}, _quoted),
    "starts-with": Check({"text": str}, _starts_with),
    "ends-with": Check({"text": str}, _ends_with),
    "ends-with-question": Check({}, _ends_with_question),
}
