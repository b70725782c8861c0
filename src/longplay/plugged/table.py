"""Tables of what can be named in a study: what longplay brings and, within a call, what its plug-ins do."""

from collections.abc import Callable, Generator, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, ClassVar, TypeVar, cast

from longplay.plugged.allowing import Call, this_call
from longplay.plugged.found import Found, PluginError
from longplay.specs import LongplayError, plain

T = TypeVar("T")
Maker = Callable[[Found, object], T]
FAULTS = (Exception, SystemExit)  # what foreign code may raise, which shall cost a line and no more


class Table(MutableMapping[str, T]):
    """A plain dict, and beside it what this call has imported. What is set stands in the dict.

    `makers`: by group of entry points, what makes an entry of the object that was imported; it raises PluginError where
    that is of another kind.
    """

    _every: ClassVar[list["Table[Any]"]] = []

    def __init__(self, entries: Mapping[str, T], makers: Mapping[str, Maker[T]]) -> None:
        """`entries` come with longplay."""
        self._own = dict(entries)
        self._makers = makers
        self._every.append(self)

    def bring(self, name: str) -> Found | None:
        """See that a name is there if a plug-in has it; where it is from, None for names of longplay and unknown ones.

        Raises PluginError where it is not allowed, two packages have it, or it cannot be had.
        """
        if name in self._own:
            return None
        call = this_call() or Call()
        found = [one for one in call.found if one.group in self._makers and one.name == name]
        if not found:
            return None
        one = found[0]
        if len(found) > 1:
            packages = " and ".join(dict.fromkeys(f"{other.of} ({other.place})" for other in found))
            raise PluginError(f"{one.what} is brought twice, by {packages}; uninstall one or rename it.")
        if (one.group, name) not in call.used:
            self._import(one, call)
        return one

    def _import(self, one: Found, call: Call) -> None:
        if one.fault:
            raise PluginError(f"{one.what} of {one.of} cannot be used: {one.fault}.")
        call.check(one)
        made = self._makers[one.group](one, _imported(one))
        call.brought.setdefault(id(self), {})[one.name] = made
        call.used[one.group, one.name] = one

    def define(self, name: str, value: T) -> None:
        """An entry that the study at hand writes down itself: for this call alone. Raises PluginError outside of one.

        What longplay has keeps its name: see `own`.
        """
        call = this_call()
        if call is None:
            raise PluginError(f"{name!r} of a study is used through longplay.run, .plan and .open alone.")
        call.brought.setdefault(id(self), {})[name] = value

    @property
    def own(self) -> Mapping[str, T]:
        """What comes with longplay."""
        return self._own

    def _brought(self) -> dict[str, T]:
        call = this_call()
        return cast("dict[str, T]", call.brought.get(id(self), {})) if call is not None else {}

    def __getitem__(self, name: str) -> T:
        """longplay's own, else what this call has imported."""
        return self._own[name] if name in self._own else self._brought()[name]

    def __setitem__(self, name: str, value: T) -> None:
        """For all calls."""
        self._own[name] = value

    def __delitem__(self, name: str) -> None:
        """For all calls."""
        del self._own[name]

    def __iter__(self) -> Iterator[str]:
        """longplay's own first, in their order."""
        yield from self._own
        yield from (name for name in self._brought() if name not in self._own)

    def __len__(self) -> int:
        """Of both."""
        return len(self._own.keys() | self._brought().keys())

    @classmethod
    def snapshot(cls) -> "list[dict[str, object]]":
        """What stands in the tables that there are."""
        return [dict(table._own) for table in cls._every]

    @classmethod
    def put_back(cls, before: "list[dict[str, object]]") -> bool:
        """Undo what was changed since; whether anything was."""
        changed = False
        for table, entries in zip(cls._every, before, strict=False):  # tables that were made since are as they came
            if table._own != entries:
                table._own, changed = dict(entries), True
        return changed


def _imported(found: Found) -> object:
    """The object that an entry point names. Raises PluginError, also where its module changed longplay's tables."""
    module, _, inside = found.value.partition(":")
    before = Table.snapshot()
    try:
        value: object = import_module(module)
        for part in filter(None, inside.split(".")):
            value = getattr(value, part)
    except FAULTS as error:
        raise failed(found, "cannot be imported", error) from None
    finally:
        changed = Table.put_back(before)
    if changed:
        raise PluginError(f"{found.what} of {found.of} changed longplay's own entries when it was imported; mend it.")
    return value


def failed(found: Found, how: str, error: BaseException) -> PluginError:
    """What is said of an error in foreign code."""
    try:
        said = str(error)
    except FAULTS:  # foreign too: an error's own words may fail
        said = ""
    words = f"{type(error).__name__}: {said}".strip(": ")
    return PluginError(f"{found.what} of {found.of} {how} ({plain(words)}). Mend or uninstall the package.")


def made_of(found: Found, value: object, kind: type[T]) -> T:
    """The object, if it is of the kind that the table holds. Raises PluginError."""
    if isinstance(value, kind):
        return value
    given = plain(type(value).__name__, 60)
    raise PluginError(f"{found.what} of {found.of} is no {kind.__name__} but a {given}; mend the package.")


def named_as(found: Found, name: str) -> None:
    """Raises PluginError where an object has another name than its entry point."""
    if name != found.name:
        raise PluginError(f"{found.what} of {found.of} calls itself {plain(repr(name), 60)}; give both one name.")


def guarded(found: Found, how: str, work: Callable[[], T]) -> T:
    """What foreign code returns; whatever it raises is one line that names it. Errors of longplay's go on."""
    try:
        return work()
    except LongplayError:
        raise
    except FAULTS as error:
        raise failed(found, how, error) from error


def asking(found: Found, begin: Callable[[], Generator[Any, Any, T]], kind: type[object]) -> Generator[Any, Any, T]:
    """Steps of foreign code, each looked at before it is believed: what is asked on the way must be of this kind.
    Whatever they raise is one line that names it. Errors of longplay's go on."""
    steps, reply = guarded(found, "failed", begin), cast("Any", None)
    while True:
        try:
            asked = steps.send(reply)
        except StopIteration as ended:
            return cast("T", ended.value)
        except LongplayError:
            raise
        except FAULTS as error:
            raise failed(found, "failed", error) from error
        reply = yield made_of(found, asked, kind)
