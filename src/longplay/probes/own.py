"""Probes of a study's own: their items stand in a file that it names. Knows no network."""

from pathlib import Path

from msgspec import UNSET

from longplay.battery import read_items
from longplay.probes.probe import Probe
from longplay.specs import ProbeSpec


def own_probe(spec: ProbeSpec, folder: Path) -> Probe:
    """The probe that a study declares; its file is read when its items are asked for, relative to `folder`."""
    file = "" if spec.file is UNSET else spec.file
    metrics = () if spec.metrics is UNSET else spec.metrics
    return Probe(spec.name, spec.name.capitalize(), metrics, lambda: read_items(folder / file))
