"""Which plug-ins are found, which may be imported, and that nothing else ever is."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import longplay
from longplay.cli import main
from longplay.judging import METRICS
from longplay.plugged import PluginError, allowing
from longplay.probes import PROBES
from outside_package import STUDY, Site, imported, refused


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path / "site", monkeypatch)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_plug_ins_are_listed_from_where_they_are_without_an_import(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add_tea(module="raise SystemExit('imported')")
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[:5] for line in out.splitlines()[1:]] == [
        [kind, name, "longplay-tea", "1.0", "no"]
        for kind, name in (
            *(("metric", "words"), ("policy", "polite"), ("probe", "tea")),
            *(("provider", "tearoom"), ("rubric", "calm"), ("section", "teatime")),
        )
    ]
    assert f"longplay_tea:TEA in {site.folder}" in out
    assert [one.allowed for one in longplay.plugins()] == [False] * 6
    assert not imported()


def test_without_plug_ins_the_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 0
    assert capsys.readouterr().out == "No installed package brings plug-ins.\n"


def test_what_is_not_allowed_is_refused_with_package_version_and_option(
    site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add_tea(module="raise SystemExit('imported')")
    said = (
        f"is code of the package longplay-tea 1.0 in {site.folder}, which nobody has allowed: it could read and send "
    )
    said += "whatever you can. If that is meant, add --allow-code longplay-tea"
    for words in (["plan", str(study)], ["run", str(study), "--into", str(study.parent / "run")]):
        assert refused(capsys, *words).endswith(said)
    with pytest.raises(longplay.LongplayError, match="add --allow-code longplay-tea"):
        longplay.plan(study)
    assert not imported()
    assert not (study.parent / "run").exists()


def test_an_approval_is_kept_for_that_version_in_that_folder(
    site: Site, study: Path, config_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_tea()
    longplay.plan(study, allow_code=["Longplay_Tea"])
    kept = config_home / "longplay" / "code"
    assert kept.read_text().splitlines()[2:] == [f"longplay-tea==1.0 {site.folder}"]
    assert kept.stat().st_mode & 0o777 == 0o600
    longplay.plan(study)
    assert all(one.allowed for one in longplay.plugins())
    site.add_tea("1.1")
    with pytest.raises(PluginError, match=r"longplay-tea 1\.1 .* nobody has allowed"):
        longplay.plan(study)
    site.remove_tea()
    Site(tmp_path / "elsewhere", monkeypatch).add_tea()
    with pytest.raises(PluginError, match=r"longplay-tea 1\.0 in .*elsewhere, which nobody has allowed"):
        longplay.plan(study)
    kept.chmod(0o666)
    with pytest.raises(PluginError, match="others could have written it"):
        longplay.plan(study)


def test_a_package_that_is_allowed_and_not_there_is_named(
    site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, "plan", str(study), "--allow-code", "longplay-coffee")
    assert line.endswith("--allow-code longplay-coffee: no installed package of this name brings plug-ins. None does.")
    site.add_tea()
    line = refused(capsys, "plan", str(study), "--allow-code", "longplay-coffee")
    assert line.endswith("Those that do: longplay-tea.")


def test_two_calls_at_the_same_time_do_not_see_each_others_plug_ins(site: Site) -> None:
    site.add_tea()
    there, seen = threading.Event(), threading.Event()
    found: list[bool] = []

    def other() -> None:
        there.wait(10)
        found.extend("tea" in table for table in (PROBES, METRICS))
        found.append("words" in METRICS)
        seen.set()

    thread = threading.Thread(target=other)
    thread.start()
    with allowing(["longplay-tea"]):
        PROBES.bring("tea")
        METRICS.bring("words")
        assert "tea" in PROBES
        assert METRICS["words"].title == "Length in words"
        there.set()
        assert seen.wait(10)
    thread.join()
    assert found == [False] * 3
    assert "tea" not in PROBES


def test_longplay_and_its_help_read_no_entry_points() -> None:
    code = (
        "import importlib.metadata as m, sys\n"
        "def never(*a, **k): raise AssertionError('entry points were read')\n"
        "m.distributions = m.entry_points = never\n"
        "import longplay.policies, longplay.probes, longplay.judging, longplay.report\n"
        "from longplay.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
