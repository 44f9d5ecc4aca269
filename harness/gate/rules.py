"""The rules of a policy, as users write them: what each asks of the candidate, and how much it counts."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tpobench.harness.config import FileModel
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.sequential import Method

Alpha = Annotated[float, Field(ge=1e-6, lt=0.5, strict=False)]
Count = Annotated[int, Field(gt=0)]
Figure = Annotated[float, Field(strict=False)]
Distance = Annotated[float, Field(gt=0, lt=0.5, strict=False)]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Drop = Annotated[float, Field(ge=0, lt=1, strict=False)]

DEFAULT_ALPHA = 0.05
"""The alpha of a rule that names none."""

Tier = Literal["critical", "supporting", "advisory"]
"""What a rule's FAIL does: a critical one decides, a supporting one becomes a warning, an advisory one is shown."""

Reveal = Literal["all", "after_pass", "categories", "none"]
"""Which of the prompts that were won and lost most clearly a gate prints: all, all after a PASS, only their categories,
or none."""

Better = Literal["higher", "lower"]


class Growing(FileModel):
    """A part of a policy that has got keys since policies were first hashed: `added` are dumped only where they say
    something, since keys of policies, runs and decisions hash the dump, and must stay."""

    added: ClassVar[tuple[str, ...]] = ()

    def without_silent(self, dumped: dict[str, Any]) -> dict[str, Any]:
        """The dump without those added keys that say nothing."""
        fields = type(self).model_fields
        silent = {
            name
            for name in self.added
            if name in fields and getattr(self, name) == fields[name].get_default(call_default_factory=True)
        }
        return {name: value for name, value in dumped.items() if name not in silent}

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return self.without_silent(dump(self))


class Rule(Growing):
    """What all rules have."""

    added: ClassVar[tuple[str, ...]] = ("tier",)
    tier: Tier = "critical"


class WinRateRule(Rule):
    """The win rate may not be more than `margin` below one half; with a negative margin it must be as far above. A
    promotion in spite of it, and a rejection without it, each have probability `alpha` at most."""

    margin: Annotated[float, Field(gt=-0.5, lt=0.5, strict=False)]
    alpha: Alpha = DEFAULT_ALPHA
    method: Method = "hybrid"

    @property
    def floor(self) -> float:
        """The win rate that is tested against."""
        return 0.5 - self.margin


class AnchorRule(WinRateRule):
    """The same against a model that stays: many small steps down would each be within a margin of the last."""

    against: str = Field(min_length=1)


class EquivalenceRule(Rule):
    """The win rate is less than `within` away from one half, on either side: two one-sided tests at `alpha`."""

    within: Distance
    alpha: Alpha = DEFAULT_ALPHA
    method: Method = "hybrid"


class CategoriesRule(Rule):
    """No category's win rate may be more than `margin` below one half; alpha is shared by Holm's procedure.

    A category is judged until a win rate of `drop` below the floor would be seen with probability `power`, or until
    its prompts end; on all of its prompts where judging is free.
    """

    added = ("tier", "power", "drop")
    margin: Annotated[float, Field(gt=-0.5, lt=0.5, strict=False)]
    alpha: Alpha = DEFAULT_ALPHA
    only: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)
    power: Annotated[float, Field(ge=0.5, lt=1, strict=False)] = 0.8
    drop: Annotated[float, Field(gt=0, lt=1, strict=False)] = 0.15

    @property
    def floor(self) -> float:
        """The win rate that is tested against."""
        return 0.5 - self.margin


class ControlledRule(Rule):
    """The length- or style-controlled win rate, by its honest 95% interval."""

    min: Annotated[float, Field(gt=0, lt=1, strict=False)]
    figure: str = "lc_win_rate"


