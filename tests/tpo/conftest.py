"""Shared fixtures of the optimizer's tests."""

from pathlib import Path

import pytest

from tests.tpo.runs import Config, settings
from tests.tpo.trainer.jobs import train_here


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings(tmp_path)


@pytest.fixture
def train_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tpobench.tpo.trainer.run.run_trainer", train_here)
