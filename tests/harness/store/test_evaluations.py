"""Which evaluations a store holds, with their figures."""

from tests.harness.store.test_views import evaluated
from tpobench.harness.records import Metric, Model
from tpobench.harness.store.evaluations import (
    current_evaluations,
    evaluation_of_judgments,
    evaluation_with_key,
    evaluations_of,
    evaluations_on_board,
    item_values,
    largest_evaluations,
)
from tpobench.harness.store.store import Store


def test_an_evaluation_has_the_names_of_both_sides(store: Store) -> None:
    store.add_model(Model("better", "", "new"), "given")
    evaluated(store, "e", baseline_mode="think:generic", params='{"rows": 805}')
    evaluation = evaluation_with_key(store, "e")
    assert (evaluation.candidate, evaluation.candidate_name, evaluation.baseline_name) == ("new", "better", "base")
    assert evaluation.against == "base (think:generic)"
    assert evaluation.about == {"rows": 805}


def test_current_evaluations_come_newest_first_by_benchmark_and_candidate(store: Store) -> None:
    evaluated(store, "old")
    evaluated(store, "newer")
    evaluated(store, "elsewhere", benchmark="other")
    evaluated(store, "of another", candidate="another")
    assert [e.evaluation for e in current_evaluations(store)] == ["of another", "elsewhere", "newer"]
    assert [e.evaluation for e in current_evaluations(store, "bench", ["new", "nobody"])] == ["newer"]
    assert current_evaluations(store, candidates=[]) == []


def test_a_board_shows_an_older_evaluation_that_is_asked_for(store: Store) -> None:
    evaluated(store, "old")
    evaluated(store, "newer")
    assert [e.evaluation for e in evaluations_on_board(store, "bench", [])] == ["newer"]
    assert [e.evaluation for e in evaluations_on_board(store, "", ["old"])] == ["old", "newer"]


def test_the_largest_evaluation_counts_prompts_not_games(store: Store) -> None:
    evaluated(store, "two games", [("p", "a"), ("p", "b"), ("p", "c")])
    evaluated(store, "two prompts", [("p", "a"), ("q", "b")])
    evaluated(store, "a task", baseline="", baseline_mode="")
    assert [e.evaluation for e in largest_evaluations(store)] == ["two prompts", "two games"]


def test_metrics_come_by_evaluation_also_where_there_are_none(store: Store) -> None:
    metric = Metric(name="win_rate", value=0.5, n=3, category="c", low=0.1, high=0.9)
    store.add_metrics("e", [metric])
    assert store.metrics_of(["e", "other"]) == {"e": [metric], "other": []}


def test_an_evaluation_is_found_by_its_judgments_whatever_their_order(store: Store) -> None:
    evaluated(store, "e", [("p", "a"), ("q", "b")])
    evaluated(store, "over fewer", [("p", "a")])
    evaluated(store, "of another baseline", [("p", "a"), ("q", "b")], baseline="another")
    evaluated(store, "by another judge", [("p", "a"), ("q", "b")], judge="another")
    evaluated(store, "in another mode", [("p", "a"), ("q", "b")], baseline_mode="think:generic")
    sides = ("new", "direct", "base", "direct")
    found = evaluation_of_judgments(store, sides, "judge", ["b", "a"])
    assert found is not None
    assert found.evaluation == "e"
    assert evaluation_of_judgments(store, sides, "judge", ["a", "c"]) is None


def test_all_evaluations_of_a_model_come_the_largest_first(store: Store) -> None:
    evaluated(store, "large", [("p", "a"), ("q", "b")])
    evaluated(store, "small", [("p", "c")])
    evaluated(store, "elsewhere", [("p", "c")], benchmark="other")
    evaluated(store, "of another", candidate="another")
    assert [e.evaluation for e in evaluations_of(store, benchmark="bench", candidates=["new"])] == ["large", "small"]
    assert len(evaluations_of(store)) == 4


def test_items_come_with_evaluation_and_metric(store: Store) -> None:
    store.add_items("e", "acc", {"one": 1.0})
    store.add_items("other", "acc", {"one": 0.0})
    (item,) = item_values(store, ["e"])
    assert (item.evaluation, item.metric, item.item, item.value) == ("e", "acc", "one", 1.0)
