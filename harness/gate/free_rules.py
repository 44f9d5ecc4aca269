"""The rules that no judge is asked for: what the outputs look like, and figures that the store holds already."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.policy import BoundsRule, ControlledRule, DropRule, Policy
from tpobench.harness.records import Metric, Prompt
from tpobench.harness.stats.intervals import difference_interval

REPEATED_LENGTH = 20
REPEATED_SHARE = 0.1
"""A response given to three prompts or more counts as repeated from this length on, in characters; a shorter one, a
bare number for example, when it goes to this share of all prompts."""

JUDGE_FORMATS = (
    r"\[\[\s*(?:[ABC]|[AB]\s*[<>=]{1,2}\s*[AB]|\d{1,2})\s*\]\]",  # verdict labels of MT-Bench, Arena-Hard, STE
    r"(?i)\bmodel_identifier\b|\boutput_identifier\b|\bbest model identifier\b",  # AlpacaEval's prompt
    r"(?i)\[the (?:start|end) of (?:assistant|user)",  # pairwise prompts of MT-Bench and STE
    r"(?i)<\|(?:the_start|im_start|im_end|start_header_id|end_header_id|eot_id|endoftext)[^>]{0,20}\|?>",
    r"(?i)\b(?:my final verdict is|output \(?[ab]\)? is better|assistant [ab] is better)\b",
)
"""What a response says that talks to the judge instead of the user (null-model attacks: Zheng et al., "Cheating
automatic LLM benchmarks"). It does not count where the prompt says the same."""

MAX_MISSING = 0.02
"""Share of missing judgments, or items, above which nothing is decided."""

_FORMATS = [re.compile(pattern) for pattern in JUDGE_FORMATS]


@dataclass(frozen=True)
class Answers:
    """What is known of one side's outputs: means over prompts in characters, share of first tries that did not parse.
    None where the store does not tell."""

    response_chars: float | None = None
    thought_chars: float | None = None
    parse_error_rate: float | None = None
    responses: Sequence[str] | None = None


def check_outputs(policy: Policy, prompts: Sequence[Prompt], candidate: Answers, baseline: Answers) -> list[RuleResult]:
    """Parse errors, lengths and degenerate responses."""
    results = [_degenerate(policy, prompts, candidate.responses)]
    if policy.parse_errors is not None:
        what = "share of first tries without a response"
        results.append(_at_most("parse_errors", what, candidate.parse_error_rate, policy.parse_errors.max))
    if policy.thought_chars is not None:
        what = "mean length of thoughts in characters"
        results.append(_at_most("thought_chars", what, candidate.thought_chars, policy.thought_chars.max))
    if policy.length_ratio is not None:
        ours, theirs = candidate.response_chars, baseline.response_chars
        if theirs == 0:
            results.append(
                RuleResult(rule="length_ratio", outcome="INVALID", sentence="every response of the baseline is empty")
            )
        else:
            ratio = None if ours is None or theirs is None else ours / theirs
            what = "mean response length over the baseline's"
            results.append(_at_most("length_ratio", what, ratio, policy.length_ratio.max))
    return results


def check_figures(policy: Policy, figures: Mapping[str, Metric], prompts: int) -> list[RuleResult]:
    """The rules on figures of the candidate's own evaluation, by name; `prompts` is how many the benchmark has."""
    results = [] if policy.controlled is None else [_controlled(policy.controlled, figures, prompts)]
    return results + [_bounds(name, rule, figures.get(name)) for name, rule in policy.metrics.items()]


def check_drop(task: str, rule: DropRule, pairs: Sequence[tuple[float, float]], of: int) -> RuleResult:
    """Candidate's and baseline's values of every item that both have, in [0, 1], higher being better: is the drop
    within bounds? `of` is how many items the larger side has: nobody gets better by leaving some out."""
    name = f"lm_eval {task}"
    if not pairs:
        return RuleResult(
            rule=name,
            outcome="INVALID",
            sentence=f"the store holds no items of {task} ({rule.metric}) that both have answered",
        )
    if len(pairs) < (1 - MAX_MISSING) * of:
        return RuleResult(
            rule=name, outcome="INVALID", sentence=f"only {len(pairs)} of {of} items of {task} were answered by both"
        )
    if not all(0 <= value <= 1 for pair in pairs for value in pair):
        return RuleResult(
            rule=name,
            outcome="INVALID",
            sentence=f"{rule.metric} of {task} is no share: its items do not lie in [0, 1]",
        )
    found = difference_interval([ours - theirs for ours, theirs in pairs], 1 - 2 * rule.alpha)
    least, most = found.low, found.high
    outcome: RuleOutcome = "PASS" if least > -rule.max_drop else "FAIL" if most < -rule.max_drop else "INCONCLUSIVE"
    sentence = (
        f"{rule.metric} moves by {100 * found.mean:+.1f} points over {len(pairs)} items ({100 * least:+.1f} to "
        f"{100 * most:+.1f}), allowed down to {-100 * rule.max_drop:.1f} at alpha {rule.alpha:.2g}"
    )
    n = found.n
    return RuleResult(
        rule=name,
        outcome=outcome,
        sentence=sentence,
        value=found.mean,
        limit=-rule.max_drop,
        low=least,
        high=most,
        alpha=rule.alpha,
        prompts=n,
        of=n,
    )


def degenerate(prompts: Sequence[Prompt], responses: Sequence[str]) -> dict[str, int]:
    """How many responses are empty, repeated across prompts, or talk to the judge; each counts once, in this order."""
    texts = [" ".join(response.split()).casefold() for response in responses]
    times = Counter(texts)
    found: Counter[str] = Counter()
    for prompt, response, text in zip(prompts, responses, texts, strict=True):
        if not text:
            found["empty"] += 1
        elif times[text] >= 3 and (len(text) >= REPEATED_LENGTH or times[text] > REPEATED_SHARE * len(texts)):
            found["repeated"] += 1
        elif any(form.search(response) and not form.search(prompt.text) for form in _FORMATS):
            found["talking to the judge"] += 1
    return dict(found)


def _degenerate(policy: Policy, prompts: Sequence[Prompt], responses: Sequence[str] | None) -> RuleResult:
    limit = policy.degenerate.max
    if responses is None:
        asked = "degenerate" in policy.model_fields_set
        sentence = "the store holds no response texts, so nothing can be said of empty, repeated or judge-directed ones"
        return RuleResult(rule="degenerate", outcome="INVALID" if asked else "SHOWN", sentence=sentence, limit=limit)
    found = degenerate(prompts, responses)
    share = sum(found.values()) / len(responses) if responses else 0.0
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.items()) or "none"
    outcome: RuleOutcome = "PASS" if share <= limit else "FAIL"
    sentence = f"degenerate responses: {share:.1%} ({kinds}), allowed up to {limit:.1%}"
    return RuleResult(rule="degenerate", outcome=outcome, sentence=sentence, value=share, limit=limit)


