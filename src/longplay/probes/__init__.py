"""Evaluation sets: their items and the metrics that score them; a file each, the core battery's in one table."""

from longplay.battery import BATTERIES
from longplay.probes import bfi, ifbench, ifeval, paper_general, paper_role, xstest
from longplay.probes.core import CORE
from longplay.probes.probe import Probe, ProbeError, limited

PROBES: dict[str, Probe] = {
    **CORE,
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
