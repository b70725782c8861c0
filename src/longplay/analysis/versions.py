"""Personas that are versions of one character: the character's unit, and a setting of their own. Averages nothing."""

import numpy as np
import pandas as pd

from longplay.analysis.frames import Column, Frame, named
from longplay.analysis.tables import Tables

VERSION = ", version "


def by_character(tables: Tables, frame: Frame) -> Frame:
    """The frame with versions as settings: unit = the character, setting = the former one and `, version NAME`.

    Two versions of one character are no two personas: an interval over personas must not count them as such.
    """
    versions = tables.study.analysis.versions
    if not versions or frame.empty:
        return frame
    count = len(tables.names.dtype.categories)
    character, which = np.arange(count, dtype=np.int32), np.zeros(count, dtype=np.int64)
    for number, of in enumerate(versions.values(), 1):
        for version, original in of.items():
            if version in tables.names.ranks and original in tables.names.ranks:
                character[tables.names.code(version)] = tables.names.code(original)
                which[tables.names.code(version)] = number
    unit = frame["unit"].to_numpy()
    number = np.where(unit >= 0, which[unit], 0)
    words, settings = ["", *versions], frame["setting"].cat.categories

    def setting(code: int) -> str:
        old, version = divmod(code, len(words))
        return settings[old] + (VERSION + words[version] if version else "")

    codes = frame["setting"].cat.codes.to_numpy(np.int64) * len(words) + number
    return frame.assign(unit=np.where(unit >= 0, character[unit], unit), setting=named(codes, setting))


def without_version(setting: Column) -> Column:
    """Settings as they were before `by_character`, with the same categories; NaN where no row ever had that one."""
    categories = setting.cat.categories
    plain = {name: i for i, name in enumerate(categories)}
    to = np.array([plain.get(name.partition(VERSION)[0], -1) for name in categories], dtype=np.int32)
    return pd.Categorical.from_codes(to[setting.cat.codes.to_numpy()], dtype=setting.dtype)
