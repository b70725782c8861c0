"""The study file that an import writes where it was given none, and how to complete it. Reads nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from longplay.specs import toml_text
from longplay.study.text_format import command

HEAD = """\
# Written by `longplay import`: the dialogues lie in this folder; none is played.
#
# To have them judged: give [judge] a name such as "openai/MODEL" and its base_url, and list under [judging] rounds
# what is to be judged: "knowledge", "style", "in-character". A judge with a label of its own leaves imported verdicts.
# To ask questions after them: give the model its server in the same way, keep its label, replace `probes = []` by
# [[probes]] tables at the end, and say under [conditioning] after how many rounds, such as checkpoints = [0, 10, 50].
# Then run:
"""


class Known(msgspec.Struct, frozen=True):
    """What an import knows of its study. `models`: who spoke; `judging`: keys of [judging]; `checkpoints`: after which
    rounds the imported answers were given."""

    title: str
    models: Sequence[str]
    judge: str = "nobody yet"
    judging: Mapping[str, Sequence[str]] = {}
    checkpoints: Sequence[int] = ()


def minimal_study(known: Known, into: Path) -> str:
    """A study of imported dialogues that asks nobody anything: it names who spoke and who judged."""
    said = command("longplay", "run", into / "study.toml", "--into", into)
    run = "".join(c if c.isprintable() else " " for c in said)  # in a comment, whatever the folder is called
    lines = [f"{HEAD}#     {run}\n", f"title = {toml_text(known.title)}", "probes = []", ""]
    for model in known.models:
        lines += ["[[models]]", f"name = {toml_text('imported/' + model)}", f"label = {toml_text(model)}", ""]
    lines += ["[judge]", f"name = {toml_text('imported/' + known.judge)}", f"label = {toml_text(known.judge)}", ""]
    lines += ["[dialogues]", "imported = true", "", "[judging]"]
    lines += [
        f"{key} = [{', '.join(map(toml_text, names))}]" for key, names in ({"rounds": ()} | dict(known.judging)).items()
    ]
    if known.checkpoints:
        lines += ["", "[conditioning]", f"checkpoints = {list(known.checkpoints)}"]
    return "\n".join([*lines, ""])
