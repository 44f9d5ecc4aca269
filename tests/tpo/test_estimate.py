"""What a dry run says of a run."""

from pathlib import Path

import pytest

from tests.tpo.runs import least
from tpobench.harness.config import load_yaml
from tpobench.harness.errors import UserError
from tpobench.tpo.config import RunConfig
from tpobench.tpo.estimate import estimate
from tpobench.tpo.steps import planned_steps

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_the_shipped_configurations_are_valid_and_can_be_estimated(file: Path) -> None:
    config = load_yaml(file, RunConfig)
    estimated = estimate(config)
    by_name = {step.name: step for step in estimated.steps}
    assert by_name["sample/thought/1"].outputs == config.instructions.per_iteration * config.samples
    assert estimated.kept > 0
    assert list(by_name) == [step.name for step in planned_steps(config)]


def calls(config: RunConfig, step: str) -> int:
    (found,) = (estimated for estimated in estimate(config).steps if estimated.name == step)
    return found.calls


def test_a_pairwise_judge_of_training_is_asked_about_every_ordered_pair() -> None:
    config = least(judge={"name": "ste", "model": "m@http://localhost:1/v1"}, samples=8)
    assert calls(config, "score/thought/1") == 4 * 8 * 7


@pytest.mark.parametrize(
    ("benchmark", "number"),
    [
        ({"name": "starter"}, 0),
        ({"name": "alpaca_eval"}, 805),
        ({"name": "alpaca_eval", "judge": "my:scorer"}, 0),
        ({"name": "alpaca_eval", "limit": 10}, 10),
        ({"name": "arena_hard_v0.1"}, 2 * 500),
    ],
)
def test_a_checkpoints_evaluation_costs_what_the_benchmarks_judge_asks(
    benchmark: dict[str, object], number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.py").write_text("def scorer(prompt, response):\n    return 1.0\n")
    monkeypatch.chdir(tmp_path)
    assert calls(least(evaluation={"benchmarks": [benchmark]}), "evaluate/thought/1") == number


def test_a_model_of_the_hub_is_not_fetched_and_its_size_is_read_from_its_name() -> None:
    estimated = estimate(least(model="somebody/model-8B"))
    assert estimated.weights == 8e9 * 4
    assert "taken from its name" in " ".join(estimated.notes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"judge": {"name": "cheklist"}},
        {"judge": {"parts": [{"judge": "cheklist", "weight": 1}]}},
        {"evaluation": {"benchmarks": [{"name": "starter", "judge": "cheklist"}]}},
        {"evaluation": {"benchmarks": [{"name": "starter", "metrics": ["cheklist"]}]}},
    ],
)
def test_a_judge_that_does_not_exist_is_told_before_the_run(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError, match="unknown judge 'cheklist'; did you mean 'checklist'"):
        estimate(least(**wrong))
