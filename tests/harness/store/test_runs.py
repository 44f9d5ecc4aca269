"""Runs of a store and their checkpoints."""

import pytest

from tests.harness.store.test_views import evaluated
from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.records import Model
from tpobench.harness.store.runs import (
    checkpoint_evaluation,
    checkpoint_named,
    holds_a_run,
    last_checkpoint,
    model_or_checkpoint,
    run_named,
)
from tpobench.harness.store.store import Store

SIDES = {"seed/direct": "seed", "thought/1": "t1", "thought/2": "t2", "direct/1": "d1"}
"""Fingerprints of the run's models."""


@pytest.fixture
def run(store: Store) -> Store:
    """A run that evaluated three checkpoints, and compared both arms after the first iteration."""
    store.add_run("k", "mine", {}, {})
    for checkpoint, fingerprint in SIDES.items():
        store.add_model(Model(f"mine/{checkpoint}", f"folder of {checkpoint}", fingerprint), "trained")
        mode = "think:generic" if checkpoint.startswith("thought") else "direct"
        step(store, f"evaluate/{checkpoint}", candidate=fingerprint, candidate_mode=mode, baseline="seed")
    step(store, "head_to_head/1", candidate="t1", candidate_mode="think:generic", baseline="d1")
    return store


def step(store: Store, name: str, **sides: object) -> None:
    evaluated(store, f"of {name}", **sides)
    store.finish_step("k", name, {"evaluation": f"of {name}"}, 1.0)


def test_a_run_is_named_or_the_newest(run: Store) -> None:
    assert (holds_a_run(run), run_named(run, ""), run_named(run, "mine")) == (True, "k", "k")
    with pytest.raises(StoreLacks, match=r"holds no run 'mime'; did you mean 'mine'\?"):
        run_named(run, "mime")


def test_a_store_without_a_run_says_so(store: Store) -> None:
    assert not holds_a_run(store)
    with pytest.raises(StoreLacks, match="holds no run yet; tpobench quickstart makes one"):
        run_named(store, "")


def test_a_checkpoint_is_the_model_in_the_mode_of_its_evaluation(run: Store) -> None:
    checkpoint = checkpoint_named(run, "mine", "thought/1")
    assert (checkpoint.fingerprint, checkpoint.folder, checkpoint.mode) == (
        "t1",
        "folder of thought/1",
        "think:generic",
    )
    with pytest.raises(UserError, match="evaluated no thought/3; it has: direct/1, seed/direct, thought/1, thought/2"):
        checkpoint_named(run, "", "thought/3")


def test_two_checkpoints_are_found_by_their_comparison(run: Store) -> None:
    assert checkpoint_evaluation(run, "", "thought/1", "").evaluation == "of head_to_head/1"
    assert checkpoint_evaluation(run, "", "direct/1", "seed/direct").evaluation == "of evaluate/direct/1"
    with pytest.raises(
        UserError, match=r"no evaluation of thought/2 against direct/2; it has: .*thought/1 against direct/1"
    ):
        checkpoint_evaluation(run, "", "thought/2", "")


def test_the_last_checkpoint_is_that_of_the_thought_arm(run: Store) -> None:
    assert last_checkpoint(run, "mine").fingerprint == "t2"


def test_a_run_without_checkpoints_has_no_last_one(store: Store) -> None:
    store.add_run("k", "mine", {}, {})
    with pytest.raises(UserError, match="'mine' has evaluated no checkpoint yet"):
        last_checkpoint(store, "mine")


@pytest.mark.parametrize(
    ("text", "fingerprint"),
    [("thought/1", "t1"), ("mine/thought/1", "t1"), ("mine", "t2"), ("mine/seed/direct", "seed")],
)
def test_a_checkpoint_a_model_or_a_run_can_be_meant(run: Store, text: str, fingerprint: str) -> None:
    assert model_or_checkpoint(run, text).fingerprint == fingerprint


def test_a_model_called_like_a_run_is_meant_before_it(run: Store) -> None:
    run.add_model(Model("mine", "", "x"), "given")
    assert model_or_checkpoint(run, "mine").fingerprint == "x"


def test_what_is_neither_is_told_as_a_model(run: Store) -> None:
    with pytest.raises(StoreLacks, match="holds no model 'yours'"):
        model_or_checkpoint(run, "yours")
