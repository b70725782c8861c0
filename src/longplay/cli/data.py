"""`longplay data`: third-party data sets, listed, fetched and checked. Shows terms and asks about them."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.battery import DIRECTORY_VARIABLE, DataError, Dataset, data_directory, manifest
from longplay.cli import terminal
from longplay.data import Fetched, SetState, fetch_split
from longplay.study.text_format import count
from longplay.study.third_party_data import check_accepting, chosen, fetch, how, of_hub, states, usable


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
        The sets; all when left out. `fetch` also takes hf:NAME@REVISION#SPLIT, a set of the Hugging Face hub.
    into
        The data directory; the folder that LONGPLAY_DATA names when left out, else `data`.
    accept_licence
        A restricted set whose terms you accept; may be given several times. On a terminal one is asked.
    as_json
        Print JSON.
    """
    folder = into or data_directory()
    if action == "fetch":
        return _fetch(names, folder, accept_licence, as_json)
    wanted = chosen(manifest(), names)
    if accept_licence:
        raise DataError("--accept-licence goes with `longplay data fetch`.")
    return _show(action, wanted, folder, as_json)


def _show(action: Literal["list", "check"], wanted: Sequence[Dataset], folder: Path, as_json: bool) -> int:
    found = states(wanted, folder)
    if as_json:
        terminal.json_data(found)
    elif action == "list":
        _list(found, folder)
    else:
        _check(found, folder)
    return 1 if action == "check" and any(file.state == "differs" for one in found for file in one.files) else 0


def _list(found: Sequence[SetState], folder: Path) -> None:
    rows = [[one.name, one.version, one.licence, one.summary, count(len(one.files)), _size(one)] for one in found]
    terminal.table(("set", "version", "licence", "state", "files", "bytes"), rows, left=4)
    terminal.talk(f"Data directory: {folder}")


def _size(state: SetState) -> str:
    return "not known" if state.bytes is None else count(state.bytes)


def _check(found: Sequence[SetState], folder: Path) -> None:
    """Every file that is not simply right, a line each, and the counts."""
    files = [(one.name, file) for one in found for file in one.files]
    rows = [[file.state, name, file.path, file.words] for name, file in files if file.state != "right"]
    if rows:
        terminal.table(("state", "set", "file", ""), rows, left=4)
    counts = Counter(file.state for _, file in files)
    terminal.data(
        f"{folder}: {counts['right'] + counts['copy']} of {len(files)} files verified, {counts['copy']} of them as a "
        f"known copy, {counts['unverified']} unverified, {counts['differs']} differ, {counts['missing']} missing."
    )


def _fetch(names: Sequence[str], folder: Path, accepting: tuple[str, ...], as_json: bool) -> int:
    """Fetch set by set, as far as terms are accepted. A set that was named and may not be used stops it all."""
    hub, pinned = of_hub(names)
    wanted = chosen(manifest(), pinned) if pinned or not hub else []
    check_accepting(manifest(), wanted, accepting)
    allowed, refused = usable(wanted, folder, lambda one: _accepts(one, one.name in accepting), named=bool(names))
    tell: Callable[[Fetched], None] = (lambda _: None) if as_json else _tell
    fetched = fetch(manifest(), allowed, folder, tell)
    for one in hub:
        for found in fetch_split(one, manifest(), folder):
            fetched.append(found)
            tell(found)
    if as_json:
        terminal.json_data(fetched)
    for one in refused:
        terminal.talk(f"Left out: {one.name}. {how(one)}")
    if folder != data_directory():
        terminal.talk(f"Set {DIRECTORY_VARIABLE}={folder} for studies to find it.")
    return 1 if refused or any(one.outcome == "failed" for one in fetched) else 0


def _tell(one: Fetched) -> None:
    terminal.data(f"{one.outcome}  {one.path}  {one.words}")


def _accepts(dataset: Dataset, given: bool) -> bool:
    """Whether the terms, which are shown, are accepted."""
    terminal.talk(f"{dataset.title}. {dataset.terms}")
    return given or terminal.agreed("Type yes to accept these terms:")
