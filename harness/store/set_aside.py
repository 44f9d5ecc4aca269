"""Rows that no table can hold: they are kept in a file beside the store, and do not stand in the way of others."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMED = 3
"""That many reasons are told; the file has them all."""


@dataclass(frozen=True)
class Refused:
    """A row that could not be stored, and why."""

    table: str
    columns: Sequence[str]
    values: Sequence[Any]
    why: str

    @property
    def sentence(self) -> str:
        return f"table {self.table[:40]}: {self.why}" if self.table else "a line of the journal that is not a row"


def set_aside_file(store: Path) -> Path:
    """Where rows are kept that this store could not hold."""
    return store.with_name(store.name + ".set-aside.jsonl")


def set_aside(store: Path, refused: Sequence[Refused]) -> str:
    """Keep the rows in the file for them.

    Args:
        store: The file of the store.
        refused: At least one row.

    Returns:
        What to tell the user, without an end.
    """
    file = set_aside_file(store)
    lines = "".join(_line(row) for row in refused)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(lines)
    reasons = list(dict.fromkeys(row.sentence for row in refused))
    more = f"; and {len(reasons) - _NAMED:,} more reasons" if len(reasons) > _NAMED else ""
    rows = "1 row cannot be stored and is" if len(refused) == 1 else f"{len(refused):,} rows cannot be stored and are"
    return f"{rows} set aside in {file} ({'; '.join(reasons[:_NAMED])}{more})"


def tell(sentence: str) -> None:
    """Say it on standard error."""
    print(f"tpobench: {sentence}", file=sys.stderr, flush=True)


def _line(row: Refused) -> str:
    try:
        return json.dumps(vars(row), default=repr) + "\n"
    except (ValueError, RecursionError):  # a number of thousands of digits, a list in itself
        kinds = [type(value).__name__ for value in row.values]
        return json.dumps({**vars(row), "columns": list(map(str, row.columns)), "values": kinds}) + "\n"
