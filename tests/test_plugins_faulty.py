"""Plug-ins that are not what they should be: each costs a line, and what names it."""

from pathlib import Path

import pytest

import longplay
from longplay.cli import main
from longplay.probes import PROBES
from outside_package import MODULE, STUDY, Site, imported, naming, refused


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path / "site", monkeypatch)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


PROBE = "from longplay.probes import Probe\nfrom longplay.records import Item\n"
BAD = {
    "raises": ("1 / 0", "cannot be imported (ZeroDivisionError: division by zero). Mend or uninstall the package."),
    "exits": ("raise SystemExit('bye')", "cannot be imported (SystemExit: bye)"),
    "lacks": ("", "cannot be imported (AttributeError: module 'bad' has no attribute 'IT')"),
    "syntax": ("IT = (", "cannot be imported (SyntaxError: "),
    "text": ("IT = 'a probe'", "is no Probe but a str"),
    "kind": ("IT = type('\\x1b[31m', (), {})()", "is no Probe but a "),
    "another": (
        f"{PROBE}IT = Probe('follow', 'F', ('style',), lambda: ())",
        "calls itself 'follow'; give both one name",
    ),
    "empty": (f"{PROBE}IT = Probe('bad', 'B', ('style',), lambda: ())", "needs items, each with an id of its own"),
    "same": (f"{PROBE}IT = Probe('bad', 'B', ('style',), lambda: (Item('a', '?'),) * 2)", "each with an id of its own"),
    "junk": (f"{PROBE}IT = Probe('bad', 'B', ('style',), lambda: (1,))", "is no Item but a int"),
    "mute": (
        "class E(Exception):\n    def __str__(self): raise ValueError('no words')\nraise E",
        "cannot be imported (E). Mend or uninstall",
    ),
    "number": (
        f"{PROBE}IT = Probe('bad', 'B', ('style',), lambda: (Item('a', 5),))",
        "has an item that cannot be used (ValidationError: ",
    ),
    "late": (f"{PROBE}IT = Probe('bad', 'B', ('style',), lambda: 1 / 0)", "cannot give its items (ZeroDivisionError"),
    "patches": (
        f"{PROBE}from longplay.probes import PROBES\nPROBES['follow'] = IT = Probe('bad', 'B', (), lambda: ())",
        "changed longplay's own entries when it was imported; mend it.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_probe_that_cannot_be_had_is_one_line_and_costs_only_what_names_it(
    name: str, site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module, said = BAD[name]
    site.add("longplay-bad", {"bad": module}, {"longplay.probes": {"bad": "bad:IT"}})
    study.write_text(naming(probe="bad"))
    follow = PROBES["follow"]
    line = refused(capsys, "plan", str(study), "--allow-code", "longplay-bad")
    assert "the probe 'bad' of longplay-bad 1.0 " in line
    assert said in line
    assert "\x1b" not in line
    assert PROBES["follow"] is follow
    study.write_text(naming())
    assert main(["plan", str(study), "--allow-code", "longplay-bad"]) == 0


@pytest.mark.parametrize(
    ("group", "names", "said"),
    [
        ("metrics", {"metric": "bad"}, "the metric 'bad' of longplay-bad 1.0 is no Metric but a int"),
        ("rubrics", {"metric": "bad"}, "the rubric 'bad' of longplay-bad 1.0 is no Rubric but a int"),
        ("policies", {"policy": "bad"}, "the policy 'bad' of longplay-bad 1.0 is no function of a View"),
        ("providers", {"provider": "bad"}, "the provider 'bad' of longplay-bad 1.0 is no Provider but a int"),
    ],
)
def test_each_kind_is_refused_where_it_gives_something_else(
    group: str, names: dict[str, str], said: str, site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add("longplay-bad", {"bad": "IT = 3"}, {f"longplay.{group}": {"bad": "bad:IT"}})
    study.write_text(naming(**names))
    assert said in refused(capsys, "plan", str(study), "--allow-code", "longplay-bad")


def test_a_plug_in_never_replaces_a_name_of_longplays(
    site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"probes": "traits", "metrics": "style", "policies": "plain", "providers": "sim", "sections": "answer"}
    groups = {f"longplay.{group}": {name: "bad:IT"} for group, name in own.items()}
    site.add("longplay-bad", {"bad": "raise SystemExit"}, groups | {"longplay.rubrics": {"style-paper": "bad:IT"}})
    study.write_text(naming())
    assert main(["plan", str(study)]) == 0
    listed = longplay.plugins()
    assert len(listed) == 6
    assert all("which no plug-in can replace" in one.fault for one in listed)
    line = refused(capsys, "plan", str(study), "--allow-code", "longplay-bad")
    assert (
        "--allow-code longplay-bad: the metric 'style' of longplay-bad 1.0 cannot be used: longplay has a metric"
        in line
    )
    assert not imported("bad")


def test_two_plug_ins_of_one_name_are_refused_by_name(
    site: Site, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add("longplay-one", {"one": "IT = 1"}, {"longplay.metrics": {"mood": "one:IT"}})
    site.add("longplay-two", {"two": "IT = 2"}, {"longplay.rubrics": {"mood": "two:IT"}})
    study.write_text(naming(metric="mood"))
    line = refused(capsys, "plan", str(study), "--allow-code", "longplay-one", "--allow-code", "longplay-two")
    assert "'mood' is brought twice, by longplay-one 1.0" in line
    assert "longplay-two 1.0" in line
    assert [one.fault for one in longplay.plugins()] == ["two plug-ins have this name"] * 2
    assert not imported("one")


@pytest.mark.parametrize("name", ["\x1b[31mred", "../../etc/passwd", "a b", "\u202egnp", "x" * 200, "-rf"])
def test_a_name_that_is_no_name_is_listed_as_such_and_never_used(
    name: str, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add("longplay-bad", {"bad": "raise SystemExit"}, {"longplay.probes": {name: "bad:IT"}})
    (one,) = longplay.plugins()
    assert one.fault == "its name must be of letters, digits, dots and hyphens"
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert "cannot be used: its name" in out
    assert not {"\x1b", "\u202e"} & set(out)


@pytest.mark.parametrize(
    ("file", "body", "fault"),
    [
        ("METADATA", b"", "its package has no readable name and version"),
        ("METADATA", b"Name: \x1b]0;x\x07\nVersion: 1\n", "its package has no readable name and version"),
        ("METADATA", b"Name: ok\nVersion: 1 && rm\n", "its package has no readable name and version"),
        ("METADATA", b"\xff\xfe", "its package has no readable name and version"),
        (
            "entry_points.txt",
            b"[longplay.probes]\nbad = os.system('x')\n",
            "it does not name a module and something in it",
        ),
        ("entry_points.txt", b"[longplay.frobs]\nbad = bad:IT\n", "longplay has no group of this name"),
        ("entry_points.txt", b"\xff\xfe[longplay.probes]\n", None),
        ("entry_points.txt", b"longplay.probes]\n= =\ntea\n[longplay.probes]\ntea\n", None),
    ],
)
def test_damaged_metadata_costs_its_own_package(
    file: str, body: bytes, fault: str | None, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    info = site.add("longplay-bad", {"bad": "raise SystemExit"}, {"longplay.probes": {"bad": "bad:IT"}})
    (info / file).write_bytes(body)
    site.add_tea()
    listed = longplay.plugins()
    assert [one.fault for one in listed if one.package == "longplay-tea"] == [""] * 6
    faults = [one.fault for one in listed if one.package != "longplay-tea"]
    assert len(faults) == (fault is not None)
    assert all(one.startswith(fault or "") for one in faults)
    assert main(["plugins"]) == 0
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().out)


def test_of_a_package_in_two_folders_of_the_path_the_first_one_counts(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_tea("2.0")
    first = Site(tmp_path / "first", monkeypatch)
    first.add_tea("1.0")
    assert {(one.version, one.place) for one in longplay.plugins()} == {("1.0", str(first.folder))}


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ("lambda page: ['<script>alert(1)</script> \\u202e']", "&lt;script&gt;alert(1)&lt;/script&gt; ‹U+202E›"),
        ("lambda page: [Markup('<b>bold</b>')]", "&lt;b&gt;bold&lt;/b&gt;"),
        (
            "lambda page: [1]",
            "left out (the section &#39;teatime&#39; of longplay-tea 1.0 is no str but a int",
        ),
        ("lambda page: 1 / 0", "of longplay-tea 1.0 failed (ZeroDivisionError: division by zero)"),
        ("lambda page: ['x'] * 2000", "gives 2,000 pieces; at most 1,000 are shown"),
        ("lambda page: ['x' * 9000]", "more characters in the run, not shown here"),
    ],
)
@pytest.mark.filterwarnings("ignore:the section")
def test_what_a_section_returns_is_shown_as_text_or_costs_that_section(
    write: str, said: str, site: Site, study: Path, tmp_path: Path
) -> None:
    body = f"from markupsafe import Markup\n{MODULE}\nTEATIME = PlainSection('<i>Tea</i>', {write})\n"
    site.add_tea(module=body)
    study.write_text(naming())
    assert longplay.run(study, tmp_path / "run").status == "complete"
    page = longplay.open(tmp_path / "run", allow_code=["longplay-tea"]).report().read_text("utf-8")
    assert said in page
    assert "&lt;i&gt;Tea&lt;/i&gt;" in page
    assert '<section id="noise"' in page
    for tag in ("<script", "<b>bold", "<i>Tea", "\u202e"):
        assert tag not in page


@pytest.mark.filterwarnings("ignore:the section")
def test_a_section_that_cannot_be_imported_is_said_on_the_page(site: Site, study: Path, tmp_path: Path) -> None:
    site.add_tea(module="1 / 0")
    study.write_text(naming())
    assert longplay.run(study, tmp_path / "run").status == "complete"
    page = longplay.open(tmp_path / "run", allow_code=["longplay-tea"]).report().read_text("utf-8")
    assert "cannot be imported (ZeroDivisionError: division by zero)" in page
    assert "plug-in" in page


@pytest.mark.parametrize(
    ("names", "change", "said"),
    [
        (
            {"metric": "words"},
            ("float(len(", "float(1 / 0 + len("),
            "the metric 'words' of longplay-tea 1.0 failed",
        ),
        (
            {"policy": "polite"},
            ("turn = yield", "1 / 0\n    turn = yield"),
            "the policy 'polite' of longplay-tea 1.0 failed",
        ),
        ({"policy": "polite"}, ("return Turn(", "return str(turn) or Turn("), "is no Turn but a"),
        ({"policy": "polite"}, ("turn = yield", "yield 3\n    turn = yield"), "is no Request but a int"),
    ],
)
def test_a_plug_in_that_fails_in_a_run_ends_it_with_a_line_that_names_it(
    names: dict[str, str], change: tuple[str, str], said: str, site: Site, study: Path, tmp_path: Path
) -> None:
    assert change[0] in MODULE
    site.add_tea(module=MODULE.replace(*change))
    study.write_text(naming(**names))
    with pytest.raises(longplay.LongplayError, match=said):
        longplay.run(study, tmp_path / "run", cache=False, allow_code=["longplay-tea"])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("lambda *_: 1 / 0, nowhere", r"the provider 'tearoom' of longplay-tea 1\.0 cannot open a model \(Zero"),
        ("reach, lambda _: 1 / 0", r"the provider 'tearoom' of longplay-tea 1\.0 cannot say where it sends \(Zero"),
        ("reach, lambda _: None", r"the provider 'tearoom' of longplay-tea 1\.0 cannot say where it sends \(Type"),
        ("reach, lambda _: ('localhost',)", "is no Pair but a str"),
    ],
)
def test_a_provider_that_fails_is_one_line_that_names_it(
    made: str, said: str, site: Site, study: Path, tmp_path: Path
) -> None:
    site.add_tea(module=MODULE.replace("Provider(reach, nowhere)", f"Provider({made})"))
    study.write_text(naming(provider="tearoom"))
    with pytest.raises(longplay.LongplayError, match=said):
        longplay.run(study, tmp_path / "run", allow_code=["longplay-tea"])


def test_a_providers_servers_need_their_own_approval(site: Site, study: Path, tmp_path: Path) -> None:
    where = "from longplay.inference.hosts import read_pair\n"
    sends = "TEAROOM = Provider(reach, lambda spec: (read_pair('tea.example+TEA_KEY'),))"
    site.add_tea(module=where + MODULE.replace("TEAROOM = Provider(reach, nowhere)", sends))
    study.write_text(naming(provider="tearoom"))
    with pytest.raises(longplay.LongplayError, match=r"add --allow-host tea\.example\+TEA_KEY"):
        longplay.run(study, tmp_path / "run", allow_code=["longplay-tea"])
    site.add_tea(module=MODULE.replace("Provider(reach, nowhere)", "Provider(reach)"))
    with pytest.raises(longplay.LongplayError, match="does not say where it sends"):
        longplay.run(study, tmp_path / "run", allow_code=["longplay-tea"])
