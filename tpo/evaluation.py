"""Every checkpoint, measured: the configured benchmarks, lm-eval's tasks, thought against direct, and the gate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from tpobench.harness.evaluation.judging import about, judge_for
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.own_metrics import measure_metrics, metric_scorers
from tpobench.harness.evaluation.registry import self_scored_run_of
from tpobench.harness.evaluation.run import evaluate_outputs, run_evaluation
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.run import decide
from tpobench.harness.records import Metric, Model
from tpobench.harness.store.step_details import EvaluateDetails, GateDetails, HeadToHeadDetails, TasksDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.checkpoint_outputs import CheckpointOutputs, seed_baseline
from tpobench.tpo.evaluation_specs import RunBenchmark, run_benchmark, tasks_spec
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.steps import evaluation_step


class CheckpointEvaluator:
    """All that is measured after the warm start and after every iteration. The first benchmark decides."""

    def __init__(self, run: TrainingRun, judge: TrainingJudge) -> None:
        self._run = run
        self._judge = judge
        self.measured = [run_benchmark(run, entry) for entry in run.config.evaluation.benchmarks]
        self._baselines: list[ModelOutputs] = []

    def of_seed(self) -> None:
        """The seed's direct answers, which are the baseline of benchmarks without one of their own, and the seed with
        the thought prompt: one that cannot follow the format is not sampled again and again."""
        self._baselines = [seed_baseline(self._run, measured.spec) for measured in self.measured]
        self._measure("direct", None, self._run.seed, 0)
        if "thought" in self._run.config.arms:
            self._measure("thought", None, self._run.seed, 0)

    def of_checkpoint(self, arm: Arm, iteration: int, model: Model) -> ModelOutputs:
        """Measure a checkpoint; returns its answers to the first benchmark."""
        retries = self._run.config.evaluation.format_retries
        return self._measure(arm, iteration, model, retries)

    def head_to_head(self, iteration: int, thought: ModelOutputs, direct: ModelOutputs) -> None:
        """Thought against direct on the first benchmark, and from iteration 1 on the gate's decision."""
        first, run = self.measured[0], self._run

        def work() -> HeadToHeadDetails:
            judge = judge_for(first.spec, run.clients.connect, run.progress)
            facts = about(first.spec, judge) | {"baseline": direct.model.name, "not_comparable": []}
            with self._room_for_judge_of(first):
                key = evaluate_outputs(run.store, judge, first.spec.measured_benchmark, thought, direct, facts)
                judge.close()
            return HeadToHeadDetails(evaluation=key, win_rate=_overall(run.store.metrics(key))["win_rate"])

        compared = self._run.step(Step(HeadToHeadDetails, iteration=iteration), work)
        if iteration:
            gate = Step(GateDetails, iteration=iteration)
            self._run.step(gate, lambda: self._decide(compared.evaluation, thought, direct))

    def _measure(self, arm: Arm, iteration: int | None, model: Model, retries: int) -> ModelOutputs:
        answers = []
        for number, measured in enumerate(self.measured):
            spec = replace(measured.spec, candidate=model.name, mode=self._run.mode(arm), format_retries=retries)
            outputs = CheckpointOutputs(self._run, model, self._baselines[number])
            step = evaluation_step(self._run.config, arm, iteration, number)
            self._say(step, self._run.step(step, partial(self._evaluate, measured, spec, outputs)))
            answers.append(partial(outputs.candidate, spec))
        if self._run.config.evaluation.lm_eval is not None:
            self._run.step(Step(TasksDetails, arm, iteration), lambda: self._tasks(arm, model))
        return answers[0]()

    def _evaluate(self, measured: RunBenchmark, spec: EvaluationSpec, outputs: CheckpointOutputs) -> EvaluateDetails:
        run = self._run
        candidate = outputs.candidate(spec)
        with self._room_for_judge_of(measured):
            key = run_evaluation(run.store, spec, run.clients.connect, run.progress, outputs)
            if spec.metrics:
                scorers = metric_scorers(spec, run.progress)
                measure_metrics(run.store, spec, scorers, run.clients.connect, run.progress, outputs)
        same = self._judge.id == measured.judge_id
        return EvaluateDetails(
            evaluation=key,
            win_rate=_overall(run.store.metrics(key))["win_rate"],
            train_judge_win_rate=None if same else self._by_training_judge(measured, candidate, outputs.baseline(spec)),
        )

    def _room_for_judge_of(self, measured: RunBenchmark) -> AbstractContextManager[None]:
        return self._run.held.released() if measured.judge_in_memory else nullcontext()

    def _by_training_judge(
        self, measured: RunBenchmark, candidate: ModelOutputs, baseline: ModelOutputs
    ) -> float | None:
        """The win rate that the training judge sees: rising above the evaluation judge's, it is being gamed."""
        ours, theirs = ([text or None for text in side.responses] for side in (candidate, baseline))
        with self._run.held.released():
            preferences = self._judge.against(
                self._run.store, measured.prompts, ours, theirs, "the training judge's view"
            )
            self._judge.close()
        known = [preference for preference in preferences if preference is not None]
        return sum(known) / len(known) if known else None

    def _tasks(self, arm: Arm, model: Model) -> TasksDetails:
        spec = tasks_spec(self._run, arm, model.name)
        own = self_scored_run_of(spec.benchmark.name)
        assert own is not None
        results = own.run(self._run.store, spec, self._run.held.outputs_of(model), self._run.progress)
        return TasksDetails(evaluations={result.task: result.evaluation for result in results})

    def _decide(self, evaluation: str, thought: ModelOutputs, direct: ModelOutputs) -> GateDetails:
        request = GateRequest(
            candidate=thought.model.name, against=direct.model.name, evaluation=evaluation, run_key=self._run.key
        )
        run = self._run
        result = decide(run.store, run.config.gate, request, run.clients.connect, run.progress)
        return GateDetails(gate_decision=result.key, decision=result.decision.outcome)

    def _say(self, step: Step[EvaluateDetails], details: EvaluateDetails) -> None:
        metrics = {m.name: m for m in self._run.store.metrics(details.evaluation) if m.category is None}
        wins, parse_errors, score = metrics["win_rate"], metrics["parse_error_rate"].value, metrics.get("mean_score")
        scored = "" if score is None else f"  mean score {score.value:.3f} ({score.low:.3f}, {score.high:.3f})"
        where = step.name.removeprefix("evaluate/")
        self._run.progress.say(
            f"{where}{scored}  win rate {wins.value:.1%} ({wins.low:.1%}, {wins.high:.1%})  "
            f"parsed {1 - (parse_errors or 0.0):.0%}"
        )


def _overall(metrics: Sequence[Metric]) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in metrics if metric.category is None}
