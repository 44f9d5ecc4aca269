"""Rows that no table can hold do not stand in the way of others, nor of the next command."""

import json
from pathlib import Path

import pytest

from tests.harness.store.test_journal import journal_of, judgment
from tpobench.harness.records import CallRecord, Usage
from tpobench.harness.store.set_aside import set_aside_file
from tpobench.harness.store.store import Store


def call(key: str, *, served_model: str | None = None, tokens: int = 1, attempt: int = 1) -> CallRecord:
    return CallRecord(
        key=key,
        subject="s",
        kind="judge",
        model="m",
        served_model=served_model,
        usage=Usage(tokens, 1, None),
        latency_s=1.0,
        attempt=attempt,
    )


def line(table: str, **values: object) -> str:
    return json.dumps([table, list(values), list(values.values())])


def test_a_servers_odd_fields_cost_no_judgment(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store.add_judgments([judgment("a")], [call("c", served_model="m\ud800", tokens=2**31)])
    with Store(path, read_only=True) as store:
        assert store.row_counts()["judgment"] == 1
        assert store.sql("SELECT served_model, prompt_tokens FROM call")[1] == [("m\ufffd", None)]
    assert not set_aside_file(path).exists()


def test_a_row_without_its_fields_is_set_aside_and_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store.add_judgments([judgment("a")], [call("c", attempt=2**40)])
        assert store.row_counts()["judgment"] == 1
    (kept,) = map(json.loads, set_aside_file(path).read_text().splitlines())
    assert (kept["table"], kept["values"][0]) == ("call", "c")
    told = capfd.readouterr().err
    assert told == (
        f"tpobench: 1 row cannot be stored and is set aside in {set_aside_file(path)} "
        "(table call: attempt is out of range (1099511627776)); everything else is stored\n"
    )


@pytest.mark.parametrize(
    "bad",
    [
        line("call", call_key="x", prompt_tokens=2**40, subject=None),
        line("judgment; DROP TABLE judgment", judgment_key="x"),
        line("store_version", version=9),
        line("judgment", judgment_key="x"),
        line("judgment", **{"judgment_key) SELECT 1 --": "x"}),
        line("judgment", judgment_key=["x"]),
        line("judgment", judgment_key={"x": 1}),
        '["judgment", ["judgment_key"], "x"]',
        '["judgment", "judgment_key", ["x"]]',
        "[1, [2], [3]]",
        "5",
        "null",
        '{"a": 1}',
    ],
)
def test_a_journal_with_a_row_that_fits_no_table_is_brought_in_without_it(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store._journalled([("judgment", dict(zip(*row_of("a"), strict=True)))])
        good = journal_of(path).read_text()
    journal_of(path).write_text(bad + "\n" + good)
    for _ in range(2):
        with Store(path, read_only=True) as store:
            assert store.sql("SELECT judgment_key FROM judgment")[1] == [("a",)]
            assert store.sql("SELECT max(version) FROM store_version")[1] != [(9,)]
    assert not journal_of(path).exists()
    assert len(set_aside_file(path).read_text().splitlines()) == 1


def row_of(key: str) -> tuple[list[str], list[object]]:
    from tpobench.harness.store.rows import judgment_row

    row = judgment_row(judgment(key))
    return list(row), list(row.values())


def test_what_the_database_alone_finds_wrong_is_found_by_halves(tmp_path: Path) -> None:
    """A constraint of the file's own, as a store of somebody else may have."""
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store.sql("DROP TABLE assignment")
        store.sql(
            "CREATE TABLE assignment (assignment_key VARCHAR PRIMARY KEY CHECK (assignment_key <> '77'), "
            "assigner VARCHAR, kind VARCHAR, text_key VARCHAR, value VARCHAR, raw_text VARCHAR, created_at TIMESTAMP)"
        )
    names = ("assigner", "kind", "text_key", "value", "raw_text")
    with Store(path) as store:
        rows = [{"assignment_key": str(number), **dict.fromkeys(names, "x")} for number in range(200)]
        store._journalled([("assignment", row) for row in rows])
        assert store.row_counts()["assignment"] == 199
    assert len(set_aside_file(path).read_text().splitlines()) == 1


def test_the_line_after_a_torn_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    Store(path).close()
    journal_of(path).write_text('["call", ["call_key"')  # all that a sudden end left
    with Store(path) as store:
        store.add_calls([call("c")])
        store.add_judgments([judgment("a")])
        lines = journal_of(path).read_bytes()
        assert store.row_counts()["call"] == 1
    journal_of(path).write_bytes(lines)
    path.unlink()
    with Store(path) as store:
        assert (store.row_counts()["call"], store.row_counts()["judgment"]) == (1, 1)
