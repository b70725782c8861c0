"""Frames and columns as the type checker sees them; stacking, grouping and matching frames. Knows no column by name."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

# pandas' own annotations make every selection a union of frame, series and array; which it is stands in the docstrings.
Frame: TypeAlias = Any
Column: TypeAlias = Any
Integers: TypeAlias = NDArray[np.int64]

_MOST = 2**62


class Table(Protocol):
    """Rows of integers, floats and None, in the order of `columns`, as a store gives them."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> Sequence[tuple[Any, ...]]: ...


class Groups(msgspec.Struct, frozen=True, eq=False):
    """`code` of each row's group, groups numbered in the order of their keys, and one row of each group."""

    code: Integers
    first: Integers

    @property
    def size(self) -> int:
        """How many groups there are."""
        return len(self.first)


def groups(frame: Frame, keys: Sequence[str]) -> Groups:
    """Rows with equal keys. Costs less than pandas' own grouping, which matters for many small runs."""
    packed = _packed([[frame[key]] for key in keys])
    _, first, code = np.unique(packed, return_index=True, return_inverse=True)
    return Groups(code.astype(np.int64), first.astype(np.int64))


def matches(one: Frame, other: Frame, keys: Sequence[str]) -> tuple[Integers, Integers]:
    """Rows of `one` and the rows of `other` with the same keys, side by side; unmatched rows are left out.

    Categorical keys must share their categories. Raises ValueError where two rows of `other` have the same keys.
    """
    packed = _packed([[one[key], other[key]] for key in keys])
    here, there = packed[: len(one)], packed[len(one) :]
    order = np.argsort(there, kind="stable")
    there = there[order]
    if (there[1:] == there[:-1]).any():
        raise ValueError(f"rows to match are not told apart by {', '.join(keys)}.")
    if not len(there):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    place = np.minimum(np.searchsorted(there, here), len(there) - 1)
    rows = np.flatnonzero(there[place] == here)
    return rows, order[place[rows]]


def rows_of(column: Column, rows: Integers) -> Column:
    """Some rows of a column, without an index."""
    return column.array.take(rows)


def stack(frames: list[Frame]) -> Frame:
    """Frames of the same columns, one below the other; categoricals stay so, with the union of their categories."""
    columns = {
        name: union_categoricals([frame[name] for frame in frames], sort_categories=True)
        if isinstance(frames[0][name].dtype, pd.CategoricalDtype)
        else np.concatenate([frame[name].to_numpy() for frame in frames])
        for name in frames[0].columns
    }
    return pd.DataFrame(columns, copy=False)


def named(codes: np.ndarray, name: Callable[[int], str]) -> pd.Categorical:
    """A categorical whose names are made once for each distinct code; two codes may share a name."""
    return _categorical(codes, name, "str")


def valued(codes: np.ndarray, value: Callable[[int], Any]) -> pd.Categorical:
    """The same of structs that can be sorted."""
    return _categorical(codes, value, "object")


def _categorical(codes: np.ndarray, value: Callable[[int], Any], dtype: Literal["str", "object"]) -> pd.Categorical:
    places, distinct = pd.factorize(codes)
    values = [value(int(code)) for code in distinct]
    categories = sorted(set(values))
    place = {one: i for i, one in enumerate(categories)}
    index = np.array([place[one] for one in values], dtype=np.int32)
    return pd.Categorical.from_codes(index[places], categories=pd.Index(categories, dtype=dtype))


def mapped(column: Column, change: Callable[[Any], Any]) -> pd.Categorical:
    """A column of structs with every category changed; two may become the same."""
    categories = list(column.cat.categories)
    return valued(column.cat.codes.to_numpy(np.int64), lambda code: change(categories[code]))


def constant(value: Any, size: int) -> pd.Categorical:
    """A categorical of one word or struct."""
    dtype = "str" if isinstance(value, str) else "object"
    return pd.Categorical.from_codes(np.zeros(size, dtype=np.int8), categories=pd.Index([value], dtype=dtype))


def like(frame: Frame, other: Frame, keys: Sequence[str]) -> Frame:
    """The frame, the categories of its `keys` those of the other's; a value that the other cannot have is missing."""
    named = [key for key in keys if isinstance(other[key].dtype, pd.CategoricalDtype)]
    return frame.assign(**{key: frame[key].cat.set_categories(other[key].cat.categories) for key in named})


def equals(column: Column, value: Any) -> NDArray[np.bool_]:
    """Which rows of a categorical column have this value."""
    found: pd.Categorical = column.array
    code = found.categories.get_loc(value) if value in found.categories else -2
    return found.codes == code


def among(column: Column, wanted: Callable[[Any], bool]) -> NDArray[np.bool_]:
    """Which rows of a categorical column have a value that is wanted."""
    found: pd.Categorical = column.array
    return np.isin(found.codes, [i for i, one in enumerate(found.categories) if wanted(one)])


def _packed(keys: list[list[Column]]) -> Integers:
    """One integer a row that is equal exactly where all keys are, and sorts as they do; parts of a key are stacked."""
    packed, size = np.zeros(sum(len(part) for part in keys[0]), dtype=np.int64), 1
    for parts in keys:
        codes, count = _codes(parts)
        if size * count > _MOST:
            _, packed = np.unique(packed, return_inverse=True)
            size = len(packed)
        packed, size = packed * count + codes, size * count
    return packed


def _codes(parts: list[Column]) -> tuple[Integers, int]:
    """Integers from 0 on that sort as the values of a key do, and how many there may be."""
    if isinstance(parts[0].dtype, pd.CategoricalDtype):
        codes = np.concatenate([part.array.codes for part in parts]).astype(np.int64)
        return codes + 1, len(parts[0].array.categories) + 1
    values = np.concatenate([part.to_numpy() for part in parts])
    if values.dtype.kind not in "biu":
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), max(len(distinct), 1)
    values = values.astype(np.int64)
    if not len(values):
        return values, 1
    lowest = int(values.min())
    return values - lowest, int(values.max()) - lowest + 1
