"""The store: idempotent and resumable."""

import math
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import (
    Generation,
    Judgment,
    Metric,
    Model,
    Pair,
    Prompt,
    Request,
    SamplingParams,
    Score,
    Split,
    content_key,
)
from tpobench.harness.store.schema import SCHEMA_VERSION, TABLES
from tpobench.harness.store.store import Store

MODEL = Model("m", "/m", "f" * 32)
PROMPT = Prompt("Say 'hi' to 世界 😀", "c", "s", ({"contains": "hi"},))


def row(key: str) -> tuple[Prompt, int, Generation, Split]:
    request = Request(key, DIRECT.messages(PROMPT.text), "p")
    return (
        PROMPT,
        0,
        Generation(
            request=request,
            prompt_ids=(1, 2),
            token_ids=(3, 4),
            text="hi\x07 'there'",
            finish_reason="stop",
            seconds=0.5,
        ),
        Split("", "hi 'there'"),
    )


def test_what_goes_in_comes_out(store: Store) -> None:
    store.add_prompts([PROMPT, PROMPT])
    store.add_generations(MODEL, DIRECT, SamplingParams(seed=3), [row("a")])
    (output,) = store.outputs({"a": (PROMPT, 0)})
    assert (output.raw_text, output.prompt_ids, output.token_ids) == ("hi\x07 'there'", (1, 2), (3, 4))
    assert output.params == SamplingParams(seed=3)
    assert store.row_counts()["prompt"] == 1


def test_an_output_that_is_sampled_twice_is_an_error(store: Store) -> None:
    store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a")])
    with pytest.raises(RuntimeError, match="1 of 2 outputs were sampled twice"):
        store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a"), row("b")])


def test_inserting_again_changes_nothing_and_missing_tells_what_is_owed(tmp_path: Path) -> None:
    score = Score(judge="j", prompt=PROMPT, response="hi", value=1.0, components={"0": True})
    for _ in range(2):
        with Store(tmp_path / "s.duckdb") as store:
            store.add_scores([score])
            store.add_model(MODEL, "given")
            store.finish_step("r", "s", {"n": 1}, 0.1)
            assert store.missing("score", ["x", score.key, "y"]) == ["x", "y"]
            assert store.scores([score.key]) == {score.key: 1.0}
            assert store.finished_steps("r") == {"s": 0.1}
            assert sum(store.row_counts().values()) == 3


def test_every_table_answers_plain_sql(store: Store) -> None:
    assert set(store.row_counts()) == set(TABLES)
    for table in TABLES:
        columns, rows = store.sql(f"SELECT * FROM {table}")
        assert f"{table}_key" in columns
        assert rows == []


