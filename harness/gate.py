"""The gate: a policy and the figures of a checkpoint in, a decision out.

PASS when every rule passes, FAIL when one rejects, INVALID when the data cannot carry a decision, INCONCLUSIVE when
there is too little of it. The head-to-head rule is a fixed-size test on prompts (see `harness.stats.intervals`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from harness.config import FileModel
from harness.errors import Exit
from harness.stats.intervals import one_sided_bound
from harness.store import Store

MAX_MISSING = 0.02
"""Share of missing judgments above which nothing is decided."""


class HeadToHead(FileModel):
    """The win rate against the direct baseline may not be more than `margin` below one half."""

    margin: float = Field(gt=0, lt=0.5, strict=False)
    alpha: float = Field(default=0.05, gt=0, lt=0.5, strict=False)


class AtMost(FileModel):
    """An observed figure of the candidate may not exceed `max`."""

    max: float = Field(gt=0, strict=False)


class Policy(FileModel):
    """What a checkpoint must meet to be promoted."""

    head_to_head: HeadToHead
    parse_errors: Annotated[AtMost | None, Field(description="share of first tries without a response")] = None
    length_ratio: Annotated[AtMost | None, Field(description="mean response length over the baseline's")] = None


Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]

EXIT_CODES: dict[Outcome, Exit] = {
    "PASS": Exit.DONE,
    "FAIL": Exit.FAIL,
    "INCONCLUSIVE": Exit.INCONCLUSIVE,
    "INVALID": Exit.INVALID,
}


@dataclass(frozen=True)
class RuleResult:
    """One rule's outcome, with a sentence that gives the figures."""

    rule: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What the gate looks at. `preferences` holds one number per prompt, None where the judgment is missing."""

    preferences: Sequence[float | None]
    parse_error_rate: float
    response_chars: float
    baseline_response_chars: float


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    rules: tuple[RuleResult, ...]


def decide(policy: Policy, evidence: Evidence) -> Decision:
    """Apply every rule of the policy. The worst outcome decides: INVALID, FAIL, INCONCLUSIVE, PASS in this order."""
    rules = [_head_to_head(policy.head_to_head, evidence.preferences)]
    if policy.parse_errors is not None:
        rules.append(_at_most("parse_errors", "share of outputs that do not parse", evidence.parse_error_rate,
                              policy.parse_errors.max))  # fmt: skip
    if policy.length_ratio is not None:
        rules.append(_length_ratio(policy.length_ratio.max, evidence))
    order: tuple[Outcome, ...] = ("INVALID", "FAIL", "INCONCLUSIVE", "PASS")
    return Decision(min((rule.outcome for rule in rules), key=order.index), tuple(rules))


def _head_to_head(rule: HeadToHead, preferences: Sequence[float | None]) -> RuleResult:
    missing = sum(preference is None for preference in preferences)
    if not preferences or missing > MAX_MISSING * len(preferences):
        return RuleResult("head_to_head", "INVALID", f"{missing} of {len(preferences)} judgments are missing")
    floor = 0.5 - rule.margin
    # A missing judgment counts against promotion, and against rejection just the same.
    low, _ = one_sided_bound([0.0 if p is None else p for p in preferences], rule.alpha)
    _, high = one_sided_bound([1.0 if p is None else p for p in preferences], rule.alpha)
    outcome: Outcome = "PASS" if low > floor else "FAIL" if high < floor else "INCONCLUSIVE"
    seen = [p for p in preferences if p is not None]
    verdict = {
        "PASS": "is above",
        "FAIL": "is below",
        "INCONCLUSIVE": "cannot be told from",
    }[outcome]
    return RuleResult(
        "head_to_head",
        outcome,
        f"win rate {sum(seen) / len(seen):.1%} over {len(preferences)} prompts (one-sided bounds {low:.1%} and "
        f"{high:.1%}) {verdict} the floor of {floor:.1%} at alpha {rule.alpha:g}",
    )


def _at_most(rule: str, what: str, value: float, limit: float) -> RuleResult:
    outcome: Outcome = "PASS" if value <= limit else "FAIL"
    return RuleResult(rule, outcome, f"{what}: {value:.3g}, allowed up to {limit:g}")


def _length_ratio(limit: float, evidence: Evidence) -> RuleResult:
    if evidence.baseline_response_chars == 0:
        return RuleResult("length_ratio", "INVALID", "every response of the baseline is empty")
    ratio = evidence.response_chars / evidence.baseline_response_chars
    return _at_most("length_ratio", "mean response length over the baseline's", ratio, limit)


def evidence_of(store: Store, evaluation: str) -> Evidence:
    """What the store knows of one evaluation, in the shape that `decide` takes."""
    ((keys,),) = store.sql("SELECT judgment_keys FROM evaluation WHERE evaluation_key = ?", [evaluation])[1]
    preferences = store.preferences(keys)
    found = {metric.name: metric.value for metric in store.metrics(evaluation) if metric.category is None}
    return Evidence(
        [preferences.get(key) for key in keys],
        found["parse_error_rate"] or 0.0,
        found["response_chars"] or 0.0,
        found["baseline_response_chars"] or 0.0,
    )
