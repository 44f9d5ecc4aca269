"""What a run's configuration says and nothing in the run heeds is an error: whoever wrote it meant something by it."""

from collections.abc import Iterator

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import unused_options
from tpobench.tpo.config import BenchmarkConfig, RunConfig
from tpobench.tpo.estimate import asks_a_model


def require_effective(config: RunConfig) -> None:
    """Refuse what has no effect. A run that has begun is not asked: its settings are part of its key.

    Args:
        config: The run.

    Raises:
        UserError: A key has no effect; the sentence says beside what.
    """
    for key, beside in _idle(config):
        raise UserError(f"{key} has no effect {beside}; leave it out")


def _idle(config: RunConfig) -> Iterator[tuple[str, str]]:
    for number, entry in enumerate(config.evaluation.benchmarks):
        yield from _of_benchmark(f"evaluation.benchmarks[{number}]", entry)
    if "thought_mode" in config.model_fields_set and "thought" not in config.arms:
        yield "thought_mode", "without the arm 'thought'"
    if "nll_weight" in config.training.model_fields_set and config.training.loss != "irpo":
        yield "training.nll_weight", f"with the loss {config.training.loss}; it goes with irpo"
    if "api" in config.model_fields_set and not _calls_a_server(config):
        yield "api", "in a run that calls no server: its judges ask no model, and its samples are made in this process"


def _of_benchmark(where: str, entry: BenchmarkConfig) -> Iterator[tuple[str, str]]:
    for name in sorted(unused_options(entry.name, entry.judge) & entry.model_fields_set):
        yield f"{where}.{name}", f"with the benchmark {entry.name}"
    if entry.judge_model is not None and not asks_a_model(entry.model_copy(update={"judge_model": None})):
        yield f"{where}.judge_model", "with this judge, which asks no model; name one that does, such as judge: ste"


def _calls_a_server(config: RunConfig) -> bool:
    synthetic = any(source.model is not None for source in config.instructions.sources)
    judged = any(map(asks_a_model, config.evaluation.benchmarks))
    return synthetic or judged or config.judge.model is not None or config.serving is not None
