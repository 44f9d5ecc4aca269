"""Scores for training: asked once, comparable within a prompt, without position bias, and never for a thought."""

import json
import urllib.request
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.apis.verdicts import MODEL, gives_none, verdict_server
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.judges.verdict import self_taught_evaluator
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, Score
from tpobench.harness.store.store import Store
from tpobench.tpo.config import JudgeConfig
from tpobench.tpo.preferences.judge import TrainingJudge, training_judge
from tpobench.tpo.preferences.response_scores import Group
from tpobench.tpo.preferences.scoring import PRIOR, battle_matrix, elo

WHY, NAME = Prompt("Why is the sky blue?"), Prompt("Name a fruit.", checks=({"regex": "a"},))


class Counting(Scorer):
    """Scores a response by its length; keeps what it was asked."""

    id = "counting@1"
    label = "counting"

    def __init__(self, forgets: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self.closed = False
        self._forgets = forgets

    def require(self, prompts: Sequence[Prompt]) -> None:
        if not all(prompt.text.endswith(("?", ".")) for prompt in prompts):
            raise UserError("a prompt has no end")

    def score_all(self, asked: Sequence[tuple[Prompt, str]]) -> Iterator[list[Score]]:
        for prompt, response in reversed(asked):
            self.asked.append((prompt.text, response))
            if response == "stop here":
                raise KeyboardInterrupt
            if response != self._forgets:
                yield [
                    Score(judge=self.id, prompt=prompt, response=response, value=float(len(response)), components={})
                ]

    def close(self) -> None:
        self.closed = True


def pointwise(scorer: Counting) -> TrainingJudge:
    progress = Progress(quiet=True)
    return TrainingJudge(ScoreJudge(scorer=scorer, progress=progress), progress)


def test_a_pointwise_judge_is_asked_once_for_each_response(store: Store) -> None:
    judge = Counting()
    groups: list[Group] = [(WHY, ["aa", None, "b", "aa"]), (NAME, ["aa", "cccc"])]
    expected = [[2.0, None, 1.0, 2.0], [2.0, 4.0]]
    assert pointwise(judge).scores(store, groups, ("<R>",), "scoring") == expected
    assert sorted(judge.asked) == sorted([(WHY.text, "aa"), (WHY.text, "b"), (NAME.text, "aa"), (NAME.text, "cccc")])
    more: list[Group] = [*groups, (NAME, ["ddd"])]
    assert pointwise(judge).scores(store, more, ("<R>",), "scoring") == [*expected, [3.0]]
    assert judge.asked[4:] == [(NAME.text, "ddd")]
    assert store.row_counts()["score"] == 5
    assert store.row_counts()["prompt"] == 2


def test_scores_that_came_in_before_the_end_of_a_run_are_kept(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        pointwise(Counting()).scores(store, [(WHY, ["stop here", "b", "cc"])], (), "scoring")
    judge = Counting()
    assert pointwise(judge).scores(store, [(WHY, ["d", "b", "cc"])], (), "scoring") == [[1.0, 1.0, 2.0]]
    assert judge.asked == [(WHY.text, "d")]


def test_a_pointwise_judge_that_leaves_responses_out_is_told_of(store: Store) -> None:
    with pytest.raises(UserError, match=r"the judge counting left 1 of 2 responses without a score"):
        pointwise(Counting(forgets="b")).scores(store, [(WHY, ["aa", "b"])], (), "scoring")


def test_pointwise_head_to_head(store: Store) -> None:
    scorer = Counting()
    judge = pointwise(scorer)
    ours = ["aa", "a", "bb", "same", None, "x", None]
    theirs = ["a", "aa", "cc", "same", "x", None, None]
    assert judge.against(store, [WHY] * 7, ours, theirs, "selecting") == [1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 0.5]
    assert ("Why is the sky blue?", "same") not in scorer.asked
    assert store.row_counts()["judgment"] == 0


def test_the_pointwise_judge_is_spoken_to_through_one_door() -> None:
    inner = Counting()
    judge = pointwise(inner)
    assert (judge.id, judge.label) == ("counting@1", "counting")
    assert judge.covers("counting@1")
    assert not judge.covers("checklist@1")
    with pytest.raises(UserError, match="no end"):
        judge.require([Prompt("so")])
    judge.close()
    assert inner.closed


def pairwise(url: str) -> TrainingJudge:
    progress = Progress(quiet=True)
    client = Client(Endpoint(MODEL, url), Limits(concurrency=16, timeout_s=10))
    return TrainingJudge(ModelJudge(protocol=self_taught_evaluator(MODEL), client=client, progress=progress), progress)


def asked(url: str) -> int:
    return int(json.loads(urllib.request.urlopen(f"{url}/stats").read())["asked"])


def test_a_pairwise_judge_plays_every_game_in_both_orders_once(store: Store) -> None:
    groups: list[Group] = [(WHY, ["a", "bbb", "cc", "bbb", None, "dddd"]), (NAME, ["e", None, "ff"]), (WHY, [None])]
    with verdict_server("longer") as url:
        found = pairwise(url).scores(store, groups, ("<R>",), "scoring")
        assert asked(url) == 4 * 3 + 2 * 1
        assert pairwise(url).scores(store, groups, ("<R>",), "scoring") == found
        assert asked(url) == 4 * 3 + 2 * 1
    first = found[0]
    assert first[4] is None
    assert first[1] == first[3]
    ordered = elo(np.array([[2.0 if m > n else 0.0 for n in range(4)] for m in range(4)]))
    assert [first[0], first[2], first[1], first[5]] == pytest.approx(list(ordered), abs=1e-8)
    half = np.log((2 + PRIOR) / PRIOR) / 2
    assert found[1] == [pytest.approx(-half), None, pytest.approx(half)]
    assert found[2] == [None]
    orders = (
        "SELECT presented_order, count(*), count(DISTINCT (response_a, response_b)) FROM judgment GROUP BY 1 ORDER BY 1"
    )
    assert store.sql(orders)[1] == [("AB", 7, 7), ("BA", 7, 7)]


def test_position_bias_cancels(store: Store) -> None:
    with verdict_server("first") as url:
        assert pairwise(url).scores(store, [(WHY, ["a", "bb", "ccc"])], (), "scoring") == [[0.0, 0.0, 0.0]]
        assert pairwise(url).against(store, [NAME], ["a"], ["bb"], "selecting") == [0.5]
    assert store.sql("SELECT count(*) FROM judgment WHERE verdict = 'A'")[1] == [(8,)]


def test_an_answer_without_a_verdict_is_a_missing_game(store: Store) -> None:
    texts = ["a" * n for n in range(1, 7)]
    with verdict_server("junk") as url:
        judge = pairwise(url)
        ((*found,),) = judge.scores(store, [(WHY, texts)], (), "scoring")
        (compared,) = judge.against(store, [WHY], ["x" * 3], ["y" * 9], "selecting")
    verdicts = np.array([[_game(texts[m], texts[n]) for n in range(6)] for m in range(6)])
    assert np.isnan(verdicts).sum() > 6, "some games are missing"
    assert found == pytest.approx(list(elo(battle_matrix(verdicts))), abs=1e-8)
    none = store.sql("SELECT count(*) FROM judgment WHERE preference IS NULL AND raw_text LIKE '%their merits.'")[1]
    both = [gives_none("junk", _told(*shown)) for shown in (("x" * 3, "y" * 9), ("y" * 9, "x" * 3))]
    assert compared == (None if any(both) else 0.0)
    assert none == [(np.isnan(verdicts).sum() - 6 + sum(both),)]


def _told(first: str, second: str) -> str:
    return self_taught_evaluator(MODEL).messages(Comparison(prompt=WHY, candidate=first, baseline=second, order="AB"))[
        -1
    ]["content"]


def _game(first: str, second: str) -> float:
    """r of the game that shows `first` first, as the server with the rule ``junk`` judges it."""
    missing = first == second or gives_none("junk", _told(first, second))
    return np.nan if missing else float(np.sign(len(first) - len(second)))


def test_a_judge_that_never_gives_a_verdict_gives_no_score(store: Store) -> None:
    with verdict_server("silent") as url:
        judge = pairwise(url)
        assert judge.scores(store, [(WHY, ["a", "bb", None])], (), "scoring") == [[None, None, None]]
        assert judge.against(store, [WHY], ["a"], ["bb"], "selecting") == [None]


def test_pairwise_head_to_head(store: Store) -> None:
    ours, theirs = ["aa", "a", "bb", "same", None, "x", None], ["a", "aa", "cc", "same", "x", None, None]
    with verdict_server("longer") as url:
        judge = pairwise(url)
        expected = [1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 0.5]
        assert judge.against(store, [Prompt(f"p{n}") for n in range(7)], ours, theirs, "selecting") == expected
        assert asked(url) == 6
        judge.require([WHY])
        judge.close()
        assert judge.covers(judge.judge.id)
        assert judge.label == f"ste, model {MODEL}"


@pytest.mark.parametrize("kind", ["pointwise", "pairwise"])
def test_no_thought_reaches_a_judge(store: Store, kind: str) -> None:
    judge = pointwise(Counting()) if kind == "pointwise" else pairwise("http://127.0.0.1:9/v1")
    with pytest.raises(AssertionError, match=r"a thought would reach the judge: '<R>'"):
        judge.scores(store, [(WHY, ["fine", "thinking <R> done"])], ("<R>",), "scoring")
    assert store.row_counts()["score"] == 0


def nobody(endpoint: Endpoint) -> Client:
    pytest.fail(f"{endpoint} was to be asked")


def named(**config: object) -> TrainingJudge:
    return training_judge(validate(config, JudgeConfig, "config"), nobody, Progress(quiet=True))


def test_a_judge_that_scores_gives_its_own_scores(store: Store) -> None:
    judge = named(name="checklist")
    assert (judge.id, judge.scores(store, [(NAME, ["pear", "plum"])], (), "scoring")) == ("checklist@1", [[1.0, 0.0]])


def test_parts_are_a_weighted_sum(store: Store) -> None:
    judge = named(parts=[{"judge": "checklist", "weight": 2.0}])
    assert judge.label == "2 x checklist, a rule-based stand-in for an LLM judge"
    assert judge.covers("checklist@1")


def test_a_judge_that_compares_needs_a_model_to_ask() -> None:
    with pytest.raises(UserError, match=r"the judge ste needs judge\.model"):
        named(name="ste")


def test_a_model_beside_a_judge_that_asks_nobody_is_refused() -> None:
    with pytest.raises(UserError, match=r"checklist.* asks no model, so that m@http"):
        named(name="checklist", model="m@http://127.0.0.1:9/v1")


def test_a_judge_that_compares_is_reached_at_the_model_that_is_named() -> None:
    config = validate({"name": "ste", "model": "m@http://127.0.0.1:9/v1"}, JudgeConfig, "config")
    asked: list[Endpoint] = []

    def connect(endpoint: Endpoint) -> Client:
        asked.append(endpoint)
        return Client(endpoint)

    assert training_judge(config, connect, Progress(quiet=True)).label == "ste, model m"
    assert asked == [Endpoint("m", "http://127.0.0.1:9/v1")]
