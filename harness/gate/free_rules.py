"""The rules that no judge is asked for: what the outputs look like, and figures that the store holds already."""

from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.input import GateInput, TaskItems
from tpobench.harness.gate.metric_rules import check_drop, check_metrics
from tpobench.harness.gate.output_rules import check_outputs
from tpobench.harness.gate.policy import Rules


def check_free_rules(policy: Rules, gate_input: GateInput) -> list[RuleResult]:
    """The results of all rules that cost nothing."""
    prompts = gate_input.prompts
    return [
        *check_outputs(policy, prompts, gate_input.outputs, gate_input.baseline_outputs),
        *check_metrics(policy, gate_input.metrics, len(prompts)),
        *(check_drop(task, rule, gate_input.items.get(task, TaskItems())) for task, rule in policy.lm_eval.items()),
    ]
