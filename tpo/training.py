"""A training job of a run: done once, whichever run of the store asked for it first."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.harness.records import Model, content_key
from tpobench.harness.samplers.rates import remember
from tpobench.harness.store.step_details import EpochDetails, JobDetails
from tpobench.harness.store.steps import details_of_job
from tpobench.tpo.rates import training_kind
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.trainer.job import EpochCheckpoint, Row, TrainJob
from tpobench.tpo.trainer.run import run_job

J = TypeVar("J", bound=JobDetails)


def train(
    run: TrainingRun, of: type[J], *, name: str, start: Model, rows: Sequence[Row], settings: Mapping[str, Any]
) -> J:
    """Train `start` on the rows, unless a step of this kind has done so already and its folders are still there.

    Args:
        run: whose folder, seed and selection are used.
        of: the details that the step leaves.
        name: the checkpoint's, for example ``thought-1``.
        start: the model that training starts from.
        rows: what the trainer learns from (see `TrainJob`).
        settings: the other fields of the `TrainJob`.
    """
    # Epochs that were not chosen are gone: another selection has to train them again.
    chosen_by = run.config.selection.model_dump() if settings["epochs"] > 1 else None
    job = content_key("job", start.fingerprint, rows, settings, run.config.seed, chosen_by)
    earlier = details_of_job(run.store, of, job)
    if earlier is not None and _is_there(earlier):
        return earlier
    target = run.folder.absolute() / "checkpoints" / f"{name}-{job[:8]}"
    train_job = TrainJob(
        model=start.folder,
        output=str(target.with_name(target.name + ".epochs")),
        data=f"{target}.rows.jsonl",
        seed=run.config.seed,
        **settings,
    )
    with run.held.released(), run.progress.training(f"training {name}") as on_progress:
        checkpoints = run_job(train_job, rows, on_progress)
    metrics = checkpoints[-1].metrics
    remember(training_kind(run.config), start, metrics["tokens"], len(rows) / metrics["samples_per_second"])
    epochs = tuple(map(_epoch_details, checkpoints))
    only = epochs[0] if len(epochs) == 1 else None
    return of(
        job=job,
        name=f"{run.config.name}/{name}",
        target=str(target),
        parent=start.fingerprint,
        method=train_job.method,
        epochs=epochs,
        metrics=metrics,
        model=None if only is None else only.model,
        folder=None if only is None else str(target),
    )


def _is_there(trained: JobDetails) -> bool:
    return is_complete(Path(trained.target)) or all(is_complete(Path(epoch.folder)) for epoch in trained.epochs)


def _epoch_details(checkpoint: EpochCheckpoint) -> EpochDetails:
    return EpochDetails(
        epoch=checkpoint.epoch,
        folder=str(checkpoint.folder),
        model=fingerprint(checkpoint.folder),
        metrics=checkpoint.metrics,
    )
