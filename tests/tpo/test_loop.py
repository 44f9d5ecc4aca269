"""The whole loop on a miniature model: real sampling, real training, a real store, the gate and the report."""

import json
from pathlib import Path

import pytest
import yaml

from harness.config import validate
from harness.errors import UserError
from harness.progress import Reporter
from harness.store import Store
from reports.html import write_report
from tpo.config import RunConfig
from tpo.loop import Loop
from tpo.summary import summarise

RANKED = [
    {"prompt": f"Word number {n}?", "category": f"c{n % 2}", "checks": [{"regex": "[aeiou]"}, {"regex": f"[{c}]"}]}
    for n, c in enumerate("bcdfghjklmnp")
]


@pytest.fixture
def config(tiny_model: Path, tmp_path: Path) -> dict[str, object]:
    for name, rows in (("train.jsonl", RANKED[:8]), ("test.jsonl", RANKED[8:])):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    # The miniature model writes no marker of several words, but a single letter often stands once in its output.
    (tmp_path / "thought.yaml").write_text(yaml.safe_dump({"user": "{prompt}", "response_marker": "l"}))
    return {
        "name": "tiny", "model": str(tiny_model), "thought_mode": f"think:{tmp_path / 'thought.yaml'}", "samples": 8,
        "iterations": 1, "warm_start": {"examples": 4, "epochs": 1},
        "instructions": {"source": str(tmp_path / "train.jsonl"), "per_iteration": 8},
        "sampling": {"max_new_tokens": 24, "temperature": 1.0},
        "training": {"learning_rate": 1e-3, "batch_size": 2},
        "evaluation": {"benchmark": str(tmp_path / "test.jsonl"), "sampling": {"max_new_tokens": 24}},
        "gate": {"head_to_head": {"margin": 0.05}},
    }  # fmt: skip


def run(config: dict[str, object], folder: Path) -> tuple[str, dict[str, int]]:
    with Store(folder / "store.duckdb") as store:
        key = Loop(validate(config, RunConfig, "config"), folder, store, Reporter(quiet=True)).run()
        write_report(store, key, folder / "report.html")
        assert summarise(store, key).decision in ("PASS", "FAIL", "INCONCLUSIVE")
        return key, store.row_counts()


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the store but times and folders."""
    skipped = "seconds|created_at|finished_at|decided_at|folder"
    with Store(folder / "store.duckdb") as store:
        found = {}
        for table in store.row_counts():
            columns = [name for name in store.sql(f"SELECT * FROM {table} LIMIT 0")[0] if name not in skipped]
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL"
            found[table] = [tuple(str(v).replace(str(folder), "") for v in row) for row in store.sql(query)[1]]
        return found


def test_the_road_is_travelled_once_repeats_for_free_and_is_reproducible(
    config: dict[str, object], tmp_path: Path
) -> None:
    key, counts = run(config, tmp_path / "a")
    assert (tmp_path / "a" / "report.html").stat().st_size > 10_000
    assert run(config, tmp_path / "a") == (key, counts)
    run(config, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")

    # No thought ever reached the judge: everything it saw is a whole response of some output, or empty.
    with Store(tmp_path / "a" / "store.duckdb") as store:
        judged = "SELECT sha256(response)[:32] FROM score UNION SELECT unnest([response_a, response_b]) FROM judgment"
        known = "SELECT sha256(response)[:32] FROM output UNION SELECT sha256('')[:32]"
        assert store.sql(f"({judged}) EXCEPT ({known})")[1] == []

    # Another policy decides anew; nothing is sampled, judged or trained again.
    stricter = config | {"gate": {"head_to_head": {"margin": 0.01}}}
    _, after = run(stricter, tmp_path / "a")
    assert {t: after[t] - counts[t] for t in ("output", "judgment", "model", "gate_decision")} == {
        "output": 0, "judgment": 0, "model": 0, "gate_decision": 1,
    }  # fmt: skip


def test_running_out_of_prompts_is_an_error_before_anything_is_sampled(
    config: dict[str, object], tmp_path: Path
) -> None:
    config["iterations"] = 3
    with pytest.raises(UserError, match="need 24, but the source has 8"):
        run(config, tmp_path / "a")
    with Store(tmp_path / "a" / "store.duckdb") as store:
        assert store.row_counts()["output"] == 0
