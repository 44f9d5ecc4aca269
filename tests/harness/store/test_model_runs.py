"""Which run of a model is meant."""

import pytest

from tests.harness.store.test_views import evaluated
from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Generation, Model, Prompt, Request, SamplingParams, Split
from tpobench.harness.store.model_runs import evaluation_of_model
from tpobench.harness.store.store import Store


def named(store: Store) -> None:
    store.add_model(Model("m", "", "mmmm1111"), "given")
    store.add_model(Model("base", "", "base"), "given")


def test_a_models_newest_evaluation_on_a_benchmark_is_found(store: Store) -> None:
    named(store)
    evaluated(store, "by one judge", candidate="mmmm1111")
    evaluated(store, "by another", candidate="mmmm1111", judge="another")
    evaluated(store, "elsewhere", candidate="mmmm1111", benchmark="other")
    assert evaluation_of_model(store, "mmmm", "bench").evaluation == "by another"


def test_an_evaluation_with_texts_goes_before_a_newer_one_without(store: Store) -> None:
    named(store)
    request = Request("o", DIRECT.messages("p"), "p")
    generation = Generation(request=request, prompt_ids=(), token_ids=(), text="hi", finish_reason="stop", seconds=0.1)
    model = Model("m", "", "mmmm1111")
    store.add_generations(model, DIRECT, SamplingParams(), [(Prompt("p"), 0, generation, Split("", "hi"))])
    evaluated(store, "with texts", candidate="mmmm1111", candidate_outputs=["o"])
    evaluated(store, "imported", candidate="mmmm1111", judge="another", candidate_outputs=["gone"])
    assert evaluation_of_model(store, "m", "bench").evaluation == "with texts"


def test_a_model_that_was_not_evaluated_there_is_told_so(store: Store) -> None:
    named(store)
    evaluated(store, "elsewhere", candidate="mmmm1111", benchmark="other")
    with pytest.raises(StoreLacks, match="holds no bench evaluation of 'm'; tpobench leaderboard"):
        evaluation_of_model(store, "m", "bench")


def test_evaluations_in_two_modes_have_to_be_told_apart(store: Store) -> None:
    named(store)
    evaluated(store, "directly", candidate="mmmm1111")
    evaluated(store, "thinking", candidate="mmmm1111", candidate_mode="think:generic")
    with pytest.raises(UserError, match="several modes; say which: m@direct, m@think:generic"):
        evaluation_of_model(store, "m", "bench")
    assert evaluation_of_model(store, "m@direct", "bench").evaluation == "directly"
