"""Probes of a study's own: their items stand in files that it names. Knows no network."""

from pathlib import Path

from msgspec import UNSET

from longplay.probes.files import Place, Wanted, items_in, place_of
from longplay.probes.probe import Probe
from longplay.specs import ProbeSpec


def own_probe(spec: ProbeSpec, folder: Path) -> Probe:
    """The probe that a study declares; its files are read when its items are asked for, relative to `folder`."""
    wanted = Wanted(
        None if spec.fields is UNSET else spec.fields,
        None if spec.persona is UNSET else spec.persona,
        () if spec.shots is UNSET else spec.shots,
    )
    metrics = () if spec.metrics is UNSET else spec.metrics
    return Probe(spec.name, spec.name.capitalize(), metrics, lambda: items_in(own_place(spec, folder), wanted))


def own_place(spec: ProbeSpec, folder: Path) -> Place:
    """The files with its items. Raises ItemFileError."""
    return place_of("" if spec.file is UNSET else spec.file, folder)
