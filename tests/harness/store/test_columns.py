"""What a column can hold: whatever is given, the store takes it or sets it aside, and goes on."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as any_of

from tpobench.harness.errors import UserError
from tpobench.harness.store.columns import LONGEST_KEY, NotStorable, StoredColumn, storable
from tpobench.harness.store.schema import TABLES
from tpobench.harness.store.set_aside import set_aside_file
from tpobench.harness.store.store import Store

KEY = StoredColumn(type="VARCHAR", nullable=False, is_key=True)
GOOD: dict[str, Any] = {
    "VARCHAR": "x",
    "JSON": "{}",
    "INTEGER": 1,
    "DOUBLE": 0.5,
    "INTEGER[]": [1],
    "VARCHAR[]": ["x"],
    "TIMESTAMP": "2026-01-01 00:00:00",
}

HOSTILE = any_of.one_of(
    any_of.none(),
    any_of.booleans(),
    any_of.integers(),
    any_of.sampled_from([2**31, -(2**31) - 1, 2**63, 2**64, 10**400, 10**5000]),
    any_of.floats(),
    any_of.text(),
    any_of.text(any_of.characters(categories=["Cs"])),
    any_of.sampled_from(["\\0", "{", '{"a": "\\\\ud800"}', "NaN", "[" * 3000, "x" * 200_000]),
    any_of.binary(),
    any_of.lists(any_of.one_of(any_of.none(), any_of.integers(), any_of.text(any_of.characters(codec=None)))),
    any_of.dictionaries(any_of.text(), any_of.integers(), max_size=2),
)


def held(kind: str, value: Any, nullable: bool = False) -> Any:
    columns = {"k": KEY, "c": StoredColumn(type=kind, nullable=nullable, is_key=False)}
    return storable(columns, ["k", "c"], ["key", value])[1]


@pytest.mark.parametrize(
    ("kind", "given_value", "kept"),
    [
        ("VARCHAR", "a\ud800b", "a\ufffdb"),
        ("VARCHAR", "a\0世😀", "a\0世😀"),
        ("JSON", '{"a": "\\ud800"}', '{"a": "\ufffd"}'),
        ("JSON", '{"a": "\\ud83d\\ude00"}', '{"a": "😀"}'),
        ("INTEGER", 2**31 - 1, 2**31 - 1),
        ("INTEGER", 3.0, 3),
        ("DOUBLE", 2**70, float(2**70)),
        ("INTEGER[]", (1, 2), [1, 2]),
        ("VARCHAR[]", ["\udc00"], ["\ufffd"]),
    ],
)
def test_what_can_be_kept_is_kept(kind: str, given_value: Any, kept: Any) -> None:
    assert held(kind, given_value) == kept


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**64, 10**400])
def test_a_number_out_of_range_is_unknown_where_it_may_be(value: int) -> None:
    assert held("INTEGER", value, nullable=True) is None
    with pytest.raises(NotStorable, match="c is out of range"):
        held("INTEGER", value)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("VARCHAR", None, "c is missing"),
        ("VARCHAR", 7, "c is not a text"),
        ("VARCHAR", b"x", "c is not a text"),
        ("JSON", "{", "c is not JSON"),
        ("JSON", "[" * 100_000, "c is not JSON"),
        ("INTEGER", 1.5, "c is not a whole number"),
        ("INTEGER", "7", "c is not a whole number"),
        ("INTEGER", float("nan"), "c is not a whole number"),
        ("DOUBLE", "0.5", "c is not a number"),
        ("DOUBLE", {}, "c is not a number"),
        ("INTEGER[]", [1, 2**31], "c holds an entry that is out of range"),
        ("VARCHAR[]", "ab", "c is not a list"),
    ],
)
def test_what_cannot_be_kept_is_named(kind: str, value: Any, why: str) -> None:
    with pytest.raises(NotStorable, match=why):
        held(kind, value)


def test_a_row_has_the_columns_of_its_table_and_a_key_of_bounded_length() -> None:
    for names, values in ((["k", "x"], ["a", 1]), (["k"], ["a", 1]), (["k", "k"], ["a", "a"]), ([], [])):
        with pytest.raises(NotStorable):
            storable({"k": KEY}, names, values)
    with pytest.raises(NotStorable, match="c is missing"):
        storable({"k": KEY, "c": StoredColumn(type="DOUBLE", nullable=False, is_key=False)}, ["k"], ["a"])
    with pytest.raises(NotStorable, match="k has 4,097 characters"):
        storable({"k": KEY}, ["k"], ["x" * (LONGEST_KEY + 1)])


@pytest.mark.parametrize("table", TABLES)
def test_no_value_of_any_column_bricks_a_store(table: str, tmp_path: Path) -> None:
    """Of every table, by the journal and directly: a good row beside a row with one hostile value."""
    path = tmp_path / "s.duckdb"
    with Store(path) as opened:
        columns = opened._columns[table]

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_of.sampled_from(sorted(columns)), HOSTILE, any_of.booleans())
    def tried(column: str, value: Any, journalled: bool) -> None:
        good = {name: GOOD[about.type] for name, about in columns.items()}
        key = f"{table}_key"
        rows = [{**good, key: "a"}, {**good, key: "b", column: value}]
        if journalled:
            store._journalled([(table, row) for row in rows])
            store.drain()
        else:
            with suppress(UserError):  # what was refused is told
                store._insert(table, rows)
        assert store.missing(table, ["a"]) == []

    with Store(path) as store:
        tried()
    with Store(path, read_only=True) as again:
        assert again.row_counts()[table] >= 1
    if set_aside_file(path).exists():
        for line in set_aside_file(path).read_text().splitlines():
            assert json.loads(line)["table"] == table
