"""What was said between a dialogue and an item's text: the item's earlier turns, with the replies that are stored."""

from longplay.records import Cell, Item, Reply
from longplay.store import Reader


def earlier_turns(reader: Reader, item: Item | None, cell: Cell) -> list[tuple[str, Reply | None]]:
    """The item's earlier turns and the replies to them; no reply where a policy's own calls stand among these."""
    said = () if item is None else item.earlier
    if not said:
        return []
    replies: list[Reply] = reader.steps(cell)
    known = len(replies) == len(said)
    return [(turn, replies[at] if known else None) for at, turn in enumerate(said)]
