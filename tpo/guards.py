"""When a run stops by itself: a policy that no longer writes the format, is cut off, or runs on and on, and pairs that
most of training would have to leave out."""

from collections.abc import Sequence
from statistics import fmean

from tpobench.harness.errors import UserError
from tpobench.harness.records import Output
from tpobench.harness.store.step_details import PairDetails, SampleDetails
from tpobench.tpo.config import GuardsConfig


def health_of(outputs: Sequence[Output]) -> SampleDetails:
    """How training samples look: the shares and mean lengths that the guards watch."""
    parsed = [output for output in outputs if not output.parse_error]
    return SampleDetails(
        outputs=len(outputs),
        parse_error_rate=1 - len(parsed) / len(outputs),
        truncated=sum(output.finish_reason == "length" for output in outputs) / len(outputs),
        tokens=fmean(len(output.token_ids) for output in outputs),
        thought_chars=fmean(len(output.thought) for output in parsed) if parsed else 0.0,
        response_chars=fmean(len(output.response) for output in parsed) if parsed else 0.0,
    )


def require_healthy(where: str, now: SampleDetails, first: SampleDetails, guards: GuardsConfig) -> None:
    """Raise UserError when the samples of `where` broke a limit; `first` are those of the arm's first iteration."""
    growth = now.tokens / first.tokens if first.tokens else 1.0
    broken = [
        f"{value:{form}} {quantity} (guards.{name} allows {limit:{form}})"
        for name, quantity, value, limit, form in (
            ("parse_errors", "of the outputs do not parse", now.parse_error_rate, guards.parse_errors, ".0%"),
            ("truncated", "of the outputs were cut at max_new_tokens", now.truncated, guards.truncated, ".0%"),
            ("length_growth", "times the first iteration's length", growth, guards.length_growth, ".1f"),
        )
        if value > limit
    ]
    if broken:
        raise UserError(
            f"the run stops before training on the samples of {where}: {'; '.join(broken)}. Look at them with tpobench "
            "sql; raise the guard to continue the same run, or change the settings"
        )


def pairs_words(paired: PairDetails, prompts: int) -> str:
    """How many pairs are trained on, and how many are not, for people."""
    said = f"{paired.pairs} pairs from {prompts} prompts"
    return f"{said}; {paired.too_long} more are longer than training.max_length" if paired.too_long else said


def require_short_pairs(where: str, paired: PairDetails, guards: GuardsConfig, max_length: int | None) -> None:
    """Raise UserError when too many pairs are longer than training.max_length: the rest is no fair sample of them."""
    left_out = paired.too_long or 0
    pairs = paired.pairs + left_out
    if pairs and left_out / pairs > guards.too_long:
        others = f", or raise the guard to train on the {paired.pairs} others" if paired.pairs else ""
        raise UserError(
            f"the run stops before training on the pairs of {where}: {left_out} of {pairs} are longer than "
            f"training.max_length, {max_length} tokens, and would be left out (guards.too_long allows "
            f"{guards.too_long:.0%}). Raise training.max_length{others}"
        )
