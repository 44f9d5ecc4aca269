"""Stores of somebody else: what bears our names has to be ours, and nothing in them reaches out."""

from pathlib import Path

import duckdb
import pytest

from tests.harness.store.test_views import evaluated
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store(tmp_path / "s.duckdb") as store:
        evaluated(store, "e", [("p", "a")])
    return tmp_path / "s.duckdb"


def changed(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as opened:
        for statement in statements:
            opened.execute(statement)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_view_in_place_of_a_table_is_refused(path: Path, read_only: bool) -> None:
    secret = path.parent / "secret.txt"
    secret.write_text("secret")
    changed(
        path,
        "ALTER TABLE prompt RENAME TO prompt_1",
        f"CREATE VIEW prompt AS SELECT prompt_key, text_key, source, category, content AS text, checks "
        f"FROM prompt_1, read_text('{secret}')",
    )
    with pytest.raises(UserError, match="is not a tpobench store: prompt is a view there"):
        Store(path, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_macro_in_place_of_a_function_is_refused(path: Path, read_only: bool) -> None:
    changed(path, "CREATE MACRO avg(x) AS 1.0")
    with pytest.raises(UserError, match="a macro there replaces the function avg"):
        Store(path, read_only=read_only)


def test_a_users_own_views_and_macros_stay(path: Path) -> None:
    changed(path, "CREATE VIEW mine AS SELECT 1 AS one", "CREATE MACRO twice(x) AS 2 * x")
    with Store(path, read_only=True) as store:
        assert store.sql("SELECT twice(one) FROM mine")[1] == [(2,)]


def test_the_stores_own_views_come_before_those_in_the_file(path: Path) -> None:
    changed(path, "CREATE VIEW current_evaluation AS SELECT 'theirs' AS evaluation_key")
    with Store(path, read_only=True) as store:
        assert store.sql("SELECT evaluation_key FROM current_evaluation")[1] == [("e",)]


def test_no_view_reads_a_file(path: Path) -> None:
    (path.parent / "secret.csv").write_text("secret\n1\n")
    changed(path, f"CREATE VIEW leak AS SELECT * FROM read_csv('{path.parent / 'secret.csv'}')")
    with Store(path) as store, pytest.raises(duckdb.PermissionException):
        store.sql("SELECT * FROM leak")


def test_tables_of_our_names_with_other_columns_are_refused(path: Path) -> None:
    changed(path, "ALTER TABLE assignment RENAME created_at TO made_at")
    with pytest.raises(UserError, match="its tables have other columns"):
        Store(path)
