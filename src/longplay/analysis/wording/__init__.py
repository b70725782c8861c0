"""Wording: what tells a persona's answers from the baseline's, how that fades, and how far replies repeat themselves.

Reads texts, which no other analysis does, one speaker and probe at a time.
"""

from collections.abc import Mapping

from longplay.analysis.wording.answers import Asked, Reader, asked, compared, read_of
from longplay.analysis.wording.comparing import Compared, Heard, Point, compare
from longplay.analysis.wording.fades import Plan, fades
from longplay.analysis.wording.miners import MINERS, Miner, MinerName
from longplay.analysis.wording.paper import paper_forms
from longplay.analysis.wording.patterns import patterns
from longplay.analysis.wording.premise import PremiseError
from longplay.analysis.wording.repeating import repeating
from longplay.records import Script
from longplay.records.word_patterns import Wording
from longplay.specs import Study


def wording(
    reader: Reader, study: Study, scripts: Mapping[str, Script], miner: MinerName = "built-in", seed: int = 0
) -> Wording:
    """Everything estimated of the wording of a run. `seed`: of the halves of items, one for all models.

    Raises PremiseError where the miner `premise` cannot be used here.
    """
    mining = MINERS[miner]()
    found = asked(reader)
    cells = list(compared(reader, found, mining, seed, read_of(study)))
    plan = Plan(1 - study.analysis.alpha, seed, mining.method)
    return Wording(
        miner=miner,
        seed=seed,
        estimates=(*fades(cells, plan), *paper_forms(cells, plan), *repeating(reader, found, study, scripts)),
        patterns=tuple(patterns(cells)),
    )


__all__ = [
    "MINERS",
    "Asked",
    "Compared",
    "Heard",
    "Miner",
    "MinerName",
    "Plan",
    "Point",
    "PremiseError",
    "Reader",
    "compare",
    "fades",
    "paper_forms",
    "wording",
]
