"""The files that make the store's tables: never edited, and together they make the tables that stores had before."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tpobench.harness.store.schema import MIGRATIONS, SCHEMA_VERSION, TABLES
from tpobench.harness.store.store import Store

VERSION_3 = Path(__file__).with_name("schema_3.sql")

PINNED = {
    "0001_first_tables.sql": "a486b7b58a570a03829d9d29a2bf1f7fff1ad06f5fd3036f7a8e39bef5e29994",
    "0002_calls_and_response_keys.sql": "6e9dee1edba06358dce5ae82df7dabe54ee28aa7c38d284efec2f36e5bfd5809",
    "0003_gates.sql": "43cd69ab040f2980279f49a7f166f33a242152b973a33e9de1b4377e5cfdf4d0",
    "0004_gate_looks.sql": "9107eb3915cf4da11722d4495cd2f16db8cb854e5b157e8bf98fc7a12dfd88dc",
    "0005_requests.sql": "3b98e4f2021f3fae9d42368edc8ea9bf383901ae8b57d39e6a94cf3e2cac8397",
}
"""Stores were made with these very files. A change of the schema is one file more, and one line more here."""


def described(path: Path) -> list[list[tuple[Any, ...]]]:
    """Every column and every constraint of a database."""
    with duckdb.connect(str(path), read_only=True) as database:
        return [
            database.sql(query).fetchall()
            for query in (
                "SELECT table_name, column_index, column_name, data_type, is_nullable, column_default "
                "FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
                "SELECT table_name, constraint_type, constraint_text, constraint_column_names "
                "FROM duckdb_constraints() ORDER BY ALL",
            )
        ]


def test_no_migration_is_ever_edited() -> None:
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in MIGRATIONS} == PINNED
    assert [file.name[:5] for file in MIGRATIONS] == [f"{number:04}_" for number in range(1, SCHEMA_VERSION + 1)]


def test_migrations_make_what_one_text_made_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tpobench.harness.store.database.MIGRATIONS", MIGRATIONS[:3])
    monkeypatch.setattr("tpobench.harness.store.database.SCHEMA_VERSION", 3)
    with Store(tmp_path / "new.duckdb"):
        pass
    with duckdb.connect(str(tmp_path / "before.duckdb")) as before:
        before.execute(VERSION_3.read_text())
    columns, constraints = described(tmp_path / "new.duckdb")
    assert [columns, constraints] == described(tmp_path / "before.duckdb")
    assert len(columns) > 100
    assert len(constraints) > 100


def test_a_store_of_any_version_ends_like_a_new_one(tmp_path: Path) -> None:
    with Store(tmp_path / "new.duckdb"):
        pass
    for version in range(1, SCHEMA_VERSION):
        path = tmp_path / f"{version}.duckdb"
        with duckdb.connect(str(path)) as old:
            for file in MIGRATIONS[:version]:
                old.execute(file.read_text())
            old.execute("INSERT INTO store_version VALUES (?)", [version])
        with Store(path) as store:
            assert store.sql("SELECT max(version) FROM store_version")[1] == [(SCHEMA_VERSION,)]
        assert described(path) == described(tmp_path / "new.duckdb")


def test_the_tables_are_those_of_a_new_store(tmp_path: Path) -> None:
    with Store(tmp_path / "new.duckdb"):
        pass
    columns, _ = described(tmp_path / "new.duckdb")
    with duckdb.connect(str(tmp_path / "new.duckdb"), read_only=True) as database:
        query = "SELECT table_name FROM duckdb_tables() WHERE NOT internal"
        tables = {name for (name,) in database.sql(query).fetchall()}
    assert tables == {*TABLES, "store_version"}
    assert {(table, f"{table}_key") for table in TABLES} <= {(column[0], column[2]) for column in columns}


def test_every_table_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "store.md").read_text(encoding="utf-8")
    first_cells = " ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| "))
    assert [table for table in TABLES if f"`{table}`" not in first_cells] == []
