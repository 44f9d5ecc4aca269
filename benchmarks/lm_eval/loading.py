"""lm-eval's tasks with their data and worked examples: from the hub, or from files of the user's."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tpobench.benchmarks.lm_eval.hub import OFFLINE, hub_off
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.punkt import require_punkt
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.models.modes import Mode
from tpobench.harness.progress import Progress

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


@contextmanager
def loaded_tasks(tasks: Sequence[str], mode: Mode, progress: Progress, options: TaskOptions) -> Iterator[Any]:
    """The tasks with their data and worked examples, as `lm_eval.evaluate` takes them.

    Raises UserError for an unknown task, data that cannot be had, and for tasks that the mode, or we, cannot do.
    """
    _quiet()
    import_module("lm_eval")  # before the hub is off: what reads the environment at import keeps what it read
    with nullcontext() if options.data is None else hub_off(), _configs(tasks, options) as folders:
        manager = _manager(tasks, folders, progress)
        if any("ifeval" in task for task in tasks):
            require_punkt(offline=bool(os.environ.get(OFFLINE, "0").strip("0")))
        _refuse_code(manager.task_index, tasks)
        with TemporaryDirectory(prefix="tpobench-lm-eval-") as empty, chdir(empty):
            # The libraries take a folder of the working folder for a metric's code or a data set of that name.
            loaded = _load(manager, tasks)
        _refuse(loaded["tasks"], mode)
        _set_examples(loaded["tasks"], options.num_fewshot)
        yield loaded


@contextmanager
def _configs(tasks: Sequence[str], options: TaskOptions) -> Iterator[list[Path]]:
    """Folders with task files, later ones first in line. Tasks whose data the user has are written again: lm-eval's own
    file with nothing but the data set changed."""
    folders = [CONFIGS]
    if options.data is None:
        yield folders
        return
    if not options.data.is_dir():
        raise UserError(f"there is no data folder {options.data}; check --data")
    with TemporaryDirectory(prefix="tpobench-lm-eval-") as changed_tasks:
        for task in set(tasks) & set(DATA_FILES):
            files = {split: str((options.data / name).resolve()) for split, name in DATA_FILES[task].items()}
            for split, file in files.items():
                if not Path(file).is_file():
                    raise UserError(
                        f"{options.data} has no {DATA_FILES[task][split]}, which {task} needs; check --data"
                    )
            changed = {
                "include": str(_task_file(task)),
                "task": task,
                "dataset_path": "json",
                "dataset_name": None,
                "dataset_kwargs": {"data_files": files},
            }
            (Path(changed_tasks) / f"{task}.yaml").write_text(json.dumps(changed), encoding="utf-8")  # JSON is YAML
        yield [*folders, Path(changed_tasks)]


def _task_file(task: str) -> Path:
    ours = CONFIGS / f"{task}.yaml"
    return ours if ours.exists() else _lm_eval_tasks() / task / f"{task}.yaml"


def _lm_eval_tasks() -> Path:
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise UserError("lm-eval is not installed: pip install 'lm-eval==0.4.13'")
    return Path(spec.origin).parent / "tasks"


def _manager(tasks: Sequence[str], folders: Sequence[Path], progress: Progress) -> Any:
    """An index of tasks that has those that are asked for. Reading all of lm-eval's 14,000 takes ten seconds, so the
    folders of the same names are tried first."""
    from lm_eval.tasks import TaskManager

    own = [folder for task in tasks if "/" not in task and (folder := _lm_eval_tasks() / task).is_dir()]
    quick = TaskManager(include_path=[*own, *folders], include_defaults=False)
    if set(tasks) <= set(quick.all_subtasks):
        return quick
    progress.say("reading lm-eval's index of tasks (about 15 seconds)")
    complete = TaskManager(include_path=list(folders))
    for task in tasks:
        if task not in complete.task_index:
            raise UserError(f"lm-eval has no task {task!r}; {_hint(task, complete.all_tasks)}")
    return complete


def _hint(task: str, known: list[str]) -> str:
    hint = did_you_mean(task, known)
    return hint if hint.startswith("did you mean") else "its own command `lm-eval ls tasks` lists them"


def _refuse_code(index: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse tasks that run code which a model wrote, from their files alone: to load them runs code already."""
    known, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        entry = index.get(name)
        if entry is None or name in known:
            continue
        known.add(name)
        if (entry.cfg or {}).get("unsafe_code"):
            raise UserError(f"{name} runs code that the model wrote, which is not done here; use lm-eval in a sandbox")
        waiting += [*entry.tags, *_names_in((entry.cfg or {}).get("task"))]


def _names_in(parts: Any) -> Iterator[str]:
    """The names of the tasks that a group holds, as its file lists them."""
    if isinstance(parts, str):
        yield parts
    elif isinstance(parts, Mapping):
        yield from _names_in(parts.get("task"))
    elif isinstance(parts, list):
        for part in parts:
            yield from _names_in(part)


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
        shots = task.get_config("num_fewshot")
        if shots is None or (num_fewshot is not None and shots != 0):
            task.set_config(key="num_fewshot", value=num_fewshot or 0)
        task.set_fewshot_seed(seed=_SEED)


def _quiet() -> None:
    """Keep the libraries' own bars and advice off the terminal."""
    import logging

    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    logging.getLogger("lm_eval.tasks").setLevel(logging.CRITICAL)  # ifeval remarks on each text without a language
    logging.getLogger("lm_eval.models").setLevel(logging.WARNING)  # these say when a context is cut
