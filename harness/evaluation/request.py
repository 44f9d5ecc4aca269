"""What a user named and chose for an evaluation, in a form that can be stored and typed again."""

import re
from collections.abc import Mapping

from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import SamplingParams

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


def request_of(spec: EvaluationSpec, names_sides: bool) -> dict[str, str | int | float | list[str]]:
    """The options of `tpobench eval` that ask for this evaluation, but those that are left at their default.

    Args:
        spec: What is asked for.
        names_sides: Whether both sides are those that it names. Those of a run or a gate are known by their models.

    Returns:
        Values by the parameter's name. No credentials are among them, even where an address has some.
    """
    sides = {"model": spec.candidate, "baseline": spec.baseline} if names_sides else {}
    drawn, usual = spec.params, SamplingParams()
    wanted: Mapping[str, str | int | float | list[str] | None] = {
        **sides,
        **spec.benchmark.asked,
        "data": None if spec.data is None else str(spec.data),
        "mode": None if spec.mode.name == DIRECT.name else spec.mode.name,
        "judge": spec.judge,
        "judge_model": spec.judge_model,
        "metric": list(spec.metrics),
        "orders": spec.orders,
        "limit": spec.limit,
        "max_new_tokens": None if drawn.max_new_tokens == spec.benchmark.max_new_tokens else drawn.max_new_tokens,
        "temperature": None if drawn.temperature == usual.temperature else drawn.temperature,
        "format_retries": None if spec.format_retries == 2 else spec.format_retries,
        "seed": drawn.seed or None,
    }
    return {
        name: _CREDENTIALS.sub("", value) if isinstance(value, str) else value
        for name, value in wanted.items()
        if value not in (None, "", [])
    }
