"""A judge that is refused, cut, or thinks aloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.refusing import MODEL, asked, heal, refusing_server
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.asking import ComparisonProtocol, ModelJudge
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.verdict import self_taught_evaluator, verdict_protocol
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

STE = self_taught_evaluator(MODEL)
FILE = """
name: own
model: refusing
user: "{prompt} {response_a} {response_b} End with [[A]] or [[B]]."
patterns: ['\\[\\[([AB])\\]\\]']
verdicts: {A: 1, B: 0}
"""


@pytest.fixture
def url() -> Iterator[str]:
    with refusing_server() as base_url:
        yield base_url


def judged(
    store: Store, url: str, *cases: str, protocol: ComparisonProtocol = STE, retry_missing: bool = False
) -> list[tuple[str, float | None, str]]:
    client = Client(Endpoint(MODEL, url), Limits(concurrency=4))
    judge = ModelJudge(protocol=protocol, client=client, progress=Progress(quiet=True), retry_missing=retry_missing)
    comparisons = [
        Comparison(prompt=Prompt(f"CASE {case}"), candidate="ours", baseline="theirs", order="AB") for case in cases
    ]
    store.add_prompts([comparison.prompt for comparison in comparisons])
    keys = judge.judge(store, comparisons, "judging")
    query = "SELECT judgment_key, verdict, preference, raw_text FROM judgment"
    rows = {key: tuple(row) for key, *row in store.sql(query)[1]}
    return [rows[key] for key in keys]


def test_a_refused_call_is_no_verdict_and_asked_again_by_the_next_run(store: Store, url: str) -> None:
    ((verdict, preference, words),) = judged(store, url, "azure")
    assert (verdict, preference) == ("refused", None)
    assert "The response was filtered" in words
    heal(url)
    ((verdict, preference, _),) = judged(store, url, "azure")
    assert (verdict, preference) == ("A", 1.0)
    judged(store, url, "azure")
    assert asked(url) == {"azure": 2}


@pytest.mark.parametrize("case", ["moderated", "refusal", "finish_filter", "filter_in_200", "odd"])
def test_each_kind_of_refusal_is_owed(store: Store, url: str, case: str) -> None:
    ((verdict, preference, words),) = judged(store, url, case)
    assert (verdict, preference) == ("refused", None)
    assert words
    assert asked(url) == {case: 1}


def test_one_run_asks_once_for_what_is_refused(store: Store, url: str) -> None:
    client = Client(Endpoint(MODEL, url), Limits(concurrency=4))
    judge = ModelJudge(protocol=STE, client=client, progress=Progress(quiet=True))
    comparison = Comparison(prompt=Prompt("CASE azure"), candidate="ours", baseline="theirs", order="AB")
    for _ in range(3):
        judge.judge(store, [comparison], "judging")
    assert asked(url) == {"azure": 1}


def test_a_prompt_over_the_judges_context_has_no_verdict_until_asked_for(store: Store, url: str) -> None:
    ((verdict, preference, _),) = judged(store, url, "context")
    assert (verdict, preference) == ("too_long", None)
    heal(url)
    judged(store, url, "context")
    assert asked(url) == {"context": 1}
    assert judged(store, url, "context", retry_missing=True)[0][0] == "A"


@pytest.mark.parametrize("case", ["null_length", "reasoning_cut", "think_cut", "verdict_cut"])
def test_a_judge_that_is_cut_before_its_verdict_says_so(store: Store, url: str, case: str) -> None:
    assert judged(store, url, case)[0][:2] == ("cut", None)
    assert asked(url) == {case: 1}


def test_a_judge_without_room_for_its_thought_is_not_asked_eight_times_for_logprobs(store: Store, url: str) -> None:
    assert judged(store, url, "null_length", protocol=AlpacaEvalProtocol(model=MODEL))[0][:2] == ("cut", None)
    assert asked(url) == {"null_length": 1}


@pytest.mark.parametrize("case", ["verdict_thought", "verdict_think"])
def test_the_verdict_is_read_after_the_thought(store: Store, url: str, case: str) -> None:
    ((verdict, preference, raw),) = judged(store, url, case)
    assert (verdict, preference) == ("B", 0.0), "take: only, and other labels stand in the thought"
    assert "Is it [[A]]?" in raw


def test_the_verdict_of_a_judge_of_ones_own_is_read_after_the_thought(store: Store, url: str, tmp_path: Path) -> None:
    for take in ("only", "last"):
        file = tmp_path / f"{take}.yaml"
        file.write_text(f"{FILE}take: {take}\n")
        assert judged(store, url, "verdict_think", protocol=verdict_protocol(file))[0][:2] == ("B", 0.0)
