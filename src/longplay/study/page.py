"""Puts together what a report shows: estimates, facts about the run, and the chosen texts. Computes no estimates."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from longplay.analysis import Data, analyse_run, headlines, p_values, trade_offs
from longplay.experiment import Experiment
from longplay.folder import Standing, ended, stand
from longplay.folder.costs import ROLES, taken
from longplay.folder.study_file import STUDY
from longplay.folder.warning_signs import signs
from longplay.judging.likert import rates_by_kind
from longplay.records import Failure, part
from longplay.records.word_patterns import Wording
from longplay.report import WORK, Page, Spend
from longplay.store import CALL_KINDS, Reader
from longplay.study.card_steps import card_steps
from longplay.study.page_texts import examples, excerpts
from longplay.study.status_lines import sign_lines, standing_lines
from longplay.study.text_format import counted, line


def assemble(
    reader: Reader,
    experiment: Experiment,
    found: Data,
    run: Path,
    *,
    changed: bool = False,
    wording: Wording | None = None,
) -> Page:
    """The page of a run folder. `changed`: the study's [analysis] part is not the one the run began with.

    An analysis that fails is left out, and the page says so. Raises StoreError, AnalysisError.
    """
    failed: list[Failure] = []
    estimates = analyse_run(reader, found, failed.append)
    tops = part("the choice of headlines", partial(headlines, estimates, experiment.study), [], failed.append)
    charts = part("the analysis of trade-offs", partial(trade_offs, found), [], failed.append)
    steps = partial(card_steps, found, experiment, tops, estimates)
    counts, standing = reader.counts(), stand(reader, experiment)
    first, last = counts.first_call_at, counts.last_call_at
    return Page(
        study=experiment.study,
        personas=tuple(experiment.personas.values()),
        kinds_apart=rates_by_kind(experiment.edition) and "ours" in experiment.study.forms,
        scripts=tuple(msgspec.structs.replace(script, name=name) for name, script in experiment.scripts.items()),
        headlines=tuple(tops),
        estimates=tuple(estimates),
        p_values=p_values(estimates),
        steps=part("the search for the next step", steps, {}, failed.append),
        trade_offs=tuple(charts),
        examples=tuple(examples(reader, experiment)),
        excerpts=tuple(excerpts(reader, experiment)),
        spending=tuple(_spending(reader, experiment)),
        study_text=_study_text(run),
        facts=_facts(reader),
        started=_moment(first),
        finished=_moment(last),
        wall_s=float(last - first) if first is not None and last is not None else None,
        notes=tuple(_notes(reader, experiment, standing, changed=changed)),
        standing=tuple(line(told.text) for told in standing_lines(standing)),
        failures=tuple(failed),
        wording=wording,
        marks=experiment.marks,
        imported=tuple((key, experiment.rounds(key)) for key in experiment.imported.turns)
        if experiment.imported
        else (),
    )


def _spending(reader: Reader, experiment: Experiment) -> Iterator[Spend]:
    """A line a model and role: what it took, also for replies that were replaced on another try."""
    names, failed = reader.names(), Counter[tuple[str | None, str]]()
    calls = reader.columns("calls", ("model", "kind", "reason")).numbers
    lost = calls["reason"] > 0  # 0 = obtained
    for model, kind in zip(map(int, calls["model"][lost]), map(int, calls["kind"][lost]), strict=True):
        failed[ROLES.get(CALL_KINDS[kind]), names[model]] += 1
    for one in taken(reader, experiment.study):
        lost, tokens = failed[one.role, one.model], (one.prompt, one.cached, one.completion)
        yield Spend(one.model, WORK[one.role], one.calls, lost, *tokens, one.cost)


def _study_text(run: Path) -> str:
    path = run / STUDY
    try:  # a link that somebody prepared shall not bring another file onto the page
        return "" if path.is_symlink() else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # the store holds the study too; only its comments are lost


def _facts(reader: Reader) -> dict[str, str]:
    """Versions and hashes as the run recorded them."""
    meta = reader.meta()
    facts: dict[str, str] = {}
    for key in ("versions", "sources"):
        with contextlib.suppress(msgspec.DecodeError):  # a fact less, no report less
            facts |= msgspec.json.decode(meta.get(key, "{}"), type=dict[str, str])
    return facts


def _notes(reader: Reader, experiment: Experiment, standing: Standing, *, changed: bool) -> list[str]:
    """What stands under the answer: changes, where the dialogues are from, and what `longplay status` says too."""
    notes = ["The [analysis] part of the study was changed after the first data."] if changed else []
    if experiment.imported is not None:
        sources = ", ".join(experiment.imported.sources)
        many = len(experiment.imported.turns)
        was = "was" if many == 1 else "were"
        notes.append(f"{counted(many, 'dialogue')} {was} imported, not played: from {sources}.")
    last = ended(reader.meta())
    if last is not None and last.status == "stopped":
        notes.append(f"The last run stopped: {last.why}")
    if standing.left:
        notes.append("This run is not complete. Run it again to go on; these numbers will change.")
    if standing.left or standing.lost:
        notes += [told.text for told in standing_lines(standing) if not told.depth]  # the rest stands below
    return [line(note) for note in (*notes, *sign_lines(signs(reader, experiment)))]


def _moment(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
