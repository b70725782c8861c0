"""A first study for a newcomer to edit, and a dry check of a study: each model asked once. Prints nothing."""

import tempfile
from collections.abc import Callable, Collection, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from longplay.experiment import Experiment
from longplay.folder import Standing
from longplay.inference import Pair
from longplay.pipeline import Ready, load, run_study
from longplay.probes import limited
from longplay.specs import Conditioning, Dialogues, LongplayError
from longplay.study.plugging import allowing
from longplay.study.running import only
from longplay.study.status import Status
from longplay.study.status import status as read_status

FILES = ("study.toml", "personas.toml", "script.toml", "items.jsonl", "rubric.toml")
STUDY = FILES[0]
FOLDER = Path("first-study")
ROUNDS = 2  # the fewest that a dialogue can have


class InitError(LongplayError):
    """A folder in which no first study can be written; the message says why."""


def init(folder: str | Path = FOLDER) -> tuple[Path, ...]:
    """Write a first study into a folder, made where there is none: the files, the study first.

    Raises InitError where one of them is there already; then nothing is written.
    """
    into = Path(folder)
    there = [name for name in FILES if (into / name).exists() or (into / name).is_symlink()]
    if there:
        raise InitError(f"{into}: holds {', '.join(there)} already. Nothing was written; name another folder.")
    into.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        with (into / name).open("xb") as file:
            file.write((files("longplay.study") / "first" / name).read_bytes())
    return tuple(into / name for name in FILES)


def check_study(
    study: str | Path,
    *,
    allow_hosts: Collection[str] = (),
    allow_files: Collection[str | Path] = (),
    allow_code: Collection[str] = (),
) -> Status:
    """Ask each model of a study a little, as the study would, and keep nothing: what became of it, and its cost.

    One dialogue a model: the first persona, two rounds, then one item of each probe, all judged. `allow_hosts`,
    `allow_files` and `allow_code` as in `run`. Raises LongplayError.
    """
    with allowing(allow_code):
        return checked(study_at(Path(study)), only(allow_hosts), allow_files)[0]


def study_at(path: Path) -> Path:
    """The study file that is meant: the path, or the one in this folder."""
    return path / STUDY if path.is_dir() else path


def checked(
    study: Path, approve: Callable[[Sequence[Pair]], Collection[Pair]], allow_files: Collection[str | Path] = ()
) -> tuple[Status, Standing]:
    """The same, with the standing of which lines are made; `approve` is asked for servers that nobody vouched for."""
    ready = load(study)
    if ready.experiment.imported is not None:
        raise InitError(f"{study}: its dialogues are imported, so there is nothing to play; `longplay plan` counts it.")
    little = Ready(_little(ready.experiment), ready.text).allowing(allow_files)
    with tempfile.TemporaryDirectory(prefix="longplay-check-") as folder:
        run_study(little, Path(folder), approve=lambda pairs: [*approve(pairs)], cache=False, go_on=True)
        return read_status(Path(folder))


def _little(experiment: Experiment) -> Experiment:
    """One dialogue a model, two rounds long, and one item of each probe after the first."""
    study, personas = experiment.study, dict(list(experiment.personas.items())[:1])
    scripts = dict(list(experiment.scripts.items())[:1])
    alone = Dialogues(
        personas=study.dialogues.personas,
        baseline=not personas,
        baseline_draws=1,
        scripts=tuple(scripts),
        rounds=ROUNDS,
        policy=study.dialogues.policy,
    )
    once = Conditioning(
        checkpoints=(1,),
        policies=study.conditioning.policies[:1],
        draws_at_0=1,
        repeats=0,
        noise_share=0.0,
        on_cut=study.conditioning.on_cut,
    )
    return msgspec.structs.replace(
        experiment,
        study=msgspec.structs.replace(study, dialogues=alone, conditioning=once),
        personas=personas,
        scripts=scripts,
        probes={name: limited(items, 1) for name, items in experiment.probes.items()},
    )
