"""A made-up file of prompts in the form of the authors' own: other words, the same names and places."""

import hashlib
from pathlib import Path

from longplay.battery import PaperPrompts
from longplay.battery.paper_prompts import prompts_from

TRAITS = ("conscientiousness", "openness", "agreeableness", "extraversion", "neuroticism")

HEAD = '''role_template = """Play {role}. {role_desc}

**Rules for {role}:**
1.  Stay {role}."""

flow_judge_template = """<in>{INPUT}</in><out>{OUTPUT}</out>
{EVALUATION_CRITERIA}
{RUBRIC}"""

selene_template_likert = """Rate from 1 to 5.
**Reasoning:** <Why>

**Result:** <a level>

Question:
```
{INPUT}
```
Reply:
```
{OUTPUT}
```
[{EVALUATION_CRITERIA}]
{RUBRIC}"""

selene_template_binary = """Say Yes or No.
{INPUT}
--
{OUTPUT}
[{EVALUATION_CRITERIA}]
{RUBRIC}"""

selene_template_pairwise = """ Say A or B.
{INPUT}
A: {RESPONSE_A}
B: {RESPONSE_B}
[{EVALUATION_CRITERIA}]"""
'''
RATED = '''
def {name}_prompt(input, output, judge_template):
    evaluation_criteria = """How much {name} is there’s in it?"""
    rubric = "Score 1: no {name}.\\n- Score 5: all {name}."
    return judge_template.format(INPUT=input, OUTPUT=output, EVALUATION_CRITERIA=evaluation_criteria, RUBRIC=rubric)
'''
COMPARED = '''
def {name}_prompt(input, response_a, response_b, judge_template):
    evaluation_criteria = """Which one is better at {name}?"""
    return judge_template.format(INPUT=input, RESPONSE_A=response_a, RESPONSE_B=response_b)
'''
TAIL = "\nprompt_map = {'xstest': xstest_prompt}\nraise RuntimeError('this file is read, never run')\n"


def prompts_text() -> str:
    rated = ("knowledge", "style", "in_character", *TRAITS, "xstest")
    functions = [RATED.replace("{name}", name) for name in rated]
    functions += [COMPARED.replace("{name}", f"instruction_{name}") for name in ("role_specific", "general")]
    return HEAD + "".join(functions) + TAIL


def write_prompts(folder: Path) -> Path:
    """The file in its place in a data folder."""
    path = folder / "persistent-personas" / "data" / "prompts.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(prompts_text(), "utf-8")
    return path


def read_written(path: Path) -> PaperPrompts:
    """What stands in the file."""
    return prompts_from(path.read_text("utf-8"), str(path), hashlib.sha256(path.read_bytes()).hexdigest())
