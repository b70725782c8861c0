"""Chats as lists of messages, in the forms of OpenAI (role, content) and ShareGPT (from, value). Knows no models."""

from collections.abc import Iterator
from pathlib import Path

from longplay.exchange.conversations import SYSTEM, Conversation, Piece, Side
from longplay.exchange.json_files import Value, array, dumped, is_array, mapping, read_values, text
from longplay.exchange.source_files import ImportFault, Skipped
from longplay.specs import plain

LISTS = ("messages", "conversation", "conversations")
TOOL = "a tool's message"
_SIDES: dict[str, Side] = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "ai", "bot", "model", "gpt", "chatgpt", "bard", "bing", "gemini"), "assistant"),
    **dict.fromkeys(("claude", "llm", "char", "character"), "assistant"),
}
_BESIDE = {
    **dict.fromkeys(("system", "developer"), SYSTEM),
    **dict.fromkeys(("tool", "function", "function_call", "tool_call", "tool_response", "observation"), TOOL),
}
_WHO, _WHAT = ("role", "from"), ("content", "value")
_TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_REASONING = ("reasoning_content", "reasoning")
_CALLS = ("tool_calls", "function_call")
_CALL_PARTS = ("tool_use", "server_tool_use", "mcp_tool_use", "tool-call", "tool_call", "function_call", "toolCall")
_RESULT_PARTS = ("tool_result", "tool-result", "mcp_tool_result", "function_call_output", "function_response")
_WITHOUT_WORDS = ("reasoning", "thinking", "tool", "image", "input_image", "file", "audio", "video", "document")
_ELSEWHERE = ("parts", "text", "message", "mes")  # where other programs keep what a turn says
_OTHERS = (
    (("mapping", "current_node"), "a ChatGPT export, which is not read"),
    (("chat_messages",), "a Claude export, which is not read"),
    (("histories",), "a character.ai export, which is not read"),
    (("chat_metadata", "is_user", "mes"), "a SillyTavern chat, which is not read"),
    (("custom_id",), "a batch file of OpenAI, which is not read; write each request's messages and its reply"),
    (("conv",), "mt-eval; name that format"),
    (("TURNS",), "crd3; name that format"),
)
_TITLES = ("title", "name")
_IDS = ("id", "conversation_id", "uuid", "custom_id")


def read_chats(path: Path, speaker: str | None = None) -> Iterator[Conversation | Skipped]:
    """The chats of a file. A chat is a list of messages, or an object that holds one under a name in LISTS.

    What cannot be read, a chat, a line or the whole file, is Skipped with the reason.
    """
    del speaker
    for one in read_values(path):
        if isinstance(one, Skipped):
            yield one
            continue
        number = "" if one.line is None else f"{one.line:04}"
        if is_array(one.value) and not _is_chat(one.value):
            numbers = f"{number}-" if number and one.line != 1 else ""
            for place, chat in enumerate(one.value, start=1):
                yield _chat(Value(f"{one.where}, chat {place:,}", chat), f"{numbers}{place:04}")
        else:
            yield _chat(one, number)


def _is_chat(value: list[object]) -> bool:
    return bool(value) and isinstance(value[0], dict) and any(key in value[0] for key in _WHO)


def _chat(one: Value, number: str) -> Conversation | Skipped:
    where = one.where
    try:
        if is_array(one.value):
            return Conversation(number, where, tuple(chat_pieces(one.value, where)))
        chat = mapping(one.value, where)
        found = [key for key in LISTS if key in chat]
        if len(found) != 1:
            raise ImportFault(f"{where}: an object needs one of {', '.join(LISTS)} with the messages{_looks(chat)}.")
        about = {key: value for key, value in chat.items() if key != found[0]}
        pieces = tuple(chat_pieces(array(chat[found[0]], where), where))
        title = _text_at(chat, *_TITLES) or ""
        told_apart = (_id(chat) if title else "") or number
        return Conversation(told_apart, where, pieces, dumped(about), _text_at(chat, "model"), title)
    except ImportFault as fault:
        return Skipped(where, str(fault))


def _looks(chat: dict[str, object]) -> str:
    found = next((what for keys, what in _OTHERS if any(key in chat for key in keys)), "")
    return f"; it looks like {found}" if found else ""


