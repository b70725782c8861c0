"""The relaxed forms of a reply in which a demand may also be met; must not know any check.

The idea, not the code, is IFEval's loose accuracy (Zhou et al. 2023, section 2.2): a demand should not count as broken
for markdown emphasis, an opening line such as "Sure, here it is:" or a closing remark.
"""


def forms(text: str) -> tuple[str, ...]:
    """The text as it stands, then without its first line, its last, and both, each with and without asterisks.

    Each form once; some may be blank. Blank lines around the text are dropped before lines are counted.
    """
    rows = text.strip().splitlines()
    cuts = (rows[1:], rows[:-1], rows[1:-1])
    kept = (text, *("\n".join(cut).strip() for cut in cuts))
    return tuple(dict.fromkeys((*kept, *(form.replace("*", "") for form in kept))))


def benchmark_forms(text: str) -> tuple[str, ...]:
    """The eight forms of IFEval and IFBench as their own code makes them, each once.

    They differ from `forms` at the edges: only newlines end a line, and a blank line at either end counts as the one
    that is cut. Both benchmarks published their figures with these.
    """
    rows = text.split("\n")
    cuts = (rows[1:], rows[:-1], rows[1:-1])
    kept = (text, *("\n".join(cut).strip() for cut in cuts))
    bare = (form.replace("*", "") for form in kept) if "*" in text else ()
    return tuple(dict.fromkeys((*kept, *bare)))
