"""Which packages a person lets longplay import: a file of the user's, never of a run. Imports nothing of them."""

from pathlib import Path

from longplay.plugged.found import Found, PluginError, canonical
from longplay.specs.own_lists import config_folder, keep_list, read_list

_HEAD = """\
# Packages whose plug-ins longplay may import, one a line: NAME==VERSION and the folder it is installed in.
# Delete a line to be asked again.
"""


def code_path() -> Path:
    """Where they are kept: $XDG_CONFIG_HOME/longplay/code, else under ~/.config."""
    return config_folder() / "code"


def approved() -> set[str]:
    """The lines that are there. Raises PluginError where others could have written the file."""
    return {line for line in read_list(code_path(), PluginError) if not line.startswith("#")}


def line_of(found: Found) -> str:
    """What is approved of: this version, in this folder. Another one is other code."""
    return f"{canonical(found.package)}=={found.version} {found.place}"


def approve(found: Found) -> None:
    """Keep it for later calls."""
    keep_list(code_path(), _HEAD, {*approved(), line_of(found)})
