"""The whole loop on a miniature model: real sampling, real training, a real store, the gate and the report."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.tpo.runs import Config, run, settings
from tpobench.harness.config import validate
from tpobench.harness.gate.policy import Policy
from tpobench.harness.store.store import Store
from tpobench.reports.formats.html import write_report
from tpobench.reports.run_summary import summarise
from tpobench.tpo.config import RunConfig


@dataclass(frozen=True)
class FinishedRun:
    config: Config
    folder: Path
    key: str
    counts: dict[str, int]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A run of both arms whose trainers were processes of their own. No test changes it."""
    folder = tmp_path_factory.mktemp("loop")
    config = settings(folder)
    return FinishedRun(config, folder / "a", *run(config, folder / "a"))


@pytest.fixture
def copied(finished: FinishedRun, tmp_path: Path) -> Path:
    """The folder of the finished run, to go on with."""
    return shutil.copytree(finished.folder, tmp_path / "a")


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the store but times and folders."""
    skipped = "seconds|created_at|finished_at|decided_at|opened_at|folder"
    with Store(folder / "store.duckdb") as store:
        found = {}
        for table in store.row_counts():
            columns = [name for name in store.sql(f"SELECT * FROM {table} LIMIT 0")[0] if name not in skipped]
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL"
            found[table] = [tuple(_timeless(v, folder) for v in row) for row in store.sql(query)[1]]
        return found


def _timeless(value: object, folder: Path) -> str:
    """Without the folder, and without the times that a step's details hold."""
    text = str(value).replace(str(folder), "")
    if not text.startswith("{"):
        return text
    try:
        return json.dumps(_without_times(json.loads(text)))
    except ValueError:
        return text


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if "second" not in k}
    return [_without_times(v) for v in value] if isinstance(value, list) else value


def test_a_finished_run_repeats_for_free(finished: FinishedRun, copied: Path) -> None:
    assert run(finished.config, copied) == (finished.key, finished.counts)


def test_a_run_is_reproducible(finished: FinishedRun, tmp_path: Path) -> None:
    run(finished.config, tmp_path / "b")
    assert contents(tmp_path / "b") == contents(finished.folder)


def test_each_checkpoint_is_one_folder_with_its_card(finished: FinishedRun) -> None:
    folders = sorted(folder for folder in (finished.folder / "checkpoints").iterdir() if folder.is_dir())
    assert [folder.name.rpartition("-")[0] for folder in folders] == ["direct-1", "thought-1"]
    card = (folders[-1] / "README.md").read_text()
    assert "arXiv 2410.10630" in card
    assert "The gate decided" in card


def test_a_runs_policy_lies_beside_its_store(finished: FinishedRun) -> None:
    written = yaml.safe_load((finished.folder / "policy.yaml").read_text())
    assert validate(written, Policy, "policy.yaml") == validate(finished.config, RunConfig, "run.yaml").gate


def test_no_thought_reaches_the_judge(finished: FinishedRun) -> None:
    """Everything that it saw is a whole response of some output, or empty."""
    judged = "SELECT sha256(response)[:32] FROM score UNION SELECT unnest([response_a, response_b]) FROM judgment"
    known = "SELECT sha256(response)[:32] FROM output UNION SELECT sha256('')[:32]"
    with Store(finished.folder / "store.duckdb") as store:
        assert store.sql(f"SELECT count(*) > 0 FROM ({judged})")[1] == [(True,)]
        assert store.sql(f"({judged}) EXCEPT ({known})")[1] == []


def test_another_policy_decides_anew_and_nothing_else_is_done_again(finished: FinishedRun, copied: Path) -> None:
    _, after = run(finished.config | {"gate": {"head_to_head": {"margin": 0.01}}}, copied)
    assert {table: after[table] - finished.counts[table] for table in ("output", "judgment", "model")} == {
        "output": 0,
        "judgment": 0,
        "model": 0,
    }
    assert after["gate_decision"] == finished.counts["gate_decision"] + 1


def test_a_finished_run_has_a_report_and_a_summary(finished: FinishedRun, tmp_path: Path) -> None:
    with Store(finished.folder / "store.duckdb") as store:
        write_report(store, finished.key, tmp_path / "report.html")
        summary = summarise(store, finished.key)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert summary.decision == "INVALID", "four prompts are too few to decide anything"
    assert [(row.arm, row.iteration) for row in summary.training] == [("thought", 1), ("direct", 1)]


def test_a_run_gets_another_arm_and_more_iterations(
    config: Config, tmp_path: Path, train_in_this_process: None
) -> None:
    config |= {"samples": 24, "training": {"learning_rate": 1e-5, "batch_size": 4}}
    direct, alone = run(config | {"arms": ["direct"]}, tmp_path / "a")
    both, counts = run(config, tmp_path / "a")
    longer, after = run(config | {"iterations": 2}, tmp_path / "a")
    assert direct == both == longer
    assert alone["gate_decision"] == 0
    assert counts["gate_decision"] == 1
    assert after["gate_decision"] == 2
    with Store(tmp_path / "a" / "store.duckdb") as store:
        started = "SELECT count(*) FROM step WHERE name IN ('train/direct/1', 'train/thought/1', 'train/direct/2')"
        assert store.sql(started)[1] == [(3,)]
        used = "SELECT prompt_key, count(DISTINCT iteration) AS times FROM pair GROUP BY ALL HAVING times > 1"
        assert store.sql(used)[1] == []
