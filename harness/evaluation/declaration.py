"""How a benchmark declares itself: all that commands, plans and reports know of it before it is loaded.

A package adds one with an entry point of the group ``tpobench.benchmarks`` whose name is the benchmark's. Declarations
are read by every command that lists benchmarks, so a module that holds one imports its heavy parts inside functions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark
    from tpobench.harness.evaluation.preferences import PromptJudgments
    from tpobench.harness.evaluation.self_scored_run import SelfScoredRun
    from tpobench.harness.records import Metric
    from tpobench.harness.store.store import Store

GROUP = "tpobench.benchmarks"
DEFAULT_BENCHMARK = "starter"
"""What is measured unless a benchmark is named."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkRequest:
    """What a user asks of a benchmark: `name` as typed, `argument` what follows its colon."""

    name: str
    argument: str = ""
    split: str = "test"
    data: Path | None = None
    per_category: int = 500


@dataclass(frozen=True, kw_only=True)
class ImportedModel:
    """What came in for one model.

    Attributes:
        model: Its name.
        prompts: How many prompts, or items of a task, it is about.
        evaluation: Its key; None where there were outputs but no judgments.
        empty: How many of its answers were null or empty.
        missing: How many judgments had no verdict.
        rows: How many prompts the benchmark has, where that is known.
    """

    model: str
    prompts: int
    evaluation: str | None
    empty: int = 0
    missing: int = 0
    rows: int | None = None


@dataclass(frozen=True)
class LeftOut:
    """A file that an import could not use, or only in part. `row` says which row of it (``line 3``), and is empty where
    the whole file is meant."""

    file: str
    problem: str
    row: str = ""

    @classmethod
    def because(cls, file: Path, error: Exception) -> "LeftOut":
        """A file that cannot be used at all. The error's sentence may begin with its path."""
        return cls(str(file), str(error).removeprefix(str(file)).lstrip(": "))

    def __str__(self) -> str:
        where = f"{self.file}, {self.row}: " if self.row else f"{self.file} "
        return where + self.problem


@dataclass(frozen=True, kw_only=True)
class OfficialFiles:
    """A benchmark's official files in and out of the store.

    `import_files` imports all that is good, and yields what it had to leave out too. `own_files` are names by which a
    folder is recognised that holds the benchmark's own data. `published` reads figures of a published leaderboard, by
    model and figure: mappings with ``value``, ``low``, ``high`` and ``n``.
    """

    summary: str
    import_files: "Callable[[Store, Path, Path | None], Iterator[ImportedModel | LeftOut]]"
    export_files: "Callable[[Store, str, Path, Path | None], list[Path]]"
    own_files: tuple[str, ...] = ()
    published: Callable[[Path], Mapping[str, Mapping[str, Mapping[str, Any]]]] | None = None


PooledFigures = Callable[[Mapping[str, "Sequence[PromptJudgments]"]], Mapping[str, "Sequence[Metric]"]]
"""Figures that one model alone does not have, by evaluation: from the judgments of several models by one judge against
one baseline, with their texts. A leaderboard computes them from all that it shows; they are not stored."""

Titles = Mapping[str, str]
"""Figures by name, in the order in which they are shown, with their titles."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkDeclaration:
    """A benchmark by name.

    Attributes:
        name: What the user types, without what follows a colon. What it stores is called so, too: ``name``, or
            ``name/PART`` or ``name:PART``.
        summary: One line for ``--help``.
        load: Makes the benchmark; imports what is heavy inside. Raises UserError.
        argument: What follows the colon, for example ``FILE``; empty where nothing may.
        splits: The values that ``--split`` can have; empty where it has no effect.
        options: Which of the options that only some benchmarks have take effect: ``data``, ``per_category``.
        size: How many prompts the whole benchmark has, where that is known without loading it.
        orders: ``both`` where every pair is judged twice with sides swapped.
        judge: The judge that is asked unless another is named.
        figures: Titles of the benchmark's own figures by name, in the order in which leaderboards and reports show
            them; or a function that gives them for the names of all figures there are.
        headlines: The figures that models are ranked by where they were measured, the first one first: that of the
            benchmark's official leaderboard, where it is not the win rate.
        former_figures: Names that figures had before, each with the name of what is computed in its place.
        pooled: Figures of several models at once.
        files: Import and export of its official files.
        run: How it is run where that is not by sampling, judging and measuring.
        packages: Distributions whose versions belong to a figure's provenance.
    """

    name: str
    summary: str
    load: "Callable[[BenchmarkRequest], Benchmark]"
    argument: str = ""
    splits: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    size: int | None = None
    orders: Literal["one", "both"] = "one"
    judge: str = "checklist"
    figures: Titles | Callable[[Sequence[str]], Titles] = field(default_factory=dict)
    headlines: tuple[str, ...] = ()
    former_figures: Titles = field(default_factory=dict)
    pooled: PooledFigures | None = None
    files: OfficialFiles | None = None
    run: "SelfScoredRun | None" = None
    packages: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        """How a user names it: ``categories:FILE``."""
        return f"{self.name}:{self.argument}" if self.argument else self.name
