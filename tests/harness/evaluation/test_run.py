"""An evaluation from its names to its figures: outputs, judgments, win rates, and what a judge that scores adds."""

from pathlib import Path

import pytest

from tests.harness.evaluation.conftest import AnsweredBenchmark
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import run_evaluation
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.reward_scorer import RewardModelScorer
from tpobench.harness.models.resolve import resolve_model
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store

QUIET = Progress(quiet=True)


def nobody(endpoint: Endpoint) -> Client:
    pytest.fail(f"{endpoint} was to be asked")


def figures(store: Store, evaluation: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in store.metrics(evaluation) if metric.category is None}


def test_a_reward_model_judges_an_evaluation(store: Store, answered: AnsweredBenchmark, reward_model: Path) -> None:
    evaluation = run_evaluation(store, answered.spec(f"reward:{reward_model}"), nobody, QUIET)
    scorer = RewardModelScorer(resolve_model(str(reward_model)))
    pairs = [
        (prompt, text)
        for name in ("ours", "theirs")
        for prompt, text in zip(answered.prompts, answered.answers(name), strict=True)
    ]
    values = {(s.prompt.text, s.response): s.value for group in scorer.score_all(pairs) for s in group}
    ours, theirs = (
        [values[p.text, text] for p, text in zip(answered.prompts, answered.answers(name), strict=True)]
        for name in ("ours", "theirs")
    )
    wins = [float(a > b) for a, b in zip(ours, theirs, strict=True)]
    assert sum(wins) > 0
    found = figures(store, evaluation)
    assert found["win_rate"].value == pytest.approx(sum(wins) / len(wins))
    mean = found["mean_raw_score"]
    assert mean.value == pytest.approx(sum(ours) / len(ours), abs=1e-4)
    assert mean.low is not None
    assert mean.high is not None
    assert mean.low < float(mean.value or 0) < mean.high
    assert store.row_counts()["score"] == len(pairs)


def test_the_same_evaluation_again_scores_nothing(
    store: Store, answered: AnsweredBenchmark, reward_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = answered.spec(f"reward:{reward_model}")
    first = run_evaluation(store, spec, nobody, QUIET)
    rows = store.row_counts()
    monkeypatch.setattr(RewardModelScorer, "score_all", lambda *_: pytest.fail("it was scored again"))
    assert run_evaluation(store, spec, nobody, QUIET) == first
    assert store.row_counts() == rows


def test_both_orders_are_one_game_for_a_judge_that_scores(
    store: Store, answered: AnsweredBenchmark, reward_model: Path
) -> None:
    run_evaluation(store, answered.spec(f"reward:{reward_model}", orders="both"), nobody, QUIET)
    assert store.row_counts()["judgment"] == len(answered.prompts)


def test_a_function_of_the_users_judges_an_evaluation(
    store: Store, answered: AnsweredBenchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answered.folder / "lengths.py").write_text("def short(prompt, response):\n    return -len(response)\n")
    monkeypatch.chdir(answered.folder)
    found = figures(store, run_evaluation(store, answered.spec("lengths:short"), nobody, QUIET))
    assert found["win_rate"].value == 0.0
    assert found["mean_raw_score"].value == -sum(map(len, answered.answers("ours"))) / len(answered.prompts)


def test_a_judge_model_beside_a_judge_that_asks_nobody_is_refused(
    store: Store, answered: AnsweredBenchmark, reward_model: Path
) -> None:
    with pytest.raises(UserError, match=r"the judge reward:.* asks no model, so that gpt-4 would not be asked"):
        run_evaluation(store, answered.spec(f"reward:{reward_model}", judge_model="gpt-4"), nobody, QUIET)
    assert store.row_counts()["judgment"] == 0


def test_outputs_come_from_the_source_that_is_given(
    store: Store, answered: AnsweredBenchmark, reward_model: Path
) -> None:
    class Fixed:
        def candidate(self, spec: EvaluationSpec) -> ModelOutputs:
            return add_answers(store, "mine", answered.prompts, answered.answers("ours"))

        def baseline(self, spec: EvaluationSpec) -> ModelOutputs:
            return self.candidate(spec)

    evaluation = run_evaluation(store, answered.spec(f"reward:{reward_model}"), nobody, QUIET, Fixed())
    assert figures(store, evaluation)["win_rate"].value == 0.5
    names = store.sql("SELECT DISTINCT name FROM model")[1]
    assert names == [("mine",)]
