"""What a checkpoint must meet to be promoted, as users write it: a YAML file with one entry for each rule."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tpobench.harness.config import FileModel
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.gate.rules import (
    Alpha,
    AnchorRule,
    AtMost,
    BoundsRule,
    CategoriesRule,
    ControlledRule,
    Count,
    EquivalenceRule,
    Growing,
    LengthRatioRule,
    PairedRule,
    Reveal,
    Rule,
    Sensitivity,
    ShareAtMost,
    TaskRule,
    Tier,
    WinRateRule,
)
from tpobench.harness.records import content_key

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.models.modes import Mode

FORMER_NAME = "contest"
"""What the key `evaluate` was called; policy files may still use it, and dumps always do."""


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
    baseline: str | None = Field(default=None, description="the baseline's fingerprint, or FINGERPRINT@MODE")
    prompts: str | None = Field(default=None, description="digest of the prompts")


TESTED = ("head_to_head", "equivalence", "anchor", "champion", "categories")
TESTED_BY_NAME = ("lm_eval", "paired")
"""The rules that have an alpha: one of each, and several by name."""


class Rules(Growing):
    """What a candidate must meet on one benchmark."""

    added = ("equivalence", "paired", "sensitivity", "reveal", "benchmarks")
    evaluate: EvaluateSection | None = None
    pins: Pins = Pins()
    head_to_head: WinRateRule | None = None
    equivalence: EquivalenceRule | None = None
    anchor: AnchorRule | None = None
    champion: WinRateRule | None = None
    categories: CategoriesRule | None = None
    controlled: ControlledRule | None = None
    paired: dict[str, PairedRule] = Field(default_factory=dict)
    lm_eval: dict[str, TaskRule] = Field(default_factory=dict)
    parse_errors: Annotated[ShareAtMost | None, Field(description="share of first tries without a response")] = None
    length_ratio: Annotated[LengthRatioRule | None, Field(description="response length over the baseline's")] = None
    thought_chars: Annotated[AtMost | None, Field(description="mean length of thoughts, in characters")] = None
    metrics: dict[str, BoundsRule] = Field(default_factory=dict)
    degenerate: Annotated[
        ShareAtMost, Field(description="share of responses that are empty, repeated, or talk to the judge")
    ] = ShareAtMost(max=0.02)
    sensitivity: Sensitivity = Sensitivity()
    clusters: Literal["category"] | None = None
    block: Count = 25

    @model_validator(mode="before")
    @classmethod
    def _nothing_left_empty(cls, content: Any) -> Any:
        empty = [key for key, value in content.items() if value is None] if isinstance(content, dict) else []
        if empty:
            raise ValueError(f"the key {str(empty[0])!r} is empty; fill it in, or take it out")
        return content

    @model_validator(mode="after")
    def _without_contradiction(self) -> "Rules":
        if self.equivalence is not None and self.head_to_head is not None:
            most = 0.5 + self.equivalence.within
            if self.head_to_head.floor >= most:
                raise ValueError(
                    f"head_to_head asks for a win rate above {self.head_to_head.floor:.1%} and equivalence for one "
                    f"below {most:.1%}, so no candidate can meet both"
                )
        bounds = None if self.controlled is None else self.metrics.get(self.controlled.figure)
        if self.controlled is not None and bounds is not None and (bounds.max or 1.0) <= self.controlled.min:
            raise ValueError(
                f"controlled asks for {self.controlled.figure} above {self.controlled.min:g} and metrics for at most "
                f"{bounds.max:g}, so no candidate can meet both"
            )
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As that of other parts, and `evaluate` is dumped under its former name."""
        return {
            FORMER_NAME if name == "evaluate" else name: value
            for name, value in self.without_silent(dump(self)).items()
        }

    @property
    def alphas(self) -> dict[str, float]:
        """By rule, the error probability that it may spend."""
        rules: dict[str, Any] = {name: getattr(self, name) for name in TESTED}
        for kind in TESTED_BY_NAME:
            rules |= {f"{kind} {name}": rule for name, rule in getattr(self, kind).items()}
        return {name: rule.alpha for name, rule in rules.items() if rule is not None}

    def tier_of(self, result: str) -> Tier:
        """The tier of the rule that a result is called after: ``head_to_head``, ``category NAME``, ``lm_eval TASK``."""
        name, _, key = result.partition(" ")
        kinds: dict[str, Any] = {"category": self.categories, "lm_eval": self.lm_eval.get(key)}
        kinds |= {"paired": self.paired.get(key), "metric": self.metrics.get(key)}
        rule = kinds.get(name) if key else getattr(self, name, None)
        return rule.tier if isinstance(rule, Rule) else "critical"

    @property
    def compares(self) -> bool:
        """Whether a rule needs the candidate's answers compared with another model's."""
        return any(getattr(self, name) is not None for name in TESTED)

    @property
    def decides(self) -> bool:
        """Whether there is a critical rule beside those that every gate has."""
        always = ("degenerate", "sensitivity")
        values = [getattr(self, name) for name in Rules.model_fields if name not in always]
        rules = [rule for value in values for rule in (value.values() if isinstance(value, dict) else [value])]
        return any(isinstance(rule, Rule) and rule.tier == "critical" for rule in rules)


