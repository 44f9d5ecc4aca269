"""The DuckDB file: `Database` opens it under its lock, migrates it from older versions, and writes in transactions.
Rows wait in a journal first. What the tables mean is said in `store.py`."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from tpobench.harness.errors import UserError
from tpobench.harness.interrupts import finishing
from tpobench.harness.secrets import secrets_of_environment, without_known
from tpobench.harness.store import opening
from tpobench.harness.store.columns import Columns, NotStorable, StoredColumn, storable
from tpobench.harness.store.conflicts import conflict_clause
from tpobench.harness.store.foreign import stored_version
from tpobench.harness.store.journal import Journal, Line
from tpobench.harness.store.rows import Row
from tpobench.harness.store.schema import MIGRATIONS, SCHEMA_VERSION, TABLES
from tpobench.harness.store.set_aside import Refused, set_aside, tell
from tpobench.harness.store.write_log import LogMark, log_size

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
    version: both are brought in, on a disk that cannot be written in a copy.
    """

    def __init__(self, path: str | Path, read_only: bool = False) -> None:
        self.path = Path(path)
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        if read_only and not self.path.exists():
            raise opening.no_store(self.path)
        self._file = opening.real_file(self.path)
        opening.require_own_companions(self._file)
        if read_only:
            self._bring_in_journal()
        else:
            opening.make_folder(self._file)
            opening.warn_of_hard_links(self.path, self._file)
        size = log_size(self._file)
        self._connection = opening.connect(self.path, self._file, read_only)
        self._waiting_since = 0.0
        try:
            self._log = None if read_only else LogMark(self._file)
            if lost := LogMark(self._file).lost(size):
                tell(lost)
            self._journal = Journal(opening.journal_file(self._file))  # under the lock: no other process appends now
            self._unchecked = bool(self._journal.rows)
            self._migrate(read_only)
            self._connection.execute(VIEWS)
            self.drain()
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            self._connection.close()
            raise UserError(
                f"{self.path} is not a tpobench store: its tables have other columns ({str(error).splitlines()[0]}); "
                "name another one with --store"
            ) from error
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
            if self._log is not None:
                self._log.remove()
            if self._copy is not None:
                self._copy.cleanup()

    def _bring_in_journal(self) -> None:
        """What a killed run left in the journal belongs to what is read."""
        if Journal(opening.journal_file(self._file)).rows:
            self._written()

    def _written(self) -> None:
        """Open the file for writing once, which brings in the journal and the present version; where it cannot be
        written, read a copy of it from now on."""
        if self._copy is None and not opening.can_be_written(self._file):
            self._copy = opening.copied(self.path, self._file)
            self._file = Path(self._copy.name) / self._file.name
        Database(self.path if self._copy is None else self._file).close()

    def _migrate(self, read_only: bool) -> None:
        """Bring the store to the present version, a new one from nothing. Raises UserError for a file that is not ours,
        and for a newer version."""
        found = stored_version(self._connection, self.path)
        if found is None and read_only:
            raise UserError(f"{self.path} is a DuckDB file but not a tpobench store; name another one with --store")
        version = found or 0
        if version > SCHEMA_VERSION:
            raise UserError(
                f"{self.path} was written by a newer tpobench (schema {version}, this one knows {SCHEMA_VERSION}); "
                "upgrade tpobench or name another file with --store"
            )
        if read_only and version < SCHEMA_VERSION:
            self._connection.close()
            self._written()
            self._connection = opening.connect(self.path, self._file, read_only)
            return
        for older, file in enumerate(MIGRATIONS[version:], version):
            self._connection.execute("BEGIN TRANSACTION")
            self._connection.execute(file.read_text(encoding="utf-8"))
            self._connection.execute("INSERT INTO store_version VALUES (?)", [older + 1])
            self._connection.execute("COMMIT")

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        return secrets_of_environment()

    @cached_property
    def _columns(self) -> dict[str, Columns]:
        """The columns of every table that rows go into."""
        query = "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal"
        columns: dict[str, dict[str, StoredColumn]] = {table: {} for table in TABLES}
        for table, name, kind, nullable in self._connection.execute(query).fetchall():
            if table in columns:
                columns[table][name] = StoredColumn(type=kind, nullable=nullable, is_key=name == f"{table}_key")
        return {table: found for table, found in columns.items() if found}

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run any SQL; returns column names and rows."""
        self.drain()
        with _interruptible():
            cursor = self._connection.execute(query, list(parameters))
            if cursor is None or cursor.description is None:  # None: there was no statement
                return [], []
            return [column[0] for column in cursor.description], cursor.fetchall()

    def interrupt(self) -> None:
        """End the query that another thread runs; there it is a KeyboardInterrupt."""
        self._connection.interrupt()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """What a query of this package finds: a mapping a row, by column name."""
        columns, rows = self.sql(query, parameters)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def row_counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES}

    def _insert(self, table: str, rows: Sequence[Row]) -> int:
        """Insert the rows that are not there yet, all or none; returns how many were new. Raises UserError for rows
        that the table cannot hold: they are set aside, the others are stored."""
        if not rows:
            return 0
        good, refused = self._sorted_out([(table, list(row), list(row.values())) for row in rows])
        new, misfits = self._insert_what_fits(table, list(rows[0]), [values for _, _, values in good])
        if refused := refused + misfits:
            others = "the others are stored; " if good else ""
            raise UserError(f"{set_aside(self._file, refused)}; {others}correct what they are made of and run again")
        return new

    def _sorted_out(self, lines: Sequence[Line]) -> tuple[list[Line], list[Refused]]:
        """The rows as their tables hold them, and those that no table can hold."""
        good: list[Line] = []
        refused = []
        for table, names, values in lines:
            try:
                if table not in self._columns:
                    raise NotStorable("there is no such table")
                kept = storable(self._columns[table], names, values)
                good.append((table, names, [self._without_secrets(value) for value in kept]))
            except NotStorable as error:
                refused.append(Refused(table, names, values, str(error)))
        return good, refused

    def _without_secrets(self, value: Any) -> Any:
        return without_known(value, self._secrets) if isinstance(value, str) else value

    def _insert_values(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        names = ", ".join(columns)
        conflict = conflict_clause(table, columns)
        try:
            with _interruptible():
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
        if self._log is not None:
            self._log.note()
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
        """Put rows, each with its table, on disk at once and into the database soon. Those that no table can hold are
        set aside and told: the others were paid for."""
        good, refused = self._sorted_out([(table, list(row), list(row.values())) for table, row in rows])
        if not self._journal.rows:
            self._waiting_since = time.monotonic()
        with finishing():
            self._journal.append(good)
        self._tell_refused(refused)
        if len(self._journal.rows) >= DRAIN_ROWS or time.monotonic() - self._waiting_since > DRAIN_SECONDS:
            self.drain()

    def drain(self) -> None:
        """Bring what the journal holds into the database. Rows that it refuses are set aside and told: they must not
        stand in the way of the others, nor of the next command."""
        if not self._journal.rows:
            return
        good, refused = self._sorted_out(self._journal.rows) if self._unchecked else (self._journal.rows, [])
        grouped: dict[tuple[str, tuple[str, ...]], dict[Any, list[Any]]] = {}
        for table, columns, values in good:
            rows = grouped.setdefault((table, tuple(columns)), {})
            rows[values[0]] = values  # one row a key in one statement; the last is the one that counts
        for (table, names), rows in grouped.items():
            refused += self._insert_what_fits(table, names, list(rows.values()))[1]
        self._tell_refused(refused)
        self._journal.clear()
        self._unchecked = False

    def _insert_what_fits(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> tuple[int, list[Refused]]:
        """Insert all rows but those that the database refuses, which are found by halves; how many were new, and those
        refused."""
        if not rows:
            return 0, []
        try:
            return self._insert_values(table, columns, rows), []
        except _FAULTS_OF_A_ROW as error:
            if len(rows) == 1:
                return 0, [Refused(table, columns, rows[0], str(error).splitlines()[0])]
        middle = len(rows) // 2
        (first, faults), (second, more) = (
            self._insert_what_fits(table, columns, half) for half in (rows[:middle], rows[middle:])
        )
        return first + second, faults + more

    def _tell_refused(self, refused: Sequence[Refused]) -> None:
        if refused:
            tell(f"{set_aside(self._file, refused)}; everything else is stored")

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


_FAULTS_OF_A_ROW = (duckdb.DataError, duckdb.IntegrityError)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C inside a query is Ctrl-C: DuckDB makes an error of it."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from error
