"""Values as people read them: numbers, intervals, and foreign text made harmless to read. Knows no sections."""

import unicodedata
from collections.abc import Iterable, Sequence

from longplay.records import ROUNDS

DASH = "–"
MINUS = "\N{MINUS SIGN}"
SIMULATED = "SIMULATED: these numbers come from simulated models; they say nothing about any real model."
MAX_TEXT = 4_000
_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def visible(text: str) -> str:
    """`text` with control, bidi-override and invisible characters written out as ‹U+202E›.

    Besides misleading a reader, such characters abort the drawing library, which parses titles as XML.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _KEPT or not _hides(c) else f"‹U+{ord(c):04X}›" for c in text)


def _hides(char: str) -> bool:
    code = ord(char)
    not_a_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not_a_character or unicodedata.category(char) in _HIDDEN


def clipped(text: str, most: int = MAX_TEXT) -> str:
    """At most `most` characters of a text; what was left out is said."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n[… {len(text) - most:,} more characters in the run, not shown here]"


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """A number with fixed digits and a true minus; None is a dash. A value that rounds to zero has no sign."""
    if value is None:
        return DASH
    text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    if not float(text):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def interval(low: float | None, high: float | None, digits: int = 2, sign: bool = False) -> str:
    """`[low, high]`; a dash where there is none."""
    if low is None or high is None:
        return DASH
    return f"[{number(low, digits, sign)}, {number(high, digits, sign)}]"


def count(value: int | None) -> str:
    """A whole number with thin spaces between thousands."""
    return DASH if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(number_of: int, one: str, many: str | None = None) -> str:
    """`1 persona`, `8 personas`."""
    return f"{count(number_of)} {one if number_of == 1 else many or one + 's'}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return DASH
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def share(value: float) -> str:
    """A share in per cent; what is there is never shown as 0."""
    percent = 100 * value
    return "under 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def footnotes(notes: Iterable[str]) -> list[str]:
    """Each different note once, in order; a table's rows point at their place here."""
    return [note for note in dict.fromkeys(notes) if note]


def source_words(source: str) -> str:
    """Where scores come from, in words: the dialogue's own rounds, or a probe asked at checkpoints."""
    return "the rounds themselves" if source == ROUNDS else f"probe “{source}”"


def p_value(value: float | None) -> str:
    """Three digits, or that it is smaller; a dash where there is none."""
    return "< 0.001" if value is not None and value < 0.001 else number(value, 3)
