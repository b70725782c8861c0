"""Plug-ins of an outside package: the whole example of docs/plugins.md, and its run without it."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import longplay
from longplay.cli import main
from longplay.judging import METRICS
from longplay.policies import POLICIES
from longplay.probes import PROBES
from longplay.report import SECTIONS
from longplay.store import Reader
from outside_package import ALLOW, MODULE, STUDY, Site, imported, naming, refused


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def records(frame: pd.DataFrame) -> list[dict[str, str]]:
    """A frame's rows as its file has them."""
    return list(csv.DictReader(io.StringIO(str(frame.to_csv(index=False)))))


def words(frame: pd.DataFrame, column: str) -> set[str]:
    return {row[column] for row in records(frame)}


def calls(run: Path) -> int:
    with Reader.open(run) as reader:
        return len(reader.table("calls").rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugins")


@pytest.fixture(scope="module")
def tea(home: Path) -> Iterator[Site]:
    """The example, installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        site = Site(home / "site", patch)
        site.add_tea()
        yield site


@pytest.fixture(scope="module")
def run(tea: Site, home: Path) -> Path:
    """Its study, run and reported."""
    del tea
    (home / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(home / "study.toml"), "--into", str(home / "run"), "--no-cache", *ALLOW]) == 0
    assert main(["report", str(home / "run"), *ALLOW]) == 0
    return home / "run"


@pytest.fixture
def allowed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person who ran it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))


def test_a_study_uses_all_six_kinds_of_plug_ins(run: Path) -> None:
    estimates = rows(run / "estimates.csv")
    curves = {(one["source"], one["metric"]) for one in estimates if one["analysis"] == "curves" and one["value"]}
    assert {("rounds", "words"), ("rounds", "calm"), ("tea", "calm"), ("tea", "style")} <= curves
    page = (run / "report.html").read_text("utf-8")
    assert '<section id="teatime"' in page
    assert "Tea was served in 3 rooms." in page
    assert "From the plug-in package longplay-tea 1.0." in page
    assert "Length in words" in page[page.index('<section id="teatime"') :]
    with Reader.open(run) as reader:
        texts = reader.documents("item")
        assert set(texts) == {"tea/tea-1", "tea/tea-2"}


def test_the_run_names_its_plug_ins_and_their_versions(run: Path) -> None:
    assert '\n[plugins]\nlongplay-tea = "1.0"\n' in (run / "study.toml").read_text("utf-8")
    with Reader.open(run) as reader:
        recorded = {name: json.loads(body) for name, body in reader.documents("plugin").items()}
        versions = json.loads(reader.meta()["versions"])
    kinds = {"policies polite", "providers tearoom", "probes tea", "rubrics calm", "metrics words"}
    assert set(recorded) == kinds
    assert all((one["package"], one["version"]) == ("longplay-tea", "1.0") for one in recorded.values())
    assert versions["longplay-tea"] == "1.0"
    assert "<dt>longplay-tea</dt><dd>1.0</dd>" in (run / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("allowed")
def test_it_is_resumed_without_a_call_and_needs_no_option_again(run: Path, home: Path) -> None:
    before = calls(run)
    assert main(["run", str(home / "study.toml"), "--into", str(run), "--no-cache"]) == 0
    assert main(["run", str(run / "study.toml"), "--into", str(run), "--no-cache"]) == 0
    assert calls(run) == before


@pytest.mark.usefixtures("allowed")
def test_plan_status_show_export_and_labels_know_them(
    run: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert longplay.plan(home / "study.toml").verdicts > 0
    opened = longplay.open(run)
    assert opened.plan().answers > 0
    assert opened.status().marks == ()
    assert {"words", "calm", "style"} == set(opened.status().verdicts)
    assert "VERDICT calm: " in opened.show(probe="tea", checkpoint=4)
    assert {"words", "calm"} <= words(opened.estimates(), "metric")
    assert main(["export", str(run), "--into", str(tmp_path / "export")]) == 0
    assert {one["metric"] for one in rows(tmp_path / "export" / "verdicts.csv")} == {"words", "calm", "style"}
    capsys.readouterr()
    assert main(["label", str(run), "--into", str(tmp_path / "sheet.csv"), "--metrics", "words"]) == 2
    assert "is checked by a program" in capsys.readouterr().err


@pytest.mark.usefixtures("run")
def test_nothing_of_a_call_is_left_in_the_tables() -> None:
    assert not {"tea"} & set(PROBES) | {"words", "calm"} & set(METRICS) | {"polite"} & set(POLICIES)
    assert "teatime" not in SECTIONS


@pytest.mark.filterwarnings("ignore:the .* is not here")
def test_a_section_is_shown_only_where_its_package_is_allowed(
    run: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for config, allow, shown in (
        (home / "config", (), True),
        (tmp_path / "a", (), False),
        (tmp_path / "b", ALLOW, True),
    ):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
        longplay.open(run, allow_code=allow[1:]).report(tmp_path / "page.html")
        assert ('<section id="teatime"' in (tmp_path / "page.html").read_text("utf-8")) is shown


WITHOUT = pytest.mark.parametrize("why", ["not installed", "not allowed"])


@WITHOUT
@pytest.mark.filterwarnings("ignore:the .* is not here")
def test_a_run_opens_without_its_plug_ins_and_says_what_is_not_here(
    why: str,
    tea: Site,
    run: Path,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "longplay_tea", raising=False)
    if why == "not installed":
        tea.remove_tea()
    try:
        said = (
            "the rubric 'calm' of longplay-tea 1.0 is not here: its verdicts are shown as stored and enter no estimate"
        )
        for command in ("status", "show", "report", "export"):
            assert main([command, str(run), *(("--into", str(tmp_path / "e")) if command == "export" else ())]) == 0
            out = capsys.readouterr()
            assert said in " ".join((out.out + out.err).split()), command
            assert ("is not installed" if why == "not installed" else "--allow-code longplay-tea") in out.out + out.err
        assert not imported()
        assert "VERDICT calm: " in longplay.open(run).show(probe="tea", checkpoint=4)
        page = (run / "report.html").read_text("utf-8")
        assert "is not here" in page
        assert "teatime" not in page
        assert {one["metric"] for one in rows(tmp_path / "e" / "verdicts.csv")} == {"words", "calm", "style"}
        found = {one["metric"] for one in rows(run / "estimates.csv") if one["analysis"] == "curves"}
        assert "style" in found  # a metric of longplay's own, on the answers to the plug-in's probe
        assert not {"words", "calm"} & found
        status = longplay.open(run).status()
        assert status.parts["answers"].done == status.parts["answers"].expected > 0
        assert status.verdicts["style"].done == status.verdicts["style"].expected > 0
        with pytest.raises(longplay.LongplayError, match="the policy 'polite' is not here, so its calls cannot be"):
            longplay.open(run).plan()
        line = refused(capsys, "run", str(home / "study.toml"), "--into", str(run))
        assert "'polite'" in line
    finally:
        tea.add_tea()


def test_another_version_is_said_and_refused_on_resume_without_extend(
    tea: Site,
    run: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    kept = (run / "study.toml").read_text("utf-8")
    tea.add_tea("1.1", MODULE.replace('"words-1"', '"words-2"'))
    try:
        resume = ("run", str(home / "study.toml"), "--into", str(run), "--no-cache")
        assert "nobody has allowed" in refused(capsys, *resume)
        line = refused(capsys, *resume, *ALLOW)
        assert "the study has changed: plugins.longplay-tea: '1.0' -> '1.1'. Add --extend" in line
        assert main(["status", str(run)]) == 0
        assert (
            "the metric 'words' is read by longplay-tea 1.1; the run was made with longplay-tea 1.0"
            in capsys.readouterr().out
        )
        pinned = tmp_path / "pinned.toml"
        pinned.write_text(kept, encoding="utf-8")
        line = refused(capsys, "plan", str(pinned))
        assert "[plugins] the study asks for longplay-tea 1.0, and 1.1 is installed" in line
        assert main([*resume, "--extend"]) == 0
        assert 'longplay-tea = "1.1"' in (run / "study.toml").read_text("utf-8")
    finally:
        tea.add_tea()
    assert main(["run", str(home / "study.toml"), "--into", str(run), "--extend", *ALLOW]) == 0


@pytest.mark.filterwarnings("ignore:the .* is not here")
def test_what_people_said_of_a_metric_that_is_not_here_is_kept_and_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = "Metric(base='mood', title='Mood', rubric=CALM, judged_as='blind', better='higher', people='How calm?')"
    modules = {"mood": f"{MODULE}\nMOOD = {metric}\n"}
    site = Site(tmp_path / "site", monkeypatch)
    site.add("longplay-mood", modules, {"longplay.metrics": {"mood": "mood:MOOD"}})
    (tmp_path / "study.toml").write_text(naming(metric="mood"), encoding="utf-8")
    assert longplay.run(tmp_path / "study.toml", tmp_path / "run", allow_code=["longplay-mood"]).status == "complete"
    opened, sheet = longplay.open(tmp_path / "run"), tmp_path / "sheet.csv"
    assert opened.draw_labels(sheet, metrics=["mood"], checkpoints=[2]).lines
    with sheet.open(encoding="utf-8", newline="") as file:
        head, *lines = csv.reader(file)
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *([*line[:-1], "2"] for line in lines)])
    assert opened.read_labels(sheet, labeller="ann").new == len(lines)
    assert "judge-error" in words(opened.estimates(), "analysis")
    site.remove("longplay-mood", modules)
    assert "failed and is left out" not in opened.report().read_text("utf-8")
    verdicts = opened.verdicts()
    people = [row["metric"] for row in records(verdicts) if row["judge_kind"] == "person"]
    assert set(people) == {"mood"}
    with pytest.raises(longplay.LongplayError, match="line"):
        opened.read_labels(sheet, labeller="ben")
