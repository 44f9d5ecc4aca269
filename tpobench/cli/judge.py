"""The command about judges: judge check."""

from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.evaluation import evaluation_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.registered import BenchmarkCommand
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle, refuse_options

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec


judge_app = typer.Typer(help="Check how consistent a judge is.", no_args_is_help=True, rich_markup_mode=None)

app.add_typer(judge_app, name="judge")


@judge_app.command("check", cls=BenchmarkCommand)
@may_wait
@from_groups(spec=evaluation_options, api=api_options)
def check(
    *,
    context: typer.Context,
    spec: "EvaluationSpec",
    repeats: Annotated[int, typer.Option(min=1, help="How often each pair is judged in each order.")] = 2,
    api: Api,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Measure how consistent a judge is.

    Prints how often the judge changes its mind when the two responses swap places, the share of missing verdicts, and
    the variance between repeated judgments.

    Example: tpobench judge check --model a-model/ --benchmark alpaca_eval --limit 100 --judge-model gpt-4.1
    """
    quiet_libraries()
    from tpobench.harness.evaluation.judge_consistency import check_judge
    from tpobench.harness.evaluation.registry import require_judged
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.judge_consistency import judge_consistency_lines

    require_judged(spec.benchmark.name)
    refuse_options(context, ["orders"], "with judge check, which judges in both orders")
    refuse_options(context, ["metric"], "with judge check, which looks at a judge alone")
    refuse_idle(context, idle.of_evaluation(spec, context.params["benchmark"]))
    with Store(store) as opened:
        consistency = check_judge(opened, spec, api.connect, Progress(quiet=as_json), repeats)
    if as_json:
        print_json(consistency.as_json())
    else:
        print("\n".join(judge_consistency_lines(consistency)))
