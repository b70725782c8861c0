"""Places for names in texts of role-playing programs, such as `{{char}}` and `{{user}}`. Knows no other room."""

import re
from collections.abc import Iterable

USER = "User"  # who speaks to the persona, where nobody says the name
NOBODY = "Assistant"  # who answers where there is no persona
_KNOWN = re.compile(r"\{\{(char|user|bot)\}\}|<(USER|BOT|CHAR)>", re.IGNORECASE)
_ANY = re.compile(r"\{\{[^\W\d][^{}\n]{0,80}\}\}")
_MOST = 8


def _is_user(found: re.Match[str]) -> bool:
    return (found[1] or found[2]).lower() == "user"


def _known(found: re.Match[str]) -> bool:
    """Angle brackets in lower case are tags of HTML and XML, not macros."""
    return found[1] is not None or found[2].isupper()


def fill_macros(text: str, char: str, user: str = USER) -> str:
    """The text with the persona's name in the places of `{{char}}`, `<BOT>` and `<CHAR>`, the other side's in those of
    `{{user}}` and `<USER>`; in double braces in any case of letters."""
    if "{{" not in text and "<" not in text:
        return text
    return _KNOWN.sub(lambda found: (user if _is_user(found) else char) if _known(found) else found[0], text)


def count_macros(text: str) -> int:
    """How many places `fill_macros` fills."""
    if "{{" not in text and "<" not in text:
        return 0
    return sum(map(_known, _KNOWN.finditer(text)))


def unknown_macros(texts: Iterable[str]) -> tuple[str, ...]:
    """Macros that nothing fills, each once, the first few of them."""
    found: dict[str, None] = {}
    for text in texts:
        for macro in _ANY.findall(text) if "{{" in text else ():
            if not _KNOWN.fullmatch(macro):
                found[macro] = None
        if len(found) > _MOST:
            break
    return tuple(found)[:_MOST]
