"""lm-eval's tasks over our samplers: any task of the installed lm-eval, of a folder of the user's, or of ours.

lm-eval renders the prompts, cuts out the answers and scores them; we sample, in any mode, into the store. Thoughts are
cut off before lm-eval sees a word.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tpobench.benchmarks.lm_eval.files import PREFIX, figures, judge_id, store_evaluation
from tpobench.benchmarks.lm_eval.hub import OFFLINE, hub_off
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.models.modes import Mode
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, Output, content_key
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store

if TYPE_CHECKING:
    from tpobench.benchmarks.lm_eval.model import StoredLM

CONFIGS = Path(__file__).parent / "configs"
"""Our own tasks."""

DATA_FILES = {
    "gsm8k": {"train": "gsm8k/train.jsonl", "test": "gsm8k/test.jsonl"},
    "gsm8k_answer_only": {"test": "gsm8k/test.jsonl"},
    "ifeval": {"train": "ifeval/ifeval.json"},
}
"""By task and split: where `TaskOptions.data` holds the data, in the hub's own format."""

_SEED = 1234
"""lm-eval's own default."""

PUNKT_INSTALL = "pip install --no-deps llama-index-core"
"""A package that carries nltk's punkt_tab, for machines that reach a package index but not nltk's server."""


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """What is asked for beside the tasks. None is the task's own value.

    `limit` takes the first items of each task only. `max_new_tokens` bounds thought and response together. `data` is a
    folder with data files (see `DATA_FILES`); the hub is then left alone until the tasks are done. `tokenizer` is
    needed for multiple choice on an endpoint whose server does not tell its own.
    """

    limit: int | None = None
    num_fewshot: int | None = None
    max_new_tokens: int | None = None
    seed: int = 0
    format_retries: int = 2
    include_path: Path | None = None
    data: Path | None = None
    tokenizer: str | None = None


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
        shots = "" if self.num_fewshot is None else f", {self.num_fewshot}-shot"
        return f"{PREFIX}{self.task} {self.version}{shots}"

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"metrics": [vars(metric) for metric in self.metrics]}


def run_tasks(
    tasks: Sequence[str],
    generator: OutputCache,
    mode: Mode,
    store: Store,
    reporter: Progress,
    options: TaskOptions | None = None,
) -> list[TaskResult]:
    """Run lm-eval's tasks and store their figures; the same again samples nothing and inserts nothing.

    Raises UserError for an unknown task, data that cannot be had, and for tasks that score given continuations in a
    thinking mode.
    """
    asked = options or TaskOptions()
    store.add_model(generator.model, "given")
    with loaded_tasks(tasks, mode, reporter, asked) as loaded:
        import lm_eval

        from tpobench.benchmarks.lm_eval.model import StoredLM

        lm = StoredLM(
            generator=generator,
            mode=mode,
            store=store,
            reporter=reporter,
            max_new_tokens=asked.max_new_tokens,
            seed=asked.seed,
            format_retries=asked.format_retries,
            tokenizer=asked.tokenizer,
        )
        found = lm_eval.evaluate(lm, loaded, limit=asked.limit)
    results = []
    for task in [name for name in found["results"] if name in loaded["tasks"]]:
        results.append(
            _store_task(task=task, found=found, lm=lm, generator=generator, mode=mode, store=store, asked=asked)
        )
    for group in found.get("groups", {}):
        parts = [result for result in results if result.task in found["group_subtasks"].get(group, [])]
        results.append(
            _store_group(
                group=group, found=found, parts=parts, generator=generator, mode=mode, store=store, asked=asked
            )
        )
    return results


@contextmanager
def loaded_tasks(tasks: Sequence[str], mode: Mode, reporter: Progress, asked: TaskOptions) -> Iterator[Any]:
    """The tasks with their data and worked examples, as `lm_eval.evaluate` takes them.

    Raises UserError for an unknown task, data that cannot be had, and for tasks that the mode, or we, cannot do.
    """
    _quiet()
    import_module("lm_eval")  # before the hub is off: what reads the environment at import keeps what it read
    with nullcontext() if asked.data is None else hub_off(), _configs(tasks, asked) as folders:
        manager = _manager(tasks, folders, reporter)
        if any("ifeval" in task for task in tasks):
            _require_punkt(offline=bool(os.environ.get(OFFLINE, "0").strip("0")))
        loaded = _load(manager, tasks)
        _refuse(loaded["tasks"], mode)
        _set_examples(loaded["tasks"], asked.num_fewshot)
        yield loaded


