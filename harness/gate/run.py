"""Apply a policy: the rules that cost nothing first, then duel by duel until the decision is certain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from tpobench.harness.errors import did_you_mean
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.harness.gate.free_rules import Answers, check_drop, check_figures, check_outputs
from tpobench.harness.gate.policy import Policy, WinRateRule
from tpobench.harness.gate.win_rates import (
    MIN_CATEGORY,
    PreferenceSource,
    SequentialComparison,
    judge_categories,
    judge_win_rate,
    telling,
    win_rate_outcome,
)
from tpobench.harness.records import Metric, Prompt, content_key

Say = Callable[[str], None]

MIN_CLUSTERS = 30


@dataclass(frozen=True, kw_only=True)
class GateInput:
    """What a gate looks at. `figures` are those of the candidate's own evaluation, by name; `items` hold, by lm-eval
    task, the values of candidate and baseline on every item that both have answered, and how many the larger side
    has. `opponents` are the fingerprints of anchor and champion. `champion` is None where nothing was promoted yet,
    or the candidate was."""

    candidate: str
    judge: str
    benchmark: str
    head_to_head: PreferenceSource
    baseline: str
    baseline_fingerprint: str
    candidate_fingerprint: str
    candidate_mode: str
    answers: Answers
    baseline_answers: Answers
    anchor: PreferenceSource | None = None
    champion: PreferenceSource | None = None
    figures: Mapping[str, Metric] = field(default_factory=dict)
    items: Mapping[str, tuple[Sequence[tuple[float, float]], int]] = field(default_factory=dict)
    opponents: tuple[str, ...] = ()
    folder: str | None = None
    notes: tuple[str, ...] = ()


def run_gate(policy: Policy, case: GateInput, say: Say = lambda line: None) -> Decision:
    """Decide. Judgments are asked for in the policy's frozen order, a block at a time, and no more once a rule has
    rejected or every rule has passed. The same policy on the same judgments decides the same."""
    prompts = case.head_to_head.prompts
    free = [
        *check_pins(policy, case),
        *_check_clusters(policy, prompts),
        *_check_categories(policy, prompts),
        *check_outputs(policy, prompts, case.answers, case.baseline_answers),
        *check_figures(policy, case.figures, len(prompts)),
        *(check_drop(task, rule, *case.items.get(task, ((), 0))) for task, rule in policy.lm_eval.items()),
    ]
    certain = _certain(free)
    duelled: list[RuleResult] = []
    head = SequentialComparison(case.head_to_head, policy.seed, policy.clusters)
    for name, rule, match in _matches(policy, case, head):
        if match is None:
            duelled.append(RuleResult(rule=name, outcome="SHOWN", sentence="there is no other champion to meet"))
        elif certain and not match.duel.free:
            sentence = "not asked: the decision was certain without it"
            duelled.append(
                RuleResult(rule=name, outcome="SHOWN", sentence=sentence, prompts=0, of=len(match.duel.prompts))
            )
        else:
            duelled += _play(name, rule, match, policy, say)
            certain = certain or _certain(duelled)
    won, lost = telling(head.observed())
    return Decision(
        rules=(*duelled, *free),
        candidate=case.candidate,
        against=case.baseline,
        judge=case.judge,
        benchmark=case.benchmark,
        won=won,
        lost=lost,
        notes=case.notes,
    )


def _check_clusters(policy: Policy, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A handful of clusters decides nothing, however many prompts they have: said before anything is spent."""
    count = len({prompt.category for prompt in prompts})
    if policy.clusters is None or count >= MIN_CLUSTERS:
        return []
    return [
        RuleResult(
            rule="clusters",
            outcome="INVALID",
            sentence=f"{count} clusters; under {MIN_CLUSTERS} decide nothing",
            value=count,
            limit=MIN_CLUSTERS,
        )
    ]


def _check_categories(policy: Policy, prompts: Sequence[Prompt]) -> list[RuleResult]:
    """A guarded category that there is none of guards nothing: a slip of the pen must not."""
    known = sorted({prompt.category for prompt in prompts})
    wanted = () if policy.categories is None else policy.categories.only or ()
    return [
        RuleResult(
            rule=f"category {name}",
            outcome="INVALID",
            sentence=f"there is no such category; {did_you_mean(name, known)}",
        )
        for name in wanted
        if name not in known
    ]


def _certain(results: Sequence[RuleResult]) -> bool:
    """Whether nothing that comes could still make it a PASS."""
    return any(result.outcome in ("INVALID", "FAIL") for result in results)


def digest_of(prompts: Sequence[Prompt]) -> str:
    """What a policy pins of the prompts: texts, categories and checks, whatever their order and file."""
    return content_key("prompts", sorted(content_key(p.text, p.category, p.checks) for p in prompts))


def check_pins(policy: Policy, case: GateInput) -> list[RuleResult]:
    """INVALID for everything that is not what the policy pins."""
    present = {
        "judge": (policy.pins.judge, case.judge),
        "baseline": (policy.pins.baseline, case.baseline_fingerprint),
        "prompts": (policy.pins.prompts, digest_of(case.head_to_head.prompts)),
    }
    return [
        RuleResult(
            rule=f"pinned {what}", outcome="INVALID", sentence=f"the policy pins the {what} {pinned}, this is {found}"
        )
        for what, (pinned, found) in present.items()
        if pinned is not None and pinned != found
    ]


def _matches(
    policy: Policy, case: GateInput, head: SequentialComparison
) -> list[tuple[str, WinRateRule, SequentialComparison | None]]:
    found: list[tuple[str, WinRateRule, SequentialComparison | None]] = [("head_to_head", policy.head_to_head, head)]
    for name, rule, duel in (("anchor", policy.anchor, case.anchor), ("champion", policy.champion, case.champion)):
        if rule is not None:
            found.append(
                (name, rule, None if duel is None else SequentialComparison(duel, policy.seed, policy.clusters))
            )
    return found


def _play(name: str, rule: WinRateRule, match: SequentialComparison, policy: Policy, say: Say) -> list[RuleResult]:
    """Judge block by block until the rule has decided, or a guarded category has; then the guarded categories' due."""
    guard = policy.categories if name == "head_to_head" else None
    parts: list[RuleResult] = []
    while True:
        match.advance(policy.block)
        seen = match.observed()
        outcome, used = win_rate_outcome(rule, seen)
        parts = [] if guard is None else judge_categories(guard, match.by_category())
        if outcome != "INCONCLUSIVE" or match.complete or any(part.outcome == "FAIL" for part in parts):
            break
        if not match.duel.free and seen.seen:
            say(f"{name}: {fmean(seen.seen):.1%} over {used} of {seen.of} prompts, not certain yet")
    if guard is not None and outcome in ("PASS", "INCONCLUSIVE"):
        match.advance_categories(MIN_CATEGORY)
        parts = judge_categories(guard, match.by_category())
    return [judge_win_rate(name, rule, seen, match.duel.against, match.duel.advice), *parts]
