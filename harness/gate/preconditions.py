"""What must hold before anything is spent: what the policy pins, enough clusters, and categories that there are."""

from collections.abc import Sequence

import numpy as np

from tpobench.harness.errors import did_you_mean
from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.input import ROLES, GateInput
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import WinRateRule
from tpobench.harness.gate.win_rates import MIN_CLUSTERS
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.stats.sequential import decide_mean


def check_preconditions(rules: Rules, gate_input: GateInput) -> list[RuleResult]:
    """INVALID for everything that does not hold; nothing otherwise."""
    prompts = gate_input.prompts
    return [
        *_pins(rules, gate_input),
        *_left_out(gate_input),
        *_clusters(rules, prompts),
        *_categories(rules, prompts),
        *_too_few(rules, gate_input),
    ]


def prompts_digest(prompts: Sequence[Prompt]) -> str:
    """What a policy pins of the prompts: texts, categories and checks, whatever their order and file."""
    return content_key("prompts", sorted(content_key(p.text, p.category, p.checks) for p in prompts))


def _pins(rules: Rules, gate_input: GateInput) -> list[RuleResult]:
    present = {
        "judge": (rules.pins.judge, gate_input.judge),
        "baseline": (rules.pins.baseline, _baseline(rules, gate_input)),
        "prompts": (rules.pins.prompts, prompts_digest(gate_input.prompts)),
    }
    return [
        _invalid(f"pinned {name}", f"the policy pins the {name} {pinned}, this is {value}")
        for name, (pinned, value) in present.items()
        if pinned is not None and pinned != value
    ]


def _baseline(rules: Rules, gate_input: GateInput) -> str:
    """What a pin must say of the baseline. A model in another mode is another baseline: a pin that names no mode means
    the one of `evaluate`, or the direct one."""
    whole = f"{gate_input.baseline_fingerprint}@{gate_input.baseline_mode}"
    expected = {DIRECT.name} | (set() if rules.evaluate is None else {rules.evaluate.against_mode})
    named = "@" in (rules.pins.baseline or "")
    return whole if named or gate_input.baseline_mode not in expected else gate_input.baseline_fingerprint


def _left_out(gate_input: GateInput) -> list[RuleResult]:
    """Prompts may join those of a line, and none may leave: what was lost could be left out."""
    if not gate_input.left_out:
        return []
    sentence = (
        f"{gate_input.left_out} prompts that earlier gates of this line looked at are missing; put them back, or begin "
        "another line"
    )
    return [_invalid("prompts of the line", sentence)]


def _clusters(rules: Rules, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A handful of clusters decides nothing, however many prompts they have."""
    count = len({prompt.category for prompt in prompts})
    if rules.clusters is None or count >= MIN_CLUSTERS:
        return []
    sentence = f"{count} clusters; under {MIN_CLUSTERS} decide nothing"
    return [RuleResult(rule="clusters", outcome="INVALID", sentence=sentence, value=count, limit=MIN_CLUSTERS)]


def _categories(rules: Rules, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A category that is misspelt in the policy would guard nothing."""
    known = sorted({prompt.category for prompt in prompts})
    categories = () if rules.categories is None else rules.categories.only or ()
    return [
        _invalid(f"category {name}", f"there is no such category; {did_you_mean(name, known)}")
        for name in categories
        if name not in known
    ]


def _too_few(rules: Rules, gate_input: GateInput) -> list[RuleResult]:
    """A rule that not even a candidate that wins every prompt could meet decides nothing."""
    results = []
    for role in ROLES:
        rule: WinRateRule | None = getattr(rules, role)
        source = gate_input.source(role)
        if rule is not None and source is not None and source.prompts:
            best = np.ones(len({prompt.text_key for prompt in source.prompts}))
            if decide_mean(best, best, rule.floor, rule.alpha, rule.method).outcome != 1:
                above = f"wins all of them would not be certainly above {rule.floor:.1%}"
                results.append(_invalid(role, _too_few_sentence(best.size, above, rule.alpha)))
    rule_of_two = rules.equivalence
    if rule_of_two is not None and gate_input.prompts:
        level = np.full(len({prompt.text_key for prompt in gate_input.prompts}), 0.5)
        tested = (level, level, 0.5 - rule_of_two.within, rule_of_two.alpha, rule_of_two.method)
        if decide_mean(*tested).outcome != 1:
            inside = f"ties on all of them would not be certainly within {rule_of_two.within:.1%} of one half"
            results.append(_invalid("equivalence", _too_few_sentence(level.size, inside, rule_of_two.alpha)))
    return results


def _too_few_sentence(prompts: int, best: str, alpha: float) -> str:
    return (
        f"{prompts} prompts are too few: a candidate that {best} at alpha {alpha:.2g}; take more prompts, or a wider "
        "margin"
    )


def _invalid(rule: str, sentence: str) -> RuleResult:
    return RuleResult(rule=rule, outcome="INVALID", sentence=sentence)
