"""Both versions of Arena-Hard declare themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.harness.evaluation.declaration import BenchmarkDeclaration, BenchmarkRequest, ImportedModel, OfficialFiles

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark
    from tpobench.harness.store.store import Store


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.benchmarks.arena_hard.benchmark import arena_hard_benchmark

    return arena_hard_benchmark(request.name, request.data)


def _files(name: str, own_files: tuple[str, ...]) -> OfficialFiles:
    def import_files(store: "Store", path: Path, data: Path | None) -> Iterator[ImportedModel]:
        from tpobench.benchmarks.arena_hard.files_in import import_arena

        return import_arena(store, name, path, data)

    def export_files(store: "Store", model: str, out: Path, data: Path | None) -> list[Path]:
        from tpobench.benchmarks.arena_hard.files_out import export_arena

        return export_arena(store, name, model, out, data)

    return OfficialFiles(
        summary="model_answer and model_judgment files",
        import_files=import_files,
        export_files=export_files,
        own_files=own_files,
    )


_FIGURES = {"arena_score": "score", "official_arena_score": "score*", "style_controlled_score": "style-controlled"}

V01 = BenchmarkDeclaration(
    name="arena_hard_v0.1",
    summary="Arena-Hard v0.1: 500 questions against gpt-4-0314, two judgments each",
    load=_load,
    options=frozenset({"data"}),
    size=500,
    orders="both",
    judge="arena_hard",
    figures=_FIGURES,
    headlines=("arena_score",),
    files=_files("arena_hard_v0.1", ("v01_question.jsonl", "data/arena-hard-v0.1")),
)

V20 = BenchmarkDeclaration(
    name="arena_hard_v2.0",
    summary="Arena-Hard v2.0: 750 questions against o3-mini and gemini-2.0-flash, two judgments each",
    load=_load,
    options=frozenset({"data"}),
    size=750,
    orders="both",
    judge="arena_hard",
    figures=_FIGURES,
    headlines=("style_controlled_score", "arena_score"),  # the official leaderboard is style-controlled
    files=_files("arena_hard_v2.0", ("v2_question.jsonl", "data/arena-hard-v2.0")),
)
