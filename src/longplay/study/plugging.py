"""Plug-ins as users see them: what is found, what a call may import, what a run had. Prints nothing."""

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

import msgspec

from longplay.plugged import (
    GROUPS,
    Call,
    Found,
    PluginError,
    Table,
    Used,
    approved,
    canonical,
    find,
    line_of,
    this_call,
)
from longplay.plugged import allowing as allowed_alone
from longplay.specs import plain
from longplay.tasks import PREFIX

P = ParamSpec("P")
T = TypeVar("T")
# where the names of a group stand; a rubric makes a metric
TABLES = {
    "probes": "longplay.probes:PROBES",
    "rubrics": "longplay.judging:METRICS",
    "metrics": "longplay.judging:METRICS",
    "policies": "longplay.policies:POLICIES",
    "providers": "longplay.inference:PROVIDERS",
    "sections": "longplay.report:SECTIONS",
}
# what a run lacks without one
_LACKS = {
    "probes": "its items and the answers to them are shown as stored",
    "rubrics": "its verdicts are shown as stored and enter no estimate",
    "metrics": "its verdicts are shown as stored and enter no estimate",
    "policies": "what it made is shown as stored, and the run cannot be planned or resumed",
    "providers": "what its models said is shown as stored, and they cannot be asked again",
}


class Plugin(msgspec.Struct, frozen=True):
    """One plug-in that is installed. `kind`: such as `probe`; `place`: the folder of its package; `value`: what would
    be imported; `allowed`: whether the user has allowed this version of the package; `fault`: why it is never used,
    "" = nothing is against it."""

    kind: str
    name: str
    package: str
    version: str
    place: str
    value: str
    allowed: bool
    fault: str = ""


def plugins() -> tuple[Plugin, ...]:
    """Every installed plug-in, also those that are not allowed. Imports nothing of them."""
    every, lines = find(), approved()
    return tuple(
        Plugin(
            kind=GROUPS.get(one.group, one.group),
            name=one.name,
            package=one.package,
            version=one.version,
            place=one.place,
            value=one.value,
            allowed=line_of(one) in lines,
            fault=one.fault or _taken(one) or _twice(one, every),
        )
        for one in every
    )


def _taken(found: Found) -> str:
    """A name of longplay's own is never a plug-in's."""
    own = found.group in TABLES and found.name in _table(found.group).own
    return f"longplay has a {GROUPS[found.group]} of this name, which no plug-in can replace" if own else ""


def _twice(found: Found, every: Collection[Found]) -> str:
    same = TABLES.get(found.group)
    several = sum(one.name == found.name and TABLES.get(one.group) == same for one in every if same)
    return "two plug-ins have this name" if several > 1 else ""


def _table(group: str) -> Table[object]:
    module, _, name = TABLES[group].partition(":")
    return cast("Table[object]", getattr(import_module(module), name))


@contextmanager
def allowing(packages: Collection[str], ask: Callable[[Found], bool] = lambda _: False) -> Generator[Call]:
    """A call that may import plug-ins of these packages and of those that the user has allowed before.

    Raises PluginError where one is not installed, or would take a name of longplay's own.
    """
    with allowed_alone(packages, ask) as call:
        for one in call.found if call.allowed else ():
            fault = _taken(one) if canonical(one.package) in call.allowed else ""
            if fault:
                raise PluginError(f"--allow-code {one.package}: {one.what} of {one.of} cannot be used: {fault}.")
        yield call


class _Opened(Protocol):
    @property
    def allow_code(self) -> Collection[str]: ...


S = TypeVar("S", bound=_Opened)


def with_plugins(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """The method of an opened run as a call with the plug-ins that the run's opener allows."""

    @wraps(method)
    def called(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with allowing(self.allow_code):
            return method(self, *args, **kwargs)

    return called


def brought_again(recorded: Collection[Used]) -> Iterator[str]:
    """Bring the plug-ins that a run has recorded; what a reader must know of those that are not here, or are others."""
    for used in recorded:
        if used.name.startswith(PREFIX):  # a task of Inspect: its items and scores are kept with the run
            continue
        here, why = None, "the package is not installed"
        if used.group in _LACKS:
            try:
                here = _table(used.group).bring(used.name)
            except PluginError as fault:
                why = str(fault).rstrip(".")
        if here is None:
            lacks = _LACKS.get(used.group, "what it did is shown as stored")
            yield f"{used.what} of {used.of} is not here: {lacks} ({plain(why, 400)})"
        elif (here.package, here.version) != (used.package, used.version):
            yield f"{used.what} is read by {here.of}; the run was made with {used.of}"


def sections_of(recorded: Collection[Used]) -> Iterator[tuple[Found, str]]:
    """Bring the sections of packages that this call names or the run used; each with its fault, "" = it is there."""
    call = this_call()
    packages = {canonical(used.package) for used in recorded}
    if call is None or not packages | call.allowed:
        return
    for one in call.found:
        wanted = canonical(one.package) in packages | call.allowed
        if one.group == "sections" and wanted and call.allows(one):
            try:
                _table("sections").bring(one.name)
            except PluginError as fault:
                yield one, str(fault)
            else:
                yield one, ""
