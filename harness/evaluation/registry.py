"""What is measured: benchmarks by name, as they declare themselves, or a prompt file of the user's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.benchmark import SHORT_ANSWERS, Benchmark
from tpobench.harness.evaluation.declaration import GROUP, BenchmarkDeclaration, BenchmarkRequest
from tpobench.harness.evaluation.self_scored_run import SelfScoredRun
from tpobench.harness.plugins import OURS, declared, entry_points, package_of, warn

BENCHMARK_OPTIONS = frozenset({"split", "per_category"})
"""The options that only benchmarks read, and only those that declare it. ``data`` is not among them: judges read it."""


@cache
def declarations() -> Mapping[str, BenchmarkDeclaration]:
    """Every benchmark of this package and of others that are installed, by name.

    An entry point that cannot be used is left out, and said once on standard error.
    """
    known: dict[str, BenchmarkDeclaration] = {}
    for name, entry in entry_points(GROUP).items():
        if not isinstance(entry, BenchmarkDeclaration):
            problem = f"it is a {type(entry).__name__}, not a BenchmarkDeclaration"
        elif entry.name != name:
            problem = f"it calls itself {entry.name!r}"
        else:
            known[name] = entry
            continue
        package = package_of(declared(GROUP)[name])
        warn(f"{package} declares {name!r} under {GROUP}, and it cannot be used: {problem}; it is left out")
    return known


def declaration_of(benchmark: str) -> BenchmarkDeclaration | None:
    """The declaration of a benchmark by its name, as typed or as stored (``NAME/SPLIT``, ``NAME:FILE``); None for a
    prompt file, and where the package that declared it is not installed."""
    return declarations().get(kind_of(benchmark))


def kind_of(benchmark: str) -> str:
    """The part of a benchmark's name that declares it: ``starter`` of ``starter/test``."""
    return re.split("[:/]", benchmark, maxsplit=1)[0]


def self_scored_run_of(benchmark: str) -> SelfScoredRun | None:
    """How the benchmark of this name is run in its own way; None where it is sampled, judged and measured."""
    declaration = declaration_of(benchmark)
    return None if declaration is None else declaration.run


def options_without_effect(benchmark: str) -> frozenset[str]:
    """The parameters of `tpobench eval` that change nothing with the benchmark of this name."""
    declaration = declaration_of(benchmark)
    if declaration is not None and declaration.run is not None:
        return declaration.run.without_effect
    effective = set()
    if declaration is not None:
        effective = set(declaration.options) | ({"split"} if declaration.splits else set())
    return frozenset(BENCHMARK_OPTIONS - effective)


def unused_options(benchmark: str, judge: str | None) -> frozenset[str]:
    """The same where a judge is named beside it: official files are read by a benchmark, or by the judge of one."""
    declaration = declaration_of(benchmark)
    own = declaration is not None and "data" in declaration.options
    kind = (judge or "").partition(":")[0]
    of_judge = any(entry.judge == kind and "data" in entry.options for entry in declarations().values())
    return options_without_effect(benchmark) | (frozenset() if own or of_judge else {"data"})


def require_judged(benchmark: str) -> None:
    """Raises UserError for a benchmark that takes no judge."""
    own = self_scored_run_of(benchmark)
    if own is not None:
        raise UserError(
            f"{own.scorer} scores {benchmark} by itself: no judge compares answers to it; name another benchmark"
        )


def as_typed(benchmark: str) -> tuple[str, str]:
    """What a user types for a benchmark's stored name: `--benchmark` and `--split`, which may be empty."""
    declaration, (kind, _, part) = declaration_of(benchmark), benchmark.partition("/")
    if declaration is not None and declaration.splits:
        return kind, part
    if declaration is not None and declaration.argument and part:
        return f"{kind}:{part}", ""
    return benchmark, ""


