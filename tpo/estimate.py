"""What a run would take, estimated before it starts (`tpobench train --dry-run`): outputs, calls, tokens, disk, time.

Counts are upper bounds: every output at its token limit, every prompt with its pairs. Times come from rates that
earlier steps measured on this machine, scaled by the size of the weights where that is another one.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.evaluation.plan import ASSUMED_SECONDS
from tpobench.harness.evaluation.registry import benchmark_named, declaration_of, self_scored_run_of
from tpobench.harness.gate.figures import require_scorers
from tpobench.harness.judges.named import judge_named, require_judge
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.models.resolve import EMBEDDED, resolve_model
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.rates import recall, weight_bytes
from tpobench.harness.store.step_details import TasksDetails
from tpobench.harness.store.steps import Step
from tpobench.tpo.config import TASKS, BenchmarkConfig, RunConfig
from tpobench.tpo.rates import sampling_kind, training_kind
from tpobench.tpo.steps import planned_steps

PROMPT_TOKENS = 100
"""Assumed length of a training prompt with its thought prompt."""

ADAM = 2
"""Optimizer state for each byte of float32 weights."""


@dataclass(frozen=True, kw_only=True)
class StepEstimate:
    """One step. `disk` is what it needs at most while it runs; `seconds` None where no rate was measured."""

    name: str
    outputs: int = 0
    tokens: int = 0
    calls: int = 0
    trained_tokens: int = 0
    disk: int = 0
    seconds: float | None = 0.0


@dataclass(frozen=True)
class Estimate:
    """`kept` is what all checkpoints take in the end; `weights` None where the model's size is not known."""

    steps: list[StepEstimate]
    weights: int | None
    kept: int
    notes: list[str]

    @property
    def seconds(self) -> float | None:
        """Of all steps; None where one of them is not known."""
        known = [step.seconds for step in self.steps]
        return None if None in known else sum(second or 0 for second in known)

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return asdict(self) | {"seconds": self.seconds}


def estimate(config: RunConfig) -> Estimate:
    """What each step of a run would take, at most.

    Nothing is fetched: where the model lies on the hub, its size is taken from its name.

    Raises:
        UserError: where the configuration names what does not exist on this machine.
    """
    _require_judges(config)
    weights, notes = _weights(config)
    counted = _Counter(config, weights)
    steps = [counted.of(step) for step in planned_steps(config)]
    made = len(config.arms) * (config.iterations + (config.warm_start is not None))
    if any(step.seconds is None for step in steps):
        notes.append("some times are not known: no step of that kind was measured on this machine yet")
    if config.instructions.sources and any(s.source.startswith("synthetic:") for s in config.instructions.sources):
        notes.append("the synthetic instructions are written in addition to this")
    return Estimate(steps, weights, made * (weights or 0), notes)


def _require_judges(config: RunConfig) -> None:
    """Raises UserError for a judge or metric that does not exist: of training, of the benchmarks, and of the gate."""
    require_scorers(config.gate)
    training = [part.judge for part in config.judge.parts] or [config.judge.name]
    benchmarks = config.evaluation.benchmarks
    metrics = [name for entry in benchmarks for name in entry.metrics]
    for name in (*training, *(entry.judge for entry in benchmarks), *metrics):
        if name is not None:
            require_judge(name)
    if config.judge.model is not None:  # raises where the judge asks no model
        judge_named(JudgeRequest(name=config.judge.name, progress=Progress(quiet=True), model=config.judge.model))


