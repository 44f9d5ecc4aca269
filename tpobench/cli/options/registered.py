"""What a command's help lists that packages register: benchmarks, and the official files that they know."""

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand


class BenchmarkCommand(TyperCommand):
    """A command whose help ends with the benchmarks, and the judges where it takes one; looked up for help only."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the lists."""
        from tpobench.harness.evaluation.registry import declarations
        from tpobench.harness.judges.named import judge_forms

        _list(formatter, "Benchmarks", [(entry.typed, entry.summary) for entry in declarations().values()])
        if any(option.name == "judge" for option in self.params):
            with formatter.section("Judges"):
                formatter.write_text(", ".join(judge_forms()))


class FilesCommand(TyperCommand):
    """A command whose help ends with the kinds of official files there are."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the lists."""
        from tpobench.harness.evaluation.registry import declarations

        kinds = [(name, entry.files.summary) for name, entry in declarations().items() if entry.files is not None]
        _list(formatter, "Kinds", kinds)


def _list(formatter: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    with formatter.section(title):
        formatter.write_dl(rows)
