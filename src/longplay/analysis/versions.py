"""Personas that are versions of one character: the character's unit, and a setting of their own. Averages nothing."""

import msgspec
import numpy as np
import pandas as pd

from longplay.analysis.frames import Column, Frame, valued
from longplay.analysis.tables import Tables
from longplay.records import Setting


def by_character(tables: Tables, frame: Frame) -> Frame:
    """The frame with versions as settings: unit = the character, setting = the former one with the version.

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

    def setting(code: int) -> Setting:
        old, version = divmod(code, len(words))
        return msgspec.structs.replace(settings[old], version=words[version])

    codes = frame["setting"].cat.codes.to_numpy(np.int64) * len(words) + number
    return frame.assign(unit=np.where(unit >= 0, character[unit], unit), setting=valued(codes, setting))


def without_version(setting: Column) -> Column:
    """Settings as they were before `by_character`, with the same categories; NaN where no row ever had that one."""
    categories = setting.cat.categories
    plain = {setting: i for i, setting in enumerate(categories)}
    to = np.array([plain.get(msgspec.structs.replace(one, version=""), -1) for one in categories], dtype=np.int32)
    return pd.Categorical.from_codes(to[setting.cat.codes.to_numpy()], dtype=setting.dtype)
