"""What `import tpobench` gives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tpobench


@pytest.mark.parametrize("name", tpobench.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tpobench, name) is not None
    assert name in dir(tpobench)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'tpobench' has no attribute 'Sotre'"):
        tpobench.Sotre  # noqa: B018


def test_importing_tpobench_imports_nothing_of_it() -> None:
    code = "import sys, tpobench; print([name for name in sys.modules if name.startswith('tpobench.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """A folder with a benchmark of one prompt, and a right and a wrong answer to it."""
    (tmp_path / "bench.jsonl").write_text('{"prompt": "Say four.", "checks": [{"contains": "four"}]}')
    for name, output in (("right", "four"), ("wrong", "five")):
        (tmp_path / f"{name}.json").write_text(json.dumps([{"instruction": "Say four.", "output": output}]))
    return tmp_path


def test_a_model_is_evaluated_from_python(answered: Path) -> None:
    spec = tpobench.EvaluationSpec(
        benchmark=tpobench.benchmark_named(str(answered / "bench.jsonl")),
        candidate=str(answered / "right.json"),
        baseline=str(answered / "wrong.json"),
    )
    with tpobench.Store(answered / "results.duckdb") as store:
        key = tpobench.run_evaluation(store, spec, tpobench.Client, tpobench.Progress(quiet=True))
        figures = {metric.name: metric.value for metric in store.metrics(key)}
        assert store.sql("SELECT preference FROM prompt_preference")[1] == [(1.0,)]
    assert figures["win_rate"] == 1


def test_a_gate_is_decided_from_python(answered: Path) -> None:
    (answered / "policy.yaml").write_text(
        f"evaluate: {{benchmark: {answered / 'bench.jsonl'}}}\nhead_to_head: {{margin: 0.1}}"
    )
    policy = tpobench.load_policy(answered / "policy.yaml")
    request = tpobench.GateRequest(candidate=str(answered / "right.json"), against=str(answered / "wrong.json"))
    with tpobench.Store(answered / "results.duckdb") as store:
        result = tpobench.decide(store, policy, request, tpobench.Client, tpobench.Progress(quiet=True))
    assert result.decision.outcome == "INVALID", "one prompt decides nothing"
