"""What a study calls a task of Inspect, and whether its code may run. Imports nothing of it."""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import msgspec

from longplay.plugged import Found, this_call
from longplay.specs import FileFault, LongplayError, file_bytes, plain

PREFIX = "inspect/"
_MOST_BYTES = 4_000_000


class TaskError(LongplayError):
    """A task that cannot be read, asked or scored; one line that names it. `final`: whatever its grader says."""

    final = True


class ScorerFailed(TaskError):
    """A task's code raised an error."""

    final = False


class TaskName(msgspec.Struct, frozen=True):
    """`inspect/FILE.py@TASK` or `inspect/PACKAGE/TASK`. `file`: empty for a task of an installed package."""

    written: str
    file: str
    package: str
    task: str


def task_name(written: str) -> TaskName:
    """The parts of a name. Raises TaskError where it is none."""
    rest = written.removeprefix(PREFIX)
    file, at, task = rest.rpartition("@")
    if at and file.endswith(".py") and task.isidentifier():
        return TaskName(written, file, "", task)
    package, slash, task = rest.partition("/")
    if slash and package.isidentifier() and task.isidentifier():
        return TaskName(written, "", package, task)
    raise TaskError(
        f"{plain(repr(written))} names no task of Inspect; write inspect/FILE.py@TASK, or inspect/PACKAGE/TASK for one "
        "of an installed package."
    )


def found_task(written: str, folder: Path) -> Found:
    """Where the code of a task is, as plug-ins are named: its package is the file, its version what the file holds.

    Raises TaskError where it is not there.
    """
    name = task_name(written)
    if not name.file:
        try:
            package = distribution(name.package)
        except PackageNotFoundError:
            raise TaskError(f"{plain(written)}: no package {name.package!r} is installed.") from None
        place = str(Path(str(package.locate_file(""))).absolute())
        return Found("probes", written, package.metadata["Name"], package.version, place, name.task)
    path = folder / name.file
    try:
        digest = hashlib.sha256(file_bytes(path, _MOST_BYTES)).hexdigest()[:16]
    except FileFault as fault:
        raise TaskError(f"{plain(str(path))}: {fault}") from None
    return Found("probes", written, path.name, digest, str(path.parent.absolute()), name.task)


def check_allowed(found: Found) -> None:
    """Raises PluginError where nobody allowed this code."""
    call = this_call()
    if call is None:
        raise TaskError(f"{found.what} is code; tasks are used through longplay.run, .plan and .open alone.")
    call.check(found)
