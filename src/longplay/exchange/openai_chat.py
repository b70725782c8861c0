"""Chats as lists of messages with role and content: JSON or JSON Lines, bare or inside an object. Knows no models."""

from collections.abc import Iterator
from pathlib import Path

from longplay.exchange.conversations import SYSTEM, Conversation, Piece
from longplay.exchange.source_files import ImportFault, Skipped, array, dumped, is_array, mapping, read_values, text

LISTS = ("messages", "conversation")
USER, ASSISTANT = "user", "assistant"
ROLES = (USER, ASSISTANT, "system", "developer", "tool", "function")
TOOL = "a tool's message"
_TEXTS = ("text", "input_text", "output_text")
_REASONING = ("reasoning_content", "reasoning")


def read_openai_chat(path: Path, speaker: str | None = None) -> Iterator[Conversation | Skipped]:
    """The chats of a file. A chat is a list of messages, or an object that holds one as `messages` or `conversation`.

    Raises ImportFault where the file is no JSON; a chat that cannot be read is skipped with the reason.
    """
    del speaker
    for number, (where, value) in enumerate(read_values(path), start=1):
        many = value if is_array(value) and not _is_chat(value) else None
        if many is None:
            yield _chat(value, where, f"{path.stem}-{number:04}" if path.suffix == ".jsonl" else path.stem)
            continue
        for place, one in enumerate(many, start=1):
            yield _chat(one, f"{where}, chat {place:,}", f"{path.stem}-{place:04}")


def _is_chat(value: list[object]) -> bool:
    return bool(value) and isinstance(value[0], dict) and "role" in value[0]


def _chat(value: object, where: str, name: str) -> Conversation | Skipped:
    try:
        if is_array(value):
            return Conversation(name, where, tuple(chat_pieces(value, where)))
        chat = mapping(value, where)
        found = [key for key in LISTS if key in chat]
        if len(found) != 1:
            raise ImportFault(f"{where}: an object needs one of {', '.join(LISTS)} with the messages.")
        about = {key: one for key, one in chat.items() if key != found[0]}
        model = chat.get("model")
        pieces = tuple(chat_pieces(array(chat[found[0]], where), where))
        return Conversation(name, where, pieces, dumped(about), model if isinstance(model, str) and model else None)
    except ImportFault as fault:
        return Skipped(where, str(fault))


def chat_pieces(messages: list[object], where: str) -> Iterator[Piece]:
    """The messages of one chat. Raises ImportFault naming the message."""
    for number, value in enumerate(messages, start=1):
        place = f"{where}, message {number:,}"
        message = mapping(value, place)
        role = text(message.get("role"), f"{place}, role")
        if role not in ROLES:
            raise ImportFault(f"{place}: the role {role!r} is not known. Known: {', '.join(ROLES)}.")
        yield from _of_message(message, role, place)


def _of_message(message: dict[str, object], role: str, place: str) -> Iterator[Piece]:
    name = message.get("name")
    named = name if isinstance(name, str) else ""
    reasoning = next((r for key in _REASONING if role == ASSISTANT and isinstance(r := message.get(key), str)), "")
    taken = {"role", "content", *(["name"] if named else []), *(_REASONING if reasoning else ())}
    rest = {key: value for key, value in message.items() if key not in taken}
    extra = dumped(rest) if rest else ""
    texts, others = _content(message, place)
    if not texts and role == ASSISTANT and ("tool_calls" in message or "function_call" in message):
        yield Piece(None, role, "", named, why="a call of a tool, without words", extra=extra)
    elif not texts and not others:
        raise ImportFault(f"{place}: has no text as content.")
    elif not texts and role in (USER, ASSISTANT):
        texts = [""]  # the turn was taken, with something else than words
    side = role if role in (USER, ASSISTANT) else None
    why = "" if side else SYSTEM if role in ("system", "developer") else TOOL
    for one in texts:
        yield Piece(side, role, one, named, reasoning=reasoning, why=why, extra=extra)
        reasoning = extra = ""
    for kind, other in others:
        yield Piece(None, role, "", named, why=f"a part of a message that is no text ({kind})", extra=other)


def _content(message: dict[str, object], place: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Texts of a message, and its other parts as (type, JSON)."""
    content = message.get("content")
    if content is None:
        return [], []
    if isinstance(content, str):
        return [content], []
    texts: list[str] = []
    others: list[tuple[str, str]] = []
    for number, value in enumerate(array(content, f"{place}, content"), start=1):
        part = mapping(value, f"{place}, part {number:,}")
        if part.get("type") in _TEXTS and isinstance(said := part.get("text"), str):
            texts.append(said)
        else:
            others.append((str(part.get("type")), dumped(part)))
    return texts, others
