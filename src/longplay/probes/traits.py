"""The core battery's `traits` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("traits", "Big Five traits", ("trait",), lambda: core_items("traits"))
