"""JSON in a reply, and whether it fits a schema; fetches nothing, and must not know what it is for."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import msgspec

from longplay.verifiers.foreign_patterns import PatternError, pattern_of

_FENCED = re.compile(r"(?ms)^[ \t]*```[ \t]*\w*[ \t]*\n(.*?)^[ \t]*```[ \t]*$")
_REFUSED = ("patternProperties", "$dynamicRef", "unevaluatedProperties", "unevaluatedItems", "format")


class SchemaError(ValueError):
    """A schema that cannot be used; says why."""


def json_in(text: str) -> str:
    """The JSON of a reply: what stands in its one code fence, else all of it."""
    found = _FENCED.findall(text)
    return found[0] if len(found) == 1 else text


class Schema:
    """A JSON schema (2020-12). Raises SchemaError where it is none, refers to anything outside, or holds a keyword that
    is not checked here."""

    def __init__(self, text: str) -> None:
        """`text`: as JSON."""
        import jsonschema
        import referencing
        from jsonschema.exceptions import SchemaError as Faulty

        typed: Any = jsonschema  # its annotations are partial
        try:
            schema = msgspec.json.decode(text)
            typed.Draft202012Validator.check_schema(schema)
        except msgspec.DecodeError as error:
            raise SchemaError(f"is no JSON: {error}") from None
        except RecursionError:
            raise SchemaError("is nested too deeply") from None
        except Faulty as error:
            raise SchemaError(f"is no JSON schema: {error.message}") from None
        for key, value in _keywords(schema):
            if key in _REFUSED:
                raise SchemaError(f"holds {key!r}, which is not checked; leave it out")
            if key == "$ref" and not str(value).startswith("#"):
                raise SchemaError(f"refers to {value!r}, outside itself; nothing is fetched")
            if key == "pattern":
                try:
                    pattern_of(str(value), whole=False, case=True).check()
                except PatternError as error:
                    raise SchemaError(f"holds the pattern {value!r}, which {error}") from None
        extended = typed.validators.extend(typed.Draft202012Validator, {"pattern": _pattern})
        self._validator: Any = extended(schema, registry=cast("Any", referencing).Registry())  # it fetches nothing

    def fault(self, text: str) -> str:
        """Why the JSON of a reply does not fit; "" where it does."""
        try:
            value = msgspec.json.decode(json_in(text).encode(errors="replace"))
            first = next(iter(self._validator.iter_errors(value)), None)
        except msgspec.DecodeError as error:
            return f"no JSON: {error}"
        except RecursionError:
            return "nested too deeply"
        return "" if first is None else f"{first.json_path}: {first.message}"


def _pattern(validator: object, wanted: str, instance: object, schema: object) -> Iterator[object]:
    from jsonschema import ValidationError

    del validator, schema
    if isinstance(instance, str) and not pattern_of(wanted, whole=False, case=True).found(instance):
        yield ValidationError(f"{instance[:60]!r} does not match {wanted!r}")


def _keywords(schema: object) -> Iterator[tuple[str, object]]:
    """The keywords at every depth, with their values."""
    waiting: list[tuple[object, bool]] = [(schema, True)]
    while waiting:
        one, keyed = waiting.pop()
        if isinstance(one, Mapping):
            for key, value in cast("Mapping[str, object]", one).items():
                if keyed:
                    yield key, value
                # names of properties and of definitions are no keywords; constants hold none
                inside = key not in ("properties", "$defs", "definitions", "dependentSchemas") or not keyed
                if not (keyed and key in ("const", "enum", "default", "examples")):
                    waiting.append((value, inside))
        elif isinstance(one, list):
            waiting += [(part, True) for part in cast("list[object]", one)]


@lru_cache(maxsize=64)
def schema_of(text: str) -> Schema:
    """The same schema, read once. Raises SchemaError."""
    return Schema(text)
