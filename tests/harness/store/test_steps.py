"""The names of steps and what they leave behind, as every store so far holds them."""

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.store.step_details import (
    EpochDetails,
    EvaluateDetails,
    GateDetails,
    SampleDetails,
    SeedDetails,
    TasksDetails,
    TrainDetails,
    WarmStartDetails,
)
from tpobench.harness.store.steps import Step, details_of_job, run_steps, step_details
from tpobench.harness.store.store import Store

TRAINED = {
    "job": "j",
    "name": "run/thought-1",
    "target": "/t",
    "parent": "p",
    "method": "dpo",
    "epochs": [{"epoch": 1, "folder": "/t/1", "model": "m", "metrics": {"loss": 0.5}}],
    "metrics": {"loss": 0.5},
}


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Step(SeedDetails), "seed"),
        (Step(WarmStartDetails, "thought"), "warm_start/thought"),
        (Step(SampleDetails, "thought", 2), "sample/thought/2"),
        (Step(EvaluateDetails, "direct"), "evaluate/seed/direct"),
        (Step(EvaluateDetails, "thought", 0), "evaluate/thought/0"),
        (Step(EvaluateDetails, "direct", 1, "alpaca_eval"), "evaluate/direct/1/alpaca_eval"),
        (Step(EvaluateDetails, "direct", None, "/my/test.jsonl"), "evaluate/seed/direct//my/test.jsonl"),
        (Step(TasksDetails, "thought", 12), "lm_eval/thought/12"),
        (Step(GateDetails, iteration=1), "gate/1"),
        (Step(GateDetails), "gate"),
    ],
)
def test_a_name_is_read_as_the_step_that_wrote_it(step: Step[SeedDetails], name: str) -> None:
    assert step.name == name
    assert Step.parse(name) == step


@pytest.mark.parametrize("name", ["", "sampled/thought/2", "sample/both/2", "seed/1/2/3", "gate/one"])
def test_a_name_that_no_step_has_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no step"):
        Step.parse(name)


def test_the_checkpoint_of_a_step_is_the_seed_or_an_arm_after_an_iteration() -> None:
    assert Step(EvaluateDetails, "direct").checkpoint == "seed/direct"
    assert Step(TrainDetails, "thought", 3).checkpoint == "thought/3"


def test_details_are_written_as_they_were_read_and_unknown_names_are_left_out() -> None:
    details = TrainDetails.from_stored(TRAINED | {"busy_seconds": 1.0})
    assert details.epochs == (EpochDetails(epoch=1, folder="/t/1", model="m", metrics={"loss": 0.5}),)
    assert details.as_stored() | {"epochs": TRAINED["epochs"]} == TRAINED
    assert [dict(epoch) for epoch in details.as_stored()["epochs"]] == TRAINED["epochs"]


def test_details_that_lack_a_name_are_refused_with_a_sentence() -> None:
    with pytest.raises(UserError, match=r"cannot read.*'folder'"):
        SeedDetails.from_stored({"model": "m", "name": "n"})


def test_finished_steps_are_read_in_order_and_jobs_are_found_by_their_key(store: Store) -> None:
    store.finish_step("r", "seed", {"model": "m", "name": "n", "folder": "/f"}, 2.0)
    store.finish_step("r", "train/thought/1", TRAINED, 3.0)
    assert [(one.step, one.seconds) for one in run_steps(store, "r")] == [
        (Step(SeedDetails), 2.0),
        (Step(TrainDetails, "thought", 1), 3.0),
    ]
    assert step_details(store, "r", Step(SeedDetails)) == SeedDetails(model="m", name="n", folder="/f")
    assert step_details(store, "r", Step(TrainDetails, "thought", 2)) is None
    assert details_of_job(store, TrainDetails, "j") == TrainDetails.from_stored(TRAINED)
    assert details_of_job(store, WarmStartDetails, "j") is None
