"""Evaluation sets: one file each, its items and the names of the metrics that score them. Knows no network."""

from longplay.battery import BATTERIES
from longplay.probes import (
    bfi,
    fidelity,
    follow,
    general,
    ifbench,
    ifeval,
    paper_general,
    paper_role,
    refusal,
    role,
    traits,
    xstest,
)
from longplay.probes.probe import Probe, ProbeError, limited

PROBES: dict[str, Probe] = {
    "fidelity": fidelity.PROBE,
    "follow": follow.PROBE,
    "refusal": refusal.PROBE,
    "traits": traits.PROBE,
    "general": general.PROBE,
    "role": role.PROBE,
    "xstest": xstest.PROBE,
    "ifbench": ifbench.PROBE,
    "ifbench-300": ifbench.PROBE_300,
    "ifeval": ifeval.PROBE,
    "bfi": bfi.PROBE,
    "paper-general": paper_general.PROBE,
    "paper-role": paper_role.PROBE,
}
CORE_PROBES = BATTERIES["core"].probes

__all__ = ["CORE_PROBES", "PROBES", "Probe", "ProbeError", "limited"]
