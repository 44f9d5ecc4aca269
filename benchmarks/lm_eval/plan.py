"""What lm-eval's tasks would take: the tasks are loaded and their requests counted, before anything is sampled."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tpobench.benchmarks.lm_eval.loading import loaded_tasks
from tpobench.benchmarks.lm_eval.names import judge_id
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.harness.api.endpoints import endpoint_named, is_endpoint
from tpobench.harness.evaluation.plan import ASSUMED_SECONDS
from tpobench.harness.models.modes import Mode
from tpobench.harness.progress import Progress
from tpobench.harness.store.calls import median_seconds
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class TaskRequests:
    """Of one task: items, outputs to sample for them, and given continuations to score."""

    items: int
    outputs: int
    continuations: int

    @property
    def calls(self) -> int:
        """All requests to the model."""
        return self.outputs + self.continuations


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """What a run would ask of the model where nothing is stored and no format is wrong. `minutes` is None for a model
    that runs here: how fast it is depends on the machine."""

    benchmark: str
    tasks: Mapping[str, TaskRequests]
    scored_by: str
    sampling_calls: int
    judge_calls: int
    minutes: float | None
    seconds_a_call: float
    measured_rate: bool

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For the terminal."""
        lines = [f"{self.benchmark}: scored by {self.scored_by} itself, so there is nothing to judge"]
        for name, requests in self.tasks.items():
            parts = [(requests.outputs, "outputs to sample"), (requests.continuations, "given continuations to score")]
            counted = ", ".join(f"{count:,} {unit}" for count, unit in parts if count)
            lines.append(f"  {name:<10} {requests.items:,} items: {counted}")
        if self.minutes is None:
            return lines
        source = "measured in this store" if self.measured_rate else "assumed"
        return [
            *lines,
            f"  calls      {self.sampling_calls:,}, minus what is stored; a format error is asked for again",
            f"  minutes    {self.minutes:.1f}, at {self.seconds_a_call:.1f} s a call ({source})",
        ]


def plan_tasks(
    tasks: Sequence[str],
    candidate: str,
    mode: Mode,
    options: TaskOptions,
    progress: Progress,
    concurrency: int,
    store: Store | None,
) -> TaskPlan:
    """Load the tasks and count their requests; nothing is sampled.

    Args:
        tasks: Names of tasks or groups.
        candidate: The model as named on the command line; an endpoint's calls are counted.
        mode: The mode in which it would answer.
        options: The limit, the folder of the data and the like.
        progress: Shows the loading.
        concurrency: Calls at the same time, for the minutes.
        store: Gives the measured seconds a call; None where there is no store yet.

    Returns:
        The requests of each task, and the minutes of an endpoint.

    Raises:
        UserError: The tasks cannot be loaded: what they take is not known without their data.
    """
    with loaded_tasks(tasks, mode, progress, options) as loaded:
        requests = {name: _requests(task, options.limit) for name, task in loaded["tasks"].items()}
    served = is_endpoint(candidate)
    calls = sum(task_requests.calls for task_requests in requests.values()) if served else 0
    seconds = median_seconds(store, endpoint_named(candidate).model) if served and store is not None else None
    rate = seconds or ASSUMED_SECONDS
    return TaskPlan(
        benchmark=f"lm_eval:{','.join(tasks)}",
        tasks=requests,
        scored_by=judge_id(),
        sampling_calls=calls,
        judge_calls=0,
        minutes=calls * rate / concurrency / 60 if served else None,
        seconds_a_call=rate,
        measured_rate=seconds is not None,
    )


def _requests(task: Any, limit: int | None) -> TaskRequests:
    """As `lm_eval.evaluate` builds them."""
    task.build_all_requests(limit=limit)
    sampled = [instance for instance in task.instances if instance.request_type == "generate_until"]
    total = sum(instance.repeats for instance in task.instances)
    outputs = sum(instance.repeats for instance in sampled)
    return TaskRequests(len({instance.doc_id for instance in task.instances}), outputs, total - outputs)
