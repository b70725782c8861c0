"""What msgspec says of a value that does not fit a shape, in the words of people who write files. Reads nothing."""

import re
import types
import typing

import msgspec

from longplay.specs.text_files import plain

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_LACKING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_PLACE = re.compile(r" - at `\$(?P<place>[^`]*)`$")
_TYPES = re.compile(r"`(?P<names>[a-z]+(?: \| [a-z]+)*)`")
_WORDS = {
    "str": "a text",
    "array": "a list",
    "object": "a table",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


class Explained(msgspec.Struct, frozen=True):
    """What is wrong at a `place` such as `models[0].sampling`, empty for the whole: the key `unknown` there, or what is
    `said`, with all that is accepted. `known`: the keys there, in their order."""

    place: str
    unknown: str | None
    known: tuple[str, ...]
    said: str


def explained(message: str, shape: type[msgspec.Struct]) -> Explained:
    """What msgspec's message about a value of this shape says."""
    fault, place = split(message)
    place = place.lstrip(".")
    known, choices = keys_at(shape, place), ", ".join(choices_at(shape, place))
    if (unknown := _UNKNOWN.match(fault)) is not None:
        return Explained(place, unknown["key"], known, "")
    if (lacking := _LACKING.match(fault)) is not None:
        return Explained(place, None, known, f"has no {lacking['key']!r}. Known keys: {', '.join(known)}.")
    return Explained(place, None, known, f"{plain(in_words(fault))}.{f' Known: {choices}.' if choices else ''}")


def in_words(message: str) -> str:
    """msgspec's message with the types in it called as people call them."""
    return _TYPES.sub(_in_words, message)


def split(message: str) -> tuple[str, str]:
    """msgspec's message: the fault, and its place behind the `$`."""
    found = _PLACE.search(message)
    return (message[: found.start()], found["place"]) if found else (message, "")


def _in_words(found: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(name, name) for name in found["names"].split(" | "))


def keys_at(shape: type[msgspec.Struct], place: str) -> tuple[str, ...]:
    """Keys of the Struct at a msgspec path of another such as `models[...].sampling`, in its order."""
    structs = [struct for hint in _hints_at(shape, place) for struct in _structs(hint)]
    return tuple(dict.fromkeys(field.encode_name for struct in structs for field in msgspec.structs.fields(struct)))


def choices_at(shape: type[msgspec.Struct], place: str) -> tuple[str, ...]:
    """The texts accepted at a msgspec path such as `judging.forms[...]`, save an empty one; none where any text is."""
    return tuple(choice for hint in _hints_at(shape, place) for choice in _literals(hint) if choice)


def _hints_at(shape: object, place: str) -> list[object]:
    """What may stand at a msgspec path."""
    hints = [shape]
    for name in (part for part in re.sub(r"\[[^\]]*\]", "", place).split(".") if part):
        structs = [struct for hint in hints for struct in _structs(hint)]
        fields = [field for struct in structs for field in msgspec.structs.fields(struct)]
        hints = [field.type for field in fields if field.encode_name == name]
    return hints


def _structs(hint: object) -> list[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and not isinstance(hint, types.GenericAlias):
        return [hint]
    return [struct for part in typing.get_args(hint) for struct in _structs(part)]


def _literals(hint: object) -> list[str]:
    if typing.get_origin(hint) is typing.Literal:
        return [choice for choice in typing.get_args(hint) if isinstance(choice, str)]
    return [choice for part in typing.get_args(hint) for choice in _literals(part)]