class Policy(Rules):
    """The rules. `block` is how many prompts are judged at a time: it changes what a gate costs, not what it decides.

    `budget` bounds the sum of all alphas: how likely a candidate that meets every rule is rejected. `line` names the
    line of models whose gates share their alphas (see the ledger). With `clusters`, prompts of one category
    count as one observation. `benchmarks` are several parts in place of one, each with rules of its own, which share
    every alpha evenly. `reveal` says which prompts a gate may print. `seed` is read and has no effect.
    """

    benchmarks: dict[str, Rules] = Field(default_factory=dict)
    seed: int = 0
    budget: Alpha | None = None
    line: str | None = Field(default=None, min_length=1)
    reveal: Reveal = "all"

    @property
    def parts(self) -> dict[str, Rules]:
        """The rules by benchmark, with the alphas that each may spend; under an empty name where there is but one."""
        if not self.benchmarks:
            return {"": self}
        return {name: with_share(rules, 1 / len(self.benchmarks)) for name, rules in self.benchmarks.items()}

    @property
    def key(self) -> str:
        """The policy's hash, by which decisions and promotions name it."""
        return content_key("policy", self.model_dump())

    @model_validator(mode="after")
    def _asks_for_something(self) -> "Policy":
        if self.benchmarks:
            beside = [name for name in Rules.model_fields if name in self.model_fields_set]
            if beside:
                raise ValueError(f"with 'benchmarks', {beside[0]!r} belongs under one of them")
        silent = [name or "the policy" for name, rules in self.parts.items() if not rules.decides]
        if silent:
            raise ValueError(f"{silent[0]} has no critical rule that could decide; add head_to_head, for example")
        return self

    @model_validator(mode="after")
    def _within_the_budget(self) -> "Policy":
        alphas = {
            f"{part} {name}".strip(): alpha
            for part, rules in self.parts.items()
            for name, alpha in rules.alphas.items()
        }
        total = sum(alphas.values())
        if self.budget is not None and total > self.budget + 1e-12:
            shown = " + ".join(f"{alpha:g} ({name})" for name, alpha in alphas.items())
            raise ValueError(f"the alphas sum to {total:g}, above the budget of {self.budget:g}: {shown}")
        return self


AnyRules = TypeVar("AnyRules", bound=Rules)


def with_share(rules: AnyRules, share: float) -> AnyRules:
    """The same rules with this share of every alpha."""

    def less(rule: Any) -> Any:
        return None if rule is None else rule.model_copy(update={"alpha": rule.alpha * share})

    changed: dict[str, Any] = {name: less(getattr(rules, name)) for name in TESTED}
    changed |= {name: {key: less(rule) for key, rule in getattr(rules, name).items()} for name in TESTED_BY_NAME}
    return rules.model_copy(update=changed)


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
