"""The results of one call of lm-eval, stored as evaluations."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tpobench.benchmarks.lm_eval.items import by_item, by_metric, task_metrics
from tpobench.benchmarks.lm_eval.names import PREFIX, judge_id
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.record import store_task_figures
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Metric, Model, NewEvaluation, Output, content_key
from tpobench.harness.store.store import Store

if TYPE_CHECKING:
    from tpobench.benchmarks.lm_eval.model import StoredLM


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """The stored figures of one task (or group of tasks). `evaluation` is the key in the store."""

    task: str
    evaluation: str
    version: Any
    num_fewshot: int | None
    metrics: tuple[Metric, ...]

    @property
    def title(self) -> str:
        """The task, its version and the number of worked examples."""
        shots = "" if self.num_fewshot is None else f", {self.num_fewshot}-shot"
        return f"{PREFIX}{self.task} {self.version}{shots}"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return vars(self) | {"metrics": [vars(metric) for metric in self.metrics]}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one call of `lm_eval.evaluate` gave for a model in a mode, to be stored task by task."""

    lm_eval_results: Mapping[str, Any]
    lm: "StoredLM"
    model: Model
    mode: Mode
    options: TaskOptions

    def store_task(self, store: Store, task: str) -> TaskResult:
        """Store one task's figures, and every item's value."""
        results = self.lm_eval_results
        samples = results["samples"][task]
        answered = self.lm.answered.get(task, [])
        counted = results["n-samples"][task]
        metrics = task_metrics(results["results"][task], counted["effective"], by_metric(samples))
        metrics += _output_metrics(answered)
        prompts = [output.prompt for output, _ in answered] or self.lm.scored.get(task, [])
        evaluation = replace(
            self._evaluation(task, self._params(task, samples, bool(answered))),
            prompt_keys=[prompt.key for prompt in prompts],
            candidate_outputs=[output.key for output, _ in answered],
        )
        key = store_task_figures(store, evaluation, metrics)
        for metric, values in by_item(samples).items():
            store.add_items(key, metric, values)
        return TaskResult(
            task=task,
            evaluation=key,
            version=results["versions"][task],
            num_fewshot=results["n-shot"][task],
            metrics=tuple(metrics),
        )

    def store_group(self, store: Store, group: str, parts: Sequence[TaskResult]) -> TaskResult:
        """A group's figures are lm-eval's aggregates over its tasks; they have its standard error and no interval."""
        entry = self.lm_eval_results["groups"][group]
        version, shots = self.lm_eval_results["versions"].get(group), self.lm_eval_results["n-shot"].get(group)
        params = {
            "version": version,
            "num_fewshot": shots,
            "limit": self.options.limit,
            "tasks": {part.task: part.evaluation for part in parts},
        }
        metrics = task_metrics(entry, entry["sample_len"], {})
        key = store_task_figures(store, self._evaluation(group, params), metrics)
        return TaskResult(task=group, evaluation=key, version=version, num_fewshot=shots, metrics=tuple(metrics))

    def _params(self, task: str, samples: Sequence[Mapping[str, Any]], answered: bool) -> dict[str, Any]:
        """What the figures depend on beside the model and the mode."""
        results = self.lm_eval_results
        config = {key: value for key, value in results["configs"][task].items() if not _is_about_data(key)}
        params = {
            "version": results["versions"][task],
            "num_fewshot": results["n-shot"][task],
            "limit": self.options.limit,
            "original": results["n-samples"][task]["original"],
            "config": content_key(config),
            "items": content_key([(sample["doc_hash"], sample["target_hash"]) for sample in samples]),
        }
        if answered:
            sampling = asdict(self.lm.sampling[task])
            params |= {"sampling": sampling, "format_retries": self.options.format_retries}
        return params

    def _evaluation(self, task: str, params: Mapping[str, Any]) -> NewEvaluation:
        return NewEvaluation(
            benchmark=PREFIX + task,
            judge=judge_id(),
            params=json.dumps(params, sort_keys=True),
            candidate=self.model.fingerprint,
            candidate_mode=self.mode.name,
        )


def _is_about_data(key: str) -> bool:
    """Keys of a task's configuration that say where it and its data lie: the items themselves are in the key."""
    return key in ("metadata", "dataset_path", "dataset_name", "dataset_kwargs")


def _output_metrics(answered: Sequence[tuple[Output, Output]]) -> list[Metric]:
    if not answered:
        return []
    n = len(answered)
    return [
        Metric(name="parse_error_rate", value=sum(first.parse_error is not None for _, first in answered) / n, n=n),
        Metric(name="unanswered", value=sum(output.parse_error is not None for output, _ in answered) / n, n=n),
        Metric(name="truncated", value=sum(output.finish_reason == "length" for output, _ in answered) / n, n=n),
        Metric(name="thought_chars", value=fmean(len(output.thought) for output, _ in answered), n=n),
        Metric(name="response_chars", value=fmean(len(output.response) for output, _ in answered), n=n),
    ]
