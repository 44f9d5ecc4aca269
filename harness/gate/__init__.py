"""The gate: a policy and a candidate in, a decision out, with as few judge calls as the decision takes."""

from tpobench.harness.gate.decision import EXIT_CODES, Decision, RuleResult
from tpobench.harness.gate.policy import Policy, load_policy
from tpobench.harness.gate.run import Case, run_gate

__all__ = ["EXIT_CODES", "Case", "Decision", "Policy", "RuleResult", "load_policy", "run_gate"]
