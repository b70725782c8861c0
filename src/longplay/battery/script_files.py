"""Script files of users: TOML, or JSON in the form of the paper's published files. Nothing in them is evaluated."""

from pathlib import Path
from typing import cast

import msgspec
from msgspec import UNSET

from longplay.battery.files import BatteryError, converted, file_bytes, value_of
from longplay.records import Script
from longplay.specs import plain

FORMS = 'Give in TOML kind = "goal-oriented" and questions = ["...", "..."], or in JSON {"questions": ["...", "..."]}.'


class _RemarkedScript(msgspec.Struct, forbid_unknown_fields=True):
    """The form of the paper's published script files; `{role}` stands for the persona's name."""

    questions: list[str]
    introductory_remark: str | None = None
    concluding_remark: str | None = None
    prompt: str | None = None


_OWN = frozenset(field.name for field in msgspec.structs.fields(Script)) - {"questions"}


def read_script(path: Path) -> Script:
    """A script: kind, questions, opening, closing, ... in TOML or JSON, or questions and remarks with `{role}` in JSON.

    Raises BatteryError.
    """
    data = value_of(file_bytes(path), path, FORMS)
    if not isinstance(data.value, dict):
        raise BatteryError(f"{path}: holds no script. {FORMS}")
    keys = cast("dict[str, object]", data.value)
    if not data.json or _OWN & keys.keys():
        return script_from(keys, path.stem, str(path))
    return remarked_script(keys, path.stem, str(path))


def remarked_script(data: object, name: str, where: str) -> Script:
    """A script from parsed JSON in the form of the paper's published files."""
    read = converted(data, _RemarkedScript, where)
    opening, closing = read.introductory_remark, read.concluding_remark
    kind = "goal-oriented" if opening is None and closing is None else "persona-directed"
    return _checked(
        Script(
            name=name,
            kind=kind,
            questions=tuple(read.questions),
            opening=opening.replace("{role}", "{persona}") if opening else None,
            closing=closing.replace("{role}", "{persona}") if closing else None,
        ),
        where,
    )


def script_from(data: object, name: str, where: str) -> Script:
    """A script from parsed TOML; its name is the file's."""
    if isinstance(data, dict):
        given = cast("dict[str, object]", data)
        asked: dict[str, object] = {"questions": []} if "user" in given else {}
        data = {"name": name, **asked, **given}
    return _checked(converted(data, Script, where), where)


def _checked(script: Script, where: str) -> Script:
    blank = next((n for n, question in enumerate(script.questions, start=1) if not question.strip()), None)
    if not script.questions and script.user is None:
        raise BatteryError(f"{where}: holds no questions. {FORMS}")
    if blank is not None:
        raise BatteryError(f"{where}: question {blank} is blank; remove it.")
    for key in ("kind", "opening", "closing", "opening_baseline", "closing_baseline", "user"):
        if isinstance(text := getattr(script, key), str) and not text.strip():
            raise BatteryError(f"{where}: {key} is blank; write it, or leave the key out.")
    for number, fact in enumerate(() if script.facts is UNSET else script.facts, start=1):
        if fact.question > len(script.questions):
            raise BatteryError(
                f"{where}: fact {number}: there is no question {fact.question}; count from 1, as written."
            )
        if bool(fact.infer) != bool(fact.accept_inferred):
            raise BatteryError(f"{where}: fact {number}: infer and accept_inferred go together; give both or neither.")
    if not script.kind.isprintable() or len(script.kind) > 200:
        raise BatteryError(
            f"{where}: kind: must be up to 200 printable characters, not {plain(ascii(script.kind), 60)}."
        )
    if not script.name.strip() or not script.name.isprintable() or len(script.name) > 200:
        raise BatteryError(
            f"{where}: name: must be 1 to 200 printable characters, not {plain(ascii(script.name), 60)}."
        )
    return script
