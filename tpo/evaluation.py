"""Every checkpoint, measured: the configured benchmarks, lm-eval's tasks, thought against direct, and the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.evaluation.registry import benchmark_named, own_run_of
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.evaluation.spec import EvaluationSpec, about, judge_for
from tpobench.harness.gate.run import keep_decision
from tpobench.harness.gate.stored import stored_evaluation_named, stored_input
from tpobench.harness.judges.base import Judge
from tpobench.harness.records import Metric, Model, SamplingParams
from tpobench.harness.store.step_details import EvaluateDetails, GateDetails, HeadToHeadDetails, TasksDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.config import TASKS, BenchmarkConfig
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.steps import evaluation_step


@dataclass(kw_only=True)
class RunBenchmark:
    """A benchmark of the run, its judge, and what every candidate is compared with (once that is known)."""

    benchmark: Benchmark
    judge: Judge
    about: dict[str, object]
    new_tokens: int
    baseline: ModelOutputs | None = None

    @property
    def judge_id(self) -> str:
        return self.judge.id


class CheckpointEvaluator:
    """All that is measured after the warm start and after every iteration. The first benchmark decides."""

    def __init__(self, run: TrainingRun, judge: TrainingJudge) -> None:
        self._run = run
        self._judge = judge
        self.measured = [self._load(entry) for entry in run.config.evaluation.benchmarks]

    def of_seed(self) -> None:
        """The seed's direct answers, which are the baseline of benchmarks without one of their own, and the seed with
        the thought prompt: one that cannot follow the format is not asked again and again."""
        self._answer_for_baseline()
        self._measure("direct", None, self._run.seed, 0)
        if "thought" in self._run.config.arms:
            self._measure("thought", None, self._run.seed, 0)

    def of_checkpoint(self, arm: Arm, iteration: int, model: Model) -> ModelOutputs:
        """Measure a checkpoint; returns its answers to the first benchmark."""
        retries = self._run.config.evaluation.format_retries
        return self._measure(arm, iteration, model, retries)

    def head_to_head(self, iteration: int, thought: ModelOutputs, direct: ModelOutputs) -> None:
        """Thought against direct on the first benchmark, and from iteration 1 on the gate's decision."""
        first = self.measured[0]

        def work() -> HeadToHeadDetails:
            facts = first.about | {"baseline": direct.model.name, "not_comparable": []}
            key = evaluate_outputs(self._run.store, first.judge, first.benchmark, thought, direct, facts)
            return HeadToHeadDetails(evaluation=key, win_rate=_overall(self._run.store.metrics(key))["win_rate"])

        compared = self._run.step(Step(HeadToHeadDetails, iteration=iteration), work)
        if iteration:
            gate = Step(GateDetails, iteration=iteration)
            self._run.step(gate, lambda: self._decide(compared.evaluation, thought, direct))

    def _load(self, entry: BenchmarkConfig) -> RunBenchmark:
        found = benchmark_named(entry.name, entry.split, None if entry.data is None else Path(entry.data))
        config = self._run.config.evaluation
        new_tokens = entry.max_new_tokens or config.sampling.max_new_tokens
        contest = EvaluationSpec(
            benchmark=found,
            candidate=self._run.config.model,
            judge=entry.judge,
            judge_model=entry.judge_model,
            limit=entry.limit,
            data=None if entry.data is None else Path(entry.data),
        )
        judge = judge_for(contest, self._run.clients.connect, self._run.progress)
        return RunBenchmark(
            benchmark=contest.measured(), judge=judge, about=about(contest, judge), new_tokens=new_tokens
        )

    def _answer_for_baseline(self) -> None:
        for number, measured in enumerate(self.measured):
            given = measured.benchmark.baseline_named(None)
            if given is not None:
                measured.baseline = add_answers(self._run.store, given.name, measured.benchmark.prompts, given.answers)
            else:
                measured.baseline = self._contend(number, "direct", self._run.seed, 0)

    def _contend(self, number: int, arm: Arm, model: Model, retries: int) -> ModelOutputs:
        measured, config = self.measured[number], self._run.config
        sampling = config.evaluation.sampling.model_copy(update={"max_new_tokens": measured.new_tokens})
        what = f"{model.name.rpartition('/')[2]}, {measured.benchmark.name}"
        params, mode = sampling.params(config.seed), self._run.mode(arm)
        return sample_outputs(self._run.held.outputs_of(model), mode, measured.benchmark, params, retries, what)

    def _measure(self, arm: Arm, iteration: int | None, model: Model, retries: int) -> ModelOutputs:
        answers = []
        for number, measured in enumerate(self.measured):
            step = evaluation_step(self._run.config, arm, iteration, number)
            candidate: list[ModelOutputs] = []

            def answer(number: int = number, found: list[ModelOutputs] = candidate) -> ModelOutputs:
                if not found:
                    found.append(self._contend(number, arm, model, retries))
                return found[0]

            def work(measured: RunBenchmark = measured, answer: Any = answer) -> EvaluateDetails:
                return self._compare(measured, answer())

            self._say(step, self._run.step(step, work))
            answers.append(answer)
        if self._run.config.evaluation.lm_eval is not None:
            self._run.step(Step(TasksDetails, arm, iteration), lambda: self._tasks(arm, model))
        return answers[0]()

    def _compare(self, measured: RunBenchmark, candidate: ModelOutputs) -> EvaluateDetails:
        assert measured.baseline is not None
        key = evaluate_outputs(
            self._run.store, measured.judge, measured.benchmark, candidate, measured.baseline, measured.about
        )
        same = self._judge.id == measured.judge_id
        return EvaluateDetails(
            evaluation=key,
            win_rate=_overall(self._run.store.metrics(key))["win_rate"],
            train_judge_win_rate=None if same else self._by_training_judge(measured, candidate),
        )

    def _by_training_judge(self, measured: RunBenchmark, candidate: ModelOutputs) -> float | None:
        """The win rate that the training judge sees: rising above the evaluation judge's, it is being gamed."""
        assert measured.baseline is not None
        ours, theirs = ([text or None for text in side.responses] for side in (candidate, measured.baseline))
        with self._run.held.released():
            found = self._judge.against(
                self._run.store, measured.benchmark.prompts, ours, theirs, "the training judge's view"
            )
            self._judge.close()
        seen = [value for value in found if value is not None]
        return sum(seen) / len(seen) if seen else None

    def _tasks(self, arm: Arm, model: Model) -> TasksDetails:
        config = self._run.config
        asked = config.evaluation.lm_eval
        assert asked is not None
        spec = EvaluationSpec(
            benchmark=benchmark_named(f"{TASKS}:{','.join(asked.tasks)}"),
            candidate=model.name,
            mode=self._run.mode(arm),
            limit=asked.limit,
            params=SamplingParams(
                max_new_tokens=asked.max_new_tokens or config.evaluation.sampling.max_new_tokens, seed=config.seed
            ),
            limits_tokens=asked.max_new_tokens is not None,
            format_retries=config.evaluation.format_retries,
            data=None if asked.data is None else Path(asked.data),
            settings={} if asked.num_fewshot is None else {"num_fewshot": asked.num_fewshot},
        )
        own = own_run_of(spec.benchmark.name)
        assert own is not None
        results = own.run(self._run.store, spec, self._run.held.outputs_of(model), self._run.progress)
        return TasksDetails(evaluations={result.task: result.evaluation for result in results})

    def _decide(self, evaluation: str, thought: ModelOutputs, direct: ModelOutputs) -> GateDetails:
        store, policy = self._run.store, self._run.config.gate
        case = stored_input(
            store, policy, stored_evaluation_named(store, evaluation), thought.model.name, direct.model.name
        )
        decision, key = keep_decision(store, policy, case, self._run.progress.say, self._run.key)
        return GateDetails(gate_decision=key, decision=decision.outcome)

    def _say(self, step: Step[EvaluateDetails], details: EvaluateDetails) -> None:
        found = {m.name: m for m in self._run.store.metrics(details.evaluation) if m.category is None}
        wins, parse_errors = found["win_rate"], found["parse_error_rate"].value or 0.0
        score = found.get("mean_score")
        scored = "" if score is None else f"  mean score {score.value:.3f} ({score.low:.3f}, {score.high:.3f})"
        where = step.name.removeprefix("evaluate/")
        self._run.progress.say(
            f"[bold]{where}[/]{scored}  win rate {wins.value:.1%} ({wins.low:.1%}, {wins.high:.1%})  "
            f"parsed {1 - parse_errors:.0%}"
        )


def _overall(metrics: Sequence[Metric]) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in metrics if metric.category is None}
