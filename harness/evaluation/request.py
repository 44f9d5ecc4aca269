"""What a user named and chose for an evaluation, in a form that can be stored and typed again."""

import re
from collections.abc import Mapping

from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.parts import given_base, takes_base
from tpobench.harness.models.resolve import EMBEDDED, embedded_if_unpacked
from tpobench.harness.records import SamplingParams

_Value = str | int | float | list[str]

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


def request_of(spec: EvaluationSpec, names_sides: bool) -> dict[str, _Value]:
    """The options of `tpobench eval` that ask for this evaluation, but those that are left at their default.

    Args:
        spec: What is asked for.
        names_sides: Whether both sides are those that it names. Those of a run or a gate are known by their models.

    Returns:
        Values by the parameter's name. No credentials are among them, even where an address has some.
    """
    sides = {"model": spec.candidate, "baseline": spec.baseline} if names_sides else {}
    drawn, usual = spec.params, SamplingParams()
    wanted: Mapping[str, _Value | None] = {
        **sides,
        "base": _base_of(spec),
        "served_model": list(spec.served_models),
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
        name: _without_credentials(value)
        for name, value in wanted.items()
        if value is not None and value not in ("", [])
    }


def _base_of(spec: EvaluationSpec) -> str:
    """What the user named as the base of LoRA folders, where one of the two models takes it."""
    base = given_base()
    if not base or not any(takes_base(name) for name in (spec.candidate, spec.baseline) if name):
        return ""
    return EMBEDDED if base == str(embedded_if_unpacked()) else base


def _without_credentials(value: _Value) -> _Value:
    return _CREDENTIALS.sub("", value) if isinstance(value, str) else value
