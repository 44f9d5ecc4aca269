"""Noticing that DuckDB's write-ahead log was cut short. It is what a killed process leaves; DuckDB reads as much of it
as is there, says nothing of the rest, and so rows that were stored would be gone without a word."""

import os
from contextlib import suppress
from pathlib import Path


def log_file(file: Path) -> Path:
    """DuckDB's write-ahead log of a store."""
    return file.with_name(file.name + ".wal")


def mark_file(file: Path) -> Path:
    """Where the length of a store's log is noted."""
    return file.with_name(file.name + ".written")


def log_size(file: Path) -> int:
    """Its size in bytes; 0 without one."""
    try:
        return log_file(file).stat().st_size
    except OSError:
        return 0


class LogMark:
    """How long the log was after the last write, in a file beside the store that is gone once it is closed."""

    def __init__(self, file: Path) -> None:
        self._store = file
        self._file = mark_file(file)
        self._last = 0

    def lost(self, size: int) -> str | None:
        """What is missing, for people; None where nothing is.

        Args:
            size: The log's, before it was opened.
        """
        try:
            marked = int(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        if size >= marked:
            return None
        log = log_file(self._store)
        return (
            f"the last rows that were written to {self._store} before a sudden end are lost, for {log} was cut short "
            f"({size:,} of {marked:,} bytes are left): run the same commands again to make them again"
        )

    def note(self) -> None:
        """Remember how long the log is now."""
        size = log_size(self._store)
        if size == self._last:
            return
        with suppress(OSError):  # on a full disk the write itself says so
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as opened:
                opened.write(str(size))
            self._last = size

    def remove(self) -> None:
        """The store is closed, and its log went into the file."""
        if not log_size(self._store):
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
