"""What installed packages bring, found by their metadata; imported only where a person allowed the package.

Knows no probe, rubric or provider: a table says what may stand in it.
"""

from longplay.plugged.allowing import Call, allowing, asks, this_call
from longplay.plugged.approved import approved, line_of
from longplay.plugged.found import GROUPS, Found, PluginError, Used, canonical, find
from longplay.plugged.table import Table, asking, guarded, made_of, named_as

__all__ = [
    "GROUPS",
    "Call",
    "Found",
    "PluginError",
    "Table",
    "Used",
    "allowing",
    "approved",
    "asking",
    "asks",
    "canonical",
    "find",
    "guarded",
    "line_of",
    "made_of",
    "named_as",
    "this_call",
]
