"""What a checkpoint must meet to be promoted, as users write it: a YAML file with one entry for each rule."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tpobench.harness.config import FileModel, read_yaml, validate
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.records import content_key
from tpobench.harness.stats.sequential import Method

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.models.modes import Mode

Alpha = Annotated[float, Field(ge=1e-6, lt=0.5, strict=False)]
Margin = Annotated[float, Field(ge=0, lt=0.5, strict=False)]
Count = Annotated[int, Field(gt=0)]
Figure = Annotated[float, Field(strict=False)]

DEFAULT_ALPHA = 0.05
"""The alpha of a rule that names none."""

FORMER_NAME = "contest"
"""What the key `evaluate` was called; policy files may still use it, and dumps always do."""


class WinRateRule(FileModel):
    """The win rate may not be more than `margin` below one half. A promotion in spite of it, and a rejection without
    it, each have probability `alpha` at most."""

    margin: Margin
    alpha: Alpha = DEFAULT_ALPHA
    method: Method = "hybrid"

    @property
    def floor(self) -> float:
        return 0.5 - self.margin


class AnchorRule(WinRateRule):
    """The same against a model that stays: many small steps down would each be within a margin of the last."""

    against: str = Field(min_length=1)


class CategoriesRule(FileModel):
    """No category's win rate may be more than `margin` below one half; alpha is shared by Holm's procedure."""

    margin: Margin
    alpha: Alpha = DEFAULT_ALPHA
    only: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)


class ControlledRule(FileModel):
    """The length- or style-controlled win rate, by its honest 95% interval."""

    min: Annotated[float, Field(gt=0, lt=1, strict=False)]
    figure: str = "lc_win_rate"


class DropRule(FileModel):
    """A task's metric may not be more than `max_drop` below that of the baseline, item by item."""

    max_drop: Annotated[float, Field(ge=0, lt=1, strict=False)]
    metric: str = "exact_match"
    alpha: Alpha = DEFAULT_ALPHA


class AtMost(FileModel):
    """An observed figure of the candidate may not exceed `max`."""

    max: Annotated[float, Field(gt=0, strict=False)]


class ShareAtMost(FileModel):
    """A share of the candidate's outputs may not exceed `max`."""

    max: Annotated[float, Field(ge=0, lt=1, strict=False)]


class BoundsRule(FileModel):
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
            raise ValueError("min is above max, so no figure would do")
        return self


class EvaluateSection(FileModel):
    """How candidate and baseline are compared: the options of ``tpobench eval``. Without this section the gate uses
    only the evaluations that are in the store."""

    benchmark: str = DEFAULT_BENCHMARK
    split: str = "test"
    data: str | None = None
    judge: str | None = None
    judge_model: str | None = None
    orders: Literal["one", "both"] | None = None
    limit: Count | None = None
    mode: str = "direct"
    against_mode: str = "direct"
    max_new_tokens: Count | None = None
    temperature: Annotated[float, Field(ge=0, strict=False)] = 0.8
    format_retries: Annotated[int, Field(ge=0)] = 2
    seed: int = 0


class Pins(FileModel):
    """What must be as it was when the policy was written; anything else makes the gate INVALID, and it says which."""

    judge: str | None = Field(default=None, description="the judge's id in the store")
    baseline: str | None = Field(default=None, description="the baseline's fingerprint")
    prompts: str | None = Field(default=None, description="digest of the prompts")


