"""What a gate says: one outcome for each rule with a plain sentence, and the decision that they make together."""

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
    """One rule's outcome, with a sentence that gives the figures. `value` is what was observed, `limit` what the policy
    asks for, `alpha` the rule's error budget; `prompts` of `of` were consumed."""

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
    """A prompt that says much about the head-to-head: what was asked, and the candidate's preference on it."""

    prompt: str
    category: str
    preference: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The worst outcome of any rule decides: INVALID, FAIL, INCONCLUSIVE, PASS in this order."""

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
        return decided([rule.outcome for rule in self.rules])

    def as_json(self) -> dict[str, Any]:
        return {"decision": self.outcome} | asdict(self)


def decided(outcomes: Sequence[RuleOutcome]) -> Outcome:
    """INVALID where there is nothing to decide on."""
    return next((worst for worst in _WORST_FIRST if worst in outcomes), "INVALID")
