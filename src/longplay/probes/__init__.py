"""Evaluation sets: one file each, its items and the names of the metrics that score them. Knows no network."""

from longplay.probes import fidelity, follow, general, ifbench, ifeval, refusal, role, traits, xstest
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
}
CORE_PROBES = ("fidelity", "follow", "refusal", "traits", "general", "role")

__all__ = ["CORE_PROBES", "PROBES", "Probe", "ProbeError", "limited"]
