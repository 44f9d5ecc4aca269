"""The loop: iterations x arms of sample, score, pair, train, select, evaluate, decide (see `tpobench.tpo.steps`).

Every step leaves a row in the store when it is done, and finds what was done before it was interrupted by content
key. Both arms, `thought` and `direct`, get the same prompts, judge, loss and number of steps.
"""

from pathlib import Path

from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.models.checkpoints import weight_files
from tpobench.harness.models.resolve import resolve_model
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model
from tpobench.harness.store.step_details import SeedDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.harness.store.store import Store
from tpobench.tpo.cards import write_card
from tpobench.tpo.config import RunConfig
from tpobench.tpo.evaluation import CheckpointEvaluator
from tpobench.tpo.instructions import allotted_instructions
from tpobench.tpo.iteration import ArmIteration
from tpobench.tpo.preferences.judge import TrainingJudge, training_judge
from tpobench.tpo.prompts.allotment import Allotment
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.steps import first_evaluated
from tpobench.tpo.warm_start import warm_started


def run_training(config: RunConfig, folder: Path, store: Store, progress: Progress) -> str:
    """Do every step of the configuration that is not done yet.

    Args:
        config: the run; the same configuration and seed model continue the same run.
        folder: where checkpoints, the log of a failed training and the status are kept.
        store: holds what is done already, and gets everything that is done.
        progress: tells what is going on.

    Returns:
        The run's key in the store.

    Raises:
        UserError: for whatever can be known to be wrong, before the first token is sampled; for a broken guard; and for
            a judge, an endpoint or a trainer that fails. The same call continues from there.
    """
    seed = resolve_model(config.model)
    with TrainingRun(config, folder, store, progress, seed) as run:
        _Loop(run).go()
        return run.key


class _Loop:
    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._judge: TrainingJudge = training_judge(run.config.judge, run.clients.connect, run.progress)
        self._evaluator = CheckpointEvaluator(run, self._judge)

    def go(self) -> None:
        run = self._run
        run.register(same_judge=self._judge.covers(self._evaluator.measured[0].judge_id))
        allotted = allotted_instructions(run, self._judge, self._evaluator.measured)
        self._seed()
        models = {arm: warm_started(run, arm) for arm in run.config.arms}
        for iteration in range(first_evaluated(run.config), run.config.iterations + 1):
            answers: dict[Arm, ModelOutputs] = {}
            for arm in run.config.arms:
                if iteration:
                    models[arm] = self._iterate(allotted, arm, iteration, models[arm])
                answers[arm] = self._evaluator.of_checkpoint(arm, iteration, models[arm])
                self._write_card(arm, iteration, models[arm])
            if len(answers) == 2:
                self._evaluator.head_to_head(iteration, answers["thought"], answers["direct"])
                for arm, model in models.items():
                    self._write_card(arm, iteration, model)

    def _seed(self) -> None:
        seed = self._run.seed
        self._run.progress.say(f"seed  {seed.name}, {_megabytes(seed)}, fingerprint {seed.fingerprint[:12]}")
        details = SeedDetails(model=seed.fingerprint, name=seed.name, folder=seed.folder)
        self._run.step(Step(SeedDetails), lambda: details)
        self._evaluator.of_seed()

    def _iterate(self, allotted: Allotment, arm: Arm, iteration: int, start: Model) -> Model:
        return ArmIteration(
            run=self._run,
            judge=self._judge,
            arm=arm,
            iteration=iteration,
            start=start,
            prompts=allotted.iterations[iteration - 1],
            held_out=allotted.validation,
        ).checkpoint()

    def _write_card(self, arm: Arm, iteration: int, model: Model) -> None:
        if model.fingerprint != self._run.seed.fingerprint:
            write_card(self._run, self._judge.label, arm, iteration, model)


def _megabytes(model: Model) -> str:
    if not Path(model.folder).is_dir():
        return "an endpoint"
    return f"{sum(file.stat().st_size for file in weight_files(Path(model.folder))) / 1e6:,.0f} MB of weights"
