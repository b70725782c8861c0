"""What labels promise: the two sets as published, for the personas they name, and a study that says which it means."""

import json
from pathlib import Path

import msgspec
import pytest

from longplay.battery import DataError, bfi_labels, core_personas
from longplay.pipeline import load_text
from longplay.probes import PROBES, Probe
from longplay.records import Item
from longplay.specs import TRAITS, Persona, StudyError

CAST = [Persona(name.split()[0].lower(), name, "x") for name in ("Gaston", "Blair Waldorf", "HAL 9000")]
STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 2
personas = [{ name = "Gaston", description = "A hunter." }, "silver"]
[[probes]]
name = "bfi"
"""


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    items = (Item("b", "?", dimension="openness"),)
    monkeypatch.setitem(PROBES, "bfi", Probe("bfi", "Big Five", ("trait",), lambda: items))


def test_both_sets_are_read_for_the_personas_that_are_labelled(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(data_dir))
    found = bfi_labels(CAST)
    assert set(found) == {"annotation", "pdb"}
    assert set(found["pdb"]) == {"gaston", "blair"}
    kept = json.loads((data_dir / "incharacter" / "bfi_labels_4of8_personas.json").read_bytes())
    for name, levels in found.items():
        for persona in CAST[:2]:
            wanted = {trait.lower(): level["score"] for trait, level in kept[persona.name][name].items()}
            assert levels[persona.id] == wanted
            assert set(wanted) == set(TRAITS)


def test_a_study_that_asks_for_profiles_says_which_labels_it_means(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(data_dir))
    with pytest.raises(StudyError, match=r'needs bfi_labels for the probe .bfi.: "annotation" or "pdb"'):
        load_text(STUDY)
    with pytest.raises(StudyError, match="Invalid enum value 'both'"):
        load_text(STUDY + '[analysis]\nbfi_labels = "both"\n')
    chosen = load_text(STUDY + '[analysis]\nbfi_labels = "pdb"\n').experiment
    assert chosen.study.analysis.bfi_labels == "pdb"
    assert set(chosen.labels["pdb"]) == set(chosen.labels["annotation"]) == {"gaston"}
    assert load_text(STUDY + '[analysis]\nbfi_labels = "none"\n').experiment.labels == {}


def test_labels_that_are_not_there_or_not_the_published_ones_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"characters_labels.*longplay data fetch"):
        bfi_labels(core_personas().values())
    (tmp_path / "incharacter").mkdir()
    (tmp_path / "incharacter" / "characters_labels.json").write_bytes(msgspec.json.encode({"annotation": {}}))
    with pytest.raises(DataError, match=r"is not data/characters_labels\.json"):
        bfi_labels(CAST)
