"""The journal: what was on disk before a sudden end is in the store after it, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.records import CallRecord, Judgment, Metric, Prompt, Usage, text_key
from tpobench.harness.store.journal import Journal
from tpobench.harness.store.store import Store

PROMPT = Prompt("p")


def judgment(key: str, preference: float | None = 0.5, raw: str = "") -> Judgment:
    return Judgment(
        key=key,
        judge="j",
        prompt_key=PROMPT.key,
        response_a="a",
        response_b="b",
        chars_a=1,
        chars_b=1,
        order="AB",
        verdict="m",
        preference=preference,
        raw=raw,
    )


def journal_of(path: Path) -> Path:
    return path.with_name(path.name + ".journal")


def killed_after(path: Path, code: str) -> None:
    script = (
        "import os, signal, sys; from tpobench.harness.store.store import Store\n"
        "from tests.harness.store.test_journal import judgment\n"
        f"store = Store(sys.argv[1]); {code}; os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert done.returncode == -signal.SIGKILL


def test_what_was_stored_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    killed_after(path, "[store.add_judgments([judgment(str(n))]) for n in range(7)]")
    assert journal_of(path).stat().st_size > 0
    with Store(path, read_only=True) as store:
        assert store.row_counts()["judgment"] == 7
    assert not journal_of(path).exists()


def test_a_torn_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    killed_after(path, "[store.add_judgments([judgment(str(n))]) for n in range(3)]")
    with journal_of(path).open("rb+") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 5)
    with Store(path) as store:
        assert store.missing("judgment", ["0", "1", "2"]) == ["2"]


def test_draining_twice_is_draining_once(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    killed_after(path, "store.add_judgments([judgment('a')])")
    lines = journal_of(path).read_bytes()
    Store(path).close()
    journal_of(path).write_bytes(lines)  # as after a kill between the commit and the truncation
    with Store(path) as store:
        assert store.row_counts()["judgment"] == 1


def test_a_query_sees_what_is_still_in_the_journal_and_many_rows_go_in_at_once(store: Store) -> None:
    store.add_judgments(judgment(str(number)) for number in range(2500))
    assert store.sql("SELECT count(*) FROM judgment")[1] == [(2500,)]
    assert store.missing("judgment", [str(number) for number in range(2400, 2600)]) == [
        str(number) for number in range(2500, 2600)
    ]


def test_a_missing_verdict_gives_way_to_a_later_one_and_a_verdict_stays(store: Store) -> None:
    for preference, raw in ((None, "first"), (0.9, "second"), (0.1, "third"), (None, "fourth")):
        store.add_judgments([judgment("a", preference, raw)])
        store.drain()
    assert store.sql("SELECT preference, raw_text FROM judgment")[1] == [(0.9, "second")]


def test_a_figure_is_renewed(store: Store) -> None:
    store.add_metrics("e", [Metric(name="win_rate", value=0.4, n=9)])
    store.add_metrics("e", [Metric(name="win_rate", value=0.5, n=10)])
    assert store.metrics("e") == [Metric(name="win_rate", value=0.5, n=10)]


def test_calls_keep_what_they_cost(store: Store) -> None:
    known = CallRecord(
        key="c",
        subject="s",
        kind="judge",
        model="m",
        served_model="m-2024",
        usage=Usage(10, 1, 0.5),
        latency_s=1.5,
        attempt=2,
    )
    store.add_judgments(
        [judgment("a")],
        [
            known,
            CallRecord(
                key="d",
                subject="s",
                kind="judge",
                model="m",
                served_model=None,
                usage=Usage(),
                latency_s=0.1,
                attempt=1,
                problem="HTTP 400",
            ),
        ],
    )
    query = "SELECT call_key, prompt_tokens, cost_usd, latency_s, attempt, problem FROM call ORDER BY ALL"
    assert store.sql(query)[1] == [("c", 10, 0.5, 1.5, 2, None), ("d", None, None, 0.1, 1, "HTTP 400")]


def test_a_journal_that_cannot_be_written_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "j")
    journal.append([("judgment", ["judgment_key"], ["a"])])
    size = (tmp_path / "j").stat().st_size
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, lines: write(file, lines[:3]))
    with pytest.raises(OSError, match="No space left"):
        journal.append([("judgment", ["judgment_key"], ["b"])])
    assert (tmp_path / "j").stat().st_size == size
    assert len(journal.rows) == 1


OLD = """
CREATE TABLE store_version (version INTEGER NOT NULL); INSERT INTO store_version VALUES (1);
CREATE TABLE judgment (
    judgment_key VARCHAR PRIMARY KEY, judge VARCHAR NOT NULL, prompt_key VARCHAR NOT NULL,
    response_a VARCHAR NOT NULL, response_b VARCHAR NOT NULL, presented_order VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL, preference DOUBLE, raw_text VARCHAR NOT NULL, served_model VARCHAR, usage JSON,
    cost_usd DOUBLE, latency_s DOUBLE, created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE evaluation (
    evaluation_key VARCHAR PRIMARY KEY, benchmark VARCHAR NOT NULL, judge VARCHAR NOT NULL, params JSON NOT NULL,
    candidate VARCHAR NOT NULL, candidate_mode VARCHAR NOT NULL, baseline VARCHAR NOT NULL,
    baseline_mode VARCHAR NOT NULL, judgment_keys VARCHAR[] NOT NULL, candidate_outputs VARCHAR[] NOT NULL,
    baseline_outputs VARCHAR[] NOT NULL, created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE gate_decision (
    gate_decision_key VARCHAR PRIMARY KEY, run VARCHAR, policy JSON NOT NULL, candidate VARCHAR NOT NULL,
    against VARCHAR NOT NULL, decision VARCHAR NOT NULL, rules JSON NOT NULL,
    decided_at TIMESTAMP DEFAULT current_timestamp
);
INSERT INTO judgment (judgment_key, judge, prompt_key, response_a, response_b, presented_order, verdict, raw_text)
    VALUES ('k', 'j', 'p1', 'longer', 'Zoë', 'AB', 'A', ''), ('l', 'j', 'p2', '', 'b', 'AB', 'A', '');
INSERT INTO evaluation VALUES ('e', 'b', 'j', '{}', 'c', 'm', 'd', 'm', ['l', 'k'], ['o', 'o'], ['q', 'q'], now());
"""


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_of_the_first_version_is_carried_over(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as old:
        old.execute(OLD)
    with Store(path, read_only) as store:
        query = "SELECT chars_a, chars_b, response_a FROM judgment WHERE judgment_key = 'k'"
        assert store.sql(query)[1] == [(6, 3, text_key("longer"))]
        assert store.sql("SELECT prompt_keys FROM evaluation")[1] == [(["p2", "p1"],)]
        assert store.sql("SELECT count(*) FROM call")[1] == [(0,)]


def test_a_read_only_look_does_not_disturb_a_store_in_use(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        store.add_judgments([judgment("a")])
        code = (
            "import sys; from tpobench.harness.store.store import Store\n"
            "from tpobench.harness.errors import UserError\n"
            "try: Store(sys.argv[1], read_only=True)\nexcept UserError as error: print(error)"
        )
        root = Path(__file__).parents[3]
        told = subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, capture_output=True, text=True).stdout
        assert f"in use by process {os.getpid()}" in told
        assert store.row_counts()["judgment"] == 1


def test_an_unreadable_store_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no results store"):
        Store(tmp_path / "none.duckdb", read_only=True)
