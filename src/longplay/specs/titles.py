"""What a model of a study may be called: text on one line, and for a judge no name that programs or people have.

Knows no study and no verdicts.
"""

from collections.abc import Iterable

from longplay.specs.models import ModelSpec
from longplay.specs.text_files import plain, printable

PROGRAM = "verifier"
"""The name under which the verdicts of programs are kept."""
PERSON = "person/"
"""How the names begin under which people's verdicts are kept."""


def title_faults(kind: str, model: ModelSpec) -> Iterable[str]:
    """What is wrong with the title of a model in a role of this kind: phrases to put behind its place in the file."""
    for key, name in (("name", model.name), ("label", model.label)):
        if name and not printable(name):
            yield f"{key} {plain(ascii(name), 60)} must be printable text on one line."
    if kind != "judge":
        return
    key = "label" if model.label else "name"
    if model.title == PROGRAM:
        yield f"{key} {PROGRAM!r} is the name that programs' verdicts have; give the judge another label."
    if model.title.startswith(PERSON):
        yield (
            f"{key} {plain(model.title, 60)!r} is a name that people's verdicts have, as they begin with {PERSON!r}; "
            "give the judge another label."
        )
