"""The official files that import and export know: those of the benchmarks that declare any."""

from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.harness.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from tpobench.harness.evaluation.declaration import OfficialFiles

KindArgument = Annotated[str, typer.Argument(help="The benchmark whose files they are, one of those below.")]


def official_files(kind: str) -> "OfficialFiles":
    """How to read and write a benchmark's files; raises UserError for a benchmark that has none."""
    from tpobench.harness.evaluation.registry import declarations

    known = {name: files for name, entry in declarations().items() if (files := entry.files) is not None}
    if kind not in known:
        raise UserError(f"unknown format {kind!r}; {did_you_mean(kind, list(known))}")
    return known[kind]
