"""The one holder of an API key: gives the header and keeps the value out of every text. Knows no network."""

import re
from collections.abc import Mapping

from longplay.inference.endpoint import InferenceError
from longplay.specs import ModelSpec

MAX_LINE_CHARS = 300
_REDACTED = "[redacted]"
# A shorter value is a placeholder such as EMPTY: replacing it inside a model's text would alter what was measured.
_SECRET_CHARS = 12
_MAX_KEY_CHARS = 4096
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

    __slots__ = ("_long", "_value")

    def __init__(self, value: str = "") -> None:
        self._value = value
        self._long = len(value) >= _SECRET_CHARS

    def __repr__(self) -> str:
        """Never the value."""
        return "Secret(...)" if self._value else "Secret()"

    def headers(self) -> dict[str, str]:
        """The header that gives the key to the server."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        """A text without the key; unchanged where the key is too short to be one."""
        return text.replace(self._value, _REDACTED) if self._long else text

    def hide_bytes(self, raw: bytes) -> bytes:
        """Bytes without the key."""
        return raw.replace(self._value.encode(), _REDACTED.encode()) if self._long else raw

    def line(self, text: str) -> str:
        """A server's words as one line of at most 300 characters, without the key, tokens or control characters."""
        if not text:
            return ""
        whole = len(text) <= _READ_CHARS
        line = "".join(c if c.isprintable() else " " for c in text[:_READ_CHARS])
        if self._value:
            line = line.replace(self._value, _REDACTED)
            # The reading limit may have cut the key in two; its first part would not be recognised.
            line = line if whole else line[: -len(self._value)]
        line = " ".join(_TOKENS.sub(_REDACTED, line).split())
        return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 3] + "..."


def read_key(spec: ModelSpec, environment: Mapping[str, str]) -> Secret:
    """The key of a model. Raises InferenceError where its variable is named but holds nothing that could be a key."""
    variable = key_variable(spec)
    if variable is None:
        return Secret()
    value = environment.get(variable, "").strip()
    if not value:
        raise InferenceError(
            f"{spec.name}: the environment variable {variable} is not set. Export it with the key, "
            "or leave api_key_env out for a server that needs none (base_url)."
        )
    if len(value) > _MAX_KEY_CHARS or not value.isascii() or not value.isprintable():
        raise InferenceError(f"{spec.name}: the value of {variable} cannot be a key; it must be one printable line.")
    return Secret(value)
