"""Whether the figures of an evaluation may be compared with published ones."""

from typing import Any

import pytest

from tpobench.harness.evaluation import judging
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.judging import about, judge_for
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.plugins import OURS
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt

PROMPT = Prompt("Say it.", checks=[{"contains": "it"}])


def reasons(**asked: Any) -> object:
    benchmark = Benchmark(name="fruits", prompts=[PROMPT], rows=1, judge="checklist", official=True)
    spec = EvaluationSpec(benchmark=benchmark, candidate="m", **asked)
    return about(spec, judge_for(spec, None, Progress(quiet=True)))["not_comparable"]


@pytest.mark.parametrize(
    ("package", "asked", "expected"),
    [
        ("fruit-bench", {}, []),
        ("fruit-bench", {"judge": "checklist"}, []),
        ("fruit-bench", {"judge": "yaml:dump"}, ["another judge than the published one"]),
        (OURS, {}, ["another judge than the published one"]),
    ],
)
def test_the_judge_that_another_packages_benchmark_declares_is_its_published_one(
    package: str, asked: dict[str, Any], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "package_with", lambda benchmark: package)
    assert reasons(**asked) == expected


def test_figures_that_nobody_publishes_are_not_said_to_differ_from_published_ones() -> None:
    benchmark = Benchmark(name="own.jsonl", prompts=[PROMPT], rows=5, judge="checklist")
    spec = EvaluationSpec(benchmark=benchmark, candidate="m", baseline="b")
    assert about(spec, judge_for(spec, None, Progress(quiet=True)))["not_comparable"] == []
