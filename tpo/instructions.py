"""The step `instructions`: before the first token, every iteration's prompts, or a reason why they do not suffice."""

from collections.abc import Sequence
from dataclasses import replace

from tpobench.harness.errors import UserError
from tpobench.harness.models.resolve import resolve_model
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.store.step_details import InstructionsDetails
from tpobench.harness.store.steps import Step, run_steps
from tpobench.tpo.config import RunConfig, SourceConfig
from tpobench.tpo.evaluation_specs import RunBenchmark
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.prompts.allotment import Allotment, Pool, allot
from tpobench.tpo.prompts.demands import with_demands
from tpobench.tpo.prompts.sources import prompts_of
from tpobench.tpo.prompts.synthetic import seed_prompts, synthetic_prompts
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.warm_start import warm_start_prompts


def allotted_instructions(run: TrainingRun, judge: TrainingJudge, measured: Sequence[RunBenchmark]) -> Allotment:
    """Every iteration's prompts and the held-out ones; the step `instructions` is done afterwards.

    Args:
        run: whose configuration names the sources.
        judge: scores the samples, and has to be able to.
        measured: the benchmarks, whose prompts are not trained on.

    Raises:
        UserError: when the prompts do not suffice, when the judge cannot score them, and when the sources have changed
            since the run began.
    """
    config = run.config
    pools = [Pool(s.source, s.weight, _pool(run, s), s.demands) for s in config.instructions.sources]
    benchmarks = {entry.name: entry.prompts for entry in measured}
    warm = [] if config.warm_start is None else warm_start_prompts(config.warm_start.examples, config.warm_start.file)
    allotted = allot(
        pools=pools,
        validation=_held_out(config),
        measured=benchmarks,
        warm_start=warm,
        iterations=config.iterations,
        per_iteration=config.instructions.per_iteration,
        seed=config.seed,
        near_duplicates=config.instructions.near_duplicates,
    )
    if demands := config.selection.source.demands:
        allotted = replace(allotted, validation=with_demands(allotted.validation, demands, config.seed))
    judge.require([*(prompt for part in allotted.iterations for prompt in part), *allotted.validation])
    _require_same_prompts(run, allotted)
    details = run.step(Step(InstructionsDetails, iteration=config.iterations), lambda: _details(allotted))
    removed = ", ".join(f"{number} {reason}" for reason, number in details.removed.items()) or "none"
    run.progress.say(
        f"instructions  {config.iterations} x {config.instructions.per_iteration} fresh prompts of "
        f"{details.available:,}; removed: {removed}"
    )
    return allotted


def _pool(run: TrainingRun, source: SourceConfig) -> list[Prompt]:
    if source.source.startswith("synthetic:"):
        assert source.model is not None
        writer = resolve_model(source.model)
        run.store.add_model(writer, "given")
        near = run.config.instructions.near_duplicates
        return synthetic_prompts(source, run.held.outputs_of(writer), seed_prompts(source), near, run.config.seed)
    return prompts_of(source, "training")


def _held_out(config: RunConfig) -> list[Prompt]:
    if config.training.epochs == 1:
        return []  # there is no epoch to choose
    return prompts_of(config.selection.source, "validation")[: config.selection.prompts]


def _details(allotted: Allotment) -> InstructionsDetails:
    return InstructionsDetails(
        iterations=_keys(allotted),
        removed=dict(allotted.removed),
        available=allotted.available,
        validation=len(allotted.validation),
    )


def _keys(allotted: Allotment) -> list[str]:
    return [content_key([prompt.key for prompt in part]) for part in allotted.iterations]


def _require_same_prompts(run: TrainingRun, allotted: Allotment) -> None:
    """A run must continue with the prompts that it began with."""
    now = _keys(allotted)
    for earlier in run_steps(run.store, run.key):
        if isinstance(earlier.details, InstructionsDetails):
            then = earlier.details.iterations
            if now[: len(then)] != then[: len(now)]:
                raise UserError(
                    "the instruction sources have changed since this run began, so that iterations would get other "
                    "prompts; restore them, or start another run under another name"
                )
