"""Where something was measured: model, script, who spoke, asked how; and what was compared. Values only."""

from typing import Literal

import msgspec

from longplay.specs import NeutralKind, Study

Speaker = Literal["persona", "baseline", "neutral-short", "neutral-long", "anyone"]
NEUTRAL: dict[NeutralKind, Speaker] = {"short": "neutral-short", "long": "neutral-long"}
AskedAs = Literal["own", "nobody", "somebody", "another"]


class Setting(msgspec.Struct, frozen=True, order=True):
    """How a dialogue was played and asked.

    `play_policy`, `ask_policy`: see `DialogueKey` and `Cell`. `asked_as`: the dialogue's own persona (of a baseline
    nobody) is asked; `nobody`, after a persona's dialogue; `somebody`, after a baseline's; or `another` persona.
    `version`: of the persona, where the study names versions of one character.
    """

    play_policy: str = "plain"
    ask_policy: str = "plain"
    asked_as: AskedAs = "own"
    version: str = ""


PLAIN = Setting()


def own_setting(study: Study, *, rounds: bool = False) -> Setting:
    """How a study's dialogues are played, and asked: by the same policy where that is among those asked by, else by the
    first. Rounds are asked nothing, which counts as the plain way."""
    played, asked = study.dialogues.policy, study.conditioning.policies
    if rounds:
        return Setting(played)
    return Setting(played, played if played in asked else asked[0])


class Place(msgspec.Struct, frozen=True, order=True):
    """Whose scores are taken together; `anyone`: those of personas and baselines. `neutral-short` and
    `neutral-long`: baselines with a system message that gives no persona."""

    model: str
    script: str
    speaker: Speaker = "persona"
    setting: Setting = PLAIN

    @property
    def nobodys(self) -> bool:
        """Whether those who speak there have no persona."""
        return self.speaker not in ("persona", "anyone")


class Contrast(msgspec.Struct, frozen=True):
    """One place, or the difference `left` - `right` of two."""

    left: Place
    right: Place | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """One or both."""
        return (self.left,) if self.right is None else (self.left, self.right)

    @property
    def difference(self) -> bool:
        """Whether two places are compared."""
        return self.right is not None
