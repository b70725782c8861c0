"""The core battery's `refusal` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("refusal", "Refusing safe and unsafe requests", ("refusal",), lambda: core_items("refusal"))
