"""The rules that no judge is asked for: what the outputs look like, and figures that the store holds already."""

from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.drops import check_drop
from tpobench.harness.gate.input import GateInput, PairedValues
from tpobench.harness.gate.metric_rules import check_metrics
from tpobench.harness.gate.output_rules import check_outputs
from tpobench.harness.gate.policy import Rules

_NOTHING = PairedValues(problem="nothing was looked up for this rule")


def check_free_rules(policy: Rules, gate_input: GateInput) -> list[RuleResult]:
    """The results of all rules that cost nothing."""
    items, paired = gate_input.items, gate_input.paired
    return [
        *check_outputs(policy, gate_input.prompts, gate_input.outputs, gate_input.baseline_outputs),
        *check_metrics(policy, gate_input),
        *(
            check_drop(f"lm_eval {task}", rule.metric, rule, items.get(task, _NOTHING))
            for task, rule in policy.lm_eval.items()
        ),
        *(
            check_drop(f"paired {figure}", figure, rule, paired.get(figure, _NOTHING), "prompts")
            for figure, rule in policy.paired.items()
        ),
    ]
