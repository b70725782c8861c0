"""The core battery's `follow` items. Knows no network."""

from longplay.battery import core_items
from longplay.probes.probe import Probe

PROBE = Probe("follow", "Following instructions", ("follow-loose", "follow-strict"), lambda: core_items("follow"))
