"""The command that tells what an evaluation or a gate would take: plan."""

from pathlib import Path
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
from tpobench.cli.options.without_effect import refuse_all_but, refuse_idle

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec


@app.command(cls=BenchmarkCommand)
@may_wait
@from_groups(spec=evaluation_options, api=api_options)
def plan(
    *,
    context: typer.Context,
    spec: "EvaluationSpec",
    policy: Annotated[
        Path | None,
        typer.Option(help="Plan a gate with this policy; only --prices, --store, --wait and --json go with it."),
    ] = None,
    api: Api,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Estimate what an eval or a gate would cost.

    Nothing is sampled or judged. With the options of `eval`: prompts, calls, tokens, dollars, minutes, and the smallest
    difference that the evaluation could detect; for lm-eval's tasks, the number of requests. With --policy: what a gate
    would cost if the candidate is better, equal or worse.

    Example: tpobench plan --model my-model@http://127.0.0.1:8000/v1 --benchmark alpaca_eval --data official-files/

    Example: tpobench plan --policy policy.yaml
    """
    from contextlib import ExitStack

    from tpobench.harness.evaluation.plan import plan_for
    from tpobench.harness.evaluation.registry import self_scored_run_of
    from tpobench.harness.gate.plan import plan_policy
    from tpobench.harness.gate.policy_file import load_policy
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.gate_plan import policy_plan_lines
    from tpobench.reports.formats.terminal.plan import plan_lines

    if policy is not None:
        refuse_all_but(context, ("policy", "prices", "store", "wait", "as_json"), "with --policy")
    with ExitStack() as stack:
        opened = stack.enter_context(Store(store, read_only=True)) if store.exists() else None
        if policy is not None:
            gate_plan = plan_policy(load_policy(policy), api.budget.prices, opened)
            data, lines = gate_plan.as_json(), policy_plan_lines(gate_plan)
        else:
            refuse_idle(context, idle.of_evaluation(spec, context.params["benchmark"]))
            if (own := self_scored_run_of(spec.benchmark.name)) is None:
                estimate = plan_for(spec, api.budget.prices, api.limits, opened)
                data, lines = estimate.as_json(), plan_lines(estimate)
            else:
                quiet_libraries()
                own_plan = own.plan(opened, spec, api.concurrency, Progress(quiet=as_json))
                data, lines = own_plan.as_json(), own_plan.lines()
    if as_json:
        print_json(data)
    else:
        print("\n".join(lines))