def figure_titles(benchmark: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and title of each figure that people are shown of a benchmark, in order, as far as `names` has it."""
    declaration = declaration_of(benchmark)
    own = {} if declaration is None else declaration.figures
    titles = own(names) if callable(own) else {"win_rate": "win %", **own, "mean_score": "mean score"}
    return [(name, title) for name, title in titles.items() if name in names]


def current_figure(name: str) -> str:
    """The name of what is computed today in place of the figure of this name: itself, unless a benchmark declares that
    it was renamed. A figure gets another name where its definition changes, so that no two are mixed."""
    for declaration in declarations().values():
        if name in declaration.former_figures:
            return declaration.former_figures[name]
    return name


def benchmark_named(name: str, split: str = "test", data: Path | None = None, per_category: int = 500) -> Benchmark:
    """A benchmark by name, or from a ``*.jsonl`` file.

    Args:
        name: As the user types it, for example ``categories:FILE``.
        split: For benchmarks that have splits.
        data: A folder with official files.
        per_category: How many prompts of each category, for benchmarks that choose.

    Raises:
        UserError: No such benchmark, split or file, or the benchmark's data cannot be had.
    """
    kind, colon, argument = name.partition(":")
    declaration = declarations().get(kind)
    if declaration is None:
        return replace(_prompt_file(name), asked={"benchmark": name})
    if bool(argument) != bool(declaration.argument) or (colon and not argument):
        raise UserError(f"the benchmark {kind} is named {declaration.typed}, not {name!r}")
    if declaration.splits and split not in declaration.splits:
        raise UserError(f"unknown split {split!r}; {did_you_mean(split, list(declaration.splits))}")
    request = BenchmarkRequest(name=name, argument=argument, split=split, data=data, per_category=per_category)
    benchmark = _loaded(declaration, request)
    if kind_of(benchmark.name) != kind:
        raise UserError(
            f"the benchmark {kind} loads as {benchmark.name!r}, which does not begin with its name; update its package"
        )
    return replace(benchmark, asked=_asked(declaration, request))


def _asked(declaration: BenchmarkDeclaration, request: BenchmarkRequest) -> dict[str, str | int]:
    """What was typed for it; options that the benchmark does not read, or that have their default, are left out."""
    asked: dict[str, str | int] = {"benchmark": request.name}
    if declaration.splits and request.split != "test":
        asked["split"] = request.split
    if "per_category" in declaration.options and request.per_category != BenchmarkRequest(name="").per_category:
        asked["per_category"] = request.per_category
    return asked


def package_with(benchmark: str) -> str:
    """The distribution that declares a benchmark of this name; ours for prompt files."""
    point = declared(GROUP).get(kind_of(benchmark))
    return OURS if point is None else package_of(point)


def _loaded(declaration: BenchmarkDeclaration, request: BenchmarkRequest) -> Benchmark:
    """What the declaration loads. Whatever another package raises, or returns in place of a benchmark, is said with its
    name."""
    package = package_with(declaration.name)
    try:
        benchmark = declaration.load(request)
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        if package == OURS and isinstance(error, Exception):
            raise
        raise UserError(
            f"{package} cannot load the benchmark {declaration.name}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(benchmark, Benchmark):
        raise UserError(
            f"{package} loads a {type(benchmark).__name__} as the benchmark {declaration.name}, which is not a "
            "Benchmark; update the package"
        )
    return benchmark


def _hint(name: str, known: list[str]) -> str:
    """What the user may have meant: a part of a benchmark that scores itself, a file of prompts, a near miss."""
    for declaration in declarations().values():
        if declaration.run is not None and declaration.run.has_part(name):
            return f"did you mean {declaration.name}:{name}?"
    if Path(name).is_file():
        return 'a file of prompts is called *.jsonl, with a line such as {"prompt": "..."} for each prompt'
    return did_you_mean(name, known)


def _prompt_file(name: str) -> Benchmark:
    if Path(name).suffix != ".jsonl":
        known = [declaration.typed for declaration in declarations().values()]
        if not known:
            raise UserError("no benchmark is registered: install tpobench again (in its folder: pip install -e .)")
        raise UserError(f"unknown benchmark {name!r} (a name, or a file *.jsonl); {_hint(name, known)}")
    from tpobench.harness.evaluation.prompt_files import prompts_from_file

    return Benchmark(name=Path(name).name, prompts=prompts_from_file(Path(name)), max_new_tokens=SHORT_ANSWERS)
