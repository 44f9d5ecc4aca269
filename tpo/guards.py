"""When a run stops by itself: a policy that no longer writes the format, is cut off, or runs on and on."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.records import Output
from tpobench.tpo.config import GuardsConfig


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a step's training samples look. Lengths are means: in tokens, and in characters of those that parsed."""

    outputs: int
    parse_error_rate: float
    truncated: float
    tokens: float
    thought_chars: float
    response_chars: float


def health_of(outputs: list[Output]) -> Health:
    parsed = [output for output in outputs if not output.parse_error]
    return Health(
        outputs=len(outputs),
        parse_error_rate=1 - len(parsed) / len(outputs),
        truncated=sum(output.finish_reason == "length" for output in outputs) / len(outputs),
        tokens=fmean(len(output.token_ids) for output in outputs),
        thought_chars=fmean(len(output.thought) for output in parsed) if parsed else 0.0,
        response_chars=fmean(len(output.response) for output in parsed) if parsed else 0.0,
    )


def require_healthy(where: str, now: dict[str, Any], first: dict[str, Any], guards: GuardsConfig) -> None:
    """Raise UserError when the samples of a step broke a limit; `first` is the same arm's first iteration."""
    growth = now["tokens"] / first["tokens"] if first["tokens"] else 1.0
    broken = [
        f"{value:{form}} {what} (guards.{name} allows {limit:{form}})"
        for name, what, value, limit, form in (
            ("parse_errors", "of the outputs do not parse", now["parse_error_rate"], guards.parse_errors, ".0%"),
            ("truncated", "of the outputs were cut at max_new_tokens", now["truncated"], guards.truncated, ".0%"),
            ("length_growth", "times the first iteration's length", growth, guards.length_growth, ".1f"),
        )
        if value > limit
    ]
    if broken:
        raise UserError(
            f"the run stops before training on the samples of {where}: {'; '.join(broken)}. Look at them with tpobench "
            "sql; raise the guard to go on with the same run, or change the settings"
        )