class _Counter:
    def __init__(self, config: RunConfig, weights: int | None) -> None:
        self._config = config
        self._weights = weights
        self._pairwise = config.judge.model is not None  # a judge that scores responses one by one asks no model
        self._benchmarks = {b.name: _prompts_of(b) for b in config.evaluation.benchmarks}
        self._held_out = config.selection.prompts or (
            _prompts_of(BenchmarkConfig(split="validation"))
            if config.selection.source.source == DEFAULT_BENCHMARK
            else 0
        )

    def of(self, step: Step[Any]) -> StepEstimate:
        name, kind = step.name, step.kind
        config, sampling = self._config, self._config.sampling.max_new_tokens
        fresh = config.instructions.per_iteration
        if kind == "sample":
            return self._sampled(name, fresh * config.samples, sampling)
        if kind == "score":
            calls = fresh * config.samples * (config.samples - 1) if self._pairwise else 0
            return StepEstimate(name=name, calls=calls, seconds=self._calling(calls))
        if kind == "train":
            pairs = fresh * min(config.pairs.per_prompt, config.samples // 2)
            return self._trained(name, pairs * 2 * (PROMPT_TOKENS + sampling), config.training.epochs)
        if kind == "warm_start" and config.warm_start:
            return self._trained(name, config.warm_start.examples * PROMPT_TOKENS, config.warm_start.epochs)
        if kind == "select":
            epochs = config.training.epochs
            calls = 2 * epochs * self._held_out if self._pairwise else 0
            return self._sampled(name, (epochs + 1) * self._held_out, sampling, calls)
        if kind == "evaluate":
            entry = next((b for b in config.evaluation.benchmarks if b.name == step.benchmark), None)
            return self._evaluated(name, entry or config.evaluation.benchmarks[0])
        if kind == TasksDetails.kind and config.evaluation.lm_eval:
            tasks = config.evaluation.lm_eval
            own = self_scored_run_of(TASKS)
            sizes = {} if own is None else own.sizes
            items = sum(min(tasks.limit or 10**9, sizes.get(task, tasks.limit or 0)) for task in tasks.tasks)
            return self._sampled(name, items, tasks.max_new_tokens or config.evaluation.sampling.max_new_tokens)
        if kind == "head_to_head":
            first = config.evaluation.benchmarks[0]
            calls = self._judge_calls(first)
            return StepEstimate(name=name, calls=calls, seconds=self._calling(calls))
        return StepEstimate(name=name)

    def _evaluated(self, name: str, entry: BenchmarkConfig) -> StepEstimate:
        prompts = self._benchmarks[entry.name]
        new_tokens = entry.max_new_tokens or self._config.evaluation.sampling.max_new_tokens
        return self._sampled(name, prompts, new_tokens, self._judge_calls(entry))

    def _judge_calls(self, entry: BenchmarkConfig) -> int:
        prompts, declaration = self._benchmarks[entry.name], declaration_of(entry.name)
        if not asks_a_model(entry):
            return 0
        return prompts * (2 if declaration is not None and declaration.orders == "both" else 1)

    def _sampled(self, name: str, outputs: int, new_tokens: int, calls: int = 0) -> StepEstimate:
        tokens = outputs * new_tokens
        return StepEstimate(
            name=name,
            outputs=outputs,
            tokens=tokens,
            calls=calls,
            seconds=_sum(self._at(sampling_kind(self._config), tokens), self._calling(calls)),
        )

    def _trained(self, name: str, tokens: int, epochs: int) -> StepEstimate:
        weights = self._weights or 0
        state = 0 if self._config.training.lora else ADAM * weights
        seconds = self._at(training_kind(self._config), tokens * epochs)
        return StepEstimate(
            name=name, trained_tokens=tokens * epochs, disk=(epochs + 1) * weights + state, seconds=seconds
        )

    def _at(self, kind: str, tokens: int) -> float | None:
        rate = None if self._weights is None else recall(kind, self._weights)
        if rate is None:
            return None if tokens else 0.0
        return tokens / rate

    def _calling(self, calls: int) -> float:
        return calls * ASSUMED_SECONDS / self._config.api.concurrency


def _sum(a: float | None, b: float) -> float | None:
    return None if a is None else a + b


def asks_a_model(entry: BenchmarkConfig) -> bool:
    """Whether the benchmark's judge costs calls. One whose files are not on this machine is taken to: the estimate is
    an upper bound."""
    declaration = declaration_of(entry.name)
    if declaration is not None and "data" in declaration.options and entry.data is None and entry.judge is None:
        return True  # nothing is fetched for an estimate
    judge = entry.judge or ("checklist" if declaration is None else declaration.judge)
    request = JudgeRequest(
        name=judge,
        progress=Progress(quiet=True),
        model=entry.judge_model,
        benchmark=entry.name,
        data=None if entry.data is None else Path(entry.data),
    )
    try:
        return not judge_named(request).free
    except UserError:
        return True


def _prompts_of(entry: BenchmarkConfig) -> int:
    declaration = declaration_of(entry.name)
    size = None if declaration is None else declaration.size
    if size is None:
        data = None if entry.data is None else Path(entry.data)
        size = len(benchmark_named(entry.name, split=entry.split, data=data).prompts)
    return min(size, entry.limit or size)


def _weights(config: RunConfig) -> tuple[int | None, list[str]]:
    """Bytes of the seed's weights. Checkpoints are kept in float32, which is what a size from the name stands for."""
    name = config.model
    if name == EMBEDDED or Path(name).is_dir():
        return weight_bytes(resolve_model(name).folder), []
    if is_endpoint(name):
        return None, ["an endpoint cannot be trained: model must be a folder or a hub id"]
    billions = re.search(r"(\d+(?:\.\d+)?)[bB](?![a-zA-Z])", name)
    if billions is None:
        return None, [f"the size of {name} is not known before it is fetched"]
    size = int(float(billions[1]) * 1e9 * 4)
    return size, [f"the size of {name}, {size / 1e9:,.0f} GB, is taken from its name"]
