"""The command that assigns categories to prompts: categorise."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.evaluation import BenchmarkOption, DataOption
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.registered import BenchmarkCommand
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_options
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK


@app.command(cls=BenchmarkCommand)
@may_wait
@from_groups(api=api_options)
def categorise(
    *,
    context: typer.Context,
    model: Annotated[str, typer.Option(help="Who assigns: NAME, or NAME@http://HOST:PORT/v1.")],
    benchmark: BenchmarkOption = DEFAULT_BENCHMARK,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Also write the prompts with categories to this *.jsonl.")] = None,
    api: Api,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Assign a category and a complexity to every prompt.

    A model chooses one of the paper's 20 categories, and a complexity from 1 to 5.

    Example: tpobench categorise --benchmark prompts.jsonl --model gpt-4.1-mini --out categorised.jsonl
    """
    from collections import Counter

    from tpobench.benchmarks.categories.data import assign, write_prompts
    from tpobench.harness.api.endpoints import endpoint_named
    from tpobench.harness.evaluation.registry import benchmark_named, unused_options
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    refuse_options(context, unused_options(benchmark, None), f"with --benchmark {benchmark}")
    prompts = benchmark_named(benchmark, data=data).prompts
    with Store(store) as opened:
        assigned = assign(opened, api.connect(endpoint_named(model)), prompts, Progress(quiet=as_json))
    if out is not None:
        write_prompts(out, assigned)
    counts = Counter(category or "could not be assigned" for category in assigned.categories.values())
    levels = Counter(level or "could not be assigned" for level in assigned.complexities.values())
    if as_json:
        print_json(
            {"unassigned": assigned.unassigned, "categories": counts, "complexity": levels, "owed": len(assigned.owed)}
        )
        return
    for title, counted in (("category", counts), ("complexity", levels)):
        print(title)
        for name, count in sorted(counted.items()):
            print(f"  {name:<34} {count}")
    print(f"{100 * assigned.unassigned:.1f}% of {len(assigned.categories)} prompts could not be assigned a category")
    if assigned.owed:
        print(f"{len(assigned.owed)} questions got no answer and are asked again next time ({assigned.owed[0]})")
