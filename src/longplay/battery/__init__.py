"""Personas, scripts and questions, bundled or from users' own files. Knows no network, no models."""

from longplay.battery.bundled import battery_names, core_items, core_personas, core_scripts, version
from longplay.battery.files import BatteryError, read_items, read_personas, read_script

__all__ = [
    "BatteryError",
    "battery_names",
    "core_items",
    "core_personas",
    "core_scripts",
    "read_items",
    "read_personas",
    "read_script",
    "version",
]