class DropRule(Rule):
    """A figure of the candidate may not be worse than the baseline's by more than `max_drop`, or by more than the
    share `max_relative_drop` of the baseline's; paired item by item. `better` says which direction is good, `range`
    between which values every item lies."""

    added: ClassVar[tuple[str, ...]] = ("tier", "max_relative_drop", "better", "range")
    max_drop: Annotated[float, Field(ge=0, strict=False)] | None = None
    max_relative_drop: Drop | None = None
    better: Better = "higher"
    alpha: Alpha = DEFAULT_ALPHA
    range: Annotated[tuple[Figure, Figure], Field(strict=False)] = (0.0, 1.0)

    @model_validator(mode="after")
    def _one_limit(self) -> "DropRule":
        low, high = self.range
        if (self.max_drop is None) == (self.max_relative_drop is None):
            raise ValueError("give one of max_drop and max_relative_drop")
        if low >= high:
            raise ValueError("range is [LOW, HIGH], with LOW below HIGH")
        if self.max_drop is not None and self.max_drop >= high - low:
            raise ValueError(
                f"a max_drop of {self.max_drop:g} allows every drop of values between {low:g} and {high:g}; "
                "give a smaller one, or the values' range"
            )
        if self.max_relative_drop is not None and low < 0:
            raise ValueError("a share of the baseline's value means nothing where values may be below 0; use max_drop")
        if self.max_relative_drop is not None and self.difference_range[0] >= 0:
            raise ValueError(
                f"a max_relative_drop of {self.max_relative_drop:g} allows every drop of values between {low:g} and "
                f"{high:g}; give a smaller one, or the values' range"
            )
        return self

    @property
    def share(self) -> float:
        """The share of the baseline's value that the candidate's is held against: 1 for an absolute drop."""
        if self.max_relative_drop is None:
            return 1.0
        return 1 - self.max_relative_drop if self.better == "higher" else 1 + self.max_relative_drop

    @property
    def sign(self) -> int:
        """1 where a larger value is better, -1 where a smaller one is."""
        return 1 if self.better == "higher" else -1

    @property
    def floor(self) -> float:
        """What the mean of `sign` * (candidate's value - `share` * baseline's) is tested against."""
        return 0.0 if self.max_drop is None else -self.max_drop

    @property
    def difference_range(self) -> tuple[float, float]:
        """Between which values `sign` * (candidate's value - `share` * baseline's) lies."""
        low, high = self.range
        if self.better == "higher":
            return low - self.share * high, high - self.share * low
        return self.share * low - high, self.share * high - low


class TaskRule(DropRule):
    """The same for a metric of an lm-eval task, item by item."""

    metric: str = "exact_match"


class PairedRule(DropRule):
    """The same for a figure that both models have against one third model, such as ``lc_win_rate``; `against` names
    that model where there are several. With `scorer`, for the mean score of both sides' responses (``module:function``
    is one of yours)."""

    added = (*DropRule.added, "against")
    scorer: str | None = None
    against: str | None = None

    @model_validator(mode="after")
    def _compares_one_way(self) -> "PairedRule":
        if self.scorer is not None and self.against is not None:
            raise ValueError("with a scorer nobody is compared, so 'against' has no effect; leave one of them out")
        return self


class AtMost(Rule):
    """An observed figure of the candidate may not exceed `max`."""

    max: Annotated[float, Field(gt=0, strict=False)]


class LengthRatioRule(AtMost):
    """The geometric mean of the responses' lengths over the baseline's may not exceed `max`, nor may more than `share`
    of the responses be over `beyond` times as long."""

    added = ("tier", "beyond", "share")
    beyond: Annotated[float, Field(gt=0, strict=False)] = 3.0
    share: Share = 0.1


class ShareAtMost(Rule):
    """A share of the candidate's outputs may not exceed `max`."""

    max: Annotated[float, Field(ge=0, lt=1, strict=False)]


class BoundsRule(Rule):
    """A figure of the candidate's own evaluation lies between `min` and `max`; with `scorer`, the mean score of its
    responses by a pointwise judge (``module:function`` is one of yours)."""

    min: Figure | None = None
    max: Figure | None = None
    scorer: str | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> "BoundsRule":
        if self.min is None and self.max is None:
            raise ValueError("a rule for a metric needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max, so no figure can meet both")
        return self


MOST_TIES = 0.9
"""The share of ties where the policy says nothing."""

MOST_FLIPS, MOST_FLIPS_UNCONTROLLED = 0.5, 0.4
"""The share of flips where the policy says nothing: after a control that lost, and without one."""


class Sensitivity(FileModel):
    """What shows that the judge can tell answers apart at all; beyond one of these limits the gate is INVALID.

    `flips`, `ties`, `position` and `missing` are shares of what was judged: verdicts that change sides with the order,
    prompts without a preference, how far the mean preference is apart between the two orders, and judgments without a
    verdict. Flips may be 50% unless it is given, and 40% where no control lost. Ties may be 90% unless it is given, and
    any share where judging is free and a control lost: rules tie whatever meets the same checks. `missing` can only
    tighten what every gate has.

    `control` is an answer that must lose against a model's own: that to another prompt (``shuffled``), none
    (``empty``), or one of both (``either``); it is judged on `control_prompts` before anything else, and a few more
    where it gives way to another. Up to `canary` pairs that the judge has judged before are judged again before it
    is asked anything new.
    """

    flips: Share | None = None
    ties: Share | None = None
    position: Share = 0.5
    missing: Annotated[float, Field(ge=0, le=MAX_MISSING, strict=False)] = MAX_MISSING
    control: Literal["either", "shuffled", "empty", "none"] = "either"
    control_prompts: Count = 40
    canary: Annotated[int, Field(ge=0)] = 40

    @model_validator(mode="after")
    def _can_tell(self) -> "Sensitivity":
        if 0 < self.canary < 3:
            raise ValueError("canary has to be 0, or 3 and more: fewer pairs cannot show that a judge has changed")
        if self.control != "none" and self.control_prompts < 8:
            raise ValueError("control_prompts has to be 8 or more: fewer could not lose with certainty")
        return self
