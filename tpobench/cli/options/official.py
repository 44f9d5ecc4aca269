"""Which official files import and export know."""

from typing import Annotated

import typer

from tpobench.harness.errors import UserError, did_you_mean

FORMATS = ["alpaca_eval", "arena_hard_v0.1", "arena_hard_v2.0", "lm_eval"]

FormatArgument = Annotated[str, typer.Argument(help="alpaca_eval, arena_hard_v0.1, arena_hard_v2.0 or lm_eval.")]


def require_format(kind: str) -> None:
    if kind not in FORMATS:
        raise UserError(f"unknown format {kind!r}; {did_you_mean(kind, FORMATS)}")
