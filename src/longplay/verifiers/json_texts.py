"""JSON in a reply, and whether it fits a schema; fetches nothing, and must not know what it is for."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from longplay.specs import FileFault, json_value
from longplay.verifiers.foreign_patterns import PatternError, pattern_of

_FENCED = re.compile(r"(?ms)^[ \t]*```[ \t]*\w*[ \t]*\n(.*?)^[ \t]*```[ \t]*$")
_REFUSED = ("patternProperties", "$dynamicRef", "unevaluatedProperties", "unevaluatedItems", "format")


_NOWHERE = object()


class _UntoldError(Exception):
    """A pattern takes too long on a text."""


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
            schema = json_value(text)
            typed.Draft202012Validator.check_schema(schema)
        except FileFault as error:
            raise SchemaError(str(error).rstrip(".")) from None
        except RecursionError:
            raise SchemaError("is nested too deeply") from None
        except Faulty as error:
            raise SchemaError(f"is no JSON schema: {error.message}") from None
        for key, value in _keywords(schema):
            if key in _REFUSED:
                raise SchemaError(f"holds {key!r}, which is not checked; leave it out")
            if key == "$ref" and not str(value).startswith("#"):
                raise SchemaError(f"refers to {value!r}, outside itself; nothing is fetched")
            if key == "$ref" and _referred(schema, str(value)) is _NOWHERE:
                raise SchemaError(f"refers to {value!r}, which is not in it; write it as '#/$defs/NAME'")
            if key == "$schema" and "2020-12" not in str(value):
                raise SchemaError(f"is of {value!r}; write it by 2020-12, whose words are checked here")
            if key == "pattern":
                try:
                    pattern_of(str(value), whole=False, case=True).check()
                except PatternError as error:
                    raise SchemaError(f"holds the pattern {value!r}, which {error}") from None
        if _is_circular(schema):
            raise SchemaError("refers to itself without going deeper into the text, so that it never ends")
        extended = typed.validators.extend(typed.Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
        self._validator: Any = extended(schema, registry=cast("Any", referencing).Registry())  # it fetches nothing

    def fault(self, text: str) -> str | None:
        """Why the JSON of a reply does not fit; "" where it does; None where that cannot be told in time."""
        try:
            value = msgspec.json.decode(json_in(text).encode(errors="replace"))
            first = next(iter(self._validator.iter_errors(value)), None)
        except msgspec.DecodeError as error:
            return f"no JSON: {error}"
        except RecursionError:
            return "nested too deeply"
        except _UntoldError:
            return None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how its library passes on that the text is nested too deeply
                raise
            return "nested too deeply"
        return "" if first is None else f"{first.json_path}: {first.message}"


def _pattern(validator: object, wanted: str, instance: object, schema: object) -> Iterator[object]:
    from jsonschema import ValidationError

    del validator, schema
    if not isinstance(instance, str):
        return
    found = pattern_of(wanted, whole=False, case=True).found(instance)
    if found is None:
        raise _UntoldError
    if not found:
        yield ValidationError(f"{instance[:60]!r} does not match {wanted!r}")


def _unique(validator: object, wanted: object, instance: object, schema: object) -> Iterator[object]:
    """In time linear in the list; the library's own compares every two."""
    from jsonschema import ValidationError

    del validator, schema
    if wanted is True and isinstance(instance, list):
        found = cast("list[object]", instance)
        if len({_frozen(one) for one in found}) < len(found):
            yield ValidationError("has two elements that are alike")


def _frozen(value: object) -> object:
    """A value that is equal where JSON's are: 1 is 1.0, and no truth value is a number."""
    if isinstance(value, list):
        return ("list", *map(_frozen, cast("list[object]", value)))
    if isinstance(value, dict):
        return frozenset((key, _frozen(one)) for key, one in cast("dict[str, object]", value).items())
    return (isinstance(value, bool), value)


def _referred(schema: object, ref: str) -> object:
    """What a `$ref` within the schema names: a place in it; _NOWHERE where there is none."""
    found = schema
    if ref == "#":
        return found
    if not ref.startswith("#/"):
        return _NOWHERE
    for step in unquote(ref[2:]).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = cast("dict[str, object]", found)[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(cast("list[object]", found)):
            found = cast("list[object]", found)[int(name)]
        else:
            return _NOWHERE
    return found


def _is_circular(schema: object) -> bool:
    """Whether a part of the schema comes back to itself about the same value."""
    done, above = set[int](), set[int]()
    waiting = [(value, False) for value in _parts(schema)]
    while waiting:
        part, left = waiting.pop()
        if left:
            above.discard(id(part))
            done.add(id(part))
        elif id(part) in above:
            return True
        elif id(part) not in done:
            above.add(id(part))
            waiting.append((part, True))
            waiting += [(one, False) for one in _beside(part, schema)]
    return False


def _parts(schema: object) -> Iterator[dict[str, object]]:
    """All objects in the schema."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield cast("dict[str, object]", one)
            waiting += cast("dict[str, object]", one).values()
        elif isinstance(one, list):
            waiting += cast("list[object]", one)


def _beside(part: dict[str, object], schema: object) -> Iterator[dict[str, object]]:
    """The schemas that a value must fit, or is tried against, with this one."""
    found: list[object] = [part.get(key) for key in ("not", "if", "then", "else")]
    for key in ("allOf", "anyOf", "oneOf"):
        held = part.get(key)
        found += cast("list[object]", held) if isinstance(held, list) else []
    dependent = part.get("dependentSchemas")
    found += cast("dict[str, object]", dependent).values() if isinstance(dependent, dict) else []
    ref = part.get("$ref")
    found += [_referred(schema, ref)] if isinstance(ref, str) else []
    yield from (cast("dict[str, object]", one) for one in found if isinstance(one, dict))


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
