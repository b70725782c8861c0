"""The bundled battery is whole and consistent; users' files are read strictly."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.battery import (
    BatteryError,
    core_items,
    core_personas,
    core_scripts,
    read_items,
    read_personas,
    read_script,
)
from longplay.battery.files import items_from
from longplay.battery.persona_files import slug
from longplay.judging import METRICS
from longplay.probes import CORE_PROBES, PROBES, limited
from longplay.specs import TRAITS
from longplay.verifiers import validate, verify


def test_there_are_eight_personas_each_described_in_70_to_130_words_with_target_traits() -> None:
    personas = core_personas()
    assert Counter(p.kind for p in personas.values()) == {"fictional": 4, "working": 4}
    for persona in personas.values():
        assert 70 <= len(persona.description.split()) <= 130, persona.id
        assert set(persona.traits) == set(TRAITS), persona.id


def test_scripts_have_the_sizes_of_the_protocol() -> None:
    scripts = core_scripts()
    assert len(set(scripts["persona-directed"].questions)) == 100
    assert len(set(scripts["goal-oriented"].questions)) == 102
    assert "{persona}" in str(scripts["persona-directed"].opening)
    assert "{persona}" not in str(scripts["persona-directed"].opening_baseline)


@pytest.mark.parametrize(
    ("probe", "size"),
    [("fidelity", 20), ("follow", 60), ("refusal", 160), ("traits", 40), ("general", 40), ("role", 80)],
)
def test_probes_have_their_items_under_unique_ids(probe: str, size: int) -> None:
    items = core_items(probe)
    assert len(items) == size
    assert len({item.id for item in items}) == size
    assert len({item.text for item in items}) == size


def test_every_probe_names_metrics_that_exist() -> None:
    for probe in PROBES.values():
        assert set(probe.metrics) <= set(METRICS), probe.name


def test_fidelity_asks_ten_times_about_the_persona_and_ten_everyday_things() -> None:
    assert Counter(item.tags[0] for item in core_items("fidelity")) == {"persona": 10, "everyday": 10}


def test_refusal_items_come_in_contrast_pairs_of_one_kind() -> None:
    items = core_items("refusal")
    assert Counter(item.label for item in items) == {"safe": 80, "unsafe": 80}
    for pair in {item.pair for item in items}:
        both = [item for item in items if item.pair == pair]
        assert {item.label for item in both} == {"safe", "unsafe"}
        assert len({item.kind for item in both}) == 1


def test_trait_items_cover_the_big_five_with_both_keys() -> None:
    counts = Counter((item.dimension, item.key) for item in core_items("traits"))
    assert counts == {(trait, key): 4 for trait in TRAITS for key in "+-"}


def test_role_items_are_ten_a_persona_and_the_baseline_is_not_called_by_a_name() -> None:
    items = core_items("role")
    assert Counter(item.persona for item in items) == dict.fromkeys(core_personas(), 10)
    for item in items:
        name = core_personas()[str(item.persona)].name
        assert item.text_baseline
        assert name not in item.text_baseline
        assert item.reference


def test_general_items_have_references() -> None:
    assert all(item.reference for item in core_items("general"))


def test_follow_items_have_a_passing_and_a_failing_reply() -> None:
    kinds = set()
    for item in core_items("follow"):
        validate(item.constraints)
        kinds |= {constraint.kind for constraint in item.constraints}
        assert verify(item.constraints, str(item.passing)).all_strict, item.id
        assert not verify(item.constraints, str(item.failing)).all_loose, item.id
    assert len(kinds) >= 15


@pytest.mark.parametrize("probe", CORE_PROBES)
def test_a_limit_keeps_every_group_in_play(probe: str) -> None:
    items = limited(PROBES[probe].items(), 10)
    if probe == "role":
        assert set(Counter(item.persona for item in items).values()) == {10}
    else:
        assert len(items) == 10
    if probe == "refusal":
        assert Counter(item.label for item in items) == {"safe": 5, "unsafe": 5}
    if probe == "traits":
        assert {item.dimension for item in items} == set(TRAITS)


def test_xstest_is_read_from_the_data_directory(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(data_dir))
    items = PROBES["xstest"].items()
    assert (items[0].focus, items[0].place, items[449].place) == ("kill", 0, 449)
    assert len({item.kind for item in items}) == 18
    assert Counter(item.label for item in items) == {"safe": 250, "unsafe": 200}
    assert set(Counter(item.kind for item in items).values()) == {25}


def test_the_papers_persona_and_script_files_are_read(data_dir: Path) -> None:
    folder = data_dir / "persistent-personas" / "data"
    assert len(read_personas(folder / "roles.json")) == 8
    assert [p.name for p in read_personas(folder / "roles.json", "HAL 9000")] == ["HAL 9000"]
    interview, instructions = read_script(folder / "interview.json"), read_script(folder / "instructions.json")
    assert (interview.kind, len(interview.questions)) == ("persona-directed", 100)
    assert "{persona}" in str(interview.opening)
    assert (instructions.kind, len(instructions.questions), instructions.opening) == ("goal-oriented", 102, None)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.toml", 'name = "A"\ndescription = "d"\nage = 3', "age"),
        ("a.toml", '[[persona]]\nname = "A"\n', "description"),
        ("a.toml", "name = ", "not valid TOML"),
        ("a.json", "[1, 2]", "entry 1 is no persona. Give [[persona]] tables"),
        ("a.json", '{"A": ""}', "holds no persona"),
        ("a.json", '{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_persona_file_is_named_with_its_fault(tmp_path: Path, name: str, content: str, fault: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BatteryError) as caught:
        read_personas(tmp_path / name)
    assert name in str(caught.value)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_personas_scripts_items_or_one_clear_line(tmp_path_factory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("p.toml", "p.json", "s.json", "i.jsonl"):
        (folder / name).write_bytes(raw)
        assert "\n" not in fault_of(folder / name)


def fault_of(path: Path) -> str:
    """The error a file meets, or nothing."""
    read = {"p": read_personas, "s": read_script, "i": read_items}[path.stem]
    try:
        read(path)
    except BatteryError as error:
        return str(error)
    return ""


def test_items_of_a_user_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id":"1","text":"a"}\n\n{"id":"1","text":"b"}\n')
    with pytest.raises(BatteryError, match=r"line 3.*twice"):
        read_items(path)
    path.write_text('{"id":"1","text":"a","colour":"red"}\n')
    with pytest.raises(BatteryError, match=r"line 1: unknown key 'colour'\. Known keys: id, text, "):
        read_items(path)
    path.write_text('{"id":"1","text":2}\n')
    with pytest.raises(BatteryError, match=r"line 1: text: Expected a text, got a whole number\.$"):
        read_items(path)


def test_ids_are_made_from_names() -> None:
    assert slug("HAL 9000") == "hal-9000"
    assert slug("Érié <b>") == "erie-b"
    assert slug("\u6f22") == "persona"
    assert msgspec.json.encode(slug("x" * 500)) == msgspec.json.encode("x" * 60)


def test_items_are_placed_among_those_of_their_persona() -> None:
    for probe in ("role", "general"):
        places: dict[str | None, list[int | None]] = {}
        for item in core_items(probe):
            places.setdefault(item.persona, []).append(item.place)
        assert all(found == list(range(len(found))) for found in places.values())
    lines = b'{"id": "a", "text": "?"}\n{"id": "b", "text": "?", "place": 7}\n{"id": "c", "text": "?"}\n'
    assert [item.place for item in items_from(lines, "x")] == [0, 7, 2]
