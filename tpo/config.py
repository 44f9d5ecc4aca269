"""The configuration file of a training run."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tpobench.harness.api.budget import Budget, load_prices
from tpobench.harness.api.calls import Limits
from tpobench.harness.config import FileModel
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.rules import Growing
from tpobench.harness.records import SamplingParams
from tpobench.harness.store.steps import ARMS, Arm

Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1, strict=False)]
Amount = Annotated[float, Field(gt=0, strict=False)]


class SamplingConfig(FileModel):
    """How outputs are drawn (paper, section 3: temperature 0.8, top-p 0.95)."""

    temperature: float = Field(default=0.8, ge=0, strict=False)
    top_p: float = Field(default=0.95, gt=0, le=1, strict=False)
    max_new_tokens: Positive = 512

    def params(self, seed: int) -> SamplingParams:
        """These settings with the run's seed."""
        return SamplingParams(self.temperature, self.top_p, self.max_new_tokens, seed)


class ApiConfig(FileModel):
    """How endpoints are called: judges, synthetic instructions, served checkpoints."""

    concurrency: Annotated[int, Field(ge=1, le=512)] = 64
    requests_per_minute: Amount | None = None
    tokens_per_minute: Amount | None = None
    timeout: Amount = 300.0
    budget_calls: Positive | None = None
    budget_usd: Amount | None = None
    prices: str | None = None
    served_models: list[str] = Field(default_factory=list)

    def budget(self) -> Budget:
        """A fresh budget; raises UserError for a price file that cannot be read."""
        prices = load_prices(None if self.prices is None else Path(self.prices))
        return Budget(prices=prices, max_calls=self.budget_calls, max_usd=self.budget_usd)

    def limits(self) -> Limits:
        """How fast, and how many at a time."""
        return Limits(
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            timeout_s=self.timeout,
        )


class ServingConfig(FileModel):
    """A server that is started for each checkpoint instead of sampling in this process.

    `command` holds ``{model}`` (the checkpoint's folder), ``{name}`` (under which it must be served) and ``{port}``.
    """

    command: str
    startup_seconds: Positive = 900

    @model_validator(mode="after")
    def _has_its_placeholders(self) -> "ServingConfig":
        for placeholder in ("{model}", "{name}", "{port}"):
            if placeholder not in self.command:
                raise ValueError(f"command lacks {placeholder}")
        return self


class WarmStartConfig(FileModel):
    """Supervised learning on curated thoughts before the first iteration; the direct arm gets the same answers.

    `file` is JSONL with ``prompt``, ``thought`` and ``response``; default: tpobench's own 64 short examples.
    """

    file: str | None = None
    examples: Positive = 64
    epochs: Positive = 2
    learning_rate: Share = 2e-5
    batch_size: Positive = 4


class SourceConfig(FileModel):
    """One source of instructions: ``starter``, ``FILE.jsonl``, ``FILE.parquet``, ``hub:ORG/NAME`` or
    ``synthetic:SEEDS.jsonl``.

    `column` is the text, or the list of chat messages whose first user message counts. `demands` is the number of
    checkable demands added to each instruction, so that the checklist can judge it. `model` and `count` belong to
    ``synthetic``: who writes, and how many instructions are wanted.
    """

    source: str = DEFAULT_BENCHMARK
    weight: Amount = 1.0
    split: str | None = None
    column: str = "prompt"
    demands: Annotated[int, Field(ge=0, le=3)] = 0
    model: str | None = None
    count: Positive | None = None
    sampling: SamplingConfig = SamplingConfig(temperature=0.9, max_new_tokens=256)

    @model_validator(mode="after")
    def _is_whole(self) -> "SourceConfig":
        synthetic = self.source.startswith("synthetic:")
        if synthetic and (self.model is None or self.count is None):
            raise ValueError("a synthetic source needs 'model' (who writes) and 'count' (how many)")
        if not synthetic and (self.model is not None or self.count is not None):
            raise ValueError("'model' and 'count' belong to a synthetic source")
        return self


class InstructionsConfig(FileModel):
    """Where training prompts come from. Every iteration takes prompts that no earlier one used.

    `near_duplicates` is the Jaccard similarity from which two prompts count as the same.
    """

    sources: list[SourceConfig] = Field(default_factory=lambda: [SourceConfig()], min_length=1)
    per_iteration: Positive
    near_duplicates: Share = 0.7


class JudgePart(FileModel):
    """One part of a weighted sum of pointwise judges."""

    judge: str
    weight: float = Field(strict=False)


class JudgeConfig(FileModel):
    """Who scores the samples: ``checklist``, ``reward:MODEL``, ``armorm:MODEL``, ``module:function``, a weighted sum of
    these (`parts`), or a pairwise judge (``ste``, ``verdict:FILE.yaml``, ``alpaca_eval``) at `model`."""

    name: str = "checklist"
    model: str | None = None
    parts: list[JudgePart] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_one_or_a_sum(self) -> "JudgeConfig":
        if self.parts and ("name" in self.model_fields_set or self.model is not None):
            raise ValueError("give either 'name' or 'parts'")
        return self


