"""A run folder opened from Python: its frames, its page, and all else that commands say of it. Prints nothing.

What takes long to load (analysis, page, pandas) is loaded by the methods that need it.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from longplay.experiment import Plan
from longplay.experiment import plan as planned
from longplay.folder import ended
from longplay.pipeline import load_text, run_study
from longplay.records.word_patterns import Wording
from longplay.specs import LongplayError
from longplay.store import Reader
from longplay.study.plugging import allowing, with_plugins
from longplay.study.recorded_experiment import recorded
from longplay.study.running import check_assumed, demo_study
from longplay.study.showing import shown
from longplay.study.status import Status
from longplay.study.status import status as read_status
from longplay.study.status_lines import unfinished
from longplay.study.text_format import line, warned
from longplay.study.text_lookup import Wanted

if TYPE_CHECKING:
    import pandas as pd

    from longplay.analysis.pilots import Looked
    from longplay.study.labelling import Drawn, LabelsRead
    from longplay.study.power import Answer


class Run:
    """One run folder. Every method reads what the folder holds when it is called, also while the run goes on.

    Methods raise LongplayError, in the words of the command line. What the command line says on stderr, such as that an
    analysis failed and is left out, is a warning.
    """

    def __init__(self, folder: Path, allow_code: Collection[str] = ()) -> None:
        """Use `longplay.open`."""
        self.folder = folder
        self.allow_code = tuple(allow_code)

    def __repr__(self) -> str:
        """The call that opens it, the study's title and how far the run is, as far as the folder can be read."""
        opened = f"longplay.open({str(self.folder)!r})"
        try:
            with Reader.open(self.folder) as reader:
                title, counts, last = recorded(reader).study.title, reader.counts(), ended(reader.meta())
        except LongplayError:
            return opened
        far = last.status if last is not None else "not ended"
        answers = sum(outcome.done for outcome in counts.answers.values())
        obtained = f"{counts.rounds.done:,} rounds, {answers:,} answers, {counts.verdicts.done:,} verdicts"
        return f"<{opened}: {f'{line(title)}; ' if title else ''}{far}; {obtained}>"

    @with_plugins
    def status(self) -> Status:
        """How far the run is: obtained of due, missing by reason, what servers said, cost, rate."""
        return read_status(self.folder)[0]

    @with_plugins
    def plan(self, *, reply_tokens: int = 300, tokens_per_second: float = 30.0) -> Plan:
        """What the run's study takes in full, as it is recorded; see `longplay.plan`."""
        check_assumed(reply_tokens, tokens_per_second)
        with Reader.open(self.folder) as reader:
            return planned(recorded(reader), reply_tokens, tokens_per_second)

    @with_plugins
    def personas(self, *, texts: bool = False) -> "pd.DataFrame":
        """Who is played, a row each; `texts`: also what is known of them."""
        from longplay.study import exporting

        return exporting.personas(self.folder, texts=texts)

    @with_plugins
    def rounds(self, *, texts: bool = False) -> "pd.DataFrame":
        """Every round, with the columns of docs/tables.md; `texts`: also the user's turn and the reply."""
        return self._stored("rounds", texts=texts)

    @with_plugins
    def answers(self, *, texts: bool = False) -> "pd.DataFrame":
        """Every answer to an item; `texts`: also the reply."""
        return self._stored("answers", texts=texts)

    @with_plugins
    def verdicts(self) -> "pd.DataFrame":
        """Every verdict of judges, programs and people; `subject_id` is the `id` in the frame that `on` names."""
        return self._stored("verdicts")

    @with_plugins
    def estimates(self) -> "pd.DataFrame":
        """Every estimate, computed now from what is stored. Takes as long as the analysis."""
        from longplay.study import exporting

        return exporting.estimates(self.folder, warned)

    @with_plugins
    def report(self, path: str | Path | None = None, *, wording: bool = False) -> Path:
        """Write the page and return where it is: at `path`, or as the command does RUN/report.html, then with
        RUN/estimates.csv. `wording`: also the words that tell personas from the baseline."""
        from longplay.study.reporting import report

        return report(self.folder, None if path is None else Path(path), warned, wording=wording)

    @with_plugins
    def show(
        self,
        *,
        model: str | None = None,
        persona: str | None = None,
        script: str | None = None,
        order: int | None = None,
        draw: int | None = None,
        policy: str | None = None,
        checkpoint: int | None = None,
        probe: str | None = None,
        item: str | None = None,
        round: int | None = None,
        rounds: int | None = None,
    ) -> str:
        """One answer or round with everything behind it, as text to print; what is left out is chosen.

        `round`: a round of the dialogue itself, in place of an item; `rounds`: only so many rounds before it.
        """
        wanted = Wanted(model, persona, script, order, draw, policy, checkpoint, probe, item, round)
        return shown(self.folder, wanted, rounds).text

    @with_plugins
    def wording(self, *, miner: Literal["built-in", "premise"] = "built-in", seed: int = 0) -> Wording:
        """The words that tell personas from the baseline: `.patterns`, and `.estimates` of how they fade."""
        from longplay.study.wording import worded

        return worded(self.folder, miner, seed)

    @with_plugins
    def export(self, into: str | Path | None = None, *, texts: bool = False, form: Literal[1, 2] = 2) -> Path:
        """Write every table as CSV and Parquet into a folder, RUN/export where none is named, and return it."""
        from longplay.study import exporting

        named = None if into is None else Path(into)
        folder, tables = exporting.export(self.folder, named, warned, texts=texts, form=form)
        for _ in tables:
            pass
        return folder

    @with_plugins
    def power(
        self,
        *,
        metric: str | None = None,
        change: float | None = None,
        power: float = 0.8,
        seed: int | None = None,
        source: str | None = None,
        model: str | None = None,
        script: str | None = None,
        contrast: "Looked" = "drift",
        against: str | None = None,
    ) -> "Answer":
        """How large a study must be to see a change, with this run as the pilot: `.designs`, with what each takes."""
        from longplay.analysis.pilots import Place
        from longplay.study.power import power as sized

        where = Place(source, model, script, contrast, against)
        return sized(self.folder, metric, change, power, seed, where)[0]

    @with_plugins
    def draw_labels(
        self,
        into: str | Path,
        *,
        count: int = 400,
        seed: int | None = None,
        metrics: Sequence[str] | None = None,
        checkpoints: Sequence[int] | None = None,
        sources: Sequence[str] | None = None,
        models: Sequence[str] | None = None,
        scripts: Sequence[str] | None = None,
        speakers: Sequence[str] | None = None,
    ) -> "Drawn":
        """Draw judged texts for people to label, and write the sheet (CSV), which must not be there yet."""
        from longplay.analysis import Narrowed
        from longplay.study.labelling import draw

        at = None if checkpoints is None else tuple(checkpoints)
        narrowed = Narrowed(_named(metrics), at, *map(_named, (sources, models, scripts, speakers)))
        return draw(self.folder, Path(into), narrowed, count, seed)

    @with_plugins
    def read_labels(self, sheet: str | Path, *, labeller: str = "person") -> "LabelsRead":
        """Take in the labels of a sheet that came back, so that estimates are also given corrected by them."""
        from longplay.study.labelling import read_labels

        return read_labels(self.folder, Path(sheet), labeller)

    def _stored(self, name: Literal["rounds", "answers", "verdicts"], *, texts: bool = False) -> "pd.DataFrame":
        from longplay.study import exporting

        return exporting.stored(self.folder, name, texts=texts)


def _named(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def demo(into: str | Path, *, real: bool = False) -> Run:
    """Run a bundled study, and write its report once nothing of it is left to try.

    On simulated models in some minutes; `real`: a short one on a small real model on this machine, which needs what
    `longplay.serve_local` needs. Raises LongplayError.
    """
    run = Run(Path(into))
    if real:
        from longplay.study import demo_real

        with demo_real.small_local().served() as server:
            outcome = run_study(demo_real.study(server.url), run.folder)
    else:
        outcome = run_study(load_text(demo_study()), run.folder)
    if outcome.status == "complete" and not unfinished(read_status(run.folder)[1]):
        run.report()
    return run


def open_run(run: str | Path, *, allow_code: Collection[str] = ()) -> Run:
    """Open a run folder, to look at it from Python; nothing is held open.

    `allow_code`: packages whose plug-ins may be imported, see docs/plugins.md. Raises StoreError where there is no run,
    or one of a later version; RunError where it holds no study yet; PluginError for a package that brings no plug-ins.
    """
    with allowing(allow_code), Reader.open(Path(run)) as reader:
        recorded(reader)
    return Run(Path(run), allow_code)
