"""A user's own SQL reads the store and nothing else."""

from pathlib import Path

import pytest

from tests.harness.store.test_journal import judgment, killed_after
from tests.harness.store.test_views import evaluated
from tpobench.harness.errors import UserError
from tpobench.harness.store.query import query_store
from tpobench.harness.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one evaluation, beside a file that is none of a query's business."""
    with Store(tmp_path / "s.duckdb") as store:
        store.add_judgments([judgment("a")])
        evaluated(store, "e", [("p", "a")])
    (tmp_path / "private.csv").write_text("secret\n1\n")
    return tmp_path / "s.duckdb"


def test_tables_and_views_are_read(path: Path) -> None:
    assert query_store(path, "SELECT judgment_key FROM judgment").rows == [("a",)]
    found = query_store(
        path, "SELECT evaluation_key, games FROM current_evaluation JOIN prompt_preference USING (evaluation_key)"
    )
    assert (found.columns, found.rows) == (["evaluation_key", "games"], [("e", 1)])


def test_what_a_killed_run_left_in_the_journal_is_read(tmp_path: Path) -> None:
    killed_after(tmp_path / "s.duckdb", "store.add_judgments([judgment('a')])")
    assert query_store(tmp_path / "s.duckdb", "SELECT judgment_key FROM judgment").rows == [("a",)]


@pytest.mark.parametrize(
    "query", ["DELETE FROM judgment", "DROP TABLE judgment", "CREATE TABLE t (a INT)", "SELECT 1; DELETE FROM judgment"]
)
def test_nothing_is_changed(path: Path, query: str) -> None:
    with pytest.raises(UserError, match=r"the query fails: .*read-only"):
        query_store(path, query)
    assert query_store(path, "SELECT count(*) FROM judgment").rows == [(1,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM '{folder}/private.csv'",
        "SELECT * FROM read_csv('{folder}/private.csv')",
        "SELECT * FROM read_text('{folder}/private.csv')",
        "SELECT * FROM read_parquet('{folder}/private.parquet')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY judgment TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{folder}/out.parquet'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/out.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_nothing_else_is_read_or_written(path: Path, query: str) -> None:
    with pytest.raises(UserError, match="it may read this store alone, no other file, database or extension"):
        query_store(path, query.format(folder=path.parent))
    assert sorted(file.name for file in path.parent.iterdir()) == ["private.csv", "s.duckdb"]


@pytest.mark.parametrize("setting", ["enable_external_access = true", "lock_configuration = false"])
def test_a_query_cannot_open_the_door(path: Path, setting: str) -> None:
    with pytest.raises(UserError, match="the configuration has been locked"):
        query_store(path, f"SET {setting}")


def test_a_query_that_is_no_sql_is_a_sentence(path: Path) -> None:
    with pytest.raises(UserError, match="the query fails: Parser Error"):
        query_store(path, "SELEC 1")
