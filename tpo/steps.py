"""The steps of a run, in order: what `tpobench status` lists, `--dry-run` counts, and the loop works through.

A step's name says what and where: ``sample/thought/2``. Raising `iterations` or adding an arm adds steps; those that
are done keep their names.
"""

from tpobench.tpo.config import Arm, RunConfig


def planned(config: RunConfig) -> list[str]:
    """Every step's name. Iteration 0 is the state after the warm start; without one the seed stands in its place."""
    steps = [f"instructions/{config.iterations}", "seed"]
    steps += _measured(config, "seed", "direct")
    if "thought" in config.arms:
        steps += _measured(config, "seed", "thought")
    if config.warm_start is not None:
        steps += [f"warm_start/{arm}" for arm in config.arms]
    for iteration in range(first_evaluated(config), config.iterations + 1):
        for arm in config.arms:
            if iteration:
                steps += [f"{kind}/{arm}/{iteration}" for kind in _iteration_steps(config)]
            steps += _measured(config, arm, iteration)
        if len(config.arms) == 2:
            steps.append(f"head_to_head/{iteration}")
            if iteration:
                steps.append(f"gate/{iteration}")
    return steps


def first_evaluated(config: RunConfig) -> int:
    """The first iteration that has models of its own."""
    return 1 if config.warm_start is None else 0


def evaluation_step(config: RunConfig, place: str, benchmark: int) -> str:
    """The step that measures a place, ``thought/2`` or ``seed/direct``, on the benchmark of this number."""
    name = f"evaluate/{place}"
    return name if benchmark == 0 else f"{name}/{config.evaluation.benchmarks[benchmark].name}"


def _measured(config: RunConfig, first: Arm | str, second: Arm | int | str) -> list[str]:
    place = f"{first}/{second}"
    steps = [evaluation_step(config, place, number) for number in range(len(config.evaluation.benchmarks))]
    return steps + ([f"lm_eval/{place}"] if config.evaluation.lm_eval else [])


def _iteration_steps(config: RunConfig) -> tuple[str, ...]:
    chosen = ("select",) if config.training.epochs > 1 else ()
    return ("sample", "score", "pairs", "train", *chosen)
