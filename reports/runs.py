"""What a report shows of one run: its steps with what they left behind, and what was measured. Whatever the run has not
done is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.records import Metric
from tpobench.harness.store.evaluations import evaluations_with_keys
from tpobench.harness.store.gates import decision_with_key
from tpobench.harness.store.models import StoredModel, models_with_fingerprints
from tpobench.harness.store.runs import run_with_key
from tpobench.harness.store.step_details import (
    EvaluateDetails,
    GateDetails,
    HeadToHeadDetails,
    JobDetails,
    PairDetails,
    SampleDetails,
    SeedDetails,
    SelectDetails,
    TasksDetails,
    TrainDetails,
)
from tpobench.harness.store.steps import ARMS, Arm, D, FinishedStep, Step, run_steps
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation, read_evaluations

_NUMBERED = (EvaluateDetails, SampleDetails, PairDetails, TrainDetails, HeadToHeadDetails)
"""Steps of these kinds make an iteration one of the report's."""


@dataclass(frozen=True, kw_only=True)
class RunGate:
    """The gate's decision on an iteration, and its rules: mappings with ``rule``, ``outcome`` and ``sentence``.

    Attributes:
        iteration: The iteration that was decided on; None when the step does not say.
        guarded: The categories that the policy guards: all where it is empty, none where it is None.
    """

    decision: str
    rules: tuple[Mapping[str, str], ...]
    iteration: int | None
    guarded: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as far as it has come.

    Attributes:
        started: To the minute.
        steps: The finished ones, in the order in which they finished.
        evaluations: By the step that made them: ``evaluate`` and ``head_to_head``.
        tasks: The figures of tasks by the step that measured them, and by ``task, figure``.
        models: What its steps made, in this order.
    """

    key: str
    name: str
    started: str
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    steps: tuple[FinishedStep[Any], ...]
    evaluations: Mapping[Step[Any], Evaluation]
    tasks: Mapping[Step[TasksDetails], Mapping[str, Metric]]
    models: tuple[StoredModel, ...]
    gate: RunGate | None

    def details(self, step: Step[D]) -> D | None:
        """What this step left behind; None when it has not finished."""
        return next((finished.details for finished in self.steps if finished.step == step), None)

    def measured(self, arm: Arm, iteration: int | None) -> dict[str, Evaluation]:
        """By benchmark, the evaluations of an arm after an iteration; None is the seed in the arm's mode."""
        return {
            evaluation.benchmark: evaluation
            for step, evaluation in self.evaluations.items()
            if step.of is EvaluateDetails and (step.arm, step.iteration) == (arm, iteration)
        }

    def evaluation(self, arm: Arm, iteration: int | None) -> Evaluation | None:
        """That on the first benchmark."""
        return self.evaluations.get(Step(EvaluateDetails, arm, iteration))

    def head_to_head(self, iteration: int) -> Evaluation | None:
        """Thought against direct after an iteration."""
        return self.evaluations.get(Step(HeadToHeadDetails, iteration=iteration))

    @cached_property
    def iterations(self) -> tuple[int, ...]:
        """Every iteration with at least one finished step, 0 (after the warm start) included."""
        steps = [finished.step for finished in self.steps if finished.step.of in _NUMBERED]
        return tuple(sorted({step.iteration for step in steps if step.iteration is not None}))

    @property
    def on_benchmarks(self) -> dict[Step[EvaluateDetails], Evaluation]:
        """The evaluations against the benchmarks' baselines, without the head-to-heads."""
        return {step: evaluation for step, evaluation in self.evaluations.items() if step.of is EvaluateDetails}

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """In the order of the configuration, as far as they were measured; the first one decides."""
        return tuple(dict.fromkeys(evaluation.benchmark for evaluation in self.on_benchmarks.values()))

    @property
    def first(self) -> Evaluation | None:
        """Any evaluation on the first benchmark; None before there is one."""
        return next(iter(self.on_benchmarks.values()), None)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Those that the run trains."""
        return tuple(self.config.get("arms") or ARMS)

    @property
    def has_same_judge(self) -> bool:
        """Whether the judge that trained evaluates, too."""
        return bool(self.provenance.get("same_judge"))

    @property
    def last_evaluated(self) -> int | None:
        """The last iteration with any evaluation on the first benchmark; None before the first."""
        evaluated = [i for i in self.iterations if self.head_to_head(i) or self.arms_after(i)]
        return max(evaluated, default=None)

    def arms_after(self, iteration: int) -> dict[Arm, Evaluation]:
        """The evaluations of both arms on the first benchmark after an iteration, as far as they are there."""
        return {arm: evaluation for arm in ARMS if (evaluation := self.evaluation(arm, iteration)) is not None}


def iteration_name(iteration: int) -> str:
    """What people call an iteration: ``iteration 2``; 0 is the warm start."""
    return "warm start" if iteration == 0 else f"iteration {iteration}"


def read_run(store: Store, key: str) -> Run:
    """Everything but the texts of one run.

    Args:
        store: The store that holds it.
        key: The run's key; see `run_named`.

    Raises:
        UserError: The store does not hold it, or holds steps that this version cannot read.
    """
    run = run_with_key(store, key)
    steps = run_steps(store, key)
    keys = {
        finished.step: finished.details.evaluation
        for finished in steps
        if isinstance(finished.details, EvaluateDetails | HeadToHeadDetails)
    }
    evaluations = read_evaluations(store, list(keys.values()))
    return Run(
        key=key,
        name=run.name,
        started=f"{run.started:%Y-%m-%d %H:%M}",
        config=run.config,
        provenance=run.provenance,
        steps=tuple(steps),
        evaluations={step: evaluations[key] for step, key in keys.items() if key in evaluations},
        tasks=_tasks(store, steps),
        models=_models(store, steps),
        gate=_gate(store, steps),
    )


def _tasks(store: Store, steps: Sequence[FinishedStep[Any]]) -> dict[Step[TasksDetails], dict[str, Metric]]:
    keys = {
        (finished.step, task): key
        for finished in steps
        if isinstance(finished.details, TasksDetails)
        for task, key in finished.details.evaluations.items()
    }
    evaluations = evaluations_with_keys(store, list(keys.values()))
    metrics = {
        key: {metric.name: metric for metric in measured}
        for key, measured in store.metrics_of(list(evaluations)).items()
    }
    tasks: dict[Step[TasksDetails], dict[str, Metric]] = {}
    for (step, task), key in keys.items():
        if key in evaluations:
            for name, title in figure_titles(evaluations[key].benchmark, list(metrics[key])):
                tasks.setdefault(step, {})[f"{task}, {title}"] = metrics[key][name]
    return tasks


def _models(store: Store, steps: Sequence[FinishedStep[Any]]) -> tuple[StoredModel, ...]:
    makers = (SeedDetails, JobDetails, SelectDetails)
    made = [finished.details.model for finished in steps if isinstance(finished.details, makers)]
    return tuple(models_with_fingerprints(store, list(dict.fromkeys(filter(None, made)))).values())


def _gate(store: Store, steps: Sequence[FinishedStep[Any]]) -> RunGate | None:
    """The latest iteration's decision."""
    decided = [finished for finished in steps if isinstance(finished.details, GateDetails)]
    if not decided:
        return None
    last = max(decided, key=lambda finished: finished.step.iteration or 0)
    decision = decision_with_key(store, last.details.gate_decision)
    if decision is None:
        return None
    guards = decision.policy.get("categories")
    return RunGate(
        decision=decision.decision,
        rules=decision.rules,
        iteration=last.step.iteration,
        guarded=None if guards is None else tuple(guards.get("only") or ()),
    )
