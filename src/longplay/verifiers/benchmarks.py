"""What IFBench and IFEval share: their relaxed forms and the form of their data rows; must not know any check."""

from collections.abc import Mapping, Sequence
from typing import Literal

from longplay.records import Constraint
from longplay.verifiers.loose import benchmark_forms
from longplay.verifiers.shape import Check, Problem, Test, VerifierError, no_problem

Benchmark = Literal["ifbench", "ifeval"]
Given = int | float | str | list[str] | None

DEPARTURES: Mapping[str, str] = {
    "ifbench/count:conjunctions": "Theirs takes And, and and `and,` for three different conjunctions.",
    "ifbench/count:keywords_multiple": "Theirs finds a keyword inside longer words too.",
    "ifbench/ratio:sentence_type": "Theirs misses a full stop inside closing quotation marks; its verdicts do not.",
    "ifbench/ratio:sentence_balance": "Theirs misses a full stop inside closing quotation marks; its verdicts do not.",
    "ifbench/ratio:sentence_words": "Theirs lets words repeat, against its prompt.",
    "ifbench/custom:sentence_alphabet": "Theirs takes a quotation mark for the first letter.",
    "ifbench/repeat:repeat_span": "Theirs counts characters where the prompt says words.",
    "ifbench/format:line_indent": "Theirs lets some of several blank lines in a row count as lines without indent.",
    "ifbench/words:odd_even_syllables": "Theirs looks up a word list in which jumped has two syllables and added one.",
    "ifbench/words:words_position": "Theirs takes marks for words: a comma, quotation marks, ?! or ... at the end.",
    "ifbench/words:start_verb": "Theirs asks a statistical tagger, which takes many a capitalised verb for a name.",
    "ifeval/language:response_language": "Theirs guesses at random among near languages and passes what it cannot.",
    "ifeval/change_case:english_capital": "Theirs cannot tell the language of capitals and passes any.",
    "ifeval/change_case:english_lowercase": "Theirs guesses at random among near languages.",
}
"""Where a check decides otherwise than the benchmark's own code (IFBench at db69a6f0), and why.

Everything else is decided as there, odd places included, so that figures compare.
"""


def check(args: Mapping[str, type], test: Test, problem: Problem = no_problem) -> Check:
    """A check whose relaxed forms are those of the benchmarks."""
    return Check(args, test, problem, benchmark_forms)


def constraints(
    benchmark: Benchmark, ids: Sequence[str], kwargs: Sequence[Mapping[str, Given]]
) -> tuple[Constraint, ...]:
    """The constraints of one row of a data file: its `instruction_id_list` and its `kwargs`.

    Kinds are `ifbench/count:numbers` and `ifeval/keywords:existence`; arguments that are null are dropped and whole
    numbers written as 3.0 become 3. Raises VerifierError when the two lists differ in length; that the kinds and
    arguments are known is the matter of `validate`.
    """
    if len(ids) != len(kwargs):
        raise VerifierError(f"{len(ids)} instruction ids but kwargs for {len(kwargs)}: the row is damaged.")
    return tuple(
        Constraint(f"{benchmark}/{kind}", {name: _whole(value) for name, value in given.items() if value is not None})
        for kind, given in zip(ids, kwargs, strict=True)
    )


def _whole(value: int | float | str | list[str]) -> int | float | str | list[str]:
    return int(value) if isinstance(value, float) and value.is_integer() else value
