"""What the store calls lm-eval's tasks, its judge and its figures."""

import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PREFIX = "lm_eval/"
"""Benchmarks of lm-eval are called ``lm_eval/TASK`` in the store."""

_NO_FIGURES = ("name", "alias", "sample_len", "sample_count", " ")


def judge_id(release: str | None = None) -> str:
    """Who scored: ``lm-eval 0.4.13``; without a release, the installed one."""
    return f"lm-eval {release or version('lm_eval')}"


def has_task(name: str) -> bool:
    """Whether the installed lm-eval has a folder or file of tasks of this name: the many that lie deeper are not
    looked for."""
    package = find_spec("lm_eval")
    folders = [] if package is None else [Path(where) / "tasks" for where in package.submodule_search_locations or ()]
    if len(name) > 100 or not name.replace("_", "").replace("-", "").isalnum():
        return False
    return any((folder / name).is_dir() or any(folder.glob(f"*/{name}.yaml")) for folder in folders)


def figures(entry: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of one task's entry under ``results``, by the names that they have in the store. What lm-eval could
    not compute (``N/A``, NaN, infinity) is left out."""
    return {
        key.removesuffix(",none"): float(value)
        for key, value in entry.items()
        if key not in _NO_FIGURES and isinstance(value, int | float) and abs(value) <= sys.float_info.max
    }
