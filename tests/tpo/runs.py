"""A small run for the loop's tests: both arms on a model of kilobytes, with prompts that its gibberish can meet."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store
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


def run(config: Config, folder: Path) -> tuple[str, dict[str, int]]:
    """The run's key, and the rows of every table; every planned step is done."""
    with Store(folder / "store.duckdb") as store:
        valid = validate(config, RunConfig, "config")
        key = run_training(valid, folder, store, Progress(quiet=True))
        assert {step.name for step in planned_steps(valid)} <= set(store.finished_steps(key))
        return key, store.row_counts()


def refused(config: Config, folder: Path, sentence: str) -> dict[str, int]:
    """The rows that a run leaves which stops with this sentence."""
    with pytest.raises(UserError, match=sentence):
        run(config, folder)
    with Store(folder / "store.duckdb") as store:
        return store.row_counts()


def least(**changes: object) -> RunConfig:
    """A valid configuration that leaves all it can to the defaults, with these changes."""
    written = {
        "name": "x",
        "model": "smollm2-135m",
        "iterations": 1,
        "instructions": {"per_iteration": 4},
        "gate": {"head_to_head": {"margin": 0.1}},
    }
    return validate(written | changes, RunConfig, "test")


def sealed(folder: Path) -> Path:
    """A folder that counts as a complete checkpoint."""
    return shutil.copytree(MODEL, folder)
