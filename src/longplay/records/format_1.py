"""The words for a setting that exports and samples had before 0.3.0. Nothing is found out from words here."""

from longplay.records.places import PLAIN, Setting

_ASKED_AS = {
    "own": "",
    "nobody": ", asked without a persona",
    "somebody": ", asked with a persona",
    "another": ", asked as another persona",
}


def setting_words(setting: Setting) -> str:
    """What differs from asking the dialogue's own persona in the plain way."""
    ways = (
        ("played by", setting.play_policy, PLAIN.play_policy),
        ("asked by", setting.ask_policy, PLAIN.ask_policy),
    )
    unusual = "".join(f", {way} {policy}" for way, policy, plain in ways if policy != plain)
    version = f", version {setting.version}" if setting.version else ""
    return f"{_ASKED_AS[setting.asked_as]}{unusual}{version}"
