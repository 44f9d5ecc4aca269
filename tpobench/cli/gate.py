"""The command that decides: gate."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.gate_ledger import GateCommand
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption

if TYPE_CHECKING:
    from tpobench.harness.gate.champion import Champion
    from tpobench.harness.gate.decision import Decision
    from tpobench.harness.gate.input import GateInput
    from tpobench.harness.gate.live import ModelRef
    from tpobench.harness.gate.policy import Policy
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line names: models, or places of a run such as ``thought/1``."""

    candidate: str
    against: str
    run: str
    offline: bool
    retry_missing: bool


@app.command(cls=GateCommand)
@from_groups(api=api_options)
def gate(
    *,
    policy: Annotated[Path, typer.Argument(help="The policy, a YAML file.")],
    candidate: Annotated[
        str, typer.Option(help="A model (folder, hub id, NAME@http://..., *.json), or thought/1 of a run.")
    ],
    against: Annotated[str, typer.Option(help="The baseline, also a model; the benchmark's own unless given.")] = "",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Sample nothing and ask no judge.")] = False,
    retry_missing: Annotated[
        bool, typer.Option("--retry-missing", help="Ask the judge again where a verdict is missing.")
    ] = False,
    promote: Annotated[bool, typer.Option("--promote", help="On PASS the candidate becomes the champion.")] = False,
    why: Annotated[str, typer.Option(help="A reason, stored with the promotion.")] = "",
    alias: Annotated[
        Path | None, typer.Option("--file", help="The champion's file; champion.json beside the store unless given.")
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
    from tpobench.harness.gate.champion import current
    from tpobench.harness.gate.decision import EXIT_CODES
    from tpobench.harness.gate.policy import load_policy
    from tpobench.harness.gate.run import keep_decision
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    quiet_libraries()
    asked, rules = (
        Asked(candidate=candidate, against=against, run=run, offline=offline, retry_missing=retry_missing),
        load_policy(policy),
    )
    _require_possible(rules, asked, store)
    file, reporter = alias or store.parent / "champion.json", Progress(quiet=as_json)
    with Store(store) as opened:
        champion = current(file) if promote or rules.champion is not None else None
        case = _case(opened, rules, asked, champion, api, reporter)
        decision, key = keep_decision(opened, rules, case, reporter.say)
        _show(decision, junit, markdown, as_json, [f"calls     {api.spent_line()}"] if api.budget.calls else [])
        if promote and decision.outcome == "PASS":
            told = _promote(store=opened, file=file, before=champion, case=case, policy=rules, decision=key, why=why)
            print(told, file=sys.stderr if as_json else sys.stdout)
    raise typer.Exit(EXIT_CODES[decision.outcome])


def _require_possible(policy: "Policy", asked: Asked, store: Path) -> None:
    """Raises UserError for what no store could answer, and where the answer is to come from a store that is not there:
    none is made for it."""
    from tpobench.harness.errors import UserError
    from tpobench.harness.store.database import no_store
    from tpobench.harness.store.runs import CHECKPOINT

    of_run = [name for name in (asked.candidate, asked.against) if CHECKPOINT.fullmatch(name)]
    if policy.evaluate is None and policy.champion is not None:
        raise UserError("the rule 'champion' needs 'evaluate' in the policy, which says on what they are compared")
    if policy.evaluate is None and not asked.against and not CHECKPOINT.fullmatch(asked.candidate):
        raise UserError("name the baseline with --against, or the benchmark under 'evaluate' in the policy")
    if (policy.evaluate is None or of_run) and not store.exists():
        raise no_store(store)


def _case(
    store: "Store", policy: "Policy", asked: Asked, champion: "Champion | None", api: Api, reporter: "Progress"
) -> "GateInput":
    from tpobench.harness.gate.live import ModelRef, live_input, stage_contest
    from tpobench.harness.gate.stored import stored_evaluation_named, stored_evaluation_of, stored_input
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.store.runs import CHECKPOINT, checkpoint_evaluation

    if policy.evaluate is not None:
        ours = _named(store, asked.candidate, asked.run, policy.evaluate.mode)
        theirs = _named(store, asked.against, asked.run, policy.evaluate.against_mode) if asked.against else None
        contest = stage_contest(policy, ours.name, ours.mode, asked.retry_missing)
        best = None if champion is None else ModelRef(champion.folder, mode_named(champion.mode), champion.name)
        return live_input(
            store=store,
            policy=policy,
            contest=contest,
            connect=api.connect,
            reporter=reporter,
            against=theirs,
            champion=best,
            offline=asked.offline,
            called=asked.candidate,
        )
    if CHECKPOINT.fullmatch(asked.candidate):
        found = checkpoint_evaluation(store, asked.run, asked.candidate, asked.against)
        meeting = stored_evaluation_named(store, found.evaluation)
        against = asked.against or f"direct/{asked.candidate.partition('/')[2]}"
        return stored_input(store, policy, meeting, asked.candidate, against)
    return stored_input(store, policy, stored_evaluation_of(store, asked.candidate, asked.against, policy))


def _named(store: "Store", name: str, run: str, mode: str) -> "ModelRef":
    """A model and its mode: those of a run's checkpoint, or the policy's."""
    from tpobench.harness.gate.live import ModelRef
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.store.runs import CHECKPOINT, checkpoint_named

    if not CHECKPOINT.fullmatch(name):
        return ModelRef(name, mode_named(mode), name)
    checkpoint = checkpoint_named(store, run, name)
    return ModelRef(checkpoint.folder, mode_named(checkpoint.mode), name)


def _promote(
    store: "Store", file: Path, before: "Champion | None", case: "GateInput", policy: "Policy", decision: str, why: str
) -> str:
    """Move the alias to the candidate; returns what to say."""
    from tpobench.harness.errors import UserError
    from tpobench.harness.gate.champion import Promotion, promote, require_weights
    from tpobench.harness.store.models import model_named

    model = model_named(store, case.candidate_fingerprint)
    folder = case.folder or model.folder
    if folder == "imported":
        raise UserError(
            f"{model.name} is a file of answers without weights, so it cannot be promoted; the decision is stored"
        )
    require_weights(folder, case.candidate_fingerprint, model.name)
    entry = Promotion(
        model=case.candidate_fingerprint,
        name=model.name,
        folder=folder,
        mode=case.candidate_mode,
        decision=decision,
        policy_key=policy.key,
        why=why,
    )
    moved = promote(store, file, before, entry)
    if moved == before:
        return f"champion  {moved.name}, as before, in {file}"
    return f"champion  {moved.name}, in {file}" + (f"; before it {before.name}" if before else "")


def _show(decision: "Decision", junit: Path | None, markdown: Path | None, as_json: bool, said: list[str]) -> None:
    from tpobench.harness.files import write_whole
    from tpobench.reports.formats import junit as junit_format
    from tpobench.reports.formats.markdown import decision_markdown

    if as_json:
        print_json(decision.as_json())
    else:
        _print(decision, said)
    if junit is not None:
        write_whole(junit, junit_format.junit(decision))
    if markdown is not None:
        write_whole(markdown, decision_markdown(decision))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(decision_markdown(decision))


def _print(decision: "Decision", said: list[str]) -> None:
    from tpobench.reports.formats.annotations import annotations
    from tpobench.reports.formats.terminal.gate import print_decision

    print_decision(decision)
    for line in said:
        print(line)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        print("\n".join(annotations(decision)))
