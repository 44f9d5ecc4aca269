"""Scores with what they are made of."""

from tpobench.harness.records import Prompt, Score
from tpobench.harness.store.scores import ScoreParts, scores_with_parts
from tpobench.harness.store.store import Store


def test_a_score_comes_with_its_components(store: Store) -> None:
    score = Score(judge="j", prompt=Prompt("p"), response="r", value=0.5, components={"greedy": True})
    store.add_scores([score])
    assert scores_with_parts(store, [score.key, "lost"]) == {score.key: ScoreParts(0.5, {"greedy": True})}
