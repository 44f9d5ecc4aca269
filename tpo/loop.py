"""The loop: iterations x arms of sample, score, pair, train, select, evaluate, decide (see `tpobench.tpo.steps`).

Every step leaves a row in the store when it is done, and finds what was done before it was interrupted by content
key. Both arms, `thought` and `direct`, get the same prompts, judge, loss and number of steps.
"""

from pathlib import Path

from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.models.checkpoints import weight_files
from tpobench.harness.models.resolve import resolve_model
from tpobench.harness.models.thoughts import template_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model
from tpobench.harness.store.store import Store
from tpobench.tpo.cards import write_card
from tpobench.tpo.config import Arm, RunConfig
from tpobench.tpo.evaluation import CheckpointEvaluator
from tpobench.tpo.iteration import ArmIteration, keep_chosen_epoch, train
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.preferences.named import training_judge
from tpobench.tpo.preparation import prepare
from tpobench.tpo.prompts.allotment import Allotment
from tpobench.tpo.run import Details, TrainingRun
from tpobench.tpo.steps import first_evaluated
from tpobench.tpo.warm_start import warm_start_rows


def run_training(config: RunConfig, folder: Path, store: Store, reporter: Progress) -> str:
    """Do every step of the configuration that is not done yet; returns the run's key.

    Whatever can be known to be wrong before the first token is sampled raises UserError before it.
    """
    seed = resolve_model(config.model)
    with TrainingRun(config, folder, store, reporter, seed) as run:
        _Loop(run).go()
        return run.key


class _Loop:
    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._config = run.config
        self._evaluation = CheckpointEvaluator(run)
        self._judge: TrainingJudge = training_judge(run.config.judge, run.connect, run.reporter)

    def go(self) -> None:
        run, seed = self._run, self._run.seed
        run.register(same_judge=self._judge.covers(self._evaluation.measured[0].judge_id))
        allotted = prepare(run, self._judge, self._evaluation.measured)
        run.reporter.say(f"[bold]seed[/]  {seed.name}, {_megabytes(seed)}, fingerprint {seed.fingerprint[:12]}")
        run.step("seed", lambda: {"model": seed.fingerprint, "name": seed.name, "folder": seed.folder})
        self._evaluation.of_seed(self._judge)
        models = {arm: self._warm_start(arm) for arm in self._config.arms}
        for iteration in range(first_evaluated(self._config), self._config.iterations + 1):
            contenders: dict[Arm, ModelOutputs] = {}
            for arm in self._config.arms:
                if iteration:
                    models[arm] = self._iterate(allotted, arm, iteration, models[arm])
                contenders[arm] = self._evaluation.of_checkpoint(arm, iteration, models[arm], self._judge)
                self._card(arm, iteration, models[arm])
            if len(contenders) == 2:
                self._evaluation.head_to_head(iteration, contenders["thought"], contenders["direct"])
                for arm, model in models.items():
                    self._card(arm, iteration, model)

    def _iterate(self, allotted: Allotment, arm: Arm, iteration: int, start: Model) -> Model:
        made = ArmIteration(self._run, self._judge, allotted.validation, arm, iteration, start)
        model = made.checkpoint(allotted.iterations[iteration - 1])
        details = self._run.details(f"train/{arm}/{iteration}") or {}
        self._run.reporter.say(f"[bold]{arm}-{iteration}[/]  trained, loss {details['metrics']['loss']:.3f}")
        return model

    def _warm_start(self, arm: Arm) -> Model:
        settings = self._config.warm_start
        if settings is None:
            return self._run.seed
        template = template_named(self._config.thought_mode.partition(":")[2])
        rows = warm_start_rows(settings.examples, self._run.mode(arm), template, settings.file)

        def work() -> Details:
            asked = settings.model_dump(include={"epochs", "learning_rate", "batch_size"})
            details = train(self._run, f"{arm}-0", self._run.seed, rows, method="sft", **asked)
            return details | {"examples": len(rows)}

        details = self._run.step(f"warm_start/{arm}", work)
        self._run.reporter.say(f"[bold]{arm}-0[/]  trained, loss {details['metrics']['loss']:.3f}")
        return keep_chosen_epoch(self._run, details, details)

    def _card(self, arm: Arm, iteration: int, model: Model) -> None:
        if model.fingerprint != self._run.seed.fingerprint:
            write_card(self._run, self._judge.label, arm, iteration, model)


def _megabytes(model: Model) -> str:
    if not Path(model.folder).is_dir():
        return "an endpoint"
    return f"{sum(file.stat().st_size for file in weight_files(Path(model.folder))) / 1e6:,.0f} MB of weights"
