"""What a gate says: an outcome for each rule with a plain sentence, and the decision that they make together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from tpobench.harness.errors import Exit
from tpobench.harness.gate.rules import Reveal, Tier

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
RuleOutcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "SHOWN"]
"""``SHOWN``: shown, but without a part in the decision."""

EXIT_CODES: dict[Outcome, Exit] = {
    "PASS": Exit.DONE,
    "FAIL": Exit.FAIL,
    "INCONCLUSIVE": Exit.INCONCLUSIVE,
    "INVALID": Exit.INVALID,
}

_WORST_FIRST: tuple[Outcome, ...] = ("INVALID", "FAIL", "INCONCLUSIVE", "PASS")


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """One rule's outcome, with a sentence that gives the figures.

    Attributes:
        rule: What the policy calls it.
        outcome: What it says.
        sentence: The same for people.
        value: What was observed.
        limit: What the policy asks for.
        low: The lower end of the interval.
        high: Its upper end.
        alpha: The rule's error budget.
        prompts: How many prompts were consumed, `of` so many.
        of: How many there are.
        tier: What its FAIL does.
        e_value: The largest odds so far against the hypothesis that is tested: "not above the limit", or for a FAIL
            "not below".
        p_value: The p-value of the same.
        detectable: The smallest distance from the limit that these prompts see four times out of five.
        needed: How many more prompts would decide, if what was observed is the truth; None where no number would, or
            it is decided.
        dollars: What those cost, where that is known.
    """

    rule: str
    outcome: RuleOutcome
    sentence: str
    value: float | None = None
    limit: float | None = None
    low: float | None = None
    high: float | None = None
    alpha: float | None = None
    prompts: int | None = None
    of: int | None = None
    tier: Tier = "critical"
    e_value: float | None = None
    p_value: float | None = None
    detectable: float | None = None
    needed: int | None = None
    dollars: float | None = None


@dataclass(frozen=True)
class ClearPrompt:
    """A prompt that was clearly won or lost, with the candidate's preference on it."""

    prompt: str
    category: str
    preference: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a gate says. The worst outcome of a critical rule decides: INVALID, FAIL, INCONCLUSIVE, PASS in this order.
    An INVALID rule decides whatever its tier: what is broken cannot be taken for less.

    `won` and `lost` are the prompts that were won and lost most clearly; `notes` are for people, `warnings` are what
    they should not overlook.
    """

    rules: tuple[RuleResult, ...]
    candidate: str = ""
    against: str = ""
    judge: str = ""
    benchmark: str = ""
    won: tuple[ClearPrompt, ...] = ()
    lost: tuple[ClearPrompt, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The decision in one word."""
        return worst([rule.outcome for rule in self.rules if rule.tier == "critical" or rule.outcome == "INVALID"])

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``."""
        return {"decision": self.outcome} | asdict(self)


def is_decided(result: RuleResult) -> bool:
    """Whether a rule that decides has said something."""
    return result.tier == "critical" and result.outcome != "SHOWN"


def merged(parts: Mapping[str, Decision]) -> Decision:
    """The decision that those of several benchmarks make together; rules are named ``benchmark / rule``."""
    first = next(iter(parts.values()))
    if list(parts) == [""]:
        return first
    return replace(
        first,
        rules=tuple(replace(rule, rule=f"{name} / {rule.rule}") for name, part in parts.items() for rule in part.rules),
        judge=", ".join(dict.fromkeys(part.judge for part in parts.values())),
        benchmark=", ".join(dict.fromkeys(part.benchmark for part in parts.values())),
        won=tuple(prompt for part in parts.values() for prompt in part.won),
        lost=tuple(prompt for part in parts.values() for prompt in part.lost),
        notes=tuple(dict.fromkeys(note for part in parts.values() for note in part.notes)),
        warnings=tuple(dict.fromkeys(warning for part in parts.values() for warning in part.warnings)),
    )


def revealed(decision: Decision, reveal: Reveal) -> Decision:
    """The decision with those prompts that the policy lets it print. A prompt that is not shown keeps its category
    under ``categories``."""
    if reveal == "all" or (reveal == "after_pass" and decision.outcome == "PASS"):
        return decision
    if reveal == "categories":
        return replace(decision, won=_without_texts(decision.won), lost=_without_texts(decision.lost))
    return replace(decision, won=(), lost=())


def _without_texts(prompts: Sequence[ClearPrompt]) -> tuple[ClearPrompt, ...]:
    return tuple(replace(prompt, prompt="") for prompt in prompts)


def worst(outcomes: Sequence[RuleOutcome]) -> Outcome:
    """The outcome that decides; INVALID where there is nothing to decide on."""
    return next((outcome for outcome in _WORST_FIRST if outcome in outcomes), "INVALID")
