"""tpobench sql as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.cli.command import refused, tpobench
from tpobench.harness.store.schema import SCHEMA_VERSION
from tpobench.harness.store.store import Store


def test_sql_reads_and_does_not_write(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb"):
        pass
    done = tpobench("sql", "SELECT count(*) AS n FROM output", "--store", "s.duckdb", "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == [{"n": 0}]
    assert "the query fails" in refused("sql", "DELETE FROM output", "--store", "s.duckdb", cwd=tmp_path)
    assert "the query fails" in refused("sql", "SELEC 1", "--store", "s.duckdb", cwd=tmp_path)


def test_foreign_and_newer_stores_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("not a database " * 100)
    assert "is not a DuckDB file" in refused("sql", "SELECT 1", "--store", "text.duckdb", cwd=tmp_path)
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("CREATE TABLE t (i INTEGER)")
    assert "not a tpobench store" in refused("sql", "SELECT 1", "--store", "other.duckdb", cwd=tmp_path)
    with Store(tmp_path / "newer.duckdb") as store:
        store.sql(f"UPDATE store_version SET version = {SCHEMA_VERSION + 1}")
    assert "newer tpobench" in refused("sql", "SELECT 1", "--store", "newer.duckdb", cwd=tmp_path)


def test_a_store_held_by_another_process_names_its_pid(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom tpobench.harness.store.store import Store\n"
        "with Store(sys.argv[1]): print(flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "s.duckdb"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        message = refused("sql", "SELECT 1", "--store", "s.duckdb", cwd=tmp_path)
        assert f"process {holder.pid}" in message
    finally:
        holder.kill()


def test_a_query_without_a_statement_prints_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb"):
        pass
    for query in ("", ";", "/* nothing */"):
        done = tpobench("sql", query, "--store", "s.duckdb", "--json", cwd=tmp_path)
        assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], ""), query


def test_a_store_without_a_version_is_not_one_of_ours(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb") as store:
        store.sql("DELETE FROM store_version")
    assert "not a tpobench store" in refused("sql", "SELECT 1", "--store", "s.duckdb", cwd=tmp_path)


def test_every_column_is_in_the_json_and_every_number_is_one(tmp_path: Path) -> None:
    Store(tmp_path / "s.duckdb").close()
    query = (
        "SELECT 1 AS a, 2 AS a, 3 AS a_2, 'nan'::DOUBLE AS n, [1.0, 'inf'::DOUBLE] AS l, {'x': '-inf'::FLOAT} AS s, "
        "MAP {DATE '2026-01-02': 'nan'::DOUBLE} AS m"
    )
    done = tpobench("sql", query, "--store", "s.duckdb", "--json", cwd=tmp_path)
    kept = {"a": 1, "a_2": 2, "a_2_2": 3, "n": None, "l": [1.0, None], "s": {"x": None}, "m": {"2026-01-02": None}}
    assert json.loads(done.stdout) == [kept]