def test_the_key_depends_on_every_part() -> None:
    parts = ("output", "m", "t", 0.8, 1)
    keys = {content_key(*parts[:i], "changed", *parts[i + 1 :]) for i in range(len(parts))} | {content_key(*parts)}
    assert len(keys) == len(parts) + 1
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has written to this store and keeps it open."""
    code = (
        "import sys; from tpobench.harness.store.store import Store; from tpobench.harness.records import Prompt\n"
        "with Store(sys.argv[1]) as store:\n"
        "    store.add_prompts([Prompt('from the holder')]); print('ready', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_in_use_names_the_process_and_what_it_stored_survives_its_sudden_end(
    tmp_path: Path, read_only: bool
) -> None:
    path = tmp_path / "s.duckdb"
    with held_by_another_process(path) as holder, pytest.raises(UserError, match=rf"in use by process {holder.pid}\b"):
        Store(path, read_only)
    with Store(path) as store:
        assert store.sql("SELECT text FROM prompt")[1] == [("from the holder",)]


def test_a_file_of_another_kind_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n" * 3000)
    with pytest.raises(UserError, match=r"notes\.txt is not a DuckDB file"):
        Store(path)
    assert path.read_text() == "my notes\n" * 3000


@pytest.mark.parametrize("read_only", [False, True])
def test_somebody_elses_database_is_refused_and_gets_no_tables(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as theirs:
        theirs.execute("CREATE TABLE sales (n INTEGER)")
    with pytest.raises(UserError, match="not a tpobench store"):
        Store(path, read_only)
    with duckdb.connect(str(path)) as theirs:
        assert theirs.sql("SELECT table_name FROM information_schema.tables").fetchall() == [("sales",)]


def test_somebody_elses_table_of_our_name_is_no_store(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "theirs.duckdb")) as theirs:
        theirs.execute("CREATE TABLE store_version (x INTEGER)")
    with pytest.raises(UserError):
        Store(tmp_path / "theirs.duckdb")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_store_is_left_to_a_newer_tpobench(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store.sql("INSERT INTO store_version VALUES (?)", [SCHEMA_VERSION + 1])
    with pytest.raises(UserError, match=f"newer tpobench .schema {SCHEMA_VERSION + 1}"):
        Store(path, read_only)
    with duckdb.connect(str(path)) as still_free:
        assert still_free.sql("SELECT count(*) FROM store_version").fetchall() == [(SCHEMA_VERSION + 1,)]


def test_reading_makes_no_file_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "s.duckdb"
    with pytest.raises(UserError, match="no results store"):
        Store(path, read_only=True)
    assert not path.parent.exists()
    with Store(path) as store:
        store.add_prompts([PROMPT])
    with Store(path, read_only=True) as store, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        store.add_prompts([Prompt("another")])


@pytest.mark.parametrize("table", TABLES)
def test_missing_keeps_the_order_asked_and_answers_for_every_table(store: Store, table: str) -> None:
    assert store.missing(table, ["b", "a", "c"]) == ["b", "a", "c"]
    assert store.missing(table, []) == []


def test_an_output_that_cannot_be_stored_does_not_cost_the_others(store: Store) -> None:
    prompt, sample, generation, parsed = row("b")
    broken = replace(generation, finish_reason=None)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"1 row cannot be stored .*finish_reason is missing\); the others are stored"):
        store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a"), (prompt, sample, broken, parsed)])
    assert store.missing("output", ["a", "b"]) == ["b"]


def test_outputs_come_in_the_order_asked_with_their_own_prompts(store: Store) -> None:
    store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a"), row("b"), row("c")])
    other = Prompt(PROMPT.text, "another category")
    found = store.outputs({"c": (PROMPT, 0), "a": (other, 0)})
    assert [(output.key, output.prompt) for output in found] == [("c", PROMPT), ("a", other)]


def test_judgments_metrics_and_pairs_come_back_as_they_went_in(store: Store) -> None:
    store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a"), row("b")])
    judged = [
        Judgment(
            key="k1",
            judge="j",
            prompt_key=PROMPT.key,
            response_a="x",
            response_b="y",
            chars_a=1,
            chars_b=2,
            order="AB",
            verdict="A",
            preference=1.0,
        ),
        Judgment(
            key="k2",
            judge="j",
            prompt_key=PROMPT.key,
            response_a="y",
            response_b="x",
            chars_a=2,
            chars_b=1,
            order="BA",
            verdict="failed",
            preference=None,
        ),
    ]
    metrics = [
        Metric(name="win_rate", value=0.5, n=9, category=None, low=0.1, high=0.9),
        Metric(name="win_rate", value=None, n=0, category="Programming"),
    ]
    chosen, rejected = store.outputs({"a": (PROMPT, 0), "b": (PROMPT, 0)})
    for _ in range(2):
        store.add_judgments(judged)
        store.add_metrics("e", metrics)
        store.add_pairs(
            "job",
            "r",
            "think",
            1,
            [Pair(prompt=PROMPT, chosen=chosen, rejected=rejected, chosen_score=0.5, rejected_score=-math.inf)],
        )
    assert store.preferences([j.key for j in judged]) == {judged[0].key: 1.0, judged[1].key: None}
    assert sorted(store.metrics("e"), key=lambda m: m.n) == sorted(metrics, key=lambda m: m.n)
    assert store.metrics("another evaluation") == []
    assert store.sql("SELECT chosen, rejected, rejected_score FROM pair")[1] == [("a", "b", -math.inf)]


def test_hostile_text_comes_back_letter_for_letter(store: Store) -> None:
    texts = ["'); DROP TABLE prompt; --", "a\x00b", "\u2028 \u202e\r\n", "?", "$1", "e\u0301", "é"]
    store.add_prompts([Prompt(text) for text in texts])
    assert {text for (text,) in store.sql("SELECT text FROM prompt")[1]} == set(texts)


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        with Store(disk / "s.duckdb") as store:

            def fill() -> None:
                for number in range(10_000):
                    store.add_scores(
                        [
                            Score(
                                judge="j",
                                prompt=PROMPT,
                                response=f"{number} {random.randbytes(4000).hex()}",
                                value=1.0,
                                components={},
                            )
                        ]
                    )

            with pytest.raises(UserError, match="no space left"):
                fill()
        with Store(disk / "s.duckdb", read_only=True) as store:
            assert store.row_counts()["score"] > 10
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_store_of_the_version_before_gets_the_gates_tables_and_keeps_its_decisions(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with Store(path) as store:
        store.add_decision(key="g", run="r", policy={}, candidate="a", against="b", decision="PASS", rules=[])
        for table in ("request", "gate_look", "gate_attempt", "champion", "item"):
            store.sql(f"DROP TABLE {table}")
        for column in ("attempt", "policy_key"):
            store.sql(f"ALTER TABLE gate_decision DROP COLUMN {column}")
        store.sql("UPDATE store_version SET version = 2")
    with Store(path) as store:
        assert store.sql("SELECT gate_decision_key, decision, attempt, policy_key FROM gate_decision")[1] == [
            ("g", "PASS", None, None)
        ]
        assert set(TABLES) == set(store.row_counts())
    with Store(path, read_only=True) as store:
        assert store.sql("SELECT max(version) FROM store_version")[1] == [(SCHEMA_VERSION,)]
