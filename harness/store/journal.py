"""An append-only file beside the store: a finished call is on disk in microseconds, the database gets it in batches.

A DuckDB commit takes about ten milliseconds, a line here about twenty microseconds. Lines that were written before a
sudden end are drained when the store is next opened; inserting a row twice changes nothing, so draining may be cut off
at any moment. A line that was torn by the end is dropped: its call is owed again. A whole line that is not a row
of ours is for the store to judge, which sets it aside.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError

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
        if not rows:
            return
        if self._file is None:
            self._file = self._opened()
        lines = "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows).encode()
        start = os.fstat(self._file).st_size
        try:
            if os.write(self._file, lines) != len(lines):
                raise OSError(28, "No space left on device", str(self.path))
        except OSError:
            os.ftruncate(self._file, start)
            raise
        self.rows.extend(rows)

    def _opened(self) -> int:
        """The file, open for appending behind its last whole line: a torn one would spoil the line that follows."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            os.write(file, b"\n")
        return file

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
            with suppress(OSError):  # of a folder that cannot be written
                self.path.unlink(missing_ok=True)


def _read(path: Path) -> list[Line]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}), and rows of the store wait in it; open the store once as the "
            "user who wrote it"
        ) from error
    lines = []
    for text in content.split(b"\n"):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        lines.append(_row(line))
    return lines


def _row(line: Any) -> Line:
    """The line as a row; one of another shape as a row of no table."""
    if isinstance(line, list) and len(line) == 3:
        table, columns, values = line
        named = isinstance(columns, list) and all(isinstance(name, str) for name in columns)
        if isinstance(table, str) and named and isinstance(values, list):
            return table, columns, values
    return "", [], [line]
