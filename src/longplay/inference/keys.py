"""The one holder of an API key: gives the header and keeps the value out of every text. Knows no network."""

import base64
import re
from collections.abc import Mapping

from longplay.inference.endpoint import InferenceError
from longplay.specs import ModelSpec

MAX_LINE_CHARS = 300
_REDACTED = "[redacted]"
# A shorter value is a placeholder such as EMPTY: replacing it inside a model's text would alter what was measured.
_SECRET_CHARS = 12
_MAX_KEY_CHARS = 4096
_ESCAPES = re.compile(r"\\u00|\\x|\\n|\\[^\w\s]|%[0-9A-Fa-f]{2}|&#")
_LONGEST_ESCAPE = 7  # characters for one, as in a JSON text inside another
_READ_CHARS = 16_384
_TOKENS = re.compile(
    r"(?i:\bbearer\s+[^\s\"',;]+)"
    r"|\b(?:sk|pk|rk|gsk|xai|hf|nvapi|csk|r8|fw|pplx)[-_][A-Za-z0-9_.*\-]{4,}"
    r"|\bAIza[A-Za-z0-9_\-]{8,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_.\-]+"
)


def key_variable(spec: ModelSpec) -> str | None:
    """The environment variable that holds a model's key; OpenAI's own where no address is given."""
    if spec.api_key_env is None and spec.base_url is None and not spec.simulated:
        return "OPENAI_API_KEY"
    return spec.api_key_env


class Secret:
    """An API key, or none. Shown nowhere: not in `repr`, not in a reply's text, bytes or detail."""

    __slots__ = ("_encoded", "_escaped", "_long", "_value")

    def __init__(self, value: str = "") -> None:
        self._value = value
        self._long = len(value) >= _SECRET_CHARS
        self._escaped = re.compile("".join(map(_forms, value))) if self._long else None
        self._encoded = _encodings(value) if self._long else ()

    def __repr__(self) -> str:
        """Never the value."""
        return "Secret(...)" if self._value else "Secret()"

    def headers(self) -> dict[str, str]:
        """The header that gives the key to the server."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        """A text without the key, also where it is escaped or encoded; unchanged where it is too short to be a key."""
        if self._escaped is None:
            return text
        text = text.replace(self._value, _REDACTED)
        for encoded in self._encoded:
            text = text.replace(encoded, _REDACTED)
        broken = "\n" in text and self._value in text.replace("\r", "").replace("\n", "")
        return self._escaped.sub(_REDACTED, text) if broken or _ESCAPES.search(text) else text

    def hide_bytes(self, raw: bytes) -> bytes:
        """Bytes without the key."""
        return self.hide(raw.decode("latin-1")).encode("latin-1") if self._long else raw

    def line(self, text: str) -> str:
        """A server's words as one line of at most 300 characters, without the key, tokens or control characters."""
        if not text:
            return ""
        whole = len(text) <= _READ_CHARS
        line = text[:_READ_CHARS]
        if self._value:
            line = self.hide(line).replace(self._value, _REDACTED)
            # The reading limit may have cut the key in two; its first part would not be recognised.
            line = line if whole else line[: -_LONGEST_ESCAPE * len(self._value)]
        line = "".join(c if c.isprintable() else " " for c in line)
        line = " ".join(_TOKENS.sub(_REDACTED, line).split())
        return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 3] + "..."


def _forms(character: str) -> str:
    """A pattern of one character of a key, plain or as JSON, URLs, HTML or programs escape it, or on the next line."""
    code = ord(character)
    pair = f"(?i:{code:02x})"
    plain = re.escape(character) if character.isalnum() else rf"\\{{0,7}}{re.escape(character)}"
    broken = r"(?:\r?\n|\\{1,2}n)?"  # a line break before it, as it stands or escaped
    escaped = rf"\\{{1,2}}(?:u00|x){pair}|%{pair}|&\#(?:0*{code}|[xX]0*{pair});"
    return rf"{broken}(?:{plain}|{escaped})"


def _encodings(value: str) -> tuple[str, ...]:
    """What base64 makes of a key wherever it stands among other bytes: what is the same whatever they are; and hex."""
    found = [value.encode().hex(), value.encode().hex().upper()]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value.encode()).decode().rstrip("=")
        start, end = (before * 8 + 5) // 6, (before + len(value)) * 8 // 6
        found += [whole[start:end], whole[start:end].replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(found))


def read_key(spec: ModelSpec, environment: Mapping[str, str]) -> Secret:
    """The key of a model. Raises InferenceError where its variable is named but holds nothing that could be a key."""
    variable = key_variable(spec)
    if variable is None:
        return Secret()
    value = environment.get(variable, "").strip()
    if not value:
        raise InferenceError(
            f"{spec.name}: the environment variable {variable} is not set. Export it with the key, "
            "or, for a server that needs none, give its base_url and no api_key_env."
        )
    if len(value) > _MAX_KEY_CHARS or not value.isascii() or not value.isprintable():
        raise InferenceError(f"{spec.name}: the value of {variable} cannot be a key; it must be one printable line.")
    return Secret(value)
