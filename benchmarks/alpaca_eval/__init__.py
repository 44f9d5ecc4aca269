"""AlpacaEval 2 declares itself."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tpobench.harness.evaluation.declaration import (
    BenchmarkDeclaration,
    BenchmarkRequest,
    ImportedModel,
    LeftOut,
    OfficialFiles,
)

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark
    from tpobench.harness.store.store import Store


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.benchmarks.alpaca_eval.benchmark import alpaca_benchmark

    return alpaca_benchmark(request.data)


def _import(store: "Store", path: Path, data: Path | None) -> Iterator[ImportedModel | LeftOut]:
    from tpobench.benchmarks.alpaca_eval.data import load
    from tpobench.benchmarks.alpaca_eval.files_in import import_alpaca, importable

    importable(path)  # before the data is fetched
    return import_alpaca(store, path, load(data))


def _export(store: "Store", model: str, out: Path, data: Path | None) -> list[Path]:
    from tpobench.benchmarks.alpaca_eval.files_out import export_alpaca

    return export_alpaca(store, model, out)


def _published(file: Path) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    from tpobench.benchmarks.alpaca_eval.published import published_figures

    return published_figures(file)


ALPACA_EVAL = BenchmarkDeclaration(
    name="alpaca_eval",
    summary="AlpacaEval 2: 805 instructions against gpt4_1106_preview, raw and length-controlled win rate",
    load=_load,
    options=frozenset({"data"}),
    size=805,
    judge="alpaca_eval",
    figures={
        "official_standard_error": "SE*",
        "published_win_rate": "win % published",
        "lc_win_rate": "LC win %",
        "official_lc_win_rate": "LC*",
        "lc_win_rate_surrogate": "LC win % (stand-in data)",
        "official_lc_win_rate_surrogate": "LC* (stand-in data)",
        "published_lc_win_rate": "LC published",
    },
    headlines=("lc_win_rate", "lc_win_rate_surrogate"),
    files=OfficialFiles(
        summary="model_outputs.json and annotations.json of any number of models",
        import_files=_import,
        export_files=_export,
        own_files=("instructions.parquet", "alpaca_eval_gpt4_baseline.json"),
        published=_published,
    ),
    packages=("alpaca-eval",),
)
