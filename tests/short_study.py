"""Parts of study files that many tests have: a short dialogue, asked before its first round and after its last."""


def talk(rounds: int, personas: str = '"silver"', scripts: str = '"goal-oriented"') -> str:
    """[dialogues] and [conditioning] of a study with one dialogue of nobody in particular; nothing is asked twice."""
    return f"""\
[dialogues]
personas = [{personas}]
scripts = [{scripts}]
rounds = {rounds}
baseline_draws = 1
[conditioning]
checkpoints = [0, {rounds}]
repeats = 0
"""


FLAWED = f"""\
seed = 5
[[models]]
name = "sim/speaker"
label = "=speaker"
[models.speaker]
empty_rate = 0.2
[judge]
name = "sim/judge"
[judge.judge]
unparsable_rate = 0.2
{talk(4, '"silver", "queen"')}\
[[probes]]
name = "fidelity"
limit = 2
"""
"""Empty replies, unreadable verdicts, and a label that a spreadsheet would take for a formula."""
