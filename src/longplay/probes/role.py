"""The core battery's `role` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("role", "Role-specific questions", ("role-win",), lambda: core_items("role"))
