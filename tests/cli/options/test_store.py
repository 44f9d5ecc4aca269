"""Which store a command reads: the option's, else the environment's, else the default one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import refused, tpobench
from tpobench.cli.options.store import with_seconds_to_wait
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store


def store_at(path: Path, prompt: str = "") -> Path:
    with Store(path) as store:
        store.add_prompts([Prompt(prompt)] if prompt else [])
    return path


READERS = [
    ["compare", "thought/1", "direct/1"],
    ["sql", "SELECT 1"],
    ["report"],
    ["gate", "policy.yaml", "--candidate", "thought/1"],
    ["gate", "ledger", "assistant"],
    ["champion", "history"],
    ["leaderboard"],
    ["export", "lm_eval", "--model", "m"],
]


@pytest.mark.parametrize("command", READERS)
def test_every_command_reads_one_default_store_and_is_told_of_a_runs_own(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    assert "there is no results store at tpobench-runs/store.duckdb; name an existing" in refused(
        *command, cwd=tmp_path
    )
    store_at(tmp_path / "tpobench-runs" / "quickstart" / "store.duckdb")
    said = refused(*command, cwd=tmp_path)
    assert "store at tpobench-runs/store.duckdb; did you mean --store tpobench-runs/quickstart/store.duckdb?" in said
    assert not (tmp_path / "tpobench-runs" / "store.duckdb").exists(), "reading makes no store"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["compare", "a", "b"], "holds no model 'a'; known: none; did you mean"),
        (["report"], "holds no judgments yet; did you mean"),
        (["gate", "policy.yaml", "--candidate", "thought/1"], "holds no run yet; did you mean"),
        (["gate", "policy.yaml", "--candidate", "a", "--against", "b"], "holds no model 'b'; known: none; did you"),
        (["champion", "show"], "there is no champion in tpobench-runs/champion.json yet; did you mean"),
        (["champion", "rollback"], "there is no champion in tpobench-runs/champion.json yet; did you mean"),
        (["leaderboard"], "holds no evaluation; did you mean"),
    ],
)
def test_a_default_store_without_what_was_asked_points_to_a_runs_own(
    command: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    store_at(tmp_path / "tpobench-runs" / "store.duckdb")
    store_at(tmp_path / "tpobench-runs" / "quickstart" / "store.duckdb")
    sentence = refused(*command, cwd=tmp_path)
    assert said in sentence
    assert sentence.endswith("--store tpobench-runs/quickstart/store.duckdb?\n")


def test_the_store_is_the_options_else_the_environments_else_the_default(tmp_path: Path) -> None:
    for name in ("option", "environment", "tpobench-runs/store"):
        store_at(tmp_path / f"{name}.duckdb", name)

    def read(*option: str, store: str = "") -> str:
        done = tpobench("sql", "SELECT text FROM prompt", "--json", *option, cwd=tmp_path, store=store)
        return str(json.loads(done.stdout)[0]["text"])

    assert read("--store", "option.duckdb", store="environment.duckdb") == "option"
    assert read(store="environment.duckdb") == "environment"
    assert read(store="") == "tpobench-runs/store"
    assert "no results store at absent.duckdb" in refused("sql", "SELECT 1", cwd=tmp_path, store="absent.duckdb")


def test_a_report_is_of_the_option_else_the_folder_else_the_default_store(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    def asked(*arguments: str) -> str:
        return refused("report", *arguments, cwd=tmp_path, store="environment.duckdb")

    assert "no results store at option.duckdb" in asked("--store", "option.duckdb")
    assert "FOLDER has no effect with --store" in asked("folder", "--store", "option.duckdb")
    assert "no results store at folder/store.duckdb" in asked("folder")
    assert "no results store at environment.duckdb" in asked()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        ("gate p --wait", "gate p --wait=3600"),
        ("gate --wait p.yaml", "gate --wait=3600 p.yaml"),
        ("gate --wait 5 p.yaml", "gate --wait 5 p.yaml"),
        ("gate --wait=5", "gate --wait=5"),
        ("gate --wait --json", "gate --wait=3600 --json"),
    ],
)
def test_wait_may_stand_without_its_seconds(typed: str, read: str) -> None:
    assert with_seconds_to_wait(typed.split()) == read.split()


def test_a_command_waits_for_the_store_and_ctrl_c_ends_that(tmp_path: Path) -> None:
    main = "from tpobench.cli import main; main()"
    with Store(tmp_path / "s.duckdb"):
        command = [sys.executable, "-c", main, "sql", "SELECT 1 AS n", "--json", "--store", "s.duckdb"]
        told = subprocess.run([*command, "--wait", "1"], capture_output=True, text=True, cwd=tmp_path)
        assert told.returncode == 2
        waits, ends = told.stderr.splitlines()
        assert waits.startswith(f"tpobench: s.duckdb is in use by process {os.getpid()}: waiting for it to end, ")
        assert ends.startswith(f"tpobench: s.duckdb is in use by process {os.getpid()}: wait for it to end with --wait")
        stopped, patient = (
            subprocess.Popen(
                [*command, "--wait"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job of a shell may be deaf to it
            )
            for _ in range(2)
        )
        assert stopped.stderr is not None
        assert "waiting" in stopped.stderr.readline()
        stopped.send_signal(signal.SIGINT)
        assert stopped.wait(60) == 130
    said, _ = patient.communicate(timeout=60)
    assert (patient.returncode, json.loads(said)) == (0, [{"n": 1}])