class PairsConfig(FileModel):
    """Which outputs become pairs (paper, sections 2.2 and 2.3). `rho` ``auto`` takes the smallest of a grid with which
    chosen responses are on average not longer than rejected ones. `min_margin` is in length-controlled scores."""

    rho: Literal["auto"] | Annotated[float, Field(ge=0, le=0.5, strict=False)] = 0.0
    min_margin: float = Field(default=0.0, ge=0, strict=False)
    per_prompt: Positive = 1
    max_format_share: float = Field(default=0.1, ge=0, lt=1, strict=False)


class LoraConfig(FileModel):
    """Low-rank adapters instead of full weights. Checkpoints are merged; the adapter is kept beside the weights."""

    r: Positive = 16
    alpha: Positive = 32
    dropout: float = Field(default=0.0, ge=0, lt=1, strict=False)
    target_modules: str | list[str] = "all-linear"


class TrainingConfig(FileModel):
    """DPO (paper, section 2.2): `beta` weighs the reference model, which is the model the iteration starts from.

    `loss` ``irpo`` adds `nll_weight` times the chosen outputs' negative log-likelihood by token (arXiv 2404.19733).
    `batch_size` is of pairs per step and process, in `accumulate` parts. `launch` is a configuration file of
    accelerate: the trainer then runs under ``accelerate launch --config_file``.
    """

    loss: Literal["dpo", "irpo"] = "dpo"
    nll_weight: Amount = 1.0
    beta: Amount = 0.1
    learning_rate: Share = 1e-6
    epochs: Positive = 1
    batch_size: Positive = 8
    accumulate: Positive = 1
    max_length: Positive | None = None
    lora: LoraConfig | None = None
    precision: Literal["fp32", "bf16"] = "fp32"
    gradient_checkpointing: bool = False
    launch: str | None = None


class SelectionConfig(FileModel):
    """Which epoch's checkpoint is kept: the one whose fresh responses to held-out prompts are judged best."""

    source: SourceConfig = SourceConfig(split="validation")
    prompts: Positive | None = None


class BenchmarkConfig(Growing):
    """A benchmark that every checkpoint is measured on; None is the benchmark's own. `metrics` are functions of the
    user's that score each response, beside the judge."""

    added = ("metrics",)
    name: str = DEFAULT_BENCHMARK
    split: str = "test"
    data: str | None = None
    judge: str | None = None
    judge_model: str | None = None
    limit: Positive | None = None
    max_new_tokens: Positive | None = None
    metrics: list[str] = Field(default_factory=list)


TASKS = "lm_eval"
"""The benchmark whose tasks `evaluation.lm_eval` lists."""


class TasksConfig(FileModel):
    """Tasks of lm-eval, for example gsm8k. `data` is a folder with the data files, where the hub is not reached."""

    tasks: Annotated[list[str], Field(min_length=1)]
    data: str | None = None
    limit: Positive | None = None
    num_fewshot: Annotated[int, Field(ge=0)] | None = None
    max_new_tokens: Positive | None = None


class EvaluationConfig(FileModel):
    """What every checkpoint is measured on. The first benchmark gives the head-to-head and the gate."""

    benchmarks: list[BenchmarkConfig] = Field(default_factory=lambda: [BenchmarkConfig()], min_length=1)
    lm_eval: TasksConfig | None = None
    sampling: SamplingConfig = SamplingConfig()
    format_retries: int = Field(default=2, ge=0)

    @model_validator(mode="after")
    def _benchmarks_are_judged(self) -> "EvaluationConfig":
        for entry in self.benchmarks:
            kind, _, tasks = entry.name.partition(":")
            if kind == TASKS:
                raise ValueError(
                    f"{entry.name} scores answers by itself, so that it has no win rate: list it under "
                    f"evaluation.{TASKS}.tasks ([{tasks or 'TASK'}])"
                )
        return self


class GuardsConfig(FileModel):
    """When a run stops by itself: shares of a step's training samples, mean length in tokens over the first
    iteration's, and the share of pairs that are longer than training.max_length."""

    parse_errors: Share = 0.5
    truncated: Share = 0.5
    length_growth: Annotated[float, Field(gt=1, strict=False)] = 3.0
    too_long: Share = 0.25


class RunConfig(FileModel):
    """``tpobench train CONFIG.yaml``. Defaults are the paper's where it gives one."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = 0
    model: str
    arms: list[Arm] = Field(default_factory=lambda: list(ARMS), min_length=1)
    thought_mode: str = "think:generic"
    judge: JudgeConfig = JudgeConfig()
    warm_start: WarmStartConfig | None = None
    iterations: Positive = 4
    samples: Annotated[int, Field(ge=2)] = 8
    sampling: SamplingConfig = SamplingConfig()
    serving: ServingConfig | None = None
    instructions: InstructionsConfig
    pairs: PairsConfig = PairsConfig()
    training: TrainingConfig = TrainingConfig()
    selection: SelectionConfig = SelectionConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    guards: GuardsConfig = GuardsConfig()
    api: ApiConfig = ApiConfig()
    gate: Policy

    @model_validator(mode="after")
    def _gate_of_a_run(self) -> "RunConfig":
        for rule in ("evaluate", "champion", "line"):
            if getattr(self.gate, rule) is not None:
                raise ValueError(f"gate.{rule} is for tpobench gate: a run decides on what it has measured itself")
        return self
