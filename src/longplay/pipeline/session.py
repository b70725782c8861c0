"""One run from study file to outcome, on a thread and event loop of its own, so that it works anywhere: command line,
notebook, script. Knows no drawing."""

import asyncio
import contextlib
import gc
import shlex
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import chain
from pathlib import Path

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.resolving import resolve
from longplay.experiment.workload import expected
from longplay.folder.allowed_changes import check_folder
from longplay.folder.ended_dialogues import with_ended
from longplay.folder.outcome import ENDED, UNSETTLED, UNSETTLED_BY_ROLE, Outcome
from longplay.folder.recording import as_begun, record
from longplay.folder.study_file import STUDY, kept_study, write_study
from longplay.imports.stored_dialogues import imported_for
from longplay.inference import Pair, check_approved, open_endpoint
from longplay.pipeline.alarms import Heard
from longplay.pipeline.control import Control
from longplay.pipeline.progress import Progress
from longplay.pipeline.reusing import Reuse, reuses
from longplay.pipeline.run import run
from longplay.pipeline.slots import Servers
from longplay.pipeline.spending import Spending
from longplay.specs import LongplayError, StudyError, completed_text, parse_study, study_text
from longplay.store import DOUBTED, Reader, Replies, Store, StoreError, replies_path

_YOUNG = 100_000  # objects that a run makes between two collections


class Ready(msgspec.Struct, frozen=True):
    """A study looked up and checked, with the text it was read from, what its battery sets written out."""

    experiment: Experiment
    text: str
    allowed: frozenset[Path] = frozenset()

    def allowing(self, files: Iterable[str | Path]) -> "Ready":
        """The same, and these files outside the study's folder may be sent."""
        return msgspec.structs.replace(self, allowed=self.allowed | {Path(file).resolve() for file in files})


def load(path: Path, into: Path | None = None) -> Ready:
    """Read and check a study file and everything that it names. Starts nothing.

    `into`: the run folder; where the study says `dialogues.imported`, its dialogues are there. None = the file's own.
    """
    text = study_text(path)
    folder = path.parent if path.is_file() else Path()  # a pipe has no folder of its own
    study = parse_study(text, str(path), kept_study(path.parent if into is None else into))
    imported = imported_for(study, into or folder)
    return _ready(resolve(study, str(path), folder, imported), text)


def load_text(text: str, folder: Path = Path()) -> Ready:
    """The same from TOML text; files that it names are read relative to `folder`."""
    study = parse_study(text)
    return _ready(resolve(study, "study", folder, imported_for(study, folder)), text)


def _ready(experiment: Experiment, text: str) -> Ready:
    return Ready(experiment, completed_text(text, experiment.study.plugins))


def run_study(
    ready: Ready,
    into: Path,
    *,
    extend: bool = False,
    approve: Callable[[Sequence[Pair]], Sequence[Pair]] | None = None,
    watch: Callable[[Control], None] | None = None,
    linger_s: float = 0.05,
    cache: bool = True,
    go_on: bool = False,
) -> Outcome:
    """Run, or resume, a study into a folder and wait for its end.

    `approve` is asked for the servers and key variables that nobody vouched for and returns those it allows, which are
    kept for the user (`inference.approvals`); `watch` is handed the control before the first call; `linger_s` is how
    long a write may wait for company (see `Store.open`).
    `cache`: whether replies of earlier runs may be used, as each model's `cache` says; False = none are read or kept.
    `go_on`: go on although the first replies, or missing token counts under a cap, say that it is pointless.
    Raises LongplayError with one line that says what to do.
    """
    experiment = ready.experiment
    if experiment.imported is not None and experiment.imported.run.resolve() != into.resolve():
        raise StudyError(f"the study's dialogues are imported into {experiment.imported.run}; run it into that folder.")
    check_folder(into, experiment.study, extend=extend)
    _check_files(ready)
    check_approved(chain.from_iterable(spec.servers() for spec in experiment.roles.values()), approve)
    spending = Spending(experiment.study.budget)
    servers = _servers(experiment, spending)
    if not (into / STUDY).exists():
        write_study(into, ready.text)
    with Store.open(into, linger_s) as store:
        experiment = as_begun(into, experiment)
        record(store, into, experiment)
        write_study(into, ready.text)
        with Reader.open(into) as reader:
            experiment = with_ended(experiment, reader)
        heard = _before(experiment, into, spending)
        spending.insisted = go_on
        control = Control(Progress(expected(experiment), spending))
        control.heard = None if go_on else heard
        control.notes += _doubts(store, into)
        if watch is not None:
            watch(control)
        return _to_its_end(experiment, store, servers, control, cache=cache)


