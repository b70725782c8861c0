"""`longplay data`: third-party data sets, listed, fetched and checked. Shows terms and asks about them."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.battery import DIRECTORY_VARIABLE, DataError, Dataset, data_directory, manifest, read_record
from longplay.cli import say
from longplay.data import Fetched, Fetching, SetState, accept, examine


def data(
    action: Literal["list", "fetch", "check"],
    /,
    *names: str,
    into: Path | None = None,
    accept_licence: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Third-party data sets: list them, fetch them from their pinned sources, or check what is there.

    Exit code 1: a file differs from what is pinned (check), or something could not be fetched (fetch).

    Parameters
    ----------
    action
        `list`: what there is and what is here; `fetch`: get what is missing or wrong; `check`: hash everything.
    names
        The sets; all when left out.
    into
        The data directory; the folder that LONGPLAY_DATA names when left out, else `data`.
    accept_licence
        A restricted set whose terms you accept; may be given several times. On a terminal one is asked.
    as_json
        Print JSON.
    """
    folder = into or data_directory()
    chosen = [manifest().named(name) for name in dict.fromkeys(names)] or list(manifest().sets)
    if action == "fetch":
        return _fetch(chosen, folder, bool(names), accept_licence, as_json)
    if accept_licence:
        raise DataError("--accept-licence goes with `longplay data fetch`.")
    return _show(action, chosen, folder, as_json)


def _show(action: Literal["list", "check"], chosen: Sequence[Dataset], folder: Path, as_json: bool) -> int:
    record = read_record(folder)
    states = [examine(dataset, folder, record) for dataset in chosen]
    if as_json:
        say.json_data(states)
    elif action == "list":
        _list(states, folder)
    else:
        _check(states, folder)
    return 1 if action == "check" and any(file.state == "differs" for one in states for file in one.files) else 0


def _list(states: Sequence[SetState], folder: Path) -> None:
    rows = [[one.name, one.version, one.licence, one.summary, say.count(len(one.files)), _size(one)] for one in states]
    say.table(("set", "version", "licence", "state", "files", "bytes"), rows, left=4)
    say.talk(f"Data directory: {folder}")


def _size(state: SetState) -> str:
    return "not known" if state.bytes is None else say.count(state.bytes)


def _check(states: Sequence[SetState], folder: Path) -> None:
    """Every file that is not simply right, a line each, and the counts."""
    files = [(one.name, file) for one in states for file in one.files]
    rows = [[file.state, name, file.path, file.words] for name, file in files if file.state != "right"]
    if rows:
        say.table(("state", "set", "file", ""), rows, left=4)
    counts = Counter(file.state for _, file in files)
    say.data(
        f"{folder}: {counts['right'] + counts['copy']} of {len(files)} files verified, {counts['copy']} of them as a "
        f"known copy, {counts['unverified']} unverified, {counts['differs']} differ, {counts['missing']} missing."
    )


def _fetch(chosen: list[Dataset], folder: Path, by_name: bool, accepting: tuple[str, ...], as_json: bool) -> int:
    """Fetch set by set, as far as terms are accepted. A set that was named and may not be used stops it all."""
    for name in accepting:
        if manifest().named(name).terms is None or name not in [one.name for one in chosen]:
            raise DataError(f"--accept-licence {name}: not a set with terms to accept among those to fetch.")
    allowed = [one for one in chosen if _accepted(one, folder, one.name in accepting)]
    refused = [one for one in chosen if one not in allowed]
    if refused and by_name:
        raise DataError(f"data set {refused[0].name}: {_how(refused[0])} Nothing was fetched.")
    fetching = Fetching(manifest(), folder)
    fetched: list[Fetched] = []
    for one in allowed:
        for file in one.files:
            fetched.append(fetching.fetch(one, file))
            if not as_json:
                say.data(f"{fetched[-1].outcome}  {file.path}  {fetched[-1].words}")
    if as_json:
        say.json_data(fetched)
    for one in refused:
        say.talk(f"Left out: {one.name}. {_how(one)}")
    if folder != data_directory():
        say.talk(f"Set {DIRECTORY_VARIABLE}={folder} for studies to find it.")
    return 1 if refused or any(one.outcome == "failed" for one in fetched) else 0


def _how(dataset: Dataset) -> str:
    return f"its terms must be accepted first: longplay data fetch {dataset.name} --accept-licence {dataset.name}."


def _accepted(dataset: Dataset, folder: Path, given: bool) -> bool:
    """Whether a set may be used here; terms are shown before they are accepted, and the answer is kept."""
    if dataset.accepted(read_record(folder)):
        return True
    say.talk(f"{dataset.title}. {dataset.terms}")
    if given or _asked():
        accept(folder, dataset)
        return True
    return False


def _asked() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say.talk("Type yes to accept these terms:")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
