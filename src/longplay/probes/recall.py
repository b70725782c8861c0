"""Facts that answers may recall: those of a card, and those that users stated in questions of scripts. No files."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from longplay.records import Item, Script
from longplay.records.items import Stated

RECALL = "recall"


def recall_items(items: Sequence[Item], scripts: Mapping[str, Script], rounds: int) -> tuple[Item, ...]:
    """Of the items those whose fact the scripts can state within so many rounds, or a card does; and those of the
    scripts' own facts."""
    own = [item for name, script in scripts.items() for item in _of_facts(name, script)]
    return tuple(
        item
        for item in (*items, *own)
        if item.stated is UNSET or (item.stated.script in scripts and item.stated.question <= rounds)
    )


def _of_facts(name: str, script: Script) -> Iterator[Item]:
    for number, fact in enumerate(() if script.facts is UNSET else script.facts, 1):
        stated = Stated(name, fact.question)
        asked = [("", "said", fact.ask, fact.accept, fact.refuse)]
        if fact.infer:
            asked.append(("-inferred", "said-inferred", fact.infer, fact.accept_inferred, fact.refuse_inferred))
        for end, label, text, accept, refuse in asked:
            name_of = f"recall-{name}-{number}{end}"
            yield Item(name_of, text, place=number, label=label, accept=accept, refuse=refuse, stated=stated)
