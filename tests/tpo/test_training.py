"""A training job is done once, whichever run of the store asks for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.tpo.runs import least, sealed
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model
from tpobench.harness.store.step_details import TrainDetails
from tpobench.harness.store.steps import Step
from tpobench.harness.store.store import Store
from tpobench.tpo import training
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.trainer.job import EpochCheckpoint, Row, TrainJob

START = Model("seed", "/seed", "s")
ROWS = [{"prompt_ids": [1], "chosen_ids": [2], "rejected_ids": [3]}]
SETTINGS: dict[str, Any] = {"method": "dpo", "epochs": 1, "learning_rate": 1e-3, "batch_size": 2}


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[TrainJob]:
    """The jobs that the trainer gets; it leaves an empty model folder for every epoch."""
    received: list[TrainJob] = []

    def run_job(job: TrainJob, rows: Sequence[Row], on_progress: object) -> list[EpochCheckpoint]:
        received.append(job)
        metrics = {"loss": 0.5, "tokens": 9.0, "samples_per_second": 1.0}
        folders = [sealed(Path(job.output) / f"epoch-{epoch}") for epoch in range(1, job.epochs + 1)]
        return [EpochCheckpoint(number, folder, metrics) for number, folder in enumerate(folders, 1)]

    monkeypatch.setattr(training, "run_job", run_job)
    return received


def train(run: TrainingRun, rows: Sequence[Row] = ROWS, **changes: object) -> TrainDetails:
    """The step that trains; its details are in the store afterwards."""

    def work() -> TrainDetails:
        settings = SETTINGS | changes
        return training.train(run, TrainDetails, name="thought-1", start=START, rows=rows, settings=settings)

    return run.step(Step(TrainDetails, "thought", 1), work)


def run_of(store: Store, folder: Path, **changes: object) -> TrainingRun:
    return TrainingRun(least(**changes), folder, store, Progress(quiet=True), START)


def test_another_run_takes_the_checkpoint_that_is_there(store: Store, tmp_path: Path, jobs: list[TrainJob]) -> None:
    first = train(run_of(store, tmp_path))
    assert first.model is not None
    assert first.folder == first.target
    assert train(run_of(store, tmp_path, name="another")) == first
    assert len(jobs) == 1


def test_a_checkpoint_that_is_gone_is_trained_again(store: Store, tmp_path: Path, jobs: list[TrainJob]) -> None:
    first = train(run_of(store, tmp_path))
    Path(first.epochs[0].folder).rename(tmp_path / "elsewhere")
    train(run_of(store, tmp_path, name="another"))
    assert len(jobs) == 2


@pytest.mark.parametrize("changes", [{"rows": [*ROWS, *ROWS]}, {"learning_rate": 1e-4}, {"epochs": 2}])
def test_other_rows_or_settings_are_another_job(
    changes: dict[str, Any], store: Store, tmp_path: Path, jobs: list[TrainJob]
) -> None:
    first = train(run_of(store, tmp_path))
    second = train(run_of(store, tmp_path, name="another"), **changes)
    assert len(jobs) == 2
    assert second.job != first.job


def test_another_selection_trains_anew_only_where_epochs_were_chosen(
    store: Store, tmp_path: Path, jobs: list[TrainJob]
) -> None:
    other = {"selection": {"prompts": 5}}
    for epochs, trained in ((1, 1), (2, 3)):
        train(run_of(store, tmp_path, name=f"a{epochs}"), epochs=epochs)
        train(run_of(store, tmp_path, name=f"b{epochs}", **other), epochs=epochs)
        assert len(jobs) == trained
