"""Telling our stores from other DuckDB files. Stores are sent around: what bears our names has to be ours."""

from pathlib import Path

import duckdb

from tpobench.harness.errors import UserError
from tpobench.harness.store.schema import TABLES


def stored_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int | None:
    """The schema's version of a store.

    Args:
        connection: The open file.
        path: The store as the user names it.

    Returns:
        None for a file without any table.

    Raises:
        UserError: The file is not one of ours, or pretends: a view or a macro stands where a table or a function of
            DuckDB is expected.
    """
    query = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'main'"
    tables = dict(connection.execute(query).fetchall())
    if not tables:
        return None
    foreign = UserError(f"{path} is a DuckDB file but not a tpobench store; name another one with --store")
    if "store_version" not in tables:
        raise foreign
    pretending = [name for name in ("store_version", *TABLES) if tables.get(name, "BASE TABLE") != "BASE TABLE"]
    if pretending:
        raise UserError(
            f"{path} is not a tpobench store: {pretending[0]} is a view there, not a table; name another one with "
            "--store"
        )
    _refuse_overridden_functions(connection, path)
    try:
        ((version,),) = connection.execute("SELECT max(version) FROM store_version").fetchall()
    except duckdb.BinderException as error:
        raise foreign from error
    if not isinstance(version, int):
        raise foreign
    return version


def _refuse_overridden_functions(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raises UserError where a macro of the file bears the name of a function: every figure would be what it says."""
    own = connection.execute("SELECT function_name FROM duckdb_functions() WHERE NOT internal").fetchall()
    if not own:
        return
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal"
    overridden = sorted({name for (name,) in own} & {name for (name,) in connection.execute(query).fetchall()})
    if overridden:
        raise UserError(
            f"{path} is not a tpobench store: a macro there replaces the function {overridden[0]}; drop the macro, or "
            "name another store with --store"
        )