def _at_most(rule: str, what: str, value: float | None, limit: float) -> RuleResult:
    if value is None:
        return RuleResult(rule=rule, outcome="INVALID", sentence=f"the store does not tell the {what}", limit=limit)
    outcome: RuleOutcome = "PASS" if value <= limit else "FAIL"
    return RuleResult(
        rule=rule, outcome=outcome, sentence=f"{what}: {value:.3g}, allowed up to {limit:g}", value=value, limit=limit
    )


def _controlled(rule: ControlledRule, figures: Mapping[str, Metric], prompts: int) -> RuleResult:
    found = figures.get(rule.figure)
    if found is None or found.value is None or found.low is None or found.high is None:
        return _absent("controlled", f"{rule.figure} with an interval", figures)
    if found.n < (1 - MAX_MISSING) * prompts:
        return RuleResult(
            rule="controlled", outcome="INVALID", sentence=f"{rule.figure} is over {found.n} of {prompts} prompts alone"
        )
    outcome: RuleOutcome = "PASS" if found.low > rule.min else "FAIL" if found.high < rule.min else "INCONCLUSIVE"
    sentence = (
        f"{rule.figure} {found.value:.1%} (95% interval {found.low:.1%} to {found.high:.1%}), asked for more than "
        f"{rule.min:.1%}"
    )
    return RuleResult(
        rule="controlled",
        outcome=outcome,
        sentence=sentence,
        value=found.value,
        limit=rule.min,
        low=found.low,
        high=found.high,
        alpha=0.025,
        prompts=found.n,
        of=found.n,
    )


def _bounds(name: str, rule: BoundsRule, found: Metric | None) -> RuleResult:
    title = f"metric {name}"
    if found is None or found.value is None:
        return _absent(title, name, {})
    inside = (rule.min is None or found.value >= rule.min) and (rule.max is None or found.value <= rule.max)
    bounds = {"at least": rule.min, "at most": rule.max}
    asked = " and ".join(f"{how} {bound:g}" for how, bound in bounds.items() if bound is not None)
    limit = rule.min if rule.min is not None else rule.max
    return RuleResult(
        rule=title,
        outcome="PASS" if inside else "FAIL",
        sentence=f"{name} is {found.value:.3g}, asked for {asked}",
        value=found.value,
        limit=limit,
        low=found.low,
        high=found.high,
    )


def _absent(rule: str, figure: str, figures: Mapping[str, Metric]) -> RuleResult:
    known = f"; it has {', '.join(sorted(figures))}" if figures else ""
    return RuleResult(
        rule=rule,
        outcome="INVALID",
        sentence=f"the store holds no {figure} of the candidate by this judge{known}; run tpobench eval first",
    )
