"""Which item stands at which row of the release's answers, under the ids of longplay's own probes. Knows no files.

The release itself holds no questions. Where the data directory has them, an item has its words; else its text is empty.
"""

from collections.abc import Mapping
from functools import lru_cache

from longplay.battery import slug
from longplay.probes import PROBES
from longplay.probes.bfi import DIMENSIONS
from longplay.probes.paper_role import QUESTIONS
from longplay.records import Item
from longplay.specs import LongplayError

# longplay's names for the release's datasets
PROBE_NAMES = {
    "bfi": "bfi",
    "ifbench": "ifbench",
    "instruction_general": "paper-general",
    "instruction_role_specific": "paper-role",
    "xstest": "xstest",
}
# The baseline is asked all of them, persona by persona.
_BASELINE_ROLES = tuple((name, row) for name, count in QUESTIONS.items() for row in range(count))


@lru_cache(maxsize=256)
def item_ids(dataset: str, persona: str | None, rows: int) -> tuple[str, ...]:
    """Ids of the items behind the rows of one file of answers; `persona`: its name, None for the baseline."""
    if dataset == "ifbench":  # in what order its prompts were asked is not published
        return tuple(f"ifbench-row-{row:03}" for row in range(rows))
    if dataset in ("bfi", "xstest"):
        digits = 2 if dataset == "bfi" else 3
        return tuple(f"{dataset}-{row:0{digits}}" for row in range(rows))
    kind = "general" if dataset == "instruction_general" else "role"
    if persona is not None:
        return tuple(f"{kind}-{slug(persona)}-{row:03}" for row in range(rows))
    if kind == "role" and rows == len(_BASELINE_ROLES):
        return tuple(f"role-{slug(name)}-{row:03}" for name, row in _BASELINE_ROLES)
    return tuple(f"{kind}-baseline-{row:03}" for row in range(rows))


def known_items(dataset: str) -> dict[str, Item]:
    """The items with their words, by id; empty where the data directory does not hold them."""
    probe = PROBES.get(PROBE_NAMES[dataset])
    try:
        return {item.id: item for item in probe.items()} if probe is not None else {}
    except LongplayError:
        return {}


def item(dataset: str, name: str, persona: str | None, known: Mapping[str, Item]) -> Item:
    """One item by its id; `persona`: id of whose own it is."""
    if name in known:
        return known[name]
    row = int(name.rpartition("-")[2])
    dimension = DIMENSIONS[row] if dataset == "bfi" and row < len(DIMENSIONS) else None
    return Item(id=name, text="", persona=persona, dimension=dimension)
