"""Every demand in the text of a core item is one of its constraints, and every constraint is demanded in the text."""

import re

import pytest

from longplay.battery import core_items
from longplay.records import Item
from longplay.verifiers import CHECKS

# How the texts of the battery say each kind. A further wording of an old demand belongs here too.
SAID: dict[str, str] = {
    "words-between": r"(?:between )?\d+ (?:and|to) \d+ words",
    "words-at-most": r"(?:no more than|under|at most) \d+ words",
    "words-at-least": r"at least \d+ words",
    "sentences-exactly": r"exactly \w+ sentences|in one sentence",
    "sentences-at-most": r"at most \w+(?: sentences|\.)",
    "sentences-at-least": r"at least \w+ sentences",
    "sentence-words-at-most": r"every sentence to \w+ words or fewer|no sentence may be longer than",
    "paragraphs-exactly": r"paragraphs?\b",
    "keyword-in-sentence": r"\"\w+\" (?:must appear )?in the \w+ (?:sentence|one)\b",
    "bullets-exactly": r"bullet points",
    "numbered-exactly": r"numbered list",
    "list-alphabetical": r"alphabetical order",
    "list-alone": r"nothing before or after the list|, with nothing else,",
    "list-items-end-with": r"every item must end with",
    "ends-with-list": r"nothing may follow the list",
    "lines-exactly": r"list of \w+ \w+\. start every line",
    "lines-start-with": r"(?:start every line|every line .* start) with",
    "acrostic": r"first letters of (?:the|its) lines",
    "sections-exactly": r"\w+ sections",
    "two-versions": r"separated by a line|a line that holds only",
    "highlights-at-least": r"asterisks",
    "placeholders-at-least": r"placeholders",
    "title-in-brackets": r"in double square brackets",
    "json-keys": r"json object",
    "postscript": r"postscript",
    "postscript-last": r"postscript .*(?:at the very end|as a third paragraph)",
    "quoted": r"in double quotation marks",
    "starts-with": r"begin (?:your reply )?with|double square brackets (?:first|at the top)",
    "ends-with": r"the exact words",
    "ends-with-question": r"(?:finish it|end it, inside the marks,|ending) with a question\b(?! mark)",
    "keywords-at-least": r"at least (?:twice|\w+ times)",
    "keywords-none": r"(?:do not use|avoid) the words?|may contain the word",
    "all-lowercase": r"lowercase",
    "all-uppercase": r"entirely in capital letters|capital letters only",
    "capital-words-exactly": r"words? (?:written )?fully in capital letters",
    "no-commas": r"commas?\b",
    "no-digits": r"digits",
    "exclamations-exactly": r"exclamation marks?",
    "forbidden-letter": r"letter \"\w\"",
    "sentences-begin-with": r"every sentence (?:begins )?with the letter",
    "same-first-and-last-word": r"first (?:word )?and (?:the )?last words? .*same",
}
NUMBERS = {word: at for at, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight"), 1)}
NUMBERS["ten"] = 10
ALSO = {
    "under 60": 59,
    "twice": 2,
    "no exclamation": 0,
    "first sentence": 1,
    "second one": 2,
    "third sentence": 3,
    "third paragraph": 3,
}


def numbers(text: str) -> set[int]:
    found = {int(number) for number in re.findall(r"\d+", text)}
    found |= {number for word, number in NUMBERS.items() if re.search(rf"\b{word}\b|\b{word}-", text)}
    return found | {number for words, number in ALSO.items() if words in text}


def test_every_kind_has_its_wording() -> None:
    assert set(SAID) == {kind for kind in CHECKS if "/" not in kind}


@pytest.mark.parametrize("item", core_items("follow"), ids=lambda item: item.id)
def test_what_a_text_demands_is_checked_and_nothing_else(item: Item) -> None:
    text = item.text.casefold()
    demanded = {kind for kind, words in SAID.items() if re.search(words, text)}
    assert {constraint.kind for constraint in item.constraints} == demanded


@pytest.mark.parametrize("item", core_items("follow"), ids=lambda item: item.id)
def test_the_numbers_and_words_of_constraints_stand_in_the_text(item: Item) -> None:
    text = item.text.casefold()
    for constraint in item.constraints:
        for value in constraint.args.values():
            if isinstance(value, int):
                assert value in numbers(text), (constraint.kind, value)
            for words in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
                named = {"[[": "double square brackets", "?": "question mark"}.get(words, words.casefold())
                assert named in text, (constraint.kind, words)
