"""What the texts of the authors' release are about: personas, scripts, items, metrics. Knows no answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from longplay.battery import read_script, slug
from longplay.exchange.release_items import PROBE_NAMES, item, item_ids, known_items
from longplay.exchange.release_ratings import JUDGE, METRICS
from longplay.exchange.release_verdicts import BASES, metric_name
from longplay.exchange.release_walk import INSTRUCTIONS, INTERVIEW
from longplay.judging import METRICS as KNOWN
from longplay.records import Item, Script
from longplay.specs import Persona

_SCRIPTS = {"persona-directed": INTERVIEW, "goal-oriented": INSTRUCTIONS}


def release_personas(described: Mapping[str, str]) -> dict[str, Persona]:
    """The release's personas by id."""
    return {slug(name): Persona(slug(name), name, words) for name, words in described.items()}


def release_scripts(root: Path) -> dict[str, Script]:
    """Both scripts as the release words them; without its file a script is only a name. What was sent to a model stands
    in its dialogues. Raises BatteryError."""
    found: dict[str, Script] = {}
    for name, file in _SCRIPTS.items():
        path = root / file
        there = path.is_file() and not path.is_symlink()
        script = read_script(path) if there else Script(name, name, ())
        found[name] = msgspec.structs.replace(script, name=name, kind=name)
    return found


def release_items(asked: Mapping[tuple[str, str | None], int]) -> dict[str, Item]:
    """The items behind the rows of answers, by `probe/id`; `asked`: rows by dataset and persona's name."""
    words = {dataset: known_items(dataset) for dataset in {dataset for dataset, _ in asked}}
    found: dict[str, Item] = {}
    for (dataset, persona), rows in asked.items():
        own = slug(persona) if persona is not None and dataset.startswith("instruction_") else None
        for name in item_ids(dataset, persona, rows):
            place = f"{PROBE_NAMES[dataset]}/{name}"
            if persona is not None or place not in found:  # whose own an item is, the persona's file says
                found[place] = item(dataset, name, own, words[dataset])
    return found


def release_metrics(asked: Mapping[tuple[str, str | None], int], judged: Mapping[str, object]) -> dict[str, list[str]]:
    """By which metrics the answers to each probe were scored."""
    found: dict[str, list[str]] = {PROBE_NAMES[dataset]: [] for dataset, _ in asked}
    for dataset in judged:
        if dataset in PROBE_NAMES and PROBE_NAMES[dataset] in found and metric_name(dataset) in KNOWN:
            found[PROBE_NAMES[dataset]].append(metric_name(dataset))
    return found


def release_judge(judges: Mapping[str, set[str]]) -> str:
    """The judge whose verdicts count: the paper's, or the only other one."""
    names = sorted(set[str]().union(*judges.values()))
    return names[0] if JUDGE not in names and names else JUDGE


def release_judging(judges: Mapping[str, set[str]], judge: str) -> dict[str, Sequence[str]]:
    """What a study says of the judging: metrics of rounds by which a judge scored, and the form if there is one."""
    names = [name for name in METRICS if judge in judges.get(name, ())]
    forms = ["paper"] if any(metric_name(name) != base for name, (base, _) in BASES.items()) else []
    return {"rounds": [BASES[name][0] for name in names], **({"forms": forms} if forms else {})}
