"""The difference of a benchmark's own figures of two models, prompt by prompt: length-controlled win rates and such."""

from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.differences import ComparedValues, Difference, answered
from tpobench.harness.evaluation.registry import as_typed, benchmark_named, declaration_of, figure_titles
from tpobench.harness.evaluation.stored_observations import observations_of
from tpobench.harness.stats.missing import missing_in_difference
from tpobench.harness.store.store import Store


def own_differences(store: Store, compared: ComparedValues, data: Path | None) -> list[Difference]:
    """The differences that the benchmark itself takes, on the prompts that both have. Empty where it takes none, or
    needs official files and `data` is no folder of them.

    Args:
        store: The store that holds both evaluations.
        compared: The win rates of both.
        data: The folder of official files.
    """
    benchmark = _loaded(compared.benchmark, data)
    if benchmark is None or benchmark.difference is None:
        return []
    shared = compared.a.keys() & compared.b.keys()
    a, b = (observations_of(store, key, shared, benchmark.needs_texts) for key in compared.evaluations)
    order = [prompt.key for prompt in benchmark.prompts if prompt.key in a and prompt.key in b]
    order += [key for key in a if key in b and key not in set(order)]
    pairs = [(compared.a[key][1], compared.b[key][1]) for key in order]
    differences = benchmark.difference([a[key] for key in order], [b[key] for key in order])
    titles = dict(figure_titles(compared.benchmark, [found.name for found in differences]))
    return [
        Difference(
            benchmark=compared.benchmark,
            measure=compared.measure.replace("win rate", titles.get(found.name, found.name), 1),
            figure=found.name,
            category=None,
            a=found.a,
            b=found.b,
            difference=found.difference,
            low=found.low,
            high=found.high,
            n=found.n,
            own_a=answered(compared.a),
            own_b=answered(compared.b),
            evaluations=compared.evaluations,
            missing=missing_in_difference(pairs),
        )
        for found in differences
    ]


def takes_files(difference: Difference) -> bool:
    """Whether it was taken with the help of official files: a benchmark's own figure, prompt by prompt."""
    declaration = declaration_of(difference.benchmark)
    return difference.is_paired and declaration is not None and difference.figure in declaration.headlines


def _loaded(name: str, data: Path | None) -> Benchmark | None:
    declaration = declaration_of(name)
    if declaration is None or not declaration.headlines or data is None:
        return None
    typed, split = as_typed(name)
    try:
        return benchmark_named(typed, split or "test", data)
    except UserError:  # the folder holds another benchmark's files
        return None
