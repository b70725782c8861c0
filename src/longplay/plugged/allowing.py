"""What one call may import of installed packages, and what it has imported. Calls share nothing: see `allowing`."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path

from longplay.plugged.approved import approve, approved, line_of
from longplay.plugged.found import Found, PluginError, canonical, find, with_tasks

Ask = Callable[[Found], bool]


class Call:
    """One call of the library or the command line. `brought`: what it imported, by table and name; `used`: where from,
    by group and name."""

    def __init__(self, allowed: Iterable[str] = (), ask: Ask | None = None) -> None:
        """`allowed`: names of packages; `ask` is asked of others that nobody has allowed before. Without `ask` nothing
        is imported at all."""
        self.allowed = {canonical(Path(name).name if name.endswith(".py") else name) for name in allowed}
        self._ask = ask
        self.brought: dict[int, dict[str, object]] = {}
        self.used: dict[tuple[str, str], Found] = {}

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """What is installed, looked up when it is first asked for."""
        return find()

    def check(self, found: Found) -> None:
        """Raises PluginError where nobody allowed the package; what is new is kept for the user."""
        if self._ask is None:
            raise PluginError(f"{asks(found)}, and plug-ins are used through longplay.run, .plan and .open alone.")
        if line_of(found) in approved():
            return
        if not self.allows(found) and not self._ask(found):
            raise PluginError(f"{asks(found)}. If that is meant, add --allow-code {found.package}")
        approve(found)

    def allows(self, found: Found) -> bool:
        """Whether the package was allowed, without asking anybody."""
        return canonical(found.package) in self.allowed or line_of(found) in approved()


def asks(found: Found) -> str:
    """What importing it would be, as a sentence without its full stop."""
    return (
        f"{found.what} is code of the package {found.of} in {found.place}, which nobody has allowed: it could read and "
        "send whatever you can"
    )


_CALL: ContextVar[Call | None] = ContextVar("longplay-plugins", default=None)


def this_call() -> Call | None:
    """The call that goes on in this context; None outside of any, where nothing is imported."""
    return _CALL.get()


@contextmanager
def allowing(names: Iterable[str] = (), ask: Ask = lambda _: False) -> Generator[Call]:
    """A call that may import plug-ins of these packages, and of those that the user has allowed before.

    What it imports stands in the tables within the block and this context alone, so that two calls, also at the same
    time, never see each other's. A name that ends in .py allows a task file of that name. Raises PluginError for one
    that is no installed package with plug-ins or tasks of Inspect.
    """
    call = Call(names, ask)
    if call.allowed:
        there = {canonical(one.package): one.package for one in call.found} | with_tasks(call.allowed)
        for name in sorted(call.allowed - set(there)):
            known = f"Those that do: {', '.join(sorted(there.values()))}" if there else "None does"
            raise PluginError(f"--allow-code {name}: no installed package of this name brings plug-ins. {known}.")
    token = _CALL.set(call)
    try:
        yield call
    finally:
        _CALL.reset(token)
