"""The core battery's probes: a line each, since they differ in data alone. Knows no network."""

from functools import partial

from longplay.battery import core_items
from longplay.probes.probe import Probe

# name, title, the metrics that score its answers; the items are the bundled file of that name
_CORE = (
    ("fidelity", "Persona fidelity", ("knowledge", "style", "in-character")),
    ("fidelity-work", "Persona fidelity, at work", ("knowledge", "style", "in-character")),
    ("follow", "Following instructions", ("follow-loose", "follow-strict")),
    ("refusal", "Refusing safe and unsafe requests", ("refusal",)),
    ("traits", "Big Five traits", ("trait",)),
    ("general", "General instructions", ("general-win",)),
    ("recall", "Recall of facts", ("recall",)),
    ("role", "Role-specific questions", ("role-win",)),
)
CORE = {name: Probe(name, title, metrics, partial(core_items, name)) for name, title, metrics in _CORE}
