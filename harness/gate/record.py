"""A gate as an event in the store: its attempt is entered in the ledger before it begins, its decision when it ends."""

from dataclasses import asdict, replace

from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.ledger import open_attempt
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.run import GateInput, Say, digest_of, run_gate
from tpobench.harness.records import content_key
from tpobench.harness.store.store import Store


def keep_decision(store: Store, policy: Policy, case: GateInput, say: Say, run: str = "") -> tuple[Decision, str]:
    """Run the gate with the share of its alphas that its line has left, and store the decision; returns it with its
    key. The same gate with the same result is one row."""
    attempt = None
    if policy.line is not None:
        prompts = digest_of(case.head_to_head.prompts)
        test = content_key(policy.key, case.judge, case.candidate_mode, prompts, case.opponents)
        attempt = open_attempt(store, policy.line, case.candidate_fingerprint, case.baseline_fingerprint, test)
        note = (
            f"gate {attempt.number} of the line {policy.line!r}: each rule may spend {attempt.share:.1%} of its alpha"
        )
        case = replace(case, notes=(*case.notes, note))
    decision = run_gate(policy if attempt is None else policy.with_share(attempt.share), case, say)
    rules = [asdict(rule) for rule in decision.rules]
    who = (case.candidate_fingerprint, case.candidate_mode, case.baseline_fingerprint, case.judge, case.benchmark)
    key = content_key("gate", policy.key, who, rules, None if attempt is None else attempt.key)
    store.add_decision(
        key=key,
        run=run,
        policy=policy.model_dump(mode="json"),
        candidate=case.candidate_fingerprint,
        against=case.baseline_fingerprint,
        decision=decision.outcome,
        rules=rules,
        attempt=None if attempt is None else attempt.key,
        policy_key=policy.key,
    )
    return decision, key