def _id(chat: dict[str, object]) -> str:
    return next((str(found) for key in _IDS if isinstance(found := chat.get(key), str | int) and found != ""), "")


def _text_at(chat: dict[str, object], *keys: str) -> str | None:
    return next((value for key in keys if isinstance(value := chat.get(key), str) and value.strip()), None)


def chat_pieces(messages: list[object], where: str) -> Iterator[Piece]:
    """The messages of one chat. Raises ImportFault naming the message."""
    for number, value in enumerate(messages, start=1):
        place = f"{where}, message {number:,}"
        message = mapping(value, place)
        who, what = _key(message, _WHO, place), _key(message, _WHAT, place)
        role = text(message.get(who), f"{place}, {who}")
        known = role.strip().lower()
        if known not in _SIDES and known not in _BESIDE:
            every = ", ".join((*_SIDES, *_BESIDE))
            raise ImportFault(f"{place}: the {who} {plain(role, 60)!r} is not known. Known: {every}.")
        yield from _of_message(message, role, (who, what), place)


def _key(message: dict[str, object], keys: tuple[str, str], place: str) -> str:
    there = [key for key in keys if key in message]
    if len(there) > 1:
        raise ImportFault(f"{place}: has both {keys[0]} and {keys[1]}; leave one of them.")
    return there[0] if there else keys[0]


def _of_message(message: dict[str, object], role: str, keys: tuple[str, str], place: str) -> Iterator[Piece]:
    who, what = keys
    side = _SIDES.get(role.strip().lower())
    name = message.get("name")
    named = name if isinstance(name, str) else ""
    reasoning = next((r for key in _REASONING if side == "assistant" and isinstance(r := message.get(key), str)), "")
    taken = {who, what, *(["name"] if named else []), *(_REASONING if reasoning else ())}
    texts, others = _content(message.get(what), f"{place}, {what}")
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal and refusal not in texts:
        texts, taken = [*(one for one in texts if one), refusal], taken | {"refusal"}
    rest = {key: value for key, value in message.items() if key not in taken}
    extra = dumped(rest) if rest else ""
    kinds = {kind for kind, _ in others}
    if not "".join(texts).strip():
        _check_elsewhere(message, place, what)
    if side == "assistant" and not "".join(texts).strip() and (any(map(message.get, _CALLS)) or kinds & {*_CALL_PARTS}):
        yield Piece(None, role, "".join(texts), named, why="a call of a tool, without words", extra=extra)
        texts = []
    elif side == "user" and kinds & {*_RESULT_PARTS} and not "".join(texts).strip():
        yield Piece(None, role, "".join(texts), named, why=TOOL, extra=extra)
        texts = []
    elif not texts and not others:
        raise ImportFault(f"{place}: has no text as {what}.")
    elif not texts and side:
        texts = [""]  # the turn was taken, with something else than words
    why = "" if side else _BESIDE[role.strip().lower()]
    for one in texts:
        yield Piece(side, role, one, named, reasoning=reasoning, why=why, extra=extra)
        reasoning = extra = ""
    for kind, other in others:
        yield Piece(None, role, "", named, why=f"a part of a message that is no text ({kind})", extra=other)


def _check_elsewhere(message: dict[str, object], place: str, what: str) -> None:
    """Raises ImportFault where a turn without a text keeps one in another field."""
    other = next((key for key in _ELSEWHERE if key != what and message.get(key)), None)
    if other is not None:
        raise ImportFault(f"{place}: has no text as {what}, but {other}, which is not read. Write its text as {what}.")


def _content(content: object, where: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Texts of a message, and its other parts as (type, JSON)."""
    if content is None:
        return [], []
    if isinstance(content, str):
        return [content], []
    texts: list[str] = []
    others: list[tuple[str, str]] = []
    for number, value in enumerate(array(content, where), start=1):
        part = mapping(value, f"{where}, part {number:,}")
        kind = plain(str(part.get("type", "text")), 40)
        if kind in _TEXTS and isinstance(said := part.get(_TEXTS[kind]), str):
            texts.append(said)
        elif isinstance(part.get("text"), str) and not kind.startswith(_WITHOUT_WORDS):
            known = ", ".join(_TEXTS)
            raise ImportFault(f"{where}, part {number:,}: a text of type {kind!r} is not known. Known: {known}.")
        else:
            others.append((kind, dumped(part)))
    return texts, others
