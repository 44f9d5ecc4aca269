"""The configuration of a training run, and the file forms that users write for the optimizer."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.config import FileModel
from harness.gate import Policy
from harness.records import SamplingParams

Positive = Annotated[int, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, lt=1, strict=False)]


class ThoughtTemplateFile(FileModel):
    """A thought prompt of the user's: ``think:FILE.yaml``."""

    user: str = Field(description="the user message; {prompt} stands for the query")
    response_marker: str = Field(min_length=1)
    thought_marker: str | None = Field(default=None, min_length=1)
    system: str | None = None

    @model_validator(mode="after")
    def _has_a_place_for_the_query(self) -> "ThoughtTemplateFile":
        if "{prompt}" not in self.user:
            raise ValueError("the user message needs {prompt} where the query goes")
        if self.thought_marker and (
            self.thought_marker in self.response_marker or self.response_marker in self.thought_marker
        ):
            raise ValueError("one marker is part of the other, so no output could be taken apart")
        return self


class SamplingConfig(FileModel):
    temperature: float = Field(default=0.8, ge=0, strict=False)
    top_p: float = Field(default=0.95, gt=0, le=1, strict=False)
    max_new_tokens: Positive = 512

    def params(self, seed: int) -> SamplingParams:
        return SamplingParams(self.temperature, self.top_p, self.max_new_tokens, seed)


class WarmStartConfig(FileModel):
    """Supervised learning on curated thoughts before the first iteration; the direct arm gets the same answers."""

    examples: Positive = 64
    epochs: Positive = 2
    learning_rate: Rate = 2e-5
    batch_size: Positive = 4


class InstructionsConfig(FileModel):
    """Where training prompts come from. Every iteration takes prompts that no earlier one used."""

    source: str = "starter"
    per_iteration: Positive


class TrainingConfig(FileModel):
    """DPO (paper, section 2.2): `beta` weighs the reference model, which is the model the iteration starts from."""

    beta: float = Field(default=0.1, gt=0, strict=False)
    learning_rate: Rate = 1e-6
    epochs: Positive = 1
    batch_size: Positive = 8


class EvaluationConfig(FileModel):
    benchmark: str = "starter"
    split: Literal["training", "validation", "test"] = "test"
    sampling: SamplingConfig = SamplingConfig()
    format_retries: int = Field(default=2, ge=0)


class RunConfig(FileModel):
    """``tpobench train CONFIG.yaml``. Defaults are the paper's where it gives one."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = 0
    model: str
    thought_mode: str = "think:generic"
    judge: str = "checklist"
    warm_start: WarmStartConfig | None = None
    iterations: Positive = 4
    samples: Annotated[int, Field(ge=2)] = 8
    sampling: SamplingConfig = SamplingConfig()
    instructions: InstructionsConfig
    rho: float = Field(default=0.0, ge=0, le=0.5, strict=False)
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    gate: Policy
