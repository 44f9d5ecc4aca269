"""Every checkpoint, measured: the configured benchmarks, lm-eval's tasks, thought against direct, and the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.run import judge_and_store
from tpobench.harness.evaluation.spec import EvaluationSpec, about, connected_judge, judge_for
from tpobench.harness.gate.record import keep_decision
from tpobench.harness.gate.stored import stored_evaluation_named, stored_input
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.records import Metric, Model
from tpobench.tpo.config import Arm, BenchmarkConfig
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.run import Details, TrainingRun
from tpobench.tpo.steps import evaluation_step


@dataclass(kw_only=True)
class RunBenchmark:
    """A benchmark of the run, its judge, and what every candidate is compared with (once that is known)."""

    benchmark: Benchmark
    judge: ChecklistJudge | ModelJudge
    about: dict[str, object]
    new_tokens: int
    baseline: ModelOutputs | None = None

    @property
    def judge_id(self) -> str:
        return self.judge.judge.id if isinstance(self.judge, ModelJudge) else self.judge.id


class CheckpointEvaluator:
    """All that is measured after the warm start and after every iteration. The first benchmark decides."""

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self.measured = [self._load(entry) for entry in run.config.evaluation.benchmarks]

    def of_seed(self, judge: TrainingJudge) -> None:
        """The seed's direct answers, which are the baseline of benchmarks without one of their own, and the seed with
        the thought prompt: one that cannot follow the format is not asked again and again."""
        self._answer_for_baseline()
        self._measure("seed/direct", "direct", self._run.seed, judge, 0)
        if "thought" in self._run.config.arms:
            self._measure("seed/thought", "thought", self._run.seed, judge, 0)

    def of_checkpoint(self, arm: Arm, iteration: int, model: Model, judge: TrainingJudge) -> ModelOutputs:
        """Measure a checkpoint; returns its answers to the first benchmark."""
        retries = self._run.config.evaluation.format_retries
        return self._measure(f"{arm}/{iteration}", arm, model, judge, retries)

    def head_to_head(self, iteration: int, thought: ModelOutputs, direct: ModelOutputs) -> None:
        """Thought against direct on the first benchmark, and from iteration 1 on the gate's decision."""
        first = self.measured[0]

        def work() -> Details:
            facts = first.about | {"baseline": direct.model.name, "not_comparable": []}
            key = judge_and_store(self._run.store, first.judge, first.benchmark, thought, direct, facts)
            return {"evaluation": key, "win_rate": _overall(self._run.store.metrics(key))["win_rate"]}

        duel = self._run.step(f"head_to_head/{iteration}", work)
        if iteration:
            self._run.step(f"gate/{iteration}", lambda: self._decide(duel["evaluation"], thought, direct))

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
        judge = judge_for(contest)
        seat = connected_judge(judge, contest, self._run.connect, self._run.reporter)
        return RunBenchmark(
            benchmark=contest.measured(), judge=seat, about=about(contest, judge), new_tokens=new_tokens
        )

    def _answer_for_baseline(self) -> None:
        for number, measured in enumerate(self.measured):
            given = measured.benchmark
            if given.answers is not None:
                store = self._run.store
                measured.baseline = add_answers(store, str(given.baseline), given.prompts, given.answers)
            else:
                measured.baseline = self._contend(number, "direct", self._run.seed, 0)

    def _contend(self, number: int, arm: Arm, model: Model, retries: int) -> ModelOutputs:
        measured, config = self.measured[number], self._run.config
        sampling = config.evaluation.sampling.model_copy(update={"max_new_tokens": measured.new_tokens})
        what = f"{model.name.rpartition('/')[2]}, {measured.benchmark.name}"
        params, mode = sampling.params(config.seed), self._run.mode(arm)
        return sample_outputs(self._run.generator(model), mode, measured.benchmark, params, retries, what)

    def _measure(self, place: str, arm: Arm, model: Model, judge: TrainingJudge, retries: int) -> ModelOutputs:
        answers = []
        for number, measured in enumerate(self.measured):
            name = evaluation_step(self._run.config, place, number)
            candidate: list[ModelOutputs] = []

            def answer(number: int = number, found: list[ModelOutputs] = candidate) -> ModelOutputs:
                if not found:
                    found.append(self._contend(number, arm, model, retries))
                return found[0]

            def work(measured: RunBenchmark = measured, answer: Any = answer) -> Details:
                return self._compare(measured, answer(), judge)

            self._say(name, self._run.step(name, work))
            answers.append(answer)
        if self._run.config.evaluation.lm_eval is not None:
            self._run.step(f"lm_eval/{place}", lambda: self._tasks(arm, model))
        return answers[0]()

    def _compare(self, measured: RunBenchmark, candidate: ModelOutputs, judge: TrainingJudge) -> Details:
        assert measured.baseline is not None
        key = judge_and_store(
            self._run.store, measured.judge, measured.benchmark, candidate, measured.baseline, measured.about
        )
        found = _overall(self._run.store.metrics(key))
        details: Details = {"evaluation": key, "win_rate": found["win_rate"]}
        if judge.id != measured.judge_id:
            details["train_judge_win_rate"] = self._by_training_judge(measured, candidate, judge)
        return details

    def _by_training_judge(self, measured: RunBenchmark, candidate: ModelOutputs, judge: TrainingJudge) -> float | None:
        """The win rate that the training judge sees: rising above the evaluation judge's, it is being gamed."""
        assert measured.baseline is not None
        ours, theirs = ([text or None for text in side.responses] for side in (candidate, measured.baseline))
        with self._run.busy():
            found = judge.against(
                self._run.store, measured.benchmark.prompts, ours, theirs, "the training judge's view"
            )
            judge.close()
        seen = [value for value in found if value is not None]
        return sum(seen) / len(seen) if seen else None

    def _tasks(self, arm: Arm, model: Model) -> Details:
        from tpobench.benchmarks.lm_eval.tasks import TaskOptions, run_tasks

        asked = self._run.config.evaluation.lm_eval
        assert asked is not None
        options = TaskOptions(
            limit=asked.limit,
            num_fewshot=asked.num_fewshot,
            max_new_tokens=asked.max_new_tokens,
            seed=self._run.config.seed,
            format_retries=self._run.config.evaluation.format_retries,
            include_path=None,
            data=None if asked.data is None else Path(asked.data),
        )
        generator = self._run.generator(model)
        found = run_tasks(asked.tasks, generator, self._run.mode(arm), self._run.store, self._run.reporter, options)
        return {"evaluations": {result.task: result.evaluation for result in found}}

    def _decide(self, evaluation: str, thought: ModelOutputs, direct: ModelOutputs) -> Details:
        store, policy = self._run.store, self._run.config.gate
        case = stored_input(
            store, policy, stored_evaluation_named(store, evaluation), thought.model.name, direct.model.name
        )
        decision, key = keep_decision(store, policy, case, self._run.reporter.say, self._run.key)
        return {"gate_decision": key, "decision": decision.outcome}

    def _say(self, name: str, details: Details) -> None:
        found = {m.name: m for m in self._run.store.metrics(details["evaluation"]) if m.category is None}
        wins, parse_errors = found["win_rate"], found["parse_error_rate"].value or 0.0
        score = found.get("mean_score")
        scored = "" if score is None else f"  mean score {score.value:.3f} ({score.low:.3f}, {score.high:.3f})"
        self._run.reporter.say(
            f"[bold]{name.partition('/')[2]}[/]{scored}  win rate {wins.value:.1%} ({wins.low:.1%}, {wins.high:.1%})  "
            f"parsed {1 - parse_errors:.0%}"
        )


def _overall(metrics: Sequence[Metric]) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in metrics if metric.category is None}
