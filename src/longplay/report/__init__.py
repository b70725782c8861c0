"""Estimates and transcripts -> one offline HTML page. Computes nothing; knows no models, no SQL."""

from pathlib import Path

from longplay.files import advice_on, write_whole
from longplay.plugged import Table
from longplay.records import Tell
from longplay.records.word_patterns import Wording
from longplay.report import (
    answer,
    contrasts,
    curves,
    dialogues,
    drifts,
    examples,
    flagged,
    gap,
    labels,
    making,
    missing,
    noise,
    question,
    trade_offs,
    traits,
    wording,
)
from longplay.report.cells import cell, patterns_text
from longplay.report.naming import title
from longplay.report.outside import PlainSection, section_from
from longplay.report.page import WORK, Example, Excerpt, Page, ReportError, Spend
from longplay.report.render import PLUGGED, Section, document

# The page in reading order; a new section is one file and one line here.
_ENTRIES = {
    "question": Section("The question", question.render),
    "answer": Section("The answer", answer.render),
    "curves": Section("Round by round", curves.render),
    "drifts": Section("What changed, in numbers", drifts.render),
    "gap": Section("Persona against no persona", gap.render),
    "contrasts": Section("Compared with each other", contrasts.render),
    "trade-offs": Section("What staying in role costs", trade_offs.render),
    "traits": Section("Character traits and refusals", traits.render),
    "wording": Section("Wording", wording.render),
    "labels": Section("The judge and people", labels.render),
    "noise": Section("The noise floor", noise.render),
    "missing": Section("What is missing", missing.render),
    "flagged": Section("Empty, cut and copied replies", flagged.render),
    "making": Section("How it was made", making.render),
    "examples": Section("Single answers", examples.render),
    "dialogues": Section("Dialogues to read", dialogues.render),
}
SECTIONS: Table[Section] = Table(_ENTRIES, {"sections": section_from})


def write_report(page: Page, path: Path, tell: Tell | None = None) -> None:
    """Write the page; a reader sees the old file or the whole new one. Raises ReportError where that cannot be.

    `tell` hears of a section that fails, which then says so on the page; without `tell` the error goes on.
    """
    _write(document(page, SECTIONS, tell), path)


def write_patterns(found: Wording, path: Path) -> None:
    """Write all patterns as CSV, likewise. Raises ReportError."""
    _write(patterns_text(found.patterns), path)


def _write(text: str, path: Path) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror}). {advice_on(error)}.") from None


__all__ = [
    "PLUGGED",
    "SECTIONS",
    "WORK",
    "Example",
    "Excerpt",
    "Page",
    "PlainSection",
    "ReportError",
    "Section",
    "Spend",
    "cell",
    "title",
    "write_patterns",
    "write_report",
]
