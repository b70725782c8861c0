"""Evaluation sets: their items and the metrics that score them; a file each, the core battery's in one table."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, convert, to_builtins

from longplay.battery import BATTERIES
from longplay.plugged import Found, PluginError, Table, guarded, made_of, named_as
from longplay.probes import bfi, ifbench, ifeval, paper_general, paper_role, xstest
from longplay.probes.core import CORE
from longplay.probes.probe import Probe, ProbeError, limited
from longplay.probes.recall import recall_items
from longplay.records import Item
from longplay.specs import Study


def _from_outside(found: Found, value: object) -> Probe:
    """A probe of a plug-in, whose items are looked at before they are believed."""
    probe = made_of(found, value, Probe)
    named_as(found, probe.name)

    def items() -> Sequence[Item]:
        given = guarded(found, "cannot give its items", lambda: tuple(probe.items()))
        for item in given:
            built = made_of(found, item, Item)
            guarded(found, "has an item that cannot be used", lambda one=built: convert(to_builtins(one), Item))
        known = {item.id for item in given}
        if not given or len(known) < len(given):
            raise PluginError(f"{found.what} of {found.of} needs items, each with an id of its own; mend the package.")
        return given

    return msgspec.structs.replace(probe, items=items)


def metrics_for(study: Study, probe: str) -> tuple[str, ...]:
    """The metrics that score a probe's answers in a study: those that it names, else those the probe is made for; none
    where the probe is not here."""
    named = next((spec.metrics for spec in study.probes or () if spec.name == probe), UNSET)
    if named is not UNSET:
        return named
    return PROBES[probe].metrics if probe in PROBES else ()


_ENTRIES = {
    **CORE,
    "xstest": xstest.PROBE,
    "ifbench": ifbench.PROBE,
    "ifbench-300": ifbench.PROBE_300,
    "ifeval": ifeval.PROBE,
    "bfi": bfi.PROBE,
    "paper-general": paper_general.PROBE,
    "paper-role": paper_role.PROBE,
}
PROBES: Table[Probe] = Table(_ENTRIES, {"probes": _from_outside})
CORE_PROBES = BATTERIES["core"].probes

__all__ = ["CORE_PROBES", "PROBES", "Probe", "ProbeError", "limited", "metrics_for", "recall_items"]
