"""The command that decides: gate."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.gate_ledger import GateCommand
from tpobench.cli.gate_output import print_result, write_files
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.model import BaseOption
from tpobench.cli.options.output import JsonOption
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tpobench.harness.gate.champion import Champion


@app.command(cls=GateCommand)
@may_wait
@from_groups(api=api_options)
def gate(
    *,
    context: typer.Context,
    policy: Annotated[Path, typer.Argument(help="The policy, a YAML file.")],
    candidate: Annotated[
        str, typer.Option(help="A model (folder, hub id, NAME@http://..., *.json), or thought/1 of a run.")
    ],
    against: Annotated[str, typer.Option(help="The baseline, also a model; default: the benchmark's own.")] = "",
    base: BaseOption = None,
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Sample nothing and ask no judge.")] = False,
    retry_missing: Annotated[
        bool, typer.Option("--retry-missing", help="Ask again where a verdict is missing, or a prompt was refused.")
    ] = False,
    promote: Annotated[bool, typer.Option("--promote", help="On PASS the candidate becomes the champion.")] = False,
    why: Annotated[str, typer.Option(help="A reason, stored with the promotion.")] = "",
    alias: Annotated[
        Path | None, typer.Option("--file", help="The champion's file; default: champion.json beside the store.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML, a test case for each rule.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a Markdown summary.")] = None,
    api: Api,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Decide whether a checkpoint may be promoted.

    The exit code is the decision: 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 INVALID.

    If the policy has 'evaluate', missing outputs are sampled, and the judge is asked prompt by prompt in a fixed order
    until the decision is certain. If it has not, only what is in the store counts. The same policy on the same store
    decides the same and costs nothing.

    Example: tpobench gate policy.yaml --candidate checkpoints/new --against checkpoints/old --store results.duckdb

    Example: tpobench gate policy.yaml --candidate thought/1 --store tpobench-runs/quickstart/store.duckdb
    """
    from tpobench.harness.gate.champion import champion_file
    from tpobench.harness.gate.decision import EXIT_CODES
    from tpobench.harness.gate.input import GateRequest
    from tpobench.harness.gate.policy_file import load_policy
    from tpobench.harness.gate.run import champion_for, decide, promote_candidate, require_possible
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    quiet_libraries()
    rules, file = load_policy(policy), alias or champion_file(store)
    refuse_idle(context, idle.of_gate(rules, context.params))
    _require_outputs_apart(policy, store, [junit, markdown, file])
    request = GateRequest(candidate=candidate, against=against, run=run, offline=offline, retry_missing=retry_missing)
    require_possible(rules, request, store)
    said: list[str] = []
    failed: Exception | None = None
    with Store(store) as opened:
        seen = champion_for(rules, file, promotes=promote)
        request = replace(request, champion=seen, served_models=api.served_models)
        result = decide(opened, rules, request, api.connect, Progress(quiet=as_json))
        # Files and promotion before output: nobody may be reading that any more.
        write_files(result, junit=junit, markdown=markdown)
        if api.budget.calls and not as_json:
            said.append(f"calls     {api.spent_line()}")
        if promote and result.decision.outcome == "PASS":
            try:
                champion = promote_candidate(opened, rules, result, file, seen=seen, why=why)
                said.append(_promoted(champion, seen, file))
            except Exception as error:  # told below the decision
                failed = error
    print_result(result, as_json, said)
    if failed is not None:
        raise failed
    raise typer.Exit(EXIT_CODES[result.decision.outcome])


def _require_outputs_apart(policy: Path, store: Path, outputs: "Sequence[Path | None]") -> None:
    """Raises UserError, before anything is paid, where an output would take the place of what the gate reads."""
    from tpobench.harness.files import protect, require_no_input
    from tpobench.harness.store.opening import real_file, require_own_companions

    protect(policy, "the policy")
    require_own_companions(real_file(store))
    for output in filter(None, outputs):
        require_no_input(output)


def _promoted(champion: "Champion", before: "Champion | None", file: Path) -> str:
    if champion == before:
        return f"champion  {champion.name}, as before, in {file}"
    return f"champion  {champion.name}, in {file}" + (f"; before it {before.name}" if before else "")
