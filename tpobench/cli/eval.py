"""The command that measures a model on a benchmark: eval."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.evaluation import evaluation_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.registered import BenchmarkCommand
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tpobench.harness.evaluation.own_metrics import NamedScorer
    from tpobench.harness.evaluation.self_scored_run import SelfScoredRun
    from tpobench.harness.evaluation.spec import EvaluationSpec


@app.command("eval", cls=BenchmarkCommand)
@may_wait
@from_groups(spec=evaluation_options, api=api_options)
def evaluate(
    *,
    context: typer.Context,
    spec: "EvaluationSpec",
    api: Api,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Measure a model against a baseline on a benchmark.

    Prints the win rate, overall and by category, with intervals. The model is a folder, a hub id, an endpoint
    (NAME@http://...), or finished outputs (model_outputs.json). What is stored already is neither sampled nor judged
    again, so an interrupted eval continues where it stopped.

    --metric scores each response by a function of yours, def name(prompt, response). Without --judge nothing else is
    measured; with --baseline the difference is printed too.

    Example: tpobench eval --model my-model@http://127.0.0.1:8000/v1 --benchmark alpaca_eval --data official-files/

    Example: tpobench eval --model my-model --benchmark prompts.jsonl --metric my_metrics.py:brevity
    """
    quiet_libraries()
    from tpobench.harness.evaluation.own_metrics import metric_scorers
    from tpobench.harness.evaluation.registry import self_scored_run_of
    from tpobench.harness.progress import Progress

    spec = replace(spec, served_models=api.served_models)
    refuse_idle(context, idle.of_evaluation(spec, context.params["benchmark"]))
    own = self_scored_run_of(spec.benchmark.name)
    if own is not None:
        _run_by_itself(own, spec, api, store, as_json)
        return
    scorers = metric_scorers(spec, Progress(quiet=as_json))
    measure = _measure_judged if spec.is_judged else _measure_alone
    measure(spec, scorers, api, store, as_json)


def _measure_judged(
    spec: "EvaluationSpec", scorers: "Sequence[NamedScorer]", api: Api, store: Path, as_json: bool
) -> None:
    """A judge's figures, and metrics beside it."""
    from tpobench.harness.errors import UserError
    from tpobench.harness.evaluation.judged_rates import figures_of, is_invalid
    from tpobench.harness.evaluation.own_metrics import measure_metrics
    from tpobench.harness.evaluation.run import run_evaluation
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.evaluations import evaluation_with_key
    from tpobench.harness.store.judgments import missing_causes
    from tpobench.harness.store.refusals import gave_verdicts, refused_prompts
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.evaluation import cause_words, gap_lines, print_metrics, retry_words
    from tpobench.reports.formats.terminal.own_metrics import print_own_metrics

    progress = Progress(quiet=as_json)
    with Store(store) as opened:
        key = run_evaluation(opened, spec, api.connect, progress)
        results = measure_metrics(opened, spec, scorers, api.connect, progress) if scorers else []
        evaluation, causes = evaluation_with_key(opened, key), missing_causes(opened, key)
        refused, is_judged = refused_prompts(opened, key), gave_verdicts(opened, key)
        metrics, rates = figures_of(opened, key)
    missing = rates[None].missing
    if as_json:
        print_json(
            {
                "evaluation": key,
                "benchmark": evaluation.benchmark,
                "judge": evaluation.judge,
                "about": evaluation.about,
                "metrics": [vars(metric) | {"invalid": is_invalid(metric, rates)} for metric in metrics],
                "missing": vars(missing) | {"invalid": missing.is_invalid, "causes": [vars(cause) for cause in causes]},
                "refused": [vars(prompts) for prompts in refused],
                "own_metrics": [result.as_json() for result in results],
                "spent": api.spent(),
            }
        )
    else:
        about = evaluation.about
        rows = about.get("rows")
        of = f"{missing.of} prompts" if rows in (None, missing.of) else f"{missing.of} of {rows} prompts"
        print(f"{spec.candidate} ({spec.mode.name}) against {about['baseline']} on {evaluation.benchmark}, {of}")
        print(f"judge     {about['judge_label']}")
        if about["not_comparable"]:
            print(f"note      not comparable with published figures: {'; '.join(about['not_comparable'])}")
        print_metrics(evaluation.benchmark, metrics, rates)
        print_own_metrics(spec.candidate, results)
        for line in gap_lines(rates, causes, refused):
            print(line)
        if api.budget.calls:
            print(f"calls     {api.spent_line()}")
    if causes and not is_judged:
        raise UserError(
            f"{evaluation.about['judge_label']} gave no verdict on any of the {missing.missing} prompts of "
            f"{evaluation.benchmark}: {cause_words(causes[0])}; once that is fixed, {retry_words(causes)}"
        )


def _measure_alone(
    spec: "EvaluationSpec", scorers: "Sequence[NamedScorer]", api: Api, store: Path, as_json: bool
) -> None:
    """Metrics without a judge."""
    from tpobench.harness.evaluation.own_metrics import measure_metrics
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.own_metrics import print_own_metrics

    benchmark = spec.measured_benchmark
    with Store(store) as opened:
        results = measure_metrics(opened, spec, scorers, api.connect, Progress(quiet=as_json))
    if as_json:
        own = [result.as_json() for result in results]
        print_json({"benchmark": benchmark.name, "own_metrics": own, "spent": api.spent()})
        return
    print(f"{spec.candidate} ({spec.mode.name}) on {benchmark.name}, {len(benchmark.prompts)} prompts, no judge")
    print_own_metrics(spec.candidate, results)
    if api.budget.calls:
        print(f"calls     {api.spent_line()}")


def _run_by_itself(own: "SelfScoredRun", spec: "EvaluationSpec", api: Api, store: Path, as_json: bool) -> None:
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.progress import Progress
    from tpobench.harness.samplers.cached import OutputCache
    from tpobench.harness.samplers.choose import sampler_for
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.evaluation import print_metrics

    progress = Progress(quiet=as_json)
    model, load = resolve_model(spec.candidate), sampler_for(api.connect)
    with Store(store) as opened, OutputCache(opened, model, load, progress) as outputs:
        results = own.run(opened, spec, outputs, progress)
    if as_json:
        print_json([result.as_json() for result in results])
        return
    for result in results:
        print(f"{spec.candidate} ({spec.mode.name}) on {result.title}")
        print_metrics(spec.benchmark.name, result.metrics)
