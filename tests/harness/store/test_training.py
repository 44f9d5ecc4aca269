"""What a model was trained on, through all models that it descends from."""

from tests.harness.store.training import output, trained
from tpobench.harness.records import Model, Prompt
from tpobench.harness.store.store import Store
from tpobench.harness.store.training import training_prompts


def texts(store: Store, model: str) -> set[str]:
    return {prompt.text for prompt in training_prompts(store, model)}


def test_prompts_of_all_iterations_count(store: Store) -> None:
    trained(store, "one", "seed", ["a", "b"])
    trained(store, "two", "one", ["c"], iteration=2)
    assert (texts(store, "one"), texts(store, "two"), texts(store, "seed")) == ({"a", "b"}, {"a", "b", "c"}, set())
    assert {prompt.run for prompt in training_prompts(store, "two")} == {"mini"}


def test_another_run_from_the_same_parent_is_another_training(store: Store) -> None:
    trained(store, "one", "seed", ["a"])
    trained(store, "other", "seed", ["b"], run="another")
    assert (texts(store, "one"), texts(store, "other")) == ({"a"}, {"b"})


def test_a_prompt_that_was_sampled_without_giving_a_pair_counts(store: Store) -> None:
    trained(store, "one", "seed", ["a"])
    dropped, retried = Prompt("dropped"), Prompt("asked again in an evaluation")
    store.add_prompts([dropped, retried])
    store.add_outputs([output("seed", dropped, sample) for sample in range(4)])
    store.add_outputs([output("seed", retried, sample) for sample in range(3)])
    assert texts(store, "one") == {"a", "dropped"}


def test_a_model_without_a_step_has_what_its_parents_answers_were_made_into(store: Store) -> None:
    trained(store, "one", "seed", ["a"])
    store.add_model(Model("pruned", "", "pruned"), "dpo, pruned", "seed")
    assert texts(store, "pruned") == {"a"}


def test_a_circle_of_parents_ends(store: Store) -> None:
    trained(store, "one", "two", ["a"])
    trained(store, "two", "one", ["b"], iteration=2)
    assert texts(store, "one") == {"a", "b"}
