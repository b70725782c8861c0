"""Entry points of longplay's groups, read from the metadata of installed packages. Imports nothing of them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from longplay.specs import LongplayError, plain

if TYPE_CHECKING:
    from importlib.metadata import Distribution

# by the end of a group's name (`longplay.probes`), what one of it is called
GROUPS = {
    "probes": "probe",
    "rubrics": "rubric",
    "metrics": "metric",
    "policies": "policy",
    "providers": "provider",
    "sections": "section",
}
_PREFIX = "longplay."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}")
_VALUE = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?")
_EXTRAS = re.compile(r"\s*\[[^\]]*\]$")
_HEADER = re.compile(r"^(Name|Version):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


class PluginError(LongplayError):
    """A plug-in that is not allowed, cannot be imported, or gives something else than it should; one line."""


class Used(msgspec.Struct, frozen=True, order=True):
    """A plug-in as a run records it. `group`: a key of GROUPS."""

    group: str
    name: str
    package: str
    version: str

    @property
    def what(self) -> str:
        """Such as `the probe 'weather'`."""
        return f"the {GROUPS.get(self.group, self.group)} {self.name!r}"

    @property
    def of(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.version}"


class Found(Used, frozen=True, order=True):
    """One entry point. `place`: the folder of the package; `value`: the module and the name in it that
    would be imported; `fault`: why it is never used, "" = nothing is against it."""

    place: str = ""
    value: str = ""
    fault: str = ""

    @property
    def used(self) -> Used:
        """What a run records of it."""
        return Used(self.group, self.name, self.package, self.version)


def find() -> tuple[Found, ...]:
    """Every entry point of longplay's groups, sorted. What of a package cannot be read is left out or has a fault."""
    from importlib.metadata import distributions  # it costs 30 ms to import, and most calls need none of it

    return tuple(sorted({one for installed in distributions() for one in _brought(installed)}))


def with_tasks(names: Iterable[str]) -> dict[str, str]:
    """Of these canonical names, the task files and the installed packages that bring tasks of Inspect."""
    from importlib.metadata import PackageNotFoundError, distribution

    found: dict[str, str] = {}
    for name in names:
        if name.endswith("-py"):
            found[name] = name
            continue
        try:
            entries = distribution(name).entry_points
        except PackageNotFoundError:
            continue
        if any(entry.group == "inspect_ai" for entry in entries):
            found[name] = name
    return found


def canonical(package: str) -> str:
    """A package's name as names of packages are compared."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _brought(installed: "Distribution") -> Iterator[Found]:
    entries = list(_entries(_text(installed, "entry_points.txt")))
    if not entries:
        return
    # the text is read as it is: what lacks or is damaged shall cost this package alone
    head = (_text(installed, "METADATA") or _text(installed, "PKG-INFO")).split("\n\n", 1)[0]
    said = dict(_HEADER.findall(head))
    package, version = said.get("Name", ""), said.get("Version", "")
    first = _first(package) if _NAME.fullmatch(package) else ""
    if first not in ("", str(installed.locate_file(""))):
        return  # another copy of it comes first on the path
    place = plain(str(Path(str(installed.locate_file(""))).absolute()), 1000)
    for group, name, value in entries:
        fault = _fault(group, name, value)
        if not (first and _VERSION.fullmatch(version)):
            fault = "its package has no readable name and version"
        of = (plain(package, 60) or "?", plain(version, 60) or "?")
        yield Found(plain(group, 60), plain(name, 60), *of, place, plain(value), fault)


def _fault(group: str, name: str, value: str) -> str:
    if group not in GROUPS:
        return f"longplay has no group of this name; known: {', '.join(GROUPS)}"
    if not _NAME.fullmatch(name):
        return "its name must be of letters, digits, dots and hyphens"
    return "" if _VALUE.fullmatch(value) else "it does not name a module and something in it"


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """Group without its prefix, name and value of each entry of longplay's groups."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group.startswith(_PREFIX) and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield group.removeprefix(_PREFIX), name.strip(), _EXTRAS.sub("", value.strip())


def _text(installed: "Distribution", name: str) -> str:
    try:
        return (installed.read_text(name) or "").replace("\r", "")
    except (OSError, UnicodeError):
        return ""


def _first(package: str) -> str:
    """The first folder of the path that the package lies in; "" where nothing is installed under this name."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return str(distribution(package).locate_file(""))
    except (PackageNotFoundError, ValueError):
        return ""
