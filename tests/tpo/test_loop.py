"""The whole loop on a miniature model: real sampling, real training, a real store, the gate and the report."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.tpo.trainer.jobs import train_here
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate.policy import Policy
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store
from tpobench.reports.formats.html import write_report
from tpobench.reports.run_summary import summarise
from tpobench.tpo.config import RunConfig
from tpobench.tpo.loop import run_training
from tpobench.tpo.steps import planned_steps

MODEL = Path(__file__).parents[1] / "fixtures" / "store_before" / "model"
"""One thin layer and a vocabulary of ASCII: with the embedded model's, sampling takes most of the time."""

WORDS = [
    "apple",
    "bridge",
    "candle",
    "desert",
    "engine",
    "forest",
    "guitar",
    "hammer",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "meadow",
    "needle",
    "orange",
    "pencil",
    "quarry",
    "ribbon",
    "saddle",
    "turtle",
]
RANKED = [
    {
        "prompt": f"What about the {word}?",
        "category": f"c{n % 2}",
        "checks": [{"regex": "[aeiou]"}, {"regex": f"[{c}]"}],
    }
    for n, (word, c) in enumerate(zip(WORDS, "bcdfghjklmnpbcdfghjk", strict=True))
]

Config = dict[str, object]


def settings(folder: Path) -> Config:
    """A run of one iteration and two epochs; `folder` gets its prompts and its thought prompt."""
    for name, rows in (("train", RANKED[:14]), ("validation", RANKED[14:16]), ("test", RANKED[16:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    # The model writes no marker of several words, but a single letter often stands once in its output.
    (folder / "thought.yaml").write_text(yaml.safe_dump({"user": "{prompt}", "response_marker": "w"}))
    return {
        "name": "tiny",
        "model": str(MODEL),
        "thought_mode": f"think:{folder / 'thought.yaml'}",
        "samples": 8,
        "iterations": 1,
        "instructions": {
            "sources": [{"source": str(folder / "train.jsonl")}],
            "per_iteration": 7,
            "near_duplicates": 0.9,
        },
        "sampling": {"max_new_tokens": 32, "temperature": 1.0},
        "pairs": {"rho": "auto"},
        "training": {"learning_rate": 1e-3, "batch_size": 2, "epochs": 2},
        "selection": {"source": {"source": str(folder / "validation.jsonl")}},
        "evaluation": {"benchmarks": [{"name": str(folder / "test.jsonl")}], "sampling": {"max_new_tokens": 32}},
        "guards": {"parse_errors": 0.99, "truncated": 0.999, "length_growth": 50},
        "gate": {"head_to_head": {"margin": 0.05}},
    }


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings(tmp_path)


@pytest.fixture
def train_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tpobench.tpo.trainer.run.run_trainer", train_here)


def run(config: Config, folder: Path) -> tuple[str, dict[str, int]]:
    """The run's key, and the rows of every table; every planned step is done."""
    with Store(folder / "store.duckdb") as store:
        valid = validate(config, RunConfig, "config")
        key = run_training(valid, folder, store, Progress(quiet=True))
        assert {step.name for step in planned_steps(valid)} <= set(store.finished_steps(key))
        return key, store.row_counts()


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
    skipped = "seconds|created_at|finished_at|decided_at|folder"
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
    assert summary.decision in ("PASS", "FAIL", "INCONCLUSIVE")
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


def refused(config: Config, folder: Path, said: str) -> dict[str, int]:
    with pytest.raises(UserError, match=said):
        run(config, folder)
    with Store(folder / "store.duckdb") as store:
        return store.row_counts()


def test_running_out_of_prompts_is_an_error_before_anything_is_sampled(config: Config, tmp_path: Path) -> None:
    counts = refused(config | {"iterations": 3}, tmp_path / "a", "need 21")
    assert counts["output"] == 0


def test_sources_that_changed_are_not_trained_on(config: Config, tmp_path: Path) -> None:
    config |= {"arms": ["direct"], "guards": {"truncated": 0.001}}
    refused(config, tmp_path / "a", "cut at max_new_tokens")
    rows = (tmp_path / "train.jsonl").read_text().split("\n")
    (tmp_path / "train.jsonl").write_text("\n".join(row.replace("What", "And what") for row in rows))
    refused(config, tmp_path / "a", "sources have changed")


def test_a_constant_judge_is_named(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flat.py").write_text("def score(prompt, response):\n    return 0.25\n")
    monkeypatch.chdir(tmp_path)
    config |= {"judge": {"name": "flat:score"}, "arms": ["direct"]}
    counts = refused(config, tmp_path / "a", r"the same score, 0\.25")
    assert counts["output"] > 0  # what was sampled is kept


def test_a_broken_guard_stops_the_run_and_raising_it_goes_on(
    config: Config, tmp_path: Path, train_in_this_process: None
) -> None:
    config |= {"arms": ["direct"], "warm_start": {"examples": 4, "epochs": 1}}
    counts = refused(config | {"guards": {"truncated": 0.001}}, tmp_path / "a", "cut at max_new_tokens")
    assert counts["pair"] == 0
    _, after = run(config, tmp_path / "a")
    assert after["pair"] > 0
