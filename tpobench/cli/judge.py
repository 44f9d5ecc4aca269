"""The command about judges: judge check."""

from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import DEFAULT_STORE, JsonOption, StoreOption, app, print_json, quiet_libraries
from tpobench.cli.options import takes
from tpobench.cli.options_api import Api, api_options
from tpobench.cli.options_evaluation import contest_options

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec


judge_app = typer.Typer(help="May this judge decide?", no_args_is_help=True, rich_markup_mode=None)

app.add_typer(judge_app, name="judge")


@judge_app.command("check")
@takes(contest=contest_options, api=api_options)
def check(
    contest: "EvaluationSpec",
    api: Api,
    repeats: Annotated[int, typer.Option(min=1, help="How often each pair is judged in each order.")] = 2,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Flip rate between orders, share of missing verdicts, variance between repeats.

    Example: tpobench judge check --model a-model/ --benchmark alpaca_eval --limit 100 --judge-model gpt-4.1
    """
    quiet_libraries()
    from tpobench.harness.judges.check import check_judge
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    with Store(store) as opened:
        found = check_judge(opened, contest, api.connect, Progress(quiet=as_json), repeats)
    if as_json:
        print_json(found.as_json())
    else:
        print("\n".join(found.lines()))
