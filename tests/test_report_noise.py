"""The noise floor on the page: flips by checkpoint, and that they are taken for nothing else."""

import re
from pathlib import Path

import msgspec

from longplay.report import Page, write_report
from longplay.specs import ModelSpec, Sampling, Study
from report_pages import MODELS, realistic


def section(page: Page, folder: Path) -> str:
    """The words of the section, tags taken out."""
    write_report(page, folder / "report.html")
    html = (folder / "report.html").read_text("utf-8")
    start = html.index('<section id="noise"')
    return " ".join(re.sub(r"<[^>]+>", " ", html[start : html.index("</section>", start)]).split())


def test_flips_stand_by_checkpoint_with_share_interval_and_missing(tmp_path: Path) -> None:
    text = section(realistic(), tmp_path)
    row = "goal-oriented temperature 0 and a seed sent 0 of 4 2 of 50 4 of 46 6 of 100 0.060 [0.028, 0.125] 8"
    assert text.count(row) == len(MODELS)
    assert "0 rounds 32 rounds 102 rounds" in text


def test_how_a_model_was_asked_is_said(tmp_path: Path) -> None:
    models = (
        ModelSpec("openai/a", label=MODELS[0].title, probe_sampling=Sampling(temperature=0.7), not_settable=("seed",)),
        ModelSpec("openai/b", label=MODELS[1].title, not_settable=("temperature",)),
    )
    study = Study(models=models, judge=ModelSpec("sim/judge"))
    text = section(msgspec.structs.replace(realistic(), study=study), tmp_path)
    assert "temperature 0.7 and no seed sent" in text
    assert "no temperature and a seed sent" in text


def test_without_repeats_the_page_says_that_nothing_was_asked_again(tmp_path: Path) -> None:
    page = realistic()
    none = msgspec.structs.replace(page, estimates=tuple(e for e in page.estimates if e.analysis != "noise"))
    assert "No answer was asked for again: simulated models compute the same reply" in section(none, tmp_path)
    real = msgspec.structs.replace(none, study=Study(models=(ModelSpec("openai/a"),), judge=ModelSpec("openai/j")))
    assert "No answer was asked for again." in section(real, tmp_path)


def test_flips_are_no_measure_of_the_model(tmp_path: Path) -> None:
    write_report(realistic(), tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text("utf-8")
    start = html.index('<section id="noise"')
    assert "Same request, another reply" not in html[:start] + html[html.index("</section>", start) :]