def _store_task(
    task: str,
    found: Mapping[str, Any],
    lm: "StoredLM",
    generator: OutputCache,
    mode: Mode,
    store: Store,
    asked: TaskOptions,
) -> TaskResult:
    samples = found["samples"][task]
    counted = found["n-samples"][task]
    answered = lm.answered.get(task, [])
    config = {key: value for key, value in found["configs"][task].items() if not _is_about_data(key)}
    params = {
        "version": found["versions"][task],
        "num_fewshot": found["n-shot"][task],
        "limit": asked.limit,
        "original": counted["original"],
        "config": content_key(config),
        "items": content_key([(sample["doc_hash"], sample["target_hash"]) for sample in samples]),
    }
    if answered:
        params |= {"sampling": asdict(lm.sampling[task]), "format_retries": asked.format_retries}
    metrics = _metrics(found["results"][task], counted["effective"], _by_metric(samples))
    metrics += _output_metrics(answered)
    prompts = [output.prompt for output, _ in answered] or lm.scored.get(task, [])
    about = {
        "benchmark": PREFIX + task,
        "judge": judge_id(),
        "params": json.dumps(params, sort_keys=True),
        "candidate": generator.model.fingerprint,
        "candidate_mode": mode.name,
        "prompt_keys": [prompt.key for prompt in prompts],
        "candidate_outputs": [output.key for output, _ in answered],
    }
    key = store_evaluation(store, about, metrics)
    for metric, values in _by_item(samples).items():
        store.add_items(key, metric, values)
    return TaskResult(
        task=task, evaluation=key, version=params["version"], num_fewshot=params["num_fewshot"], metrics=tuple(metrics)
    )


def _store_group(
    group: str,
    found: Mapping[str, Any],
    parts: Sequence[TaskResult],
    generator: OutputCache,
    mode: Mode,
    store: Store,
    asked: TaskOptions,
) -> TaskResult:
    """A group's figures are lm-eval's aggregates over its tasks; they have its standard error and no interval."""
    entry = found["groups"][group]
    version, shots = found["versions"].get(group), found["n-shot"].get(group)
    params = {
        "version": version,
        "num_fewshot": shots,
        "limit": asked.limit,
        "tasks": {part.task: part.evaluation for part in parts},
    }
    metrics = _metrics(entry, entry["sample_len"], {})
    about = {
        "benchmark": PREFIX + group,
        "judge": judge_id(),
        "params": json.dumps(params, sort_keys=True),
        "candidate": generator.model.fingerprint,
        "candidate_mode": mode.name,
    }
    return TaskResult(
        task=group,
        evaluation=store_evaluation(store, about, metrics),
        version=version,
        num_fewshot=shots,
        metrics=tuple(metrics),
    )


def _is_about_data(key: str) -> bool:
    """Keys of a task's configuration that say where it and its data lie: the items themselves are in the key."""
    return key in ("metadata", "dataset_path", "dataset_name", "dataset_kwargs")


