"""The steps of a run, in order: what `tpobench status` lists, `--dry-run` counts, and the loop works through.

Raising `iterations` or adding an arm adds steps; those that are done keep their names.
"""

from collections.abc import Iterator
from typing import Any

from tpobench.harness.store.step_details import (
    EvaluateDetails,
    GateDetails,
    HeadToHeadDetails,
    InstructionsDetails,
    PairDetails,
    SampleDetails,
    ScoreDetails,
    SeedDetails,
    SelectDetails,
    TasksDetails,
    TrainDetails,
    WarmStartDetails,
)
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.config import RunConfig


def planned_steps(config: RunConfig) -> list[Step[Any]]:
    """Every step, in the order of the loop. Iteration 0 is the state after the warm start; without one the seed stands
    in its place."""
    steps: list[Step[Any]] = [Step(InstructionsDetails, iteration=config.iterations), Step(SeedDetails)]
    steps += _measurements(config, "direct", None)
    if "thought" in config.arms:
        steps += _measurements(config, "thought", None)
    if config.warm_start is not None:
        steps += [Step(WarmStartDetails, arm) for arm in config.arms]
    for iteration in range(first_evaluated(config), config.iterations + 1):
        for arm in config.arms:
            if iteration:
                steps += _training(config, arm, iteration)
            steps += _measurements(config, arm, iteration)
        if len(config.arms) == 2:
            steps.append(Step(HeadToHeadDetails, iteration=iteration))
            if iteration:
                steps.append(Step(GateDetails, iteration=iteration))
    return steps


def first_evaluated(config: RunConfig) -> int:
    """The first iteration that has models of its own."""
    return 1 if config.warm_start is None else 0


def evaluation_step(config: RunConfig, arm: Arm, iteration: int | None, benchmark: int) -> Step[EvaluateDetails]:
    """The step that measures an arm after an iteration (None: the seed) on the benchmark of this number."""
    name = "" if benchmark == 0 else config.evaluation.benchmarks[benchmark].name
    return Step(EvaluateDetails, arm, iteration, name)


def _measurements(config: RunConfig, arm: Arm, iteration: int | None) -> Iterator[Step[Any]]:
    for number in range(len(config.evaluation.benchmarks)):
        yield evaluation_step(config, arm, iteration, number)
    if config.evaluation.lm_eval:
        yield Step(TasksDetails, arm, iteration)


def _training(config: RunConfig, arm: Arm, iteration: int) -> Iterator[Step[Any]]:
    for of in (SampleDetails, ScoreDetails, PairDetails, TrainDetails):
        yield Step(of, arm, iteration)
    if config.training.epochs > 1:
        yield Step(SelectDetails, arm, iteration)
