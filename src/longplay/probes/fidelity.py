"""The core battery's `fidelity` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("fidelity", "Persona fidelity", ("knowledge", "style", "in-character"), lambda: core_items("fidelity"))
