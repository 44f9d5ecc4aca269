"""The list of steps: in order, stable under extension, and the same for status, dry run and loop."""

from pathlib import Path

import pytest

from tpobench.harness.config import load_yaml, validate
from tpobench.harness.errors import UserError
from tpobench.tpo.config import RunConfig
from tpobench.tpo.estimate import estimate
from tpobench.tpo.status import read_status, write_status
from tpobench.tpo.steps import planned_steps

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
LEAST = {
    "name": "x",
    "model": "smollm2-135m",
    "iterations": 1,
    "instructions": {"per_iteration": 4},
    "gate": {"head_to_head": {"margin": 0.1}},
}


def planned(config: RunConfig) -> list[str]:
    return [step.name for step in planned_steps(config)]


def config(**changes: object) -> RunConfig:
    return validate(LEAST | changes, RunConfig, "test")


def test_every_step_of_one_iteration_in_order() -> None:
    assert planned(config(training={"epochs": 2}, warm_start={})) == [
        "instructions/1",
        "seed",
        "evaluate/seed/direct",
        "evaluate/seed/thought",
        "warm_start/thought",
        "warm_start/direct",
        "evaluate/thought/0",
        "evaluate/direct/0",
        "head_to_head/0",
        "sample/thought/1",
        "score/thought/1",
        "pairs/thought/1",
        "train/thought/1",
        "select/thought/1",
        "evaluate/thought/1",
        "sample/direct/1",
        "score/direct/1",
        "pairs/direct/1",
        "train/direct/1",
        "select/direct/1",
        "evaluate/direct/1",
        "head_to_head/1",
        "gate/1",
    ]


def test_one_epoch_needs_no_selection_and_one_arm_no_duel() -> None:
    steps = planned(config(arms=["direct"]))
    assert not [step for step in steps if step.startswith(("select", "head_to_head", "gate", "evaluate/seed/thought"))]


def test_more_iterations_and_another_arm_keep_the_steps_that_there_are() -> None:
    short, long = set(planned(config())), set(planned(config(iterations=3)))
    assert short - long == {"instructions/1"}
    assert set(planned(config(arms=["direct"]))) < short


def test_other_benchmarks_and_tasks_are_measured_at_every_place() -> None:
    steps = planned(config(evaluation={"benchmarks": [{}, {"name": "alpaca_eval"}], "lm_eval": {"tasks": ["gsm8k"]}}))
    for place in ("seed/direct", "seed/thought", "thought/1", "direct/1"):
        assert {f"evaluate/{place}", f"evaluate/{place}/alpaca_eval", f"lm_eval/{place}"} <= set(steps)


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_the_shipped_configurations_are_valid_and_can_be_estimated(file: Path) -> None:
    found = estimate(load_yaml(file, RunConfig))
    by_name = {step.name: step for step in found.steps}
    asked = load_yaml(file, RunConfig)
    assert by_name["sample/thought/1"].outputs == asked.instructions.per_iteration * asked.samples
    assert found.kept > 0
    assert len(by_name) == len(planned(asked))


def test_the_estimate_of_a_pairwise_judge_counts_every_ordered_pair() -> None:
    asked = config(judge={"name": "ste", "model": "m@http://localhost:1/v1"}, samples=8)
    (score,) = (step for step in estimate(asked).steps if step.name == "score/thought/1")
    assert score.calls == 4 * 8 * 7


def test_status_tells_running_from_interrupted(tmp_path: Path) -> None:
    write_status(tmp_path, ["a", "b", "c"], {"a": 2.0}, "b")
    assert [step.state for step in read_status(tmp_path)] == ["done", "running", "waiting"]
    file = tmp_path / "status.json"
    file.write_text(file.read_text().replace('"pid": ', '"pid": 99999999'))
    assert [step.state for step in read_status(tmp_path)] == ["done", "interrupted", "waiting"]
    assert [step.name for step in read_status(tmp_path, ["a", "d"])] == ["a", "d"]
    with pytest.raises(UserError, match="holds no run yet"):
        read_status(tmp_path / "nowhere")
