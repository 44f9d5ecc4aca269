"""The whole loop on a miniature model: real sampling, real training, a real store, the gate and the report."""

import json
from pathlib import Path

import pytest
import yaml

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store
from tpobench.reports.formats.html import write_report
from tpobench.reports.run_summary import summarise
from tpobench.tpo.config import RunConfig
from tpobench.tpo.loop import run_training
from tpobench.tpo.steps import planned_steps

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


@pytest.fixture
def config(tiny_model: Path, tmp_path: Path) -> Config:
    for name, rows in (("train", RANKED[:14]), ("validation", RANKED[14:16]), ("test", RANKED[16:])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    # The miniature model writes no marker of several words, but a single letter often stands once in its output.
    (tmp_path / "thought.yaml").write_text(yaml.safe_dump({"user": "{prompt}", "response_marker": "l"}))
    return {
        "name": "tiny",
        "model": str(tiny_model),
        "thought_mode": f"think:{tmp_path / 'thought.yaml'}",
        "samples": 8,
        "iterations": 1,
        "instructions": {
            "sources": [{"source": str(tmp_path / "train.jsonl")}],
            "per_iteration": 7,
            "near_duplicates": 0.9,
        },
        "sampling": {"max_new_tokens": 24, "temperature": 1.0},
        "pairs": {"rho": "auto"},
        "training": {"learning_rate": 1e-3, "batch_size": 2, "epochs": 2},
        "selection": {"source": {"source": str(tmp_path / "validation.jsonl")}},
        "evaluation": {"benchmarks": [{"name": str(tmp_path / "test.jsonl")}], "sampling": {"max_new_tokens": 24}},
        "guards": {"parse_errors": 0.99, "truncated": 0.99, "length_growth": 50},
        "gate": {"head_to_head": {"margin": 0.05}},
    }


def run(config: Config, folder: Path) -> tuple[str, dict[str, int]]:
    with Store(folder / "store.duckdb") as store:
        asked = validate(config, RunConfig, "config")
        key = run_training(asked, folder, store, Progress(quiet=True))
        write_report(store, key, folder / "report.html")
        assert summarise(store, key).decision in ("PASS", "FAIL", "INCONCLUSIVE", None)
        done = set(store.finished_steps(key))
        assert {step.name for step in planned_steps(asked)} <= done
        return key, store.row_counts()


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


def test_the_road_is_travelled_once_repeats_for_free_and_is_reproducible(config: Config, tmp_path: Path) -> None:
    key, counts = run(config, tmp_path / "a")
    assert (tmp_path / "a" / "report.html").stat().st_size > 10_000
    assert run(config, tmp_path / "a") == (key, counts)
    run(config, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")

    # One folder a checkpoint is left, each with its card; the epochs that were not chosen are gone.
    folders = sorted(folder for folder in (tmp_path / "a" / "checkpoints").iterdir() if folder.is_dir())
    assert [folder.name.rpartition("-")[0] for folder in folders] == ["direct-1", "thought-1"]
    assert "arXiv 2410.10630" in (folders[-1] / "README.md").read_text()
    assert "The gate decided" in (folders[-1] / "README.md").read_text()

    # No thought ever reached the judge: everything it saw is a whole response of some output, or empty.
    with Store(tmp_path / "a" / "store.duckdb") as store:
        judged = "SELECT sha256(response)[:32] FROM score UNION SELECT unnest([response_a, response_b]) FROM judgment"
        known = "SELECT sha256(response)[:32] FROM output UNION SELECT sha256('')[:32]"
        assert store.sql(f"({judged}) EXCEPT ({known})")[1] == []

    # Another policy decides anew; nothing is sampled, judged or trained again.
    stricter = config | {"gate": {"head_to_head": {"margin": 0.01}}}
    _, after = run(stricter, tmp_path / "a")
    assert {t: after[t] - counts[t] for t in ("output", "judgment", "model", "gate_decision")} == {
        "output": 0,
        "judgment": 0,
        "model": 0,
        "gate_decision": 1,
    }


def test_a_run_gets_another_arm_and_more_iterations(config: Config, tmp_path: Path) -> None:
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


def test_a_broken_guard_stops_the_run_and_raising_it_goes_on(config: Config, tmp_path: Path) -> None:
    config |= {"arms": ["direct"], "warm_start": {"examples": 4, "epochs": 1}}
    counts = refused(config | {"guards": {"truncated": 0.001}}, tmp_path / "a", "cut at max_new_tokens")
    assert counts["pair"] == 0
    _, after = run(config, tmp_path / "a")
    assert after["pair"] > 0
