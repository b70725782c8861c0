"""What the manifest keeps of published files, made by its rules: bytes in, bytes out. Knows no network, no folders."""

import json

import msgspec

from longplay.battery import DataError, Head, Labels, Rows


def make(rule: Rows | Head | Labels, content: bytes) -> bytes:
    """What a rule keeps of a published file. Raises DataError where the file is not of the form that the rule reads."""
    try:
        if isinstance(rule, Rows):
            return _rows(rule, content)
        if isinstance(rule, Head):
            return _head(rule, content)
        return _labels(rule, content)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError) as error:
        raise DataError(f"the published file has another form than expected ({type(error).__name__})") from None


def _rows(rule: Rows, content: bytes) -> bytes:
    lines = [line for line in content.splitlines(keepends=True) if line.strip()]
    return b"".join(line for line in lines if _record(line).get(rule.field) in rule.values)


def _record(line: bytes) -> dict[str, object]:
    return msgspec.json.decode(line, type=dict[str, object])


def _head(rule: Head, content: bytes) -> bytes:
    return _dumped(msgspec.json.decode(content, type=list[object])[: rule.messages], None)


def _labels(rule: Labels, content: bytes) -> bytes:
    sets = msgspec.json.decode(content, type=dict[str, dict[str, dict[str, object]]])
    chosen = {
        name: {label: characters[name + rule.suffix][rule.scale] for label, characters in sets.items()}
        for name in rule.characters
    }
    return _dumped(chosen, 1)


def _dumped(value: object, indent: int | None) -> bytes:
    """JSON as the standard library writes it: the kept files are pinned byte for byte."""
    return json.dumps(value, indent=indent).encode()
