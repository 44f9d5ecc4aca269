"""What a gate says: an outcome for each rule with a plain sentence, and the decision that they make together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tpobench.harness.errors import Exit

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
RuleOutcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "SHOWN"]
"""``SHOWN``: shown, but without a part in the decision."""

MAX_MISSING = 0.02
"""Share of missing judgments, or items, above which nothing is decided."""

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


@dataclass(frozen=True)
class ClearPrompt:
    """A prompt that was clearly won or lost, with the candidate's preference on it."""

    prompt: str
    category: str
    preference: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a gate says. The worst outcome of any rule decides: INVALID, FAIL, INCONCLUSIVE, PASS in this order.

    `won` and `lost` are the prompts that were won and lost most clearly; `notes` are for people.
    """

    rules: tuple[RuleResult, ...]
    candidate: str = ""
    against: str = ""
    judge: str = ""
    benchmark: str = ""
    won: tuple[ClearPrompt, ...] = ()
    lost: tuple[ClearPrompt, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def outcome(self) -> Outcome:
        """The decision in one word."""
        return worst([rule.outcome for rule in self.rules])

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``."""
        return {"decision": self.outcome} | asdict(self)


def worst(outcomes: Sequence[RuleOutcome]) -> Outcome:
    """The outcome that decides; INVALID where there is nothing to decide on."""
    return next((outcome for outcome in _WORST_FIRST if outcome in outcomes), "INVALID")
