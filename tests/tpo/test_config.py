"""What a run's configuration refuses."""

import pytest

from tests.tpo.runs import least
from tpobench.harness.errors import UserError


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gate": {"head_to_head": {"margin": 0.1}, "line": "x"}}, "gate.line is for tpobench gate"),
        ({"serving": {"command": "vllm serve {model} --port {port}"}}, "command lacks {name}"),
        ({"judge": {"name": "checklist", "parts": [{"judge": "a:b", "weight": 1.0}]}}, "either 'name' or 'parts'"),
        ({"instructions": {"per_iteration": 4, "sources": [{"source": "synthetic:starter"}]}}, "needs 'model'"),
        ({"instructions": {"per_iteration": 4, "sources": [{"model": "m"}]}}, "belong to a synthetic source"),
        ({"samples": 1}, "samples"),
        ({"evaluation": {"benchmarks": [{"name": "lm_eval:gsm8k"}]}}, r"list it under evaluation\.lm_eval\.tasks"),
        ({"learning_rate": 1}, "learning_rate"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_key(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        least(**changes)


def test_a_run_keeps_its_key_when_only_its_execution_changes() -> None:
    """The keys of stored runs rest on this."""
    from tpobench.tpo.run import NOT_PART_OF_A_RUN

    extended = least(iterations=9, arms=["direct"], api={"concurrency": 1}, guards={"truncated": 0.9})
    same = {"exclude": NOT_PART_OF_A_RUN, "mode": "json"}
    assert extended.model_dump(**same) == least().model_dump(**same)  # type: ignore[arg-type]
    assert least(seed=1).model_dump(**same) != least().model_dump(**same)  # type: ignore[arg-type]


def test_a_benchmark_without_metrics_is_written_as_before_there_were_any() -> None:
    (plain,) = least().model_dump()["evaluation"]["benchmarks"]
    assert "metrics" not in plain
    asked = least(evaluation={"benchmarks": [{"name": "starter", "metrics": ["my_metrics:brevity"]}]})
    (dumped,) = asked.model_dump()["evaluation"]["benchmarks"]
    assert dumped["metrics"] == ["my_metrics:brevity"]
