"""The two sides of a run's evaluations: a checkpoint's answers, and what they are compared with."""

from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.records import Model
from tpobench.tpo.run import TrainingRun


class CheckpointOutputs:
    """The answers of one model of the run to one benchmark, had once, beside the baseline's."""

    def __init__(self, run: TrainingRun, model: Model, baseline: ModelOutputs) -> None:
        self._run = run
        self._model = model
        self._baseline = baseline
        self._answers: ModelOutputs | None = None

    def candidate(self, spec: EvaluationSpec) -> ModelOutputs:
        """The model's answers, stored or sampled."""
        if self._answers is None:
            self._answers = _answers(self._run, self._model, spec)
        return self._answers

    def baseline(self, spec: EvaluationSpec) -> ModelOutputs:
        """What they are compared with."""
        return self._baseline


def seed_baseline(run: TrainingRun, spec: EvaluationSpec) -> ModelOutputs:
    """What every candidate of the run is compared with: the benchmark's own answers, or the seed's direct ones."""
    given = spec.measured_benchmark.baseline_named(spec.baseline)
    if given is not None:
        return add_answers(run.store, given.name, spec.measured_benchmark.prompts, given.answers)
    return _answers(run, run.seed, spec)


def _answers(run: TrainingRun, model: Model, spec: EvaluationSpec) -> ModelOutputs:
    benchmark = spec.measured_benchmark
    label = f"{model.name.rpartition('/')[2]}, {benchmark.name}"
    return sample_outputs(run.held.outputs_of(model), spec.mode, benchmark, spec.params, spec.format_retries, label)
