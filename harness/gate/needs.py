"""What a policy's rules take: a judge, answers, a baseline. Nobody is asked, and nothing sampled, in vain."""

from tpobench.harness.gate.policy import Rules


def takes_evaluation(rules: Rules) -> bool:
    """Whether a rule is about a figure of the candidate's evaluation against the baseline."""
    return rules.controlled is not None or any(rule.scorer is None for rule in rules.metrics.values())


def takes_third_model(rules: Rules) -> bool:
    """Whether a rule is about figures that both sides have against a third model."""
    return any(rule.scorer is None for rule in rules.paired.values())


def takes_comparison(rules: Rules) -> bool:
    """Whether a rule needs the candidate's answers compared with the baseline's or another model's."""
    return rules.compares or takes_evaluation(rules)


def takes_judge(rules: Rules) -> bool:
    """Whether a rule is about what a judge says."""
    return takes_comparison(rules) or takes_third_model(rules)


def takes_answers(rules: Rules) -> bool:
    """Whether a rule is about the candidate's answers to the gate's prompts."""
    about_outputs = (rules.parse_errors, rules.length_ratio, rules.thought_chars)
    scored = bool(rules.metrics) or any(rule.scorer is not None for rule in rules.paired.values())
    named = "degenerate" in rules.model_fields_set or any(rule is not None for rule in about_outputs)
    return rules.compares or takes_evaluation(rules) or scored or named


def takes_baseline(rules: Rules) -> bool:
    """Whether a rule holds the candidate against a baseline."""
    held = rules.length_ratio is not None or bool(rules.paired) or bool(rules.lm_eval)
    return rules.compares or takes_evaluation(rules) or held
