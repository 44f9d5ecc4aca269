"""Which epoch's checkpoint is kept: its fresh responses to held-out prompts are judged (paper, section 3)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tpobench.harness.judges.base import judged_text
from tpobench.harness.models.checkpoints import is_complete
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Model, Prompt
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.step_details import EpochDetails, EpochFigure, JobDetails, SelectDetails
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.run import TrainingRun


class EpochSelection:
    """Chooses among the epochs of a training job.

    One first try a prompt, at the sampling settings of training; an output that does not parse loses.
    """

    def __init__(self, run: TrainingRun, judge: TrainingJudge, mode: Mode, prompts: Sequence[Prompt]) -> None:
        self._run = run
        self._judge = judge
        self._mode = mode
        self._prompts = prompts

    def best_epoch(self, start: Model, trained: JobDetails) -> SelectDetails:
        """The epoch with the highest win rate against `start`, the model that training started from; the earlier of
        equals."""
        before = self._responses(start)
        figures = [self._figure(epoch, before) for epoch in trained.epochs]
        best = max(range(len(figures)), key=lambda at: (figures[at].win_rate, -at))
        chosen = trained.epochs[best]
        return SelectDetails(
            job=trained.job,
            epoch=chosen.epoch,
            model=chosen.model,
            folder=chosen.folder.rpartition(".epochs")[0],
            metrics=chosen.metrics,
            held_out=len(self._prompts),
            figures=tuple(figures),
        )

    def _figure(self, epoch: EpochDetails, before: Sequence[str | None]) -> EpochFigure:
        run = self._run
        responses = self._responses(Model(f"epoch {epoch.epoch}", epoch.folder, epoch.model))
        with run.held.released():
            preferences = self._judge.against(
                run.store, self._prompts, responses, before, f"judging epoch {epoch.epoch}"
            )
            self._judge.close()
        wins = mean_interval([preference for preference in preferences if preference is not None] or [0.5])
        parsed = sum(response is not None for response in responses) / len(responses)
        return EpochFigure(epoch=epoch.epoch, win_rate=wins.mean, low=wins.low, high=wins.high, parsed=parsed)

    def _responses(self, model: Model) -> list[str | None]:
        params = self._run.config.sampling.params(self._run.config.seed)
        cache = self._run.held.outputs_of(model)
        cache.ensure(self._prompts, self._mode, params, [0], f"held-out prompts, {model.name}")
        outputs = cache.outputs(self._prompts, self._mode, params, [0])
        return [None if output.parse_error else judged_text(output, self._mode) for output in outputs]


def install_epoch(run: TrainingRun, trained: JobDetails, chosen: str) -> Model:
    """Move the folder of the epoch with the fingerprint `chosen` to where the checkpoint is kept, and prune the others;
    done already, it changes nothing."""
    target, folders = Path(trained.target), {epoch.model: Path(epoch.folder) for epoch in trained.epochs}
    if not is_complete(target):
        folders[chosen].rename(target)
    shutil.rmtree(target.with_name(target.name + ".epochs"), ignore_errors=True)
    model = Model(trained.name, str(target), chosen)
    run.store.add_model(model, trained.method, trained.parent)
    for epoch in trained.epochs:
        if epoch.model != chosen:
            pruned = Model(f"{trained.name}/epoch-{epoch.epoch}", "", epoch.model)
            run.store.add_model(pruned, f"{trained.method}, pruned", trained.parent)
    return model