def _by_metric(samples: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Per-item values by the metric's name in the store."""
    items: dict[str, list[Any]] = {}
    for sample in samples:
        for metric in sample["metrics"]:
            items.setdefault(f"{metric},{sample['filter']}".removesuffix(",none"), []).append(sample[metric])
    return items


def _by_item(samples: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """By the metric's name in the store, each item's value: what pairs two models. Items are told apart by the hashes
    of their content, and equal ones by their place."""
    items: dict[str, dict[str, float]] = {}
    seen: dict[tuple[str, str], int] = {}
    for sample in samples:
        content = content_key(sample["doc_hash"], sample["target_hash"])
        place = seen[content, sample["filter"]] = seen.get((content, sample["filter"]), -1) + 1
        for metric in sample["metrics"]:
            value = sample[metric]
            if isinstance(value, int | float) and math.isfinite(value):
                name = f"{metric},{sample['filter']}".removesuffix(",none")
                items.setdefault(name, {})[f"{content}#{place}"] = float(value)
    return items


def _metrics(entry: Mapping[str, Any], n: int, items: Mapping[str, Sequence[Any]]) -> list[Metric]:
    """A figure that is the mean of per-item values in [0, 1] gets its interval; others have none."""
    metrics = []
    for name, value in figures(entry).items():
        observed = items.get(name, [])
        if observed and all(isinstance(item, int | float) and 0 <= item <= 1 for item in observed):
            interval = mean_interval([float(item) for item in observed])
            if abs(interval.mean - value) < 1e-9:
                metrics.append(
                    Metric(name=name, value=value, n=interval.n, category=None, low=interval.low, high=interval.high)
                )
                continue
        metrics.append(Metric(name=name, value=value, n=len(observed) or n))
    return metrics


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


@contextmanager
def _configs(tasks: Sequence[str], asked: TaskOptions) -> Iterator[list[Path]]:
    """Folders with task files, later ones first in line. Tasks whose data the user has are written again: lm-eval's own
    file with nothing but the data set changed."""
    folders = [CONFIGS]
    if asked.include_path is not None:
        if not asked.include_path.is_dir():
            raise UserError(f"{asked.include_path} is not a folder with task files (*.yaml); name one that has them")
        folders.append(asked.include_path)
    if asked.data is None:
        yield folders
        return
    if not asked.data.is_dir():
        raise UserError(f"there is no data folder {asked.data}; check --data")
    with TemporaryDirectory(prefix="tpobench-lm-eval-") as written:
        for task in set(tasks) & set(DATA_FILES):
            files = {split: str((asked.data / name).resolve()) for split, name in DATA_FILES[task].items()}
            for split, file in files.items():
                if not Path(file).is_file():
                    raise UserError(f"{asked.data} has no {DATA_FILES[task][split]}, which {task} needs; check --data")
            changed = {
                "include": str(_task_file(task)),
                "task": task,
                "dataset_path": "json",
                "dataset_name": None,
                "dataset_kwargs": {"data_files": files},
            }
            (Path(written) / f"{task}.yaml").write_text(json.dumps(changed), encoding="utf-8")  # JSON is YAML
        yield [*folders, Path(written)]


def _task_file(task: str) -> Path:
    ours = CONFIGS / f"{task}.yaml"
    return ours if ours.exists() else _lm_eval_tasks() / task / f"{task}.yaml"


def _lm_eval_tasks() -> Path:
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise UserError("lm-eval is not installed: pip install 'lm-eval==0.4.13'")
    return Path(spec.origin).parent / "tasks"


def _manager(tasks: Sequence[str], folders: Sequence[Path], reporter: Progress) -> Any:
    """An index of tasks that has those that are asked for. Reading all of lm-eval's 14,000 takes ten seconds, so the
    folders of the same names are tried first."""
    from lm_eval.tasks import TaskManager

    own = [folder for task in tasks if "/" not in task and (folder := _lm_eval_tasks() / task).is_dir()]
    quick = TaskManager(include_path=[*own, *folders], include_defaults=False)
    if set(tasks) <= set(quick.all_subtasks):
        return quick
    reporter.say("reading lm-eval's index of tasks (about 15 seconds)")
    complete = TaskManager(include_path=list(folders))
    for task in tasks:
        if task not in complete.task_index:
            raise UserError(f"lm-eval has no task {task!r}; {_hint(task, complete.all_tasks)}")
    return complete


def _hint(task: str, known: list[str]) -> str:
    hint = did_you_mean(task, known)
    return hint if hint.startswith("did you mean") else "its own command `lm-eval ls tasks` lists them"


def _load(manager: Any, tasks: Sequence[str]) -> Any:
    import random

    import numpy as np

    random.seed(0)  # as lm_eval.simple_evaluate does
    np.random.seed(_SEED)
    try:
        return manager.load(list(tasks))
    except ModuleNotFoundError as error:
        raise UserError(f"{', '.join(tasks)} needs a package that is missing: pip install {error.name}") from error
    except (OSError, ValueError, ImportError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{', '.join(tasks)} cannot be loaded: {reason[:300]}; without the hub, name a folder with the data "
            f"(--data, for {', '.join(DATA_FILES)})"
        ) from error


def _refuse(tasks: Mapping[str, Any], mode: Mode) -> None:
    for name, task in tasks.items():
        if mode.markers and task.OUTPUT_TYPE != "generate_until":
            raise UserError(
                f"{name} scores given continuations, so there is nothing to think about; run it with --mode direct, or "
                "name a task that lets the model write its answer"
            )
        if getattr(task, "UNSAFE_CODE", False):
            raise UserError(f"{name} runs code that the model wrote, which is not done here; use lm-eval in a sandbox")
        if getattr(task, "MULTIMODAL", False):
            raise UserError(f"{name} needs more than text as input, which no sampler here takes; name another task")


def _set_examples(tasks: Mapping[str, Any], num_fewshot: int | None) -> None:
    """Worked examples as `lm_eval.simple_evaluate` sets them: those of its default seed, and a task that is zero-shot
    by definition stays so."""
    for task in tasks.values():
        written = task.get_config("num_fewshot")
        if written is None or (num_fewshot is not None and written != 0):
            task.set_config(key="num_fewshot", value=num_fewshot or 0)
        task.set_fewshot_seed(seed=_SEED)


def _require_punkt(offline: bool) -> None:
    """ifeval counts sentences, and words in capitals, with nltk's punkt_tab: another splitter would be another score.

    It is taken from nltk's own folders, from an installed package that carries it, or, online, downloaded.
    """
    if find_spec("nltk") is None:
        raise UserError("ifeval needs nltk: pip install nltk")
    nltk = import_module("nltk")

    def found() -> bool:
        try:
            nltk.data.find("tokenizers/punkt_tab/english/")
        except LookupError:
            return False
        return True

    if found():
        return
    nltk.data.path += [
        str(Path(place) / "core" / "_static" / "nltk_cache") for place in _search_locations("llama_index")
    ]
    if found() or (not offline and nltk.download("punkt_tab", quiet=True) and found()):
        return
    raise UserError(
        "ifeval needs nltk's punkt_tab to count sentences; run: python -m nltk.downloader punkt_tab, or, where only a "
        f"package index can be reached: {PUNKT_INSTALL}"
    )


def _search_locations(package: str) -> Sequence[str]:
    """Where an installed package lies; it is not imported."""
    spec = find_spec(package)
    return [] if spec is None else spec.submodule_search_locations or []


def _quiet() -> None:
    """Keep the libraries' own bars and advice off the terminal."""
    import logging

    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    logging.getLogger("lm_eval.tasks").setLevel(logging.CRITICAL)  # ifeval remarks on each text without a language
    logging.getLogger("lm_eval.models").setLevel(logging.WARNING)  # these say when a context is cut
