"""A gate as an event in the store: its attempt is entered in the ledger before it begins, its decision when it ends."""

from dataclasses import asdict, replace

from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.input import GateInput
from tpobench.harness.gate.ledger import open_attempt
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.rules import Say, apply_policy
from tpobench.harness.records import content_key
from tpobench.harness.store.store import Store


def keep_decision(store: Store, policy: Policy, gate_input: GateInput, say: Say, run: str = "") -> tuple[Decision, str]:
    """Run the gate with the share of its alphas that its line has left, and store the decision; returns it with its
    key. The same gate with the same result is one row."""
    attempt = None
    if policy.line is not None:
        prompts = prompts_digest(gate_input.head_to_head.prompts)
        test = content_key(policy.key, gate_input.judge, gate_input.candidate_mode, prompts, gate_input.also_met)
        attempt = open_attempt(
            store, policy.line, gate_input.candidate_fingerprint, gate_input.baseline_fingerprint, test
        )
        note = (
            f"gate {attempt.number} of the line {policy.line!r}: each rule may spend {attempt.share:.1%} of its alpha"
        )
        gate_input = replace(gate_input, notes=(*gate_input.notes, note))
    decision = apply_policy(policy if attempt is None else policy.with_share(attempt.share), gate_input, say)
    rules = [asdict(rule) for rule in decision.rules]
    who = (
        gate_input.candidate_fingerprint,
        gate_input.candidate_mode,
        gate_input.baseline_fingerprint,
        gate_input.judge,
        gate_input.benchmark,
    )
    key = content_key("gate", policy.key, who, rules, None if attempt is None else attempt.key)
    store.add_decision(
        key=key,
        run=run,
        policy=policy.model_dump(mode="json"),
        candidate=gate_input.candidate_fingerprint,
        against=gate_input.baseline_fingerprint,
        decision=decision.outcome,
        rules=rules,
        attempt=None if attempt is None else attempt.key,
        policy_key=policy.key,
    )
    return decision, key
