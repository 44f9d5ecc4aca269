"""What a command's help lists that packages register: benchmarks, and the official files that they know."""

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand


class BenchmarkCommand(TyperCommand):
    """A command whose help ends with the benchmarks there are. They are looked for when it is asked for help."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from tpobench.harness.evaluation.registry import declarations

        _list(formatter, "Benchmarks", [(entry.typed, entry.summary) for entry in declarations().values()])


class FilesCommand(TyperCommand):
    """A command whose help ends with the kinds of official files there are."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from tpobench.harness.evaluation.registry import declarations

        kinds = [(name, entry.files.summary) for name, entry in declarations().items() if entry.files is not None]
        _list(formatter, "Kinds", kinds)


def _list(formatter: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    with formatter.section(title):
        formatter.write_dl(rows)
