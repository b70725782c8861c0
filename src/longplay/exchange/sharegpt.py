"""ShareGPT's form: objects with `conversations`, a list of messages with `from` and `value`. Knows no models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from longplay.exchange.conversations import SYSTEM, Conversation, Piece
from longplay.exchange.openai_chat import TOOL
from longplay.exchange.source_files import ImportFault, Skipped, array, dumped, is_array, mapping, read_values, text

_SIDES: dict[str, Literal["user", "assistant"]] = {
    **dict.fromkeys(("human", "user", "prompter"), "user"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "bard", "bing", "model"), "assistant"),
}
_BESIDE = {"system": SYSTEM, **dict.fromkeys(("tool", "function", "function_call", "observation"), TOOL)}


def read_sharegpt(path: Path, speaker: str | None = None) -> Iterator[Conversation | Skipped]:
    """The conversations of a file: a JSON list of objects, one object, or an object a line.

    Raises ImportFault where the file is no JSON; a conversation that cannot be read is skipped with the reason.
    """
    del speaker
    for number, (where, value) in enumerate(read_values(path), start=1):
        if is_array(value):
            for place, one in enumerate(value, start=1):
                yield _conversation(one, f"{where}, conversation {place:,}", f"{path.stem}-{place:04}")
        else:
            yield _conversation(value, where, f"{path.stem}-{number:04}" if path.suffix == ".jsonl" else path.stem)


def _conversation(value: object, where: str, name: str) -> Conversation | Skipped:
    try:
        found = mapping(value, where)
        if "conversations" not in found:
            raise ImportFault(f"{where}: has no `conversations`.")
        pieces = tuple(_pieces(array(found["conversations"], where), where))
        about = {key: one for key, one in found.items() if key != "conversations"}
        model = found.get("model")
        return Conversation(name, where, pieces, dumped(about), model if isinstance(model, str) and model else None)
    except ImportFault as fault:
        return Skipped(where, str(fault))


def _pieces(messages: list[object], where: str) -> Iterator[Piece]:
    for number, value in enumerate(messages, start=1):
        place = f"{where}, message {number:,}"
        message = mapping(value, place)
        role, said = text(message.get("from"), f"{place}, from"), text(message.get("value"), f"{place}, value")
        if role not in _SIDES and role not in _BESIDE:
            known = ", ".join((*_SIDES, *_BESIDE))
            raise ImportFault(f"{place}: the speaker {role!r} is not known. Known: {known}.")
        rest = {key: one for key, one in message.items() if key not in ("from", "value")}
        yield Piece(_SIDES.get(role), role, said, why=_BESIDE.get(role, ""), extra=dumped(rest) if rest else "")
