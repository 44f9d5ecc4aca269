"""The command that decides: gate."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import RUNS, JsonOption, StoreOption, app, print_json


@app.command()
def gate(
    policy: Annotated[Path, typer.Argument(help="The policy, a YAML file.")],
    candidate: Annotated[str, typer.Option(help="arm/iteration of the run, for example thought/1.")],
    against: Annotated[str, typer.Option(help="arm/iteration of the baseline.")] = "",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
    store: StoreOption = RUNS / "quickstart" / "store.duckdb",
    as_json: JsonOption = False,
) -> None:
    """Decide from the store whether a checkpoint may be promoted: exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 INVALID.

    Example: tpobench gate policy.yaml --candidate thought/1 --against direct/1
    """
    from harness.config import load_yaml
    from harness.gate import EXIT_CODES, Policy, decide, evidence_of
    from harness.records import content_key
    from harness.store import Store
    from tpo.runs import duel_of

    asked = load_yaml(policy, Policy)
    with Store(store) as opened:
        found = duel_of(opened, run, candidate, against)
        decision = decide(asked, evidence_of(opened, found.evaluation))
        rules = [vars(rule) for rule in decision.rules]
        key = content_key("gate", asked.model_dump(), found.evaluation)
        opened.add_decision(key, found.run, asked.model_dump(), found.candidate, found.against, decision.outcome, rules)
    if as_json:
        print_json({"decision": decision.outcome, "rules": rules})
    else:
        for rule in decision.rules:
            print(f"  {rule.outcome:<12} {rule.rule}: {rule.sentence}")
        print(decision.outcome)
    raise typer.Exit(EXIT_CODES[decision.outcome])
