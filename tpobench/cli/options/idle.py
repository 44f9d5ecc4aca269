"""Which options change nothing, given the others: one list for each kind of command.

A promise such as ``--offline`` or a bound such as ``--limit`` has its effect also where nothing would have broken it.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tpobench.cli.options.without_effect import Idle

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.gate.policy import Policy

API = frozenset({"concurrency", "rpm", "tpm", "timeout", "budget_calls", "budget_usd", "prices", "served_model"})
"""The options of `api_options`."""

SAMPLING = frozenset({"temperature", "seed", "max_new_tokens", "format_retries"})
"""The options of an evaluation that say how outputs are sampled."""


def of_evaluation(spec: "EvaluationSpec", benchmark: str) -> Iterator[Idle]:
    """Of the commands that measure, plan or check an evaluation.

    Args:
        spec: What is asked for.
        benchmark: As the user typed it.

    Yields:
        Options without effect. Those of a benchmark come first, and a judge is made only after them.

    Raises:
        UserError: There is no such judge, or it cannot judge the benchmark's prompts.
    """
    from tpobench.harness.api.endpoints import is_endpoint
    from tpobench.harness.evaluation.judging import judge_for
    from tpobench.harness.evaluation.output_sources import sampled_models
    from tpobench.harness.evaluation.registry import self_scored_run_of, unused_options
    from tpobench.harness.progress import Progress

    yield unused_options(spec.benchmark.name, spec.judge), f"with --benchmark {benchmark}"
    yield from of_base([spec.candidate, spec.baseline or ""])
    if self_scored_run_of(spec.benchmark.name) is not None:
        yield from of_calls(is_endpoint(spec.candidate), f"and {benchmark} asks no judge")
        return
    candidate, baseline = sampled_models(spec)
    if candidate is None:
        yield ["mode"], f"with --model {spec.candidate}, whose answers are there already"
    sampled = [name for name in (candidate, baseline) if name is not None]
    if not sampled:
        yield SAMPLING, "where the answers of both sides are there already"
    elif not any(map(is_endpoint, sampled)):
        yield from of_greedy(spec.params.temperature, ["seed"])
    if not spec.is_judged:
        yield ["orders"], "with --metric and without --judge, where nothing is compared"
        yield from of_calls(any(map(is_endpoint, sampled)))
        return
    judge = judge_for(spec, None, Progress(quiet=True))
    if judge.free:
        if not any(map(is_endpoint, sampled)):  # whose refused prompts are asked for again
            yield ["retry_missing"], f"with {judge.label}, which always gives a verdict"
        if all(len(judge.orders(prompt, both=True)) == 1 for prompt in spec.benchmark.prompts[:1]):
            yield ["orders"], f"with {judge.label}, which scores each response by itself"
        yield from of_calls(any(map(is_endpoint, sampled)), f"and {judge.label} asks no model")


def of_calls(asks_server: bool, beside: str = "") -> Iterator[Idle]:
    """The options about calls, where no server is asked; `beside` says what else there is to ask."""
    if not asks_server:
        yield API, " ".join(filter(None, ["where no server answers (NAME@http://...)", beside]))


def of_greedy(temperature: float, names: list[str]) -> Iterator[Idle]:
    """The options about chance, where a model in this process samples without any."""
    if temperature == 0:
        yield names, "with --temperature 0, which always takes the likeliest token"


def of_gate(policy: "Policy", given: dict[str, Any]) -> Iterator[Idle]:
    """Of `tpobench gate`, whose parameters are `given`."""
    from tpobench.harness.store.runs import CHECKPOINT

    yield from of_base([given["candidate"], given["against"]])
    if not given["promote"]:
        yield ["why"], "without --promote"
        if not any(rules.champion is not None for rules in policy.parts.values()):
            yield ["alias"], "without --promote and without a rule on the champion in the policy"
    if not any(CHECKPOINT.fullmatch(given[side]) for side in ("candidate", "against")):
        yield ["run"], "without a checkpoint of a run, such as --candidate thought/1"
    if given["offline"]:
        yield API | {"retry_missing"}, "with --offline"
    if all(rules.evaluate is None for rules in policy.parts.values()):
        yield API | {"retry_missing"}, "with a policy without 'evaluate', for which nobody is asked"


def of_base(models: Iterable[str]) -> Iterator[Idle]:
    """Of the commands that load these models."""
    from tpobench.harness.models.parts import takes_base

    if not any(takes_base(model) for model in models if model):
        yield ["base"], "where no model is a LoRA folder"


def of_sampling(model: str, temperature: float, chance: list[str]) -> Iterator[Idle]:
    """Of the commands that sample one model; `chance` are the options about chance."""
    from tpobench.harness.api.endpoints import is_endpoint

    yield from of_base([model])
    yield from of_calls(is_endpoint(model))
    if not is_endpoint(model):
        yield from of_greedy(temperature, chance)


def of_chat(model: str, temperature: float) -> Iterator[Idle]:
    """Of `tpobench chat`. Reasoning models think in any mode, so thoughts can always be shown."""
    yield from of_sampling(model, temperature, ["seed"])
    yield ["concurrency"], "with chat, which asks one question"


def of_comparison(a: str, b: str) -> Iterator[Idle]:
    """Of `tpobench compare`."""
    from tpobench.harness.store.runs import CHECKPOINT

    if not any(map(CHECKPOINT.fullmatch, (a, b))):
        yield ["run"], "without a checkpoint of a run, such as thought/1"


def of_leaderboard(given: dict[str, Any]) -> Iterator[Idle]:
    """Of `tpobench leaderboard`; as JSON it holds all figures and the categories in any case."""
    if given["as_json"]:
        return
    if given["by_category"]:
        yield ["published"], "with --by-category, which shows win rates alone"
    else:
        yield ["categories"], "without --by-category"


def of_report(given: dict[str, Any]) -> Iterator[Idle]:
    """Of `tpobench report`."""
    if given["store"] is not None:
        yield ["folder"], "with --store, which names the store itself"
    if given["compare"] is not None:
        yield ["published", "paper_curve"], "with --compare"
    if given["models"]:
        yield ["paper_curve"], "with --models; it goes with the report of a run"
