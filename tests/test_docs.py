"""What the documents say is so: examples parse, commands, options and keys are all there, links lead somewhere."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import longplay
from documents import DOCUMENTS, ROOT, blocks, sections
from longplay.battery import read_personas, read_script
from longplay.cli.app import COMMANDS, application
from longplay.experiment import resolve
from longplay.experiment.rubric_files import read_rubric
from longplay.judging import Metric
from longplay.plugged import allowing
from longplay.records import DialogueKey, Item, RoundRef, Script, Subject
from longplay.specs import (
    Analysis,
    Budget,
    Caps,
    CapsByRole,
    Conditioning,
    Curve,
    Dialogues,
    JudgePlant,
    LevelSpec,
    LoreEntry,
    ModelSpec,
    Persona,
    PlantedRule,
    Prices,
    ProbeSpec,
    RubricScore,
    RubricSpec,
    RuleSpec,
    Sampling,
    ScorerSpec,
    Shot,
    SpeakerPlant,
    Study,
    parse_study,
)
from longplay.specs.own_scorers import WrittenConstraint
from longplay.specs.study import Judging, WrittenPersona
from longplay.version import __version__
from paper_data import write_paper_data

BLOCKS = [(name, block) for name, text in DOCUMENTS.items() for block in blocks(text)]
STUDIES = [
    pytest.param(block.body, id=f"{name}-{number}-{block.name}")
    for number, (name, block) in enumerate(BLOCKS)
    if block.language == "toml" and (not block.name or block.name.startswith("study"))
]
# Personas and scripts that the documents show whole, by the names of their files.
FILES = {block.name: block.body for _, block in BLOCKS if block.name and not block.name.startswith("study")}
# Where the keys of each part stand.
SECTIONS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "Top level": (Study,),
    "[[models]] and [judge]": (ModelSpec, Sampling, Prices),
    "[dialogues]": (Dialogues, WrittenPersona),
    "[conditioning]": (Conditioning,),
    "[[probes]]": (ProbeSpec, Shot),
    "[[scorers]]": (*get_args(ScorerSpec), WrittenConstraint),
    "[[rubrics]]": (RubricSpec, RubricScore, LevelSpec),
    "[[rules]]": (RuleSpec,),
    "[judging]": (Judging,),
    "[budget]": (Budget, Caps, CapsByRole),
    "[analysis]": (Analysis,),
    "Simulated models": (Curve, SpeakerPlant, PlantedRule, JudgePlant),
}


def options(command: str) -> set[str]:
    """The options of a command, as they are written."""
    found = application()[command].assemble_argument_collection()
    return {argument.name for argument in found if argument.name.startswith("--")}


def undocumented(command: str) -> list[str]:
    """What docs/cli.md lacks of a command, or says too much."""
    headings = {title.split()[1]: part for title, part in sections(DOCUMENTS["docs/cli.md"]).items()}
    if command not in headings:
        return [f"docs/cli.md has no section `## longplay {command}`"]
    named, there = set(re.findall(r"--[a-z-]+", headings[command])), options(command)
    faults = {
        "names {}, which are no options of it": named - there,
        "does not name {}": there - named,
    }
    where = f"docs/cli.md, `## longplay {command}`"
    return [f"{where}: {fault.format(', '.join(sorted(found)))}" for fault, found in faults.items() if found]


def test_there_are_complete_examples_for_vllm_ollama_and_openai() -> None:
    assert all(f"**{name}**" in DOCUMENTS["README.md"] for name in ("vLLM", "Ollama", "OpenAI"))
    assert len([one for one in STUDIES if str(one.id).startswith("README")]) == 3


@pytest.mark.parametrize("text", STUDIES)
def test_every_study_in_the_documents_can_be_run_as_it_stands(
    text: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if 'battery = "paper"' in text:
        folder = write_paper_data(tmp_path, request.getfixturevalue("data_dir"))
        monkeypatch.setenv("LONGPLAY_DATA", str(folder))
    for name, body in FILES.items():
        (tmp_path / name).write_text(body, "utf-8")
    with allowing():
        assert resolve(parse_study(text), "study", tmp_path).dialogues()


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("items")])
def test_every_persona_script_and_rubric_file_in_the_documents_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name], "utf-8")
    if name.startswith("rubric"):
        assert read_rubric(tmp_path / name).parts
    elif name.startswith("talk"):
        assert read_script(tmp_path / name).questions
    else:
        assert all("{{" not in persona.description for persona in read_personas(tmp_path / name))


@pytest.mark.parametrize(
    ("page", "struct"),
    [
        ("docs/personas.md", Persona),
        ("docs/personas.md", LoreEntry),
        ("docs/scripts.md", Script),
        ("docs/probes.md", Item),
    ],
)
def test_every_key_of_a_persona_a_script_and_an_item_stands_in_the_documents(
    page: str, struct: type[msgspec.Struct]
) -> None:
    keys = [field.name for field in msgspec.structs.fields(struct)]
    assert [key for key in keys if f"`{key}`" not in DOCUMENTS[page]] == []


@pytest.mark.parametrize(
    ("page", "name", "struct"),
    [
        ("docs/personas.md", "keeper.toml", Persona),
        ("docs/scripts.md", "talk-island.toml", Script),
        ("docs/rubrics.md", "rubric-desk.toml", RubricSpec),
        ("docs/study-file.md", "study-whole.toml", Study),
    ],
)
def test_a_page_of_files_begins_with_a_whole_example(page: str, name: str, struct: type[msgspec.Struct]) -> None:
    shown = next(block for block in blocks(DOCUMENTS[page]) if block.name)
    assert shown.name == name
    # in place of `judge`; asked by nothing bundled; in place of all the rest
    further = {Study: {"judges", "helpers"}, RubricSpec: {"file"}}.get(struct, set[str]())
    keys = {field.encode_name for field in msgspec.structs.fields(struct)} - further
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", shown.body)] == []


def test_the_study_with_its_own_probes_runs_as_it_stands(tmp_path: Path) -> None:
    page = {block.name: block.body for block in blocks(DOCUMENTS["docs/probes.md"]) if block.name}
    for name, body in page.items():
        (tmp_path / name).write_text(body, "utf-8")
    longplay.run(tmp_path / "study-probes.toml", tmp_path / "run")
    shown = longplay.open(tmp_path / "run").show(probe="bridge", item="double", checkpoint=4)
    assert "What is 17 plus 4?" in shown
    assert "VERDICT includes" in shown


def test_the_papers_study_stands_in_the_documents_as_it_ships() -> None:
    shipped = (ROOT / "src" / "longplay" / "cli" / "paper.toml").read_text("utf-8")
    assert f"```toml\n{shipped}```" in DOCUMENTS["docs/paper.md"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_documents_with_exactly_its_options(command: str) -> None:
    assert undocumented(command) == []


def test_a_new_command_is_told_what_the_documents_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "again", COMMANDS["export"])
    assert undocumented("again") == ["docs/cli.md has no section `## longplay again`"]
    monkeypatch.setitem(COMMANDS, "export", COMMANDS["report"])
    beyond, lacking = undocumented("export")
    assert beyond.startswith("docs/cli.md, `## longplay export`: names --")
    assert beyond.endswith("--texts, which are no options of it")
    assert lacking == "docs/cli.md, `## longplay export`: does not name --wording"


def test_the_documents_name_no_command_or_option_that_is_not_there() -> None:
    of_others = {"--help", "--version", "--no-deps"}  # the last is pip's
    known = of_others.union(*(options(command) for command in COMMANDS))
    for name, text in DOCUMENTS.items():
        assert set(re.findall(r"(?<![\w.-])--[a-z][a-z-]+", text)) <= known, name
        shell = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        called = re.findall(r"^longplay ([a-z][a-z-]*)", shell, re.MULTILINE)
        assert {*called, *re.findall(r"`longplay ([a-z][a-z-]*)", text)} <= set(COMMANDS), name


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_a_study_stands_in_the_documents(section: str) -> None:
    text = sections(DOCUMENTS["docs/study-file.md"])[section]
    keys = [field.encode_name for struct in SECTIONS[section] for field in msgspec.structs.fields(struct)]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_part_of_a_study_has_its_section() -> None:
    shown = {struct for structs in SECTIONS.values() for struct in structs} | {LoreEntry}  # of persona files
    found, waiting = set[type[msgspec.Struct]](), [Study]
    while waiting:
        struct = waiting.pop()
        found.add(struct)
        named = msgspec.inspect.type_info(struct)
        waiting += [one for one in _structs(named) if one not in found]
    assert found <= shown


def _structs(info: object) -> list[type[msgspec.Struct]]:
    """Structs inside a msgspec type description."""
    if isinstance(info, msgspec.inspect.StructType):
        return [info.cls, *(one for field in info.fields for one in _inner(field.type))]
    return _inner(info)


def _inner(info: object) -> list[type[msgspec.Struct]]:
    if isinstance(info, msgspec.inspect.StructType):
        return [info.cls]
    inside = [getattr(info, name, None) for name in ("item_type", "value_type", "key_type", "type")]
    several = [*getattr(info, "types", ()), *getattr(info, "item_types", ()), *inside]
    return [one for part in several if part is not None for one in _inner(part)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_into_the_repository_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", DOCUMENTS[name])
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not ((ROOT / name).parent / link).exists()] == []


def test_the_first_link_of_the_readme_is_the_main_flow() -> None:
    first = re.search(r"\]\(([^)]+)\)", DOCUMENTS["README.md"])
    assert first is not None
    assert first[1] == "src/longplay/pipeline/run.py"


def test_the_glossary_is_one_and_has_the_words_of_the_field() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", sections(DOCUMENTS["README.md"])["Glossary"], re.MULTILINE)[1:]
    assert len(rows) == 15
    told = {word.partition(" (")[0] for row in rows for word in row.split("; ")}
    assert {"score", "condition", "truncated", "replicate", "persona minus baseline", "within noise", "prefix"} <= told
    elsewhere = re.findall(r"^\| ([^|]+) \|", sections(DOCUMENTS["docs/tables.md"])["Words"], re.MULTILINE)
    assert told & set(elsewhere) == set()


def test_every_benchmark_that_make_runs_has_its_section() -> None:
    run = re.findall(r"bench/(\w+\.py)", (ROOT / "Makefile").read_text("utf-8"))
    told = re.findall(r"^## (\w+\.py):", (ROOT / "bench" / "README.md").read_text("utf-8"), re.MULTILINE)
    assert run
    assert sorted(set(run) - set(told)) == []
    assert [name for name in told if not (ROOT / "bench" / name).exists()] == []


def test_what_can_be_added_has_its_entry_where_the_documents_say() -> None:
    part = sections(DOCUMENTS["docs/architecture.md"])["One of each"]
    entries = re.findall(r"^\| [^|]+ \| `([A-Z]+)` \| `([a-z_/]+\.py)` \|", part, re.MULTILINE)
    assert len(entries) > 10
    for table, path in entries:
        text = (ROOT / "src" / "longplay" / path).read_text("utf-8")
        assert re.search(rf"^{table}: (dict|Table)\[", text, re.MULTILINE), f"{table} is not in {path}"


def test_the_metric_of_the_documents_scores_a_text() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENTS["docs/architecture.md"], re.MULTILINE | re.DOTALL)
    made: dict[str, Metric] = {}
    exec(compile(code, "docs/architecture.md", "exec"), made)
    round_ = RoundRef(DialogueKey("model", None, "script", 0, "plain", 0), 1)
    metric, subject = made["BREVITY"], Subject(round_, "How are you?", "Well, thank you.")
    with pytest.raises(StopIteration) as heard:
        next(metric.rubric.hear(metric, ModelSpec("sim/judge"), subject))
    assert heard.value.value.choice == "short"


def test_the_changelog_tells_of_this_version() -> None:
    newest = re.search(r"^## (\S+)", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__
