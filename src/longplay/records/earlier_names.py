"""Names that 0.2.0 and before gave to what was measured, in exports and in drawn samples. Makes them; reads none."""

from longplay.records.places import PLAIN, Setting, Speaker

_ASKED_AS = {
    "own": "",
    "nobody": ", asked without a persona",
    "somebody": ", asked with a persona",
    "another": ", asked as another persona",
}


def setting_name(setting: Setting) -> str:
    """What differs from asking the dialogue's own persona in the plain way."""
    ways = (
        ("played by", setting.play_policy, PLAIN.play_policy),
        ("asked by", setting.ask_policy, PLAIN.ask_policy),
    )
    unusual = "".join(f", {way} {policy}" for way, policy, plain in ways if policy != plain)
    version = f", version {setting.version}" if setting.version else ""
    return f"{_ASKED_AS[setting.asked_as]}{unusual}{version}"


def condition_name(speaker: Speaker, setting: Setting) -> str:
    """Who spoke, and what differs from the plain way."""
    return f"{speaker}{setting_name(setting)}"
