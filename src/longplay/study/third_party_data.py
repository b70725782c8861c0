"""Third-party data sets: what is here and right, and fetching the others. Asks nobody: who calls accepts terms."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from longplay.battery import HUB, DataError, Dataset, HubSet, data_directory, hub_set, manifest, read_record
from longplay.battery.datasets import Manifest
from longplay.data import Fetched, Fetching, SetState, accept, examine, fetch_split


def data_sets(*names: str, into: str | Path | None = None) -> list[SetState]:
    """What there is of these sets, of all where none is named, and whether it is right: every file is hashed.

    `into`: the data directory; the folder that LONGPLAY_DATA names when left out, else `data`. Raises DataError.
    """
    return states(chosen(manifest(), names), data_directory() if into is None else Path(into))


def fetch_data(*names: str, into: str | Path | None = None, accept_licences: Collection[str] = ()) -> list[Fetched]:
    """Fetch what is missing or wrong of these sets, of all where none is named, from their pinned sources. A name such
    as `hf:owner/set@revision#split` is that of a set of the Hugging Face hub.

    `accept_licences`: sets whose terms you accept. A set whose terms were not accepted is an error where it is named,
    else left out. Raises DataError.
    """
    known, folder = manifest(), data_directory() if into is None else Path(into)
    hub, pinned = of_hub(names)
    wanted = chosen(known, pinned) if pinned or not hub else []
    check_accepting(known, wanted, accept_licences)
    allowed, _ = usable(wanted, folder, lambda one: one.name in accept_licences, named=bool(names))
    return [*fetch(known, allowed, folder), *(one for named in hub for one in fetch_split(named, known, folder))]


def of_hub(names: Sequence[str]) -> tuple[list[HubSet], list[str]]:
    """The sets of the Hugging Face hub among these names, and the names of the others. Raises DataError."""
    named = dict.fromkeys(names)
    return [hub_set(name) for name in named if name.startswith(HUB)], [n for n in named if not n.startswith(HUB)]


def chosen(known: Manifest, names: Sequence[str]) -> list[Dataset]:
    """The sets of these names, or all. Raises DataError."""
    return [known.named(name) for name in dict.fromkeys(names)] or list(known.sets)


def states(wanted: Sequence[Dataset], folder: Path) -> list[SetState]:
    """What is here of each set."""
    record = read_record(folder)
    return [examine(dataset, folder, record) for dataset in wanted]


def check_accepting(known: Manifest, wanted: Sequence[Dataset], accepting: Collection[str]) -> None:
    """Raises DataError where a name is that of no wanted set with terms."""
    for name in accepting:
        if known.named(name).terms is None or name not in [one.name for one in wanted]:
            raise DataError(f"--accept-licence {name}: not a set with terms to accept among those to fetch.")


def usable(
    wanted: Sequence[Dataset], folder: Path, accepts: Callable[[Dataset], bool], *, named: bool
) -> tuple[list[Dataset], list[Dataset]]:
    """The sets that may be used here, and those that may not. `accepts` is asked of sets whose terms were not accepted
    yet; a yes is kept. Raises DataError where the sets were named and one may not be used."""
    allowed = [one for one in wanted if _accepted(one, folder, accepts)]
    refused = [one for one in wanted if one not in allowed]
    if refused and named:
        raise DataError(f"data set {refused[0].name}: {how(refused[0])} Nothing was fetched.")
    return allowed, refused


def fetch(
    known: Manifest, allowed: Sequence[Dataset], folder: Path, tell: Callable[[Fetched], None] = lambda _: None
) -> list[Fetched]:
    """Get every file of these sets that is missing or wrong; `tell` hears of each as it is there."""
    fetching, fetched = Fetching(known, folder), list[Fetched]()
    for one in allowed:
        for file in one.files:
            fetched.append(fetching.fetch(one, file))
            tell(fetched[-1])
    return fetched


def how(dataset: Dataset) -> str:
    """How its terms are accepted, in words."""
    return f"its terms must be accepted first: longplay data fetch {dataset.name} --accept-licence {dataset.name}."


def _accepted(dataset: Dataset, folder: Path, accepts: Callable[[Dataset], bool]) -> bool:
    if dataset.accepted(read_record(folder)):
        return True
    if not accepts(dataset):
        return False
    accept(folder, dataset)
    return True
