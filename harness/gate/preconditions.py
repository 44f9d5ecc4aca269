"""What must hold before anything is spent: what the policy pins, enough clusters, and categories that there are."""

from collections.abc import Sequence

from tpobench.harness.errors import did_you_mean
from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.input import GateInput
from tpobench.harness.gate.policy import Policy
from tpobench.harness.records import Prompt, content_key

MIN_CLUSTERS = 30


def check_preconditions(policy: Policy, gate_input: GateInput) -> list[RuleResult]:
    """INVALID for everything that does not hold; nothing otherwise."""
    prompts = gate_input.head_to_head.prompts
    return [*_pins(policy, gate_input), *_clusters(policy, prompts), *_categories(policy, prompts)]


def prompts_digest(prompts: Sequence[Prompt]) -> str:
    """What a policy pins of the prompts: texts, categories and checks, whatever their order and file."""
    return content_key("prompts", sorted(content_key(p.text, p.category, p.checks) for p in prompts))


def _pins(policy: Policy, gate_input: GateInput) -> list[RuleResult]:
    present = {
        "judge": (policy.pins.judge, gate_input.judge),
        "baseline": (policy.pins.baseline, gate_input.baseline_fingerprint),
        "prompts": (policy.pins.prompts, prompts_digest(gate_input.head_to_head.prompts)),
    }
    return [
        _invalid(f"pinned {name}", f"the policy pins the {name} {pinned}, this is {value}")
        for name, (pinned, value) in present.items()
        if pinned is not None and pinned != value
    ]


def _clusters(policy: Policy, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A handful of clusters decides nothing, however many prompts they have."""
    count = len({prompt.category for prompt in prompts})
    if policy.clusters is None or count >= MIN_CLUSTERS:
        return []
    sentence = f"{count} clusters; under {MIN_CLUSTERS} decide nothing"
    return [RuleResult(rule="clusters", outcome="INVALID", sentence=sentence, value=count, limit=MIN_CLUSTERS)]


def _categories(policy: Policy, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A category that is misspelt in the policy would guard nothing."""
    known = sorted({prompt.category for prompt in prompts})
    categories = () if policy.categories is None else policy.categories.only or ()
    return [
        _invalid(f"category {name}", f"there is no such category; {did_you_mean(name, known)}")
        for name in categories
        if name not in known
    ]


def _invalid(rule: str, sentence: str) -> RuleResult:
    return RuleResult(rule=rule, outcome="INVALID", sentence=sentence)