def _reusing(experiment: Experiment, store: Store, servers: Servers, control: Control) -> Outcome:
    replies = Replies.open(replies_path())
    try:
        return _on_own_thread(experiment, store, servers, control, Reuse(replies, experiment))
    finally:
        replies.close()
        control.notes += [replies.fault] if replies.fault is not None else []


def _to_its_end(experiment: Experiment, store: Store, servers: Servers, control: Control, *, cache: bool) -> Outcome:
    """Run, and keep how the run ended."""
    store.set_meta(ENDED, "")
    try:
        if cache and reuses(experiment):
            outcome = _reusing(experiment, store, servers, control)
        else:
            outcome = _on_own_thread(experiment, store, servers, control)
    except LongplayError as fault:
        with contextlib.suppress(StoreError):  # a disk that is full keeps no word either
            _keep_end(store, control.spending, Outcome("stopped", str(fault)))
        raise
    _keep_end(store, control.spending, outcome)
    return outcome


def _keep_end(store: Store, spending: Spending, outcome: Outcome) -> None:
    unsettled = spending.unsettled()
    if any(unsettled.values()):
        store.set_meta(UNSETTLED_BY_ROLE, msgspec.json.encode(unsettled).decode())
        store.set_meta(UNSETTLED, str(spending.unassigned + sum(unsettled.values())))
    store.set_meta(ENDED, msgspec.json.encode(outcome).decode())


def _check_files(ready: Ready) -> None:
    """A study is foreign text: what it names beyond its own folder, a person must have meant. Raises StudyError."""
    asked = [path for path in ready.experiment.outside if path not in ready.allowed]
    if asked:
        words = " ".join(shlex.join(("--allow-file", str(path))) for path in asked)
        raise StudyError(
            f"the study names files outside its folder, whose texts would be sent to its models: "
            f"{', '.join(map(str, asked))}. If that is meant, add {words}"
        )


def _doubts(store: Store, into: Path) -> list[str]:
    """What must be said, once, of replies that an earlier version believed."""
    with Reader.open(into) as reader:
        body = reader.meta().get(DOUBTED)
    if not body:
        return []
    store.set_meta(DOUBTED, "")
    found = msgspec.json.decode(body, type=dict[str, int])
    what = ", ".join(f"{reason} {count:,}" for reason, count in sorted(found.items()))
    return [
        f"{sum(found.values()):,} replies that an earlier version of longplay believed are no longer believed: their "
        f"servers named no known ending, or counted no tokens ({what}). What failed is asked for again, with what "
        "stood on it. The old texts are kept."
    ]


def _servers(experiment: Experiment, spending: Spending) -> Servers:
    return {
        role: [open_endpoint(server, tries=spending.roles[role.kind].tries) for server in spec.servers()]
        for role, spec in experiment.roles.items()
    }


def _before(experiment: Experiment, into: Path, spending: Spending) -> Heard:
    """What earlier runs into the folder have spent, and of whom they obtained anything."""
    with Reader.open(into) as reader:
        replied = reader.replied()
        spending.take_over(reader, experiment.study)
        judges = frozenset(one.of.judge for one in reader.scored() if one.reason is None)
    return Heard(frozenset((one.model, one.judging) for one in replied if one.count > one.empty), judges)


def _on_own_thread(
    experiment: Experiment, store: Store, servers: Servers, control: Control, reuse: Reuse | None = None
) -> Outcome:
    """Run on a fresh thread and loop. An interrupt here ends the run cleanly; a second one waits for no more calls."""
    with _seldom_collecting(), ThreadPoolExecutor(1, "longplay-run") as threads:
        here = copy_context()  # what this call's plug-ins have brought
        running = threads.submit(here.run, asyncio.run, _closing(experiment, store, servers, control, reuse))
        while not running.done():
            try:
                wait([running], timeout=0.2)
            except KeyboardInterrupt:
                control.interrupt()
        return running.result()


@contextlib.contextmanager
def _seldom_collecting() -> Generator[None, None, None]:
    """Let the garbage collector look seldom, and only at what the run makes. A run makes no cycles to speak of, but
    holds thousands of pieces that wait for their commit, and looking through those costs more than storing them."""
    thresholds = gc.get_threshold()
    if not 0 < thresholds[0] < _YOUNG:  # another run, or whoever called this one, has seen to it
        yield
        return
    gc.freeze()
    gc.set_threshold(_YOUNG, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


async def _closing(
    experiment: Experiment, store: Store, servers: Servers, control: Control, reuse: Reuse | None
) -> Outcome:
    try:
        return await run(experiment, store, servers, control, reuse)
    finally:
        for endpoint in chain(*servers.values()):
            await endpoint.close()
