"""Marks replies of a store of version 1 that are copied from an earlier reply of their dialogue, as later versions do
when a reply arrives. Works in SQL on a connection within a transaction."""

import sqlite3

import msgspec

from longplay.store.rows import Value, text_of
from longplay.verifiers.copies import Earlier


class _Item(msgspec.Struct, frozen=True):
    text: str = ""


def mark_copies(connection: sqlite3.Connection) -> None:
    """Look at every reply of every dialogue."""
    items = _questions(connection)
    for (dialogue,) in connection.execute("SELECT id FROM dialogues ORDER BY id").fetchall():
        earlier = _rounds(connection, dialogue)
        _answers(connection, dialogue, earlier, items)


def _rounds(connection: sqlite3.Connection, dialogue: int) -> Earlier:
    """Mark the rounds of a dialogue; all its replies."""
    earlier, copied = Earlier(), list[tuple[Value]]()
    found = connection.execute(
        "SELECT r.id, t.body, c.text FROM rounds r JOIN texts t ON t.id=r.user LEFT JOIN calls c ON c.id=r.call "
        "WHERE r.dialogue=? ORDER BY r.round",
        (dialogue,),
    )
    for number, asked, reply in found:
        if reply is not None and earlier.holds(text_of(reply), text_of(asked)):
            copied.append((number,))
        earlier.add(text_of(reply))
    connection.executemany("UPDATE rounds SET copied=1 WHERE id=?", copied)
    return earlier


def _answers(connection: sqlite3.Connection, dialogue: int, earlier: Earlier, items: dict[str, str]) -> None:
    found = connection.execute(
        "SELECT a.id, o.checkpoint, p.name || '/' || i.name, c.text FROM conditions o "
        "JOIN answers a ON a.condition=o.id JOIN names p ON p.id=a.probe JOIN names i ON i.id=a.item "
        "JOIN calls c ON c.id=a.call "
        "WHERE o.dialogue=? AND o.checkpoint>0 AND c.text IS NOT NULL",
        (dialogue,),
    )
    copied = [
        (number,)
        for number, checkpoint, item, reply in found
        if earlier.holds(text_of(reply), items.get(item, ""), checkpoint)
    ]
    connection.executemany("UPDATE answers SET copied=1 WHERE id=?", copied)


def _questions(connection: sqlite3.Connection) -> dict[str, str]:
    """The items' texts by probe/item; empty for those whose document cannot be read."""
    found: dict[str, str] = {}
    for name, body in connection.execute("SELECT name, body FROM documents WHERE kind='item'"):
        try:
            found[name] = msgspec.json.decode(text_of(body).encode(errors="replace"), type=_Item).text
        except (msgspec.MsgspecError, ValueError):
            continue
    return found
