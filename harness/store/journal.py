"""An append-only file beside the store: a finished call is on disk in microseconds, the database gets it in batches.

A DuckDB commit takes about ten milliseconds, a line here about twenty microseconds. Lines that were written before a
sudden end are drained when the store is next opened; inserting a row twice changes nothing, so draining may be cut off
at any moment. A line that was torn by the end is dropped: its call is owed again.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Line = tuple[str, list[str], list[Any]]
"""Table, columns, values."""


class Journal:
    """The lines that the database does not hold yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = list(_read(path))
        self._file: int | None = None

    def append(self, rows: Sequence[Line]) -> None:
        """On disk when this returns: the lines survive this process, though not a power cut before the next drain."""
        if self._file is None:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        lines = "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows).encode()
        start = os.fstat(self._file).st_size
        try:
            if os.write(self._file, lines) != len(lines):
                raise OSError(28, "No space left on device", str(self.path))
        except OSError:
            os.ftruncate(self._file, start)
            raise
        self.rows.extend(rows)

    def clear(self) -> None:
        """Forget the lines: the database holds them."""
        self.rows.clear()
        if self._file is None and not self.path.exists():
            return
        os.truncate(self.path, 0)

    def close(self) -> None:
        """An empty journal leaves no file behind."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if not self.rows:
            self.path.unlink(missing_ok=True)


def _read(path: Path) -> list[Line]:
    if not path.exists():
        return []
    rows = []
    for line in path.read_bytes().split(b"\n"):
        try:
            table, columns, values = json.loads(line)
        except ValueError:
            continue
        rows.append((table, columns, values))
    return rows
