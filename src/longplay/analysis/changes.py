"""What changed from one position to a later one, of items and of whole dialogues. Makes no intervals."""

import numpy as np
from numpy.typing import NDArray

from longplay.analysis.blocks import block_changes
from longplay.analysis.data import Data, Replies, Spans
from longplay.analysis.frames import Frame, matches, stack
from longplay.analysis.items import PLACE, collapse, pair
from longplay.records import ROUNDS
from longplay.stats.intervals import Integers

DIALOGUE = ["order", "replicate"]


def last_first(data: Data, replies: Replies) -> Frame:
    """`changes` from the first to the last position."""
    if ("changes", replies) not in data.kept:
        data.kept["changes", replies] = changes(data, data.without_remarks(replies), data.spans)
    return data.kept["changes", replies]


def last_first_dialogues(data: Data, replies: Replies) -> Frame:
    """`dialogue_changes` from the first to the last position."""
    if ("dialogues", replies) not in data.kept:
        data.kept["dialogues", replies] = dialogue_changes(data.cells[replies], data.spans)
    return data.kept["dialogues", replies]


def changes(data: Data, items: Frame, spans: Spans) -> Frame:
    """Pairs (see `items.pair`) of the last and the first position of each span, position -1.

    Answers are paired by item. Different blocks hold different rounds, so a change of rounds is one number, item -1:
    see `block_changes`. The column `confounded` says where questions and position cannot be told apart.
    """
    of_rounds = items["source"] == ROUNDS
    keys = [*PLACE, "item"]
    last, first = (collapse(_nobody(end), keys) for end in ends(items[~of_rounds], spans))
    answers = pair(last, first, keys).assign(confounded=False)
    blocks = block_changes(data, _nobody(items[of_rounds]), spans)
    return stack([answers, blocks[answers.columns]]) if len(blocks) else answers


def dialogue_changes(cells: Frame, spans: Spans) -> Frame:
    """The same for each dialogue: pairs with order and replicate. A first position before the dialogue is shared by all
    of them; a block of rounds is one mean, whatever its questions."""
    of_rounds = cells["source"] == ROUNDS
    cells = cells.assign(item=cells["item"].where(~of_rounds, -1), unit=cells["unit"].where(cells["unit"] >= 0, -1))
    last, first = ends(cells, spans)
    before = first["start"] == 0
    keys = [*PLACE, "item"]
    whole = [*keys, *DIALOGUE]
    at_start = (last["start"] == 0).to_numpy()
    shared = collapse(first[before], keys)
    found = [
        _with_dialogue(collapse(last[at_start], whole), shared, keys),
        pair(collapse(last[~at_start], whole), collapse(first[~before], whole), whole),
    ]
    return stack([part for part in found if len(part)] or found[:1])


def ends(items: Frame, spans: Spans) -> tuple[Frame, Frame]:
    """The items of the last and of the first position of their source and script; position -1, `start` the first."""
    first, last = _edges(items, spans)
    position = items["position"].to_numpy()
    marked = items.assign(position=-1, start=first)
    return marked[position == last], marked[position == first]


def at_ends(items: Frame, spans: Spans) -> NDArray[np.bool_]:
    """Which items `ends` takes."""
    return (items["position"].to_numpy() == _edges(items, spans)).any(axis=0)


def _edges(items: Frame, spans: Spans) -> Integers:
    """(2, items): first and last position of each item's source and script; -2 where there is no span."""
    sources, scripts = items["source"].cat, items["script"].cat
    span = np.full((2, len(sources.categories), len(scripts.categories)), -2, dtype=np.int64)
    for (source, script), edges in spans.items():
        if source in sources.categories and script in scripts.categories:
            span[:, sources.categories.get_loc(source), scripts.categories.get_loc(script)] = edges
    return span[:, sources.codes, scripts.codes]


def _nobody(items: Frame) -> Frame:
    # draws before the dialogue are not those of its end, so that a baseline without personas is one mean
    return items.assign(unit=items["unit"].where(items["unit"] >= 0, -1))


def _with_dialogue(last: Frame, shared: Frame, keys: list[str]) -> Frame:
    """Pairs of each dialogue's last position with what they share."""
    rows, _ = matches(last, shared, keys)
    return pair(last, shared, keys).assign(**{name: last[name].to_numpy()[rows] for name in DIALOGUE})
