"""The rules on what the outputs look like: no judge is asked for them."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TypeVar

from tpobench.harness.evaluation.distinct_prompts import distinct
from tpobench.harness.evaluation.figure_text import percent_text
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.degenerate import degenerate
from tpobench.harness.gate.input import OutputSummary
from tpobench.harness.gate.policy import Rules
from tpobench.harness.records import Prompt

T = TypeVar("T")


def check_outputs(
    policy: Rules, prompts: Sequence[Prompt], candidate: OutputSummary, baseline: OutputSummary
) -> list[RuleResult]:
    """Degenerate responses, parse errors and lengths.

    Args:
        policy: The rules.
        prompts: What was asked.
        candidate: What is known of the candidate's outputs.
        baseline: What is known of the baseline's.

    Returns:
        A result for each rule that the policy has.
    """
    kept = distinct(prompts)  # as in the head-to-head: a prompt again, answered alike, is no observation more
    results = [_degenerate(policy, prompts, candidate, baseline, kept)]
    if policy.parse_errors is not None:
        quantity = "share of first tries without a response"
        results.append(_at_most("parse_errors", quantity, candidate.parse_error_rate, policy.parse_errors.max))
    if policy.thought_chars is not None:
        quantity = "mean length of thoughts in characters"
        results.append(_at_most("thought_chars", quantity, candidate.thought_chars, policy.thought_chars.max))
    if policy.length_ratio is not None:
        rule = policy.length_ratio
        ours, theirs = (_kept(side.lengths, kept, len(prompts)) for side in (candidate, baseline))
        results.append(length_ratio(ours, theirs, limit=rule.max, beyond=rule.beyond, share=rule.share))
    return results


def _kept(values: Sequence[T] | None, kept: Sequence[int], n: int) -> Sequence[T] | None:
    """The values of the distinct prompts; all of them where they are not one a prompt."""
    return values if values is None or len(values) != n else [values[index] for index in kept]


def length_ratio(
    ours: Sequence[int] | None, theirs: Sequence[int] | None, *, limit: float, beyond: float, share: float
) -> RuleResult:
    """Is the candidate longer than the baseline, prompt by prompt? The typical ratio is the geometric mean, in which
    one long answer of either side counts as one prompt. A prompt that the baseline leaves empty has no ratio. A
    response that is `beyond` times shorter counts as no more than that, so that a few words here do not pay for padding
    there.

    Args:
        ours: The lengths of the candidate's responses in characters; None where they are not known.
        theirs: Those of the baseline's to the same prompts.
        limit: What the geometric mean may be at most.
        beyond: The ratio from which a response is far longer.
        share: Which share of the responses may be far longer.
    """
    if ours is None or theirs is None:
        return _invalid("length_ratio", "the store does not hold the response lengths of both sides", limit)
    if not any(theirs):
        return _invalid("length_ratio", "every response of the baseline is empty, or imported without text", limit)
    # One character more on either side: an empty response has a ratio, too.
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if other]
    logs = [max(math.log((one + 1) / (other + 1)), -math.log(max(beyond, 1.0))) for one, other in pairs]
    ratio, far = math.exp(fmean(logs)), fmean(log > math.log(beyond) for log in logs)
    outcome: RuleOutcome = "PASS" if ratio <= limit and far <= share else "FAIL"
    sentence = (
        f"response length over the baseline's, geometric mean over {len(logs)} prompts: {ratio:.3g}, allowed up to "
        f"{limit:g}; more than {beyond:g} times as long: {far:.1%}, allowed up to {share:.1%}"
    )
    if len(pairs) < len(ours):
        sentence += f"; {len(ours) - len(pairs)} that the baseline left empty have no ratio"
    return RuleResult(rule="length_ratio", outcome=outcome, sentence=sentence, value=ratio, limit=limit)


def _degenerate(
    policy: Rules, prompts: Sequence[Prompt], candidate: OutputSummary, baseline: OutputSummary, kept: Sequence[int]
) -> RuleResult:
    limit, responses = policy.degenerate.max, candidate.responses
    if responses is None or len(responses) != len(prompts):  # without a comparison there are no prompts
        named = "degenerate" in policy.model_fields_set
        sentence = "the store holds no response texts, so empty, repeated or judge-directed responses cannot be counted"
        return RuleResult(rule="degenerate", outcome="INVALID" if named else "SHOWN", sentence=sentence, limit=limit)
    counts = degenerate(
        [prompts[index] for index in kept],
        [responses[index] for index in kept],
        _kept(baseline.responses, kept, len(prompts)),
        _kept(candidate.refusals, kept, len(prompts)) or (),
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.counts.items()) or "none"
    outcome: RuleOutcome = "PASS" if counts.share <= limit else "FAIL"
    beside = "" if counts.baseline_share is None else f"baseline {counts.baseline_share:.1%}, "
    sentence = f"degenerate responses: {counts.candidate_share:.1%} ({kinds}), {beside}allowed up to {limit:.1%}"
    if counts.share < counts.candidate_share:
        sentence += f"; {counts.share:.1%} beyond what the baseline has of the same"
    return RuleResult(rule="degenerate", outcome=outcome, sentence=sentence, value=counts.share, limit=limit)


def _at_most(rule: str, quantity: str, value: float | None, limit: float) -> RuleResult:
    if value is None:
        return _invalid(rule, f"the store does not hold the {quantity}", limit)
    outcome: RuleOutcome = "PASS" if value <= limit else "FAIL"
    text = "{:.4g}".format if rule == "thought_chars" else percent_text
    sentence = f"{quantity}: {text(value)}, allowed up to {text(limit)}"
    return RuleResult(rule=rule, outcome=outcome, sentence=sentence, value=value, limit=limit)


def _invalid(rule: str, sentence: str, limit: float) -> RuleResult:
    return RuleResult(rule=rule, outcome="INVALID", sentence=sentence, limit=limit)
