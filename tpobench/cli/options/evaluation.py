"""The options of every command that compares a model with a baseline."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.options.model import BaseOption, ModelOption, ModeOption, SeedOption, TemperatureOption
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec

BenchmarkOption = Annotated[str, typer.Option(help="One of those below, or a prompt file *.jsonl.")]
DataOption = Annotated[
    Path | None, typer.Option(help="Folder with the benchmark's official files, instead of the hub.")
]
JudgeOption = Annotated[
    str | None,
    typer.Option(
        help="One of those below, for example reward:MODEL, or MODULE:FUNCTION; default: the benchmark's own."
    ),
]
MetricOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A function of yours that scores each response: FILE.py:FUNCTION or MODULE:FUNCTION; may be repeated. "
        "Without --judge no judge is asked."
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        min=1, help="Use a sample of N prompts, every category in proportion; of lm-eval tasks the first N items."
    ),
]


def evaluation_options(
    model: ModelOption = "",
    base: BaseOption = None,
    benchmark: BenchmarkOption = DEFAULT_BENCHMARK,
    split: Annotated[str, typer.Option(help="For benchmarks with splits: training, validation or test.")] = "test",
    data: DataOption = None,
    mode: ModeOption = "direct",
    judge: JudgeOption = None,
    metric: MetricOption = None,
    judge_model: Annotated[
        str | None, typer.Option(help="NAME, or NAME@http://HOST:PORT/v1; default: the judge's own.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="A model, outputs (*.json), or one of the benchmark's own by name; default: its first."),
    ] = None,
    orders: Annotated[
        str | None, typer.Option(help="one or both: the orders in which the two responses are shown.")
    ] = None,
    limit: LimitOption = None,
    per_category: Annotated[
        int, typer.Option(min=1, help="For benchmarks that choose prompts by category: how many of each.")
    ] = 500,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Longest output, in tokens.")] = None,
    temperature: TemperatureOption = 0.8,
    format_retries: Annotated[
        int, typer.Option(min=0, help="How often an output without a response is sampled again.")
    ] = 2,
    retry_missing: Annotated[
        bool, typer.Option("--retry-missing", help="Ask again where a verdict is missing, or a prompt was refused.")
    ] = False,
    seed: SeedOption = 0,
) -> "EvaluationSpec":
    """The option group: its parameters become options of the command, which gets an `EvaluationSpec`."""
    from tpobench.harness.evaluation.registry import benchmark_named
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.records import SamplingParams

    _require_named({"--judge": judge, "--judge-model": judge_model, "--baseline": baseline})
    _require_orders(orders)
    answering_mode = mode_named(mode)
    measured = benchmark_named(benchmark, split, data, per_category)
    params = SamplingParams(
        temperature=temperature, max_new_tokens=max_new_tokens or measured.max_new_tokens, seed=seed
    )
    return EvaluationSpec(
        benchmark=measured,
        candidate=model,
        mode=answering_mode,
        judge=judge,
        judge_model=judge_model,
        metrics=tuple(metric or ()),
        baseline=baseline,
        orders=orders,
        limit=limit,
        params=params,
        format_retries=format_retries,
        retry_missing=retry_missing,
        data=data,
        limits_tokens=max_new_tokens is not None,
    )


def _require_named(values: Mapping[str, str | None]) -> None:
    """Raises UserError for an empty value: a variable of a script that is not set must not choose the default."""
    from tpobench.harness.errors import UserError

    for option, value in values.items():
        if value is not None and not value.strip():
            raise UserError(f"{option} is empty; name what it stands for, or leave it out")


def _require_orders(orders: str | None) -> None:
    from tpobench.harness.errors import UserError

    if orders not in (None, "one", "both"):
        raise UserError(f"--orders is one or both, not {orders!r}")
