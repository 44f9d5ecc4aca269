"""A user's own SQL, which reads the store and nothing else."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class QueryResult:
    """The names of the columns, and the rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query_store(path: Path, query: str) -> QueryResult:
    """Run any SQL on a store, which is opened for reading only.

    Args:
        path: The store.
        query: SQL; the store's views are there beside its tables.

    Returns:
        What the query finds.

    Raises:
        UserError: The query fails, would change the store, or reaches for something outside of it.
    """
    with Store(path, read_only=True) as store:
        store.sql("SET lock_configuration = true")  # as `opening.SETTINGS` left it
        try:
            return QueryResult(*_interruptible(store, query))
        except duckdb.PermissionException as error:
            raise UserError(
                "the query fails: it may read this store alone, no other file, database or extension; "
                "write results to a file with --json > FILE"
            ) from error
        except duckdb.Error as error:
            raise UserError(f"the query fails: {str(error).strip().splitlines()[0]}") from error


def _interruptible(store: Store, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The query in a thread of its own: it may run for hours, and a thread that DuckDB works in hears no Ctrl-C."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        answer = pool.submit(store.sql, query)
        try:
            return answer.result()
        except KeyboardInterrupt:
            while not answer.done():
                store.interrupt()
                wait([answer], timeout=0.1)
            raise
