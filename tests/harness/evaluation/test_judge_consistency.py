"""A judge is checked over the pairs of an evaluation."""

from pathlib import Path

import pytest

from tests.apis.verdicts import MODEL, verdict_server
from tests.harness.evaluation.conftest import AnsweredBenchmark
from tests.harness.evaluation.test_run import QUIET, nobody
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.judge_consistency import check_judge
from tpobench.harness.store.store import Store


def test_a_judge_that_scores_has_nothing_to_flip(store: Store, answered: AnsweredBenchmark, reward_model: Path) -> None:
    with pytest.raises(UserError, match=r"the judge reward:.* scores each response by itself: the order cannot flip"):
        check_judge(store, answered.spec(f"reward:{reward_model}"), nobody, QUIET, 2)
    assert store.row_counts()["judgment"] == 0


@pytest.mark.parametrize(("rule", "flips", "first"), [("longer", 0.0, 0.5), ("first", 1.0, 1.0)])
def test_a_judge_that_prefers_a_place_is_found_out(
    store: Store, answered: AnsweredBenchmark, rule: str, flips: float, first: float
) -> None:
    with verdict_server(rule) as url:
        spec = answered.spec("ste", judge_model=f"{MODEL}@{url}")
        found = check_judge(store, spec, lambda endpoint: Client(endpoint, Limits(concurrency=8)), QUIET, 2)
    assert (found.prompts, found.calls, found.missing) == (12, 48, 0.0)
    assert found.flip_rate is not None
    assert found.first_preferred is not None
    assert (found.flip_rate.mean, found.first_preferred.mean) == (flips, first)
    assert found.repeat_variance == 0.0


def test_a_judge_without_any_verdict_is_an_error_that_names_the_cause(
    store: Store, answered: AnsweredBenchmark
) -> None:
    with verdict_server("silent") as url:
        spec = answered.spec("ste", judge_model=f"{MODEL}@{url}")
        with pytest.raises(UserError, match=r"no verdict in 24 judgments, 24 without a label .*Both have their merits"):
            check_judge(store, spec, lambda endpoint: Client(endpoint, Limits(concurrency=8)), QUIET, 1)
