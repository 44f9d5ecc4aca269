"""The DuckDB file: `Database` opens it under its lock, migrates it from older versions, and writes in transactions.
Rows wait in a journal first. What the tables mean is said in `store.py`."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.store.conflicts import conflict_clause
from tpobench.harness.store.journal import Journal
from tpobench.harness.store.rows import Row
from tpobench.harness.store.schema import MIGRATIONS, SCHEMA_VERSION, TABLES
from tpobench.harness.store.waiting import HeldStore

VIEWS = Path(__file__).with_name("views.sql").read_text(encoding="utf-8")

DRAIN_ROWS = 1000
DRAIN_SECONDS = 5.0
"""The journal is drained into the database at this many rows, or when the first of them is this old."""

BULK_ROWS = 64
"""From here on rows go in as an Arrow table: twenty times as fast for 2,000 rows, but slow to import."""


class Database:
    """An open database with the tables of the schema and the views of ``views.sql``. Use it as a context manager; every
    insert is one transaction.

    Journalled rows are on disk at once, in the tables soon, and seen by every query.

    With `read_only` nothing is written through it, and other processes may read at the same time. To open it, though,
    the file is first opened for writing where a killed process left a journal, or where its tables are of an older
    version: both are brought in.
    """

    def __init__(self, path: str | Path, read_only: bool = False) -> None:
        self.path = Path(path)
        if read_only and not self.path.exists():
            raise no_store(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        journal = self.path.with_name(self.path.name + ".journal")
        if read_only and journal.exists():
            Database(self.path).close()  # what a killed run left there belongs to the answer
        self._connection = _connect(self.path, read_only)
        self._journal = Journal(journal)  # read under the lock: no other process appends now
        self._waiting_since = 0.0
        try:
            self._migrate(read_only)
            self._connection.execute(VIEWS)
            self.drain()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        try:
            self.drain()
        finally:
            self._journal.close()
            self._connection.close()

    def _migrate(self, read_only: bool) -> None:
        """Bring the store to the present version, a new one from nothing. Raises UserError for a file that is not ours,
        and for a newer version."""
        version = self._version(read_only)
        if version > SCHEMA_VERSION:
            raise UserError(
                f"{self.path} was written by a newer tpobench (schema {version}, this one knows {SCHEMA_VERSION}); "
                "upgrade tpobench or name another file with --store"
            )
        if read_only and version < SCHEMA_VERSION:
            self._connection.close()
            Database(self.path).close()
            self._connection = _connect(self.path, read_only)
            return
        for older, file in enumerate(MIGRATIONS[version:], version):
            self._connection.execute("BEGIN TRANSACTION")
            self._connection.execute(file.read_text(encoding="utf-8"))
            self._connection.execute("INSERT INTO store_version VALUES (?)", [older + 1])
            self._connection.execute("COMMIT")

    def _version(self, read_only: bool) -> int:
        """The schema's version; 0 for a file without any table, which is not refused unless it is only read."""
        foreign = UserError(f"{self.path} is a DuckDB file but not a tpobench store; name another one with --store")
        query = "SELECT table_name FROM information_schema.tables"
        tables = {row[0] for row in self._connection.execute(query).fetchall()}
        if "store_version" not in tables:
            if tables or read_only:
                raise foreign
            return 0
        try:
            ((version,),) = self._connection.execute("SELECT max(version) FROM store_version").fetchall()
        except duckdb.BinderException as error:
            raise foreign from error
        if not isinstance(version, int):
            raise foreign
        return version

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run any SQL; returns column names and rows."""
        self.drain()
        cursor = self._connection.execute(query, list(parameters))
        if cursor is None or cursor.description is None:  # None: there was no statement
            return [], []
        return [column[0] for column in cursor.description], cursor.fetchall()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """What a query of this package finds: a mapping a row, by column name."""
        columns, rows = self.sql(query, parameters)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def row_counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES}

    def _insert(self, table: str, rows: Sequence[Row]) -> int:
        """Insert the rows that are not there yet, all or none; returns how many were new."""
        return self._insert_values(table, list(rows[0]), [list(row.values()) for row in rows]) if rows else 0

    def _insert_values(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        names = ", ".join(columns)
        conflict = conflict_clause(table, columns)
        try:
            if len(rows) < BULK_ROWS:
                values = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
                statement = f"INSERT INTO {table} ({names}) VALUES {values} ON CONFLICT {conflict}"
                done = self._connection.execute(statement, [value for row in rows for value in row]).fetchall()
            else:
                done = self._insert_many(table, columns, rows, conflict)
        except duckdb.Error as error:
            if "No space left" in str(error):
                raise UserError(
                    f"no space left for {self.path}: what was stored so far is safe; free some disk space and run "
                    "the same command again"
                ) from error
            raise
        return int(done[0][0])

    def _insert_many(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str
    ) -> list[tuple[Any, ...]]:
        import pyarrow as arrow

        bulk = arrow.table({name: list(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)})
        self._connection.register("bulk", bulk)
        try:
            return self._connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM bulk ON CONFLICT {conflict}"
            ).fetchall()
        finally:
            self._connection.unregister("bulk")

    def _journalled(self, rows: Sequence[tuple[str, Row]]) -> None:
        """Put rows, each with its table, on disk at once and into the database soon."""
        if not self._journal.rows:
            self._waiting_since = time.monotonic()
        self._journal.append([(table, list(row), list(row.values())) for table, row in rows])
        if len(self._journal.rows) >= DRAIN_ROWS or time.monotonic() - self._waiting_since > DRAIN_SECONDS:
            self.drain()

    def drain(self) -> None:
        """Bring what the journal holds into the database."""
        if not self._journal.rows:
            return
        grouped: dict[tuple[str, tuple[str, ...]], dict[Any, list[Any]]] = {}
        for table, columns, values in self._journal.rows:
            rows = grouped.setdefault((table, tuple(columns)), {})
            rows[values[0]] = values  # one row a key in one statement; the last is the one that counts
        for (table, names), rows in grouped.items():
            self._insert_values(table, names, list(rows.values()))
        self._journal.clear()

    def missing(self, table: str, keys: Sequence[str]) -> list[str]:
        """Those of the keys that the table does not hold, in the order given."""
        if len(keys) < BULK_ROWS:
            query = f"SELECT {table}_key FROM {table} WHERE {table}_key IN (SELECT unnest(?))"
            present = {row[f"{table}_key"] for row in self.rows(query, [list(keys)])}
            return [key for key in keys if key not in present]
        import pyarrow as arrow

        self._connection.register("wanted", arrow.table({"key": list(keys)}))
        try:
            query = f"SELECT key FROM wanted WHERE key NOT IN (SELECT {table}_key FROM {table})"
            absent = {row["key"] for row in self.rows(query)}
        finally:
            self._connection.unregister("wanted")
        return [key for key in keys if key in absent]


def no_store(path: Path) -> StoreLacks:
    """What to raise where only an existing store will do."""
    return StoreLacks(path, f"there is no results store at {path}", "name an existing one with --store")


_HELD = re.compile("could not set lock|lock is held|lock is already held|used by another process", re.IGNORECASE)


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file. One that another process holds is waited for: a moment, or as long as `waiting` says."""
    held = HeldStore(path)
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            message = str(error)
            if not _HELD.search(message):
                raise _not_opened(path, message) from error
            holder = re.search(r"PID (\d+)", message)
            if holder is not None and holder[1] == "0":
                raise UserError(
                    f"the disk of {path} cannot lock files, as a store needs; name a file on a local disk with --store"
                ) from error
            who = "another process" if holder is None else f"process {holder[1]}"
            if not held.wait(who):
                raise UserError(
                    f"{path} is in use by {who}: wait for it to end with --wait, or name another file with --store"
                ) from error


def _not_opened(path: Path, message: str) -> UserError:
    if "not a valid DuckDB database" in message:
        return UserError(f"{path} is not a DuckDB file; name another one with --store")
    if "newer" in message or "storage version" in message:
        return UserError(f"{path} was written by a newer DuckDB; upgrade duckdb to read it")
    return UserError(f"{path} cannot be opened: {message.splitlines()[0]}")
