"""The core battery's `general` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("general", "General instructions", ("general-win",), lambda: core_items("general"))