class Policy(FileModel):
    """The rules. `seed` freezes the order in which prompts are consumed, `block` is how many are asked at a time.

    `budget` bounds the sum of all alphas: how likely a candidate that meets every rule is rejected. `line` names the
    line of models whose gates share their alphas (see the ledger). With `clusters`, prompts of one category
    count as one observation.
    """

    evaluate: EvaluateSection | None = None
    pins: Pins = Pins()
    head_to_head: WinRateRule
    anchor: AnchorRule | None = None
    champion: WinRateRule | None = None
    categories: CategoriesRule | None = None
    controlled: ControlledRule | None = None
    lm_eval: dict[str, DropRule] = Field(default_factory=dict)
    parse_errors: Annotated[ShareAtMost | None, Field(description="share of first tries without a response")] = None
    length_ratio: Annotated[AtMost | None, Field(description="mean response length over the baseline's")] = None
    thought_chars: Annotated[AtMost | None, Field(description="mean length of thoughts, in characters")] = None
    metrics: dict[str, BoundsRule] = Field(default_factory=dict)
    degenerate: Annotated[
        ShareAtMost, Field(description="share of responses that are empty, repeated, or talk to the judge")
    ] = ShareAtMost(max=0.02)
    clusters: Literal["category"] | None = None
    seed: int = 0
    block: Count = 25
    budget: Alpha | None = None
    line: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _nothing_left_empty(cls, content: Any) -> Any:
        empty = [key for key, value in content.items() if value is None] if isinstance(content, dict) else []
        if empty:
            raise ValueError(f"the key {str(empty[0])!r} is empty; fill it in, or take it out")
        return content

    @property
    def alphas(self) -> dict[str, float]:
        """By rule, the error probability that it may spend."""
        rules: dict[str, Any] = {
            "head_to_head": self.head_to_head,
            "anchor": self.anchor,
            "champion": self.champion,
            "categories": self.categories,
            **{f"lm_eval {task}": rule for task, rule in self.lm_eval.items()},
        }
        return {name: rule.alpha for name, rule in rules.items() if rule is not None}

    @model_serializer(mode="wrap")
    def _under_the_former_name(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`evaluate` is dumped as `contest`: keys of policies, runs and decisions hash the dump, and must stay."""
        return {FORMER_NAME if name == "evaluate" else name: value for name, value in dump(self).items()}

    @property
    def key(self) -> str:
        """The policy's hash, by which decisions and promotions name it."""
        return content_key("policy", self.model_dump())

    @model_validator(mode="after")
    def _within_the_budget(self) -> "Policy":
        total = sum(self.alphas.values())
        if self.budget is not None and total > self.budget + 1e-12:
            shown = " + ".join(f"{alpha:g} ({name})" for name, alpha in self.alphas.items())
            raise ValueError(f"the alphas sum to {total:g}, above the budget of {self.budget:g}: {shown}")
        return self

    def with_share(self, share: float) -> "Policy":
        """The same policy with this share of every alpha."""

        def less(rule: Any) -> Any:
            return None if rule is None else rule.model_copy(update={"alpha": rule.alpha * share})

        names = ("head_to_head", "anchor", "champion", "categories")
        changed: dict[str, Any] = {name: less(getattr(self, name)) for name in names}
        return self.model_copy(update=changed | {"lm_eval": {task: less(rule) for task, rule in self.lm_eval.items()}})


def spec_of(section: EvaluateSection, candidate: str, mode: "Mode", retry_missing: bool = False) -> "EvaluationSpec":
    """The evaluation that a policy asks for.

    Args:
        section: The policy's `evaluate`.
        candidate: The candidate's name.
        mode: The mode in which it answers.
        retry_missing: Whether judgments without a verdict are asked for again.

    Raises:
        UserError: There is no such benchmark, or its data is missing.
    """
    from tpobench.harness.evaluation.registry import benchmark_named
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.records import SamplingParams

    data = None if section.data is None else Path(section.data)
    benchmark = benchmark_named(section.benchmark, section.split, data)
    return EvaluationSpec(
        benchmark=benchmark,
        candidate=candidate,
        mode=mode,
        judge=section.judge,
        judge_model=section.judge_model,
        orders=section.orders,
        limit=section.limit,
        params=SamplingParams(
            temperature=section.temperature,
            max_new_tokens=section.max_new_tokens or benchmark.max_new_tokens,
            seed=section.seed,
        ),
        format_retries=section.format_retries,
        retry_missing=retry_missing,
        data=data,
        limits_tokens=section.max_new_tokens is not None,
    )


def load_policy(path: Path) -> Policy:
    """Read a policy file. `contest`, the former name of the key `evaluate`, is still read, and stderr says so.

    Args:
        path: The YAML file.

    Returns:
        The validated policy.

    Raises:
        UserError: An unknown or empty key, a value out of range, or alphas above the budget.
    """
    content = read_yaml(path)
    if isinstance(content, dict) and FORMER_NAME in content:
        if "evaluate" in content:
            raise UserError(f"{path} has both 'evaluate' and its former name {FORMER_NAME!r}; remove {FORMER_NAME!r}")
        print(f"{path}: {FORMER_NAME!r} is now called 'evaluate'; it is still read", file=sys.stderr)
        content = {"evaluate" if name == FORMER_NAME else name: value for name, value in content.items()}
    return validate(content, Policy, str(path))
