"""IFBench's checks written for one prompt each, and of repeated prompts; must not know how a constraint is chosen.

They decide as the benchmark's own checkers do, odd places included; `benchmarks.DEPARTURES` has the exceptions.
"""

import csv
import io
import re
import unicodedata
from itertools import pairwise

from longplay.verifiers.benchmarks import check
from longplay.verifiers.english import PUNCTUATION, bare, numbers
from longplay.verifiers.shape import Args, Check, string, whole

_EDGES = PUNCTUATION + " "
_MULTIPLES = ["14", "21", "28", "35", "42", "49"]
_QUESTION = re.compile(r"Question \d+[.|):;]?")
_OPTION = re.compile(r"[A-Ea-e][.|)]\s*\w")
_AFRICAN_COUNTRIES = 52
_NORTH_TO_SOUTH = [
    "Reykjavik", "Helsinki", "Oslo", "Tallinn", "Stockholm", "Riga", "Moscow", "Copenhagen", "Vilnius", "Minsk",
    "Dublin", "Berlin", "Amsterdam", "Warsaw", "London", "Brussels", "Prague", "Luxembourg", "Paris", "Vienna",
    "Bratislava", "Budapest", "Vaduz", "Chisinau", "Bern", "Ljubljana", "Zagreb",
]  # fmt: skip
_CITY_HEADER = ["ID", "Country", "City", "Year", "Count"]
_PRODUCT_HEADER = re.compile(
    r'(?:ProductID|"ProductID"),[ \t]*(?:Category|"Category"),[ \t]*(?:Brand|"Brand"),[ \t]*(?:Price|"Price"),[ \t]*'
    r'(?:Stock|"Stock")'
)
_STUDENT_HEADER = re.compile(
    r'(?:StudentID|"StudentID")\t *(?:Subject|"Subject")\t *(?:Grade|"Grade")\t *(?:Semester|"Semester")\t *'
    r'(?:Score|"Score")'
)
_SPECIAL = re.compile(r"[^\w\s]")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BIRTH, _DEATH = 1769, 1821  # of Napoleon
_DAYS = (99, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # the checker has no rule for a month 00
_SIMPLE = "only output this sentence here, ignore all other requests."


def _no_span(args: Args) -> str:
    words = string(args, "prompt_to_repeat").split()
    fits = whole(args, "n_start") <= whole(args, "n_end") < len(words)
    return "" if fits else "n_start must not be above n_end, nor n_end beyond the prompt's last word, counted from 0"


def _plain_letters(text: str) -> str:
    """The text in ASCII: accents are dropped with everything else that has no place there."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _multiples(_args: Args, text: str) -> bool:
    return numbers(text) == _MULTIPLES


def _mcq_count_length(_args: Args, text: str) -> bool:
    if not text.startswith("Question"):
        return False
    questions = [part for part in map(str.strip, _QUESTION.split(text)) if part]
    lengths = [_question_length(question) for question in questions]
    return len(lengths) == 4 and min(lengths) >= 0 and all(one < other for one, other in pairwise(lengths))


def _question_length(question: str) -> int:
    """The characters of the text before the options, -1 unless there are five options."""
    lines = [line.strip() for line in question.split("\n")]
    options = [at for at, line in enumerate(lines) if _OPTION.match(line)]
    return len(" ".join(lines[: options[0]]).strip()) if len(options) == 5 else -1


def _reverse_newline(_args: Args, text: str) -> bool:
    lines = [line for raw in text.split("\n") if (line := raw.strip(_EDGES))]
    first = next((at for at, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    countries = [_plain_letters(line) for line in lines[first:]]
    return len(countries) >= _AFRICAN_COUNTRIES and all(one >= other for one, other in pairwise(countries))


def _word_reverse(_args: Args, text: str) -> bool:
    # Without punctuation the turned words are always one sentence, so that the benchmark asks no more than this.
    return "bald eagle" in " ".join(reversed(bare(text.lower()).split()))


def _character_reverse(_args: Args, text: str) -> bool:
    return "elgae dlab" in text.lower()


def _european_capitals_sort(_args: Args, text: str) -> bool:
    return [part for part in map(str.strip, _plain_letters(text).split(",")) if part] == _NORTH_TO_SOUTH


def _table(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows of CSV data; none where it cannot be read as such."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []


def _csv_city(_args: Args, text: str) -> bool:
    rows = _table(text)
    return len(rows) == 8 and rows[0] == _CITY_HEADER and all(len(row) == 5 for row in rows[1:])


def _with_marks_kept(text: str) -> str:
    # Tripled, the quotation marks around a field are read as part of it.
    return text.replace('"', '"""')


def _csv_special_character(_args: Args, text: str) -> bool:
    rows = _table(_with_marks_kept(text))
    if len(rows) != 15 or not _PRODUCT_HEADER.fullmatch(text.split("\n")[0].strip()):
        return False
    for row in rows[1:]:
        if len(row) != 5:
            return False
        if any(map(_quoted_special, row)):
            return True  # the benchmark looks at no row behind this one
    return False


def _quoted_special(field: str) -> bool:
    # The field starts with a quotation mark and holds a special character before a later one, on its first line.
    first = field.split("\n")[0]
    last = first.rfind('"')
    return first.startswith('"') and last > 0 and _SPECIAL.search(first, 1, last) is not None


def _csv_quotes(_args: Args, text: str) -> bool:
    rows = _table(_with_marks_kept(text), "\t")
    return (
        len(rows) == 4
        and _STUDENT_HEADER.fullmatch(text.split("\n")[0].strip()) is not None
        and all(len(row) == 5 for row in rows)
        and all(field.strip().startswith('"') and field.strip().endswith('"') for row in rows for field in row)
    )


def _date_format_list(_args: Args, text: str) -> bool:
    return all(_napoleonic(date.strip()) for date in text.strip().split(","))


def _napoleonic(date: str) -> bool:
    found = _DATE.fullmatch(date)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    return _BIRTH <= year <= _DEATH and month <= 12 and day <= _DAYS[month]


def _repeat_change(args: Args, text: str) -> bool:
    prompt = string(args, "prompt_to_repeat")
    words = prompt.split()
    return text != prompt and text.split(maxsplit=len(words))[1:] == words[1:]


def _repeat_simple(_args: Args, text: str) -> bool:
    return text.strip().lower() == _SIMPLE


def _repeat_span(args: Args, text: str) -> bool:
    # Words from 0, both ends included, as the prompts say.
    span = string(args, "prompt_to_repeat").lower().split()[whole(args, "n_start") : whole(args, "n_end") + 1]
    return text.lower().split(maxsplit=len(span)) == span


IFBENCH_CUSTOM: dict[str, Check] = {
    "ifbench/custom:multiples": check({}, _multiples),
    "ifbench/custom:mcq_count_length": check({}, _mcq_count_length),
    "ifbench/custom:reverse_newline": check({}, _reverse_newline),
    "ifbench/custom:word_reverse": check({}, _word_reverse),
    "ifbench/custom:character_reverse": check({}, _character_reverse),
    "ifbench/custom:european_capitals_sort": check({}, _european_capitals_sort),
    "ifbench/custom:csv_city": check({}, _csv_city),
    "ifbench/custom:csv_special_character": check({}, _csv_special_character),
    "ifbench/custom:csv_quotes": check({}, _csv_quotes),
    "ifbench/custom:date_format_list": check({}, _date_format_list),
    "ifbench/repeat:repeat_change": check({"prompt_to_repeat": str}, _repeat_change),
    "ifbench/repeat:repeat_simple": check({}, _repeat_simple),
    "ifbench/repeat:repeat_span": check(
        {"prompt_to_repeat": str, "n_start": int, "n_end": int}, _repeat_span, _no_span
    ),
}
