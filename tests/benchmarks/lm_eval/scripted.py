"""A model that says what a script tells it, and lm-eval's tasks run with it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.results import TaskResult
from tpobench.benchmarks.lm_eval.tasks import run_tasks
from tpobench.harness.models.checkpoints import fingerprint
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Metric, Model, Request, SamplingParams
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.choose import local_sampler
from tpobench.harness.store.store import Store

T, R = "Here is my thought process:", "Here is my response:"

ANSWERS = [7, 12, 30, 5, 1200, 64, 9, 81]


class Scripted:
    """Says what `script` makes of the last user message and the number of times that it was asked; counts."""

    def __init__(self, script: Callable[[str, int], str]) -> None:
        self.script = script
        self.asked: list[str] = []
        self.params: list[SamplingParams] = []

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        for request in requests:
            text = request.messages[-1]["content"]
            said = self.script(text, self.asked.count(text))
            self.asked.append(text)
            self.params.append(params)
            yield [
                Generation(
                    request=request, prompt_ids=(1,), token_ids=(2,), text=said, finish_reason="stop", seconds=0.0
                )
            ]

    def close(self) -> None: ...


def number(text: str) -> int:
    """The right answer to the last question of a prompt."""
    return int(text.rpartition("Ann has ")[2].split()[0]) + 2


def scripted(store: Store, script: Callable[[str, int], str]) -> tuple[OutputCache, Scripted]:
    sampler = Scripted(script)
    return OutputCache(store, Model("scripted", "nowhere", "f" * 32), lambda _: sampler, Progress(True)), sampler


def local(store: Store, folder: Path) -> OutputCache:
    return OutputCache(store, Model("tiny", str(folder), fingerprint(folder)), local_sampler, Progress(True))


def run(task: str, generator: OutputCache, mode: str | Mode, store: Store, options: TaskOptions) -> TaskResult:
    asked = mode_named(mode) if isinstance(mode, str) else mode
    (result,) = run_tasks([task], generator, asked, store, Progress(True), options)
    assert list(result.metrics) == sorted_like(store.metrics(result.evaluation), result.metrics)
    return result


def sorted_like(stored: list[Metric], metrics: Sequence[Metric]) -> list[Metric]:
    by_name = {metric.name: metric for metric in stored}
    return [by_name[metric.name] for metric in metrics]


def figure(result: TaskResult, name: str) -> Metric:
    return next(metric for metric in result.metrics if metric.name == name)
