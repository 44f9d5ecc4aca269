"""Both versions of Arena-Hard declare themselves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.harness.evaluation.declaration import (
    BenchmarkDeclaration,
    BenchmarkRequest,
    ImportedModel,
    LeftOut,
    OfficialFiles,
    PooledFigures,
)

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark
    from tpobench.harness.evaluation.preferences import PromptJudgments
    from tpobench.harness.records import Metric
    from tpobench.harness.store.store import Store


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.benchmarks.arena_hard.benchmark import arena_hard_benchmark

    return arena_hard_benchmark(request.name, request.data)


def _files(name: str, own_files: tuple[str, ...]) -> OfficialFiles:
    def import_files(store: "Store", path: Path, data: Path | None) -> Iterator[ImportedModel | LeftOut]:
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


def _pooled(version: str) -> PooledFigures:
    def pooled(evaluations: "Mapping[str, Sequence[PromptJudgments]]") -> "Mapping[str, Sequence[Metric]]":
        from tpobench.benchmarks.arena_hard.figures import official_style_control

        return official_style_control(version, evaluations)

    return pooled


_FIGURES = {
    "arena_score": "score",
    "official_arena_score": "score*",
    "style_controlled_win_rate": "style-controlled",
    "official_style_controlled_score": "style-controlled*",
}
_FORMER_FIGURES = {"style_controlled_score": "style_controlled_win_rate"}

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
    former_figures=_FORMER_FIGURES,
    pooled=_pooled("v0.1"),
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
    headlines=("style_controlled_win_rate", "arena_score"),  # the official leaderboard is style-controlled
    former_figures=_FORMER_FIGURES,
    pooled=_pooled("v2.0"),
    files=_files("arena_hard_v2.0", ("v2_question.jsonl", "data/arena-hard-v2.0")),
)
