"""What the store calls lm-eval's tasks, its judge and its figures."""

import math
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

PREFIX = "lm_eval/"
"""Benchmarks of lm-eval are called ``lm_eval/TASK`` in the store."""

_NO_FIGURES = ("name", "alias", "sample_len", "sample_count", " ")


def judge_id(release: str | None = None) -> str:
    """Who scored: ``lm-eval 0.4.13``; without a release, the installed one."""
    return f"lm-eval {release or version('lm_eval')}"


def figures(entry: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of one task's entry under ``results``, by the names that they have in the store. What lm-eval could
    not compute (``N/A``, NaN) is left out."""
    return {
        key.removesuffix(",none"): float(value)
        for key, value in entry.items()
        if key not in _NO_FIGURES and isinstance(value, int | float) and math.isfinite(value)
    }
