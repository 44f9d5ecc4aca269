"""Run a gate: find what the policy compares, decide, keep the decision. The command line and training call it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.champion import Champion, current, promote, promotion_of
from tpobench.harness.gate.contamination import told_of_contamination
from tpobench.harness.gate.decision import Decision, merged, revealed
from tpobench.harness.gate.figures import require_scorers
from tpobench.harness.gate.input import GateInput, GateRequest, Role
from tpobench.harness.gate.judge_warnings import judge_warnings
from tpobench.harness.gate.ledger import open_attempt
from tpobench.harness.gate.looks import OpenedLook, open_looks, prompts_left_out, require_judge_of_line, told_of_repeats
from tpobench.harness.gate.needs import takes_answers, takes_baseline
from tpobench.harness.gate.policy import Policy, Rules, with_share
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.stored import stored_input
from tpobench.harness.gate.without_effect import require_baseline_in_mode
from tpobench.harness.progress import Progress
from tpobench.harness.records import content_key
from tpobench.harness.store.gates import Attempt
from tpobench.harness.store.opening import no_store
from tpobench.harness.store.runs import CHECKPOINT
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """A decision, its key in the store, what it was made on (of several benchmarks the first), and when it began and
    how long it took."""

    decision: Decision
    key: str
    gate_input: GateInput
    started: datetime
    seconds: float


def require_possible(policy: Policy, request: GateRequest, path: Path) -> None:
    """Refuse what no gate could decide, before a store is opened: none is made for it.

    Args:
        policy: The rules.
        request: Whom to decide on.
        path: Where the store is, or would be made.

    Raises:
        UserError: Policy and request together do not say enough.
        StoreLacks: The answer is to come from a store that is not there.
    """
    checkpoints = [name for name in (request.candidate, request.against) if CHECKPOINT.fullmatch(name)]
    for name, rules in policy.parts.items():
        where = f"benchmarks.{name}" if name else "the policy"
        require_baseline_in_mode(rules, request.against, where)
        if rules.evaluate is None and rules.champion is not None:
            raise UserError(f"the rule 'champion' needs 'evaluate' in {where}, which says on what they are compared")
        named = request.against or CHECKPOINT.fullmatch(request.candidate)
        if rules.evaluate is None and not named and (takes_baseline(rules) or takes_answers(rules)):
            raise UserError(f"name the baseline with --against, or the benchmark under 'evaluate' in {where}")
        if rules.evaluate is None and request.against and len(checkpoints) == 1:
            (model,) = {request.candidate, request.against} - set(checkpoints)
            raise UserError(
                f"{model} is a model and {checkpoints[0]} a checkpoint of a run; without 'evaluate' in {where} name "
                "two checkpoints of one run, or two models by their names in the store"
            )
        if (rules.evaluate is None or checkpoints) and not path.exists():
            raise no_store(path)


def champion_for(policy: Policy, file: Path, promotes: bool) -> Champion | None:
    """The champion that the file names, where the gate has to know it: the policy has a rule on it, or a PASS is to
    move it."""
    needed = promotes or any(rules.champion is not None for rules in policy.parts.values())
    return current(file) if needed else None


def decide(store: Store, policy: Policy, request: GateRequest, connect: Connect, progress: Progress) -> GateResult:
    """Run a gate and store its decision.

    Where the policy names a line, the gate is entered in its ledger first, and may spend what the line has left.

    Args:
        store: Where outputs, judgments and evaluations are looked up and kept.
        policy: The rules. With `evaluate` in it, what the store lacks is sampled and judged; without, nothing is.
        request: Whom to decide on.
        connect: Makes the client of an endpoint, to sample from or to judge.
        progress: Shows how far it is.

    Returns:
        The decision and its key. The same gate with the same result is one row of the store.

    Raises:
        UserError: A name means nothing, candidate and baseline are the same, or outputs or judgments could not be had;
            what came in is stored.
    """
    started, began = datetime.now(UTC), time.perf_counter()
    with ExitStack() as stack:
        require_scorers(policy)
        parts = policy.parts
        inputs = {
            name: stack.enter_context(_gate_input(store, rules, request, connect, progress))
            for name, rules in parts.items()
        }
        for name, rules in parts.items():
            require_judge_of_line(store, policy.line, inputs[name])
            told = told_of_repeats(store, policy.line, rules, inputs[name])
            inputs[name] = told_of_contamination(store, told)
        looks = {
            name: open_looks(store, rules, inputs[name], line=policy.line or "", part=name)
            for name, rules in parts.items()
        }
        attempt = _enter(store, policy, inputs, looks)
        left_out = prompts_left_out(store, policy.line, inputs.values(), looks.values())
        inputs = {name: replace(gate_input, left_out=left_out) for name, gate_input in inputs.items()}
        share = 1.0 if attempt is None else attempt.share
        decisions = {
            name: apply_policy(
                with_share(rules, share),
                inputs[name],
                {role: opened.look for role, opened in looks[name].items()},
                progress.say,
            )
            for name, rules in parts.items()
        }
        decisions = {
            name: replace(decision, warnings=(*decision.warnings, *judge_warnings(store, inputs[name])))
            for name, decision in decisions.items()
        }
        gate_input = next(iter(inputs.values()))
    decision = revealed(_with_note(merged(decisions), policy, attempt), policy.reveal)
    key = _keep(store, policy, gate_input, decision, attempt=attempt, run_key=request.run_key)
    return GateResult(
        decision=decision, key=key, gate_input=gate_input, started=started, seconds=time.perf_counter() - began
    )


def promote_candidate(
    store: Store, policy: Policy, result: GateResult, file: Path, *, seen: Champion | None, why: str
) -> Champion:
    """Make the candidate of a gate that passed the champion.

    Args:
        store: Where the move is kept.
        policy: The rules that the candidate met.
        result: What the gate decided.
        file: Names the champion.
        seen: The champion when the gate began.
        why: Kept with the move.

    Returns:
        The champion that the file names now.

    Raises:
        UserError: The candidate has no weights, or they are not those that were judged.
        ChampionMoved: Another gate was faster; nothing is changed.
    """
    promotion = promotion_of(
        store,
        model=result.gate_input.candidate_fingerprint,
        folder=result.gate_input.folder,
        mode=result.gate_input.candidate_mode,
        decision=result.key,
        policy_key=policy.key,
        why=why,
    )
    return promote(store, file, seen, promotion)


@contextmanager
def _gate_input(
    store: Store, policy: Rules, request: GateRequest, connect: Connect, progress: Progress
) -> Iterator[GateInput]:
    if policy.evaluate is None or request.evaluation:
        yield stored_input(store, policy, request)
        return
    from tpobench.harness.gate.live import live_input

    with live_input(store, policy, request, connect, progress) as gate_input:
        yield gate_input


def _with_note(decision: Decision, policy: Policy, attempt: Attempt | None) -> Decision:
    """The decision with what its line has left to spend."""
    if attempt is None:
        return decision
    spends = f"each rule may spend {attempt.share:.1%} of its alpha"
    return replace(decision, notes=(*decision.notes, f"gate {attempt.number} of the line {policy.line!r}: {spends}"))


def _enter(
    store: Store, policy: Policy, inputs: Mapping[str, GateInput], looks: Mapping[str, Mapping[Role, OpenedLook]]
) -> Attempt | None:
    """The gate's attempt in the ledger of its line; None where the policy names none."""
    if policy.line is None:
        return None
    first = next(iter(inputs.values()))
    tested = [
        (
            name,
            sorted((role, opened.root) for role, opened in looks[name].items()) or first.candidate_fingerprint,
            {task: rule.model_dump() for task, rule in {**rules.lm_eval, **rules.paired}.items()},
            {task: sorted(values.pairs, key=repr) for task, values in inputs[name].items.items()},
            {figure: [sorted(values.pairs, key=repr), values.fitted] for figure, values in inputs[name].paired.items()},
        )
        for name, rules in policy.parts.items()
    ]
    former = (policy.key, first.judge, first.candidate_mode, prompts_digest(first.prompts), first.also_met)
    return open_attempt(
        store,
        policy.line,
        candidate=first.candidate_fingerprint,
        against=first.baseline_fingerprint,
        test=content_key("tested", tested),
        former_test=content_key(*former),
    )


def _keep(
    store: Store, policy: Policy, gate_input: GateInput, decision: Decision, *, attempt: Attempt | None, run_key: str
) -> str:
    """Store the decision; returns its key."""
    rules = [asdict(rule) for rule in decision.rules]
    candidate, against = gate_input.candidate_fingerprint, gate_input.baseline_fingerprint
    compared = (candidate, gate_input.candidate_mode, against, gate_input.judge, gate_input.benchmark)
    attempt_key = None if attempt is None else attempt.key
    key = content_key("gate", policy.key, compared, rules, attempt_key)
    store.add_decision(
        key=key,
        run=run_key,
        policy=policy.model_dump(mode="json"),
        candidate=candidate,
        against=against,
        decision=decision.outcome,
        rules=rules,
        attempt=attempt_key,
        policy_key=policy.key,
    )
    return key
