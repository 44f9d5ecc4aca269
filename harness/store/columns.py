"""What the columns of a store can hold. Rows are checked by it before they are put on disk: one that the database
refuses would stand in the way of all others."""

import json
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.surrogates import without_surrogates

LONGEST_KEY = 4096
"""Characters. Keys are hashes, names of steps and fingerprints; the database indexes them."""

LONGEST_TEXT = 2**28
"""Characters. A row of a few GB takes the whole insert down with it."""

_INTEGERS = {"INTEGER": 2**31, "BIGINT": 2**63}

_SURROGATE_IN_JSON = re.compile(r"\\u[dD][89a-fA-F]")


class NotStorable(ValueError):
    """A row that no table can hold; says which column is at fault and why."""


@dataclass(frozen=True)
class StoredColumn:
    """A column of a table: its type as DuckDB names it, and whether it may be NULL."""

    type: str
    nullable: bool
    is_key: bool


Columns = Mapping[str, StoredColumn]
"""The columns of a table by name."""


def storable(columns: Columns, names: Sequence[str], values: Sequence[Any]) -> list[Any]:
    """The values as the table holds them.

    Texts lose their lone surrogates. A number that is out of its column's range is unknown where the column may be
    NULL, as the token counts of servers may.

    Args:
        columns: Of the table.
        names: Of the columns that the row has, the key's first.
        values: In the same order.

    Raises:
        NotStorable: The row does not fit the table.
    """
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise NotStorable(f"it has no column {unknown[0]!r}")
    if len(values) != len(names) or len(set(names)) != len(names):
        raise NotStorable("it needs one value for each column")
    if not names or not columns[names[0]].is_key:
        raise NotStorable("its first column is not the key")
    missing = [name for name, column in columns.items() if not column.nullable and name not in names]
    if missing:
        raise NotStorable(f"{missing[0]} is missing")
    return [
        value if _is_plain(columns[name], value) else _storable_value(columns[name], name, value)
        for name, value in zip(names, values, strict=True)
    ]


def _is_plain(column: StoredColumn, value: Any) -> bool:
    """Whether the value is a short text for a text: most are, and they are told quickly."""
    return type(value) is str and column.type == "VARCHAR" and len(value) <= LONGEST_KEY and value.isascii()


def _storable_value(column: StoredColumn, name: str, value: Any) -> Any:
    if value is None:
        if column.nullable:
            return None
        raise NotStorable(f"{name} is missing")
    try:
        kept = _as(column.type, value)
    except _OutOfRange as error:
        if column.nullable:
            return None
        raise NotStorable(f"{name} {error}") from error
    except NotStorable as error:
        raise NotStorable(f"{name} {error}") from error
    if column.is_key and len(kept) > LONGEST_KEY:
        raise NotStorable(f"{name} has {len(kept):,} characters; {LONGEST_KEY:,} are the most")
    return kept


class _OutOfRange(NotStorable):
    """A number of the right kind that is too large."""


def _as(kind: str, value: Any) -> Any:
    """The value as a column of this type holds it."""
    if kind.endswith("[]"):
        return _list(kind.removesuffix("[]"), value)
    if kind in _INTEGERS:
        return _integer(kind, value)
    if kind == "DOUBLE":
        return _number(value)
    if kind in ("VARCHAR", "JSON"):
        return _json(_text(value)) if kind == "JSON" else _text(value)
    return _text(value)  # dates and the like, which the database fills in itself


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotStorable(f"is not a text but a value of type {type(value).__name__}")
    if len(value) > LONGEST_TEXT:
        raise NotStorable(f"has {len(value):,} characters; {LONGEST_TEXT:,} are the most")
    return without_surrogates(value)


def _json(text: str) -> str:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotStorable(f"is not JSON ({error})") from error
    if not _SURROGATE_IN_JSON.search(text):
        return text
    return without_surrogates(json.dumps(content, ensure_ascii=False))


def _integer(kind: str, value: Any) -> int:
    try:
        whole = operator.index(value)
    except TypeError:
        if not isinstance(value, float) or not value.is_integer():
            raise NotStorable(f"is not a whole number but {_shown(value)}") from None
        whole = int(value)
    if not -_INTEGERS[kind] <= whole < _INTEGERS[kind]:
        raise _OutOfRange(f"is out of range ({_shown(value)})")
    return whole


def _number(value: Any) -> float:
    if isinstance(value, str | bytes):
        raise NotStorable(f"is not a number but {_shown(value)}")
    try:
        return float(value)
    except OverflowError:
        raise _OutOfRange("is out of range") from None
    except (TypeError, ValueError):
        raise NotStorable(f"is not a number but a value of type {type(value).__name__}") from None


def _list(kind: str, values: Any) -> list[Any]:
    if not isinstance(values, list | tuple):
        raise NotStorable(f"is not a list but a value of type {type(values).__name__}")
    try:
        return [_as(kind, value) for value in values]
    except NotStorable as error:
        raise NotStorable(f"holds an entry that {error}") from error


def _shown(value: Any) -> str:
    """The value in a few characters; of a whole number with thousands of digits Python shows none."""
    try:
        return ascii(value)[:40]
    except ValueError:
        return "a number of thousands of digits"
