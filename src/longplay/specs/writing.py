"""A study back into TOML text, with what its battery added; what a person wrote is kept below. Knows no other room."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from longplay.specs.batteries import completed
from longplay.specs.text_files import toml_value

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
HEAD = "# Everything this run was asked for; what the study file left open is written out.\n"
AS_GIVEN = "\n# The study file as it was given:\n"


def completed_text(text: str, plugins: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text of a valid study with its battery's values and the packages in `plugins` written out; the text itself
    where there are none to add."""
    data = toml_value(text)
    whole = completed(data) | ({"plugins": dict(plugins)} if plugins else {})
    if whole == data:
        return text
    given = "".join(f"# {line}\n".replace("# \n", "#\n") for line in text.rstrip("\n").split("\n"))
    return HEAD + _document(whole) + AS_GIVEN + given.replace("\r", "")


def _document(data: Mapping[str, object]) -> str:
    """TOML: plain values first, then a table for each part; what lies deeper is written inline."""
    plain = [f"{_key(key)} = {_value(value)}\n" for key, value in data.items() if not _tables(value)]
    parts = [_part(key, value) for key, value in data.items() if _tables(value)]
    return "".join([*plain, *parts])


def _tables(value: object) -> bool:
    if isinstance(value, list):
        several = cast("list[object]", value)
        return bool(several) and all(isinstance(one, dict) for one in several)
    return isinstance(value, dict)


def _part(key: str, value: object) -> str:
    if isinstance(value, dict):
        return _table(f"[{_key(key)}]", cast("Mapping[str, object]", value))
    return "".join(_table(f"[[{_key(key)}]]", one) for one in cast("list[Mapping[str, object]]", value))


def _table(head: str, rows: Mapping[str, object]) -> str:
    return f"\n{head}\n" + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in rows.items())


def _key(key: str) -> str:
    return key if _BARE.match(key) else toml_text(key)


def _value(value: object) -> str:
    if isinstance(value, dict):
        rows = cast("Mapping[str, object]", value).items()
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in rows) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in cast("list[object]", value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return toml_text(value) if isinstance(value, str) else repr(value)


def toml_text(text: str) -> str:
    """The text as a TOML string: what does not print as an escape, lone surrogates as question marks."""
    quoted = json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in quoted)
