"""What was judged in the evaluations of a store, prompt by prompt."""

from dataclasses import replace

import pytest

from tests.harness.store.test_views import evaluated, judgments
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Assignment, Judgment, Prompt
from tpobench.harness.store.judgments import (
    baseline_responses,
    evaluation_spreads,
    judged_entries,
    judgments_with_keys,
    preferences_by_assigned,
    prompt_preferences,
)
from tpobench.harness.store.store import Store

FIRST, SECOND = Prompt("first", "a category"), Prompt("second", "another")


def test_judgments_come_by_key_with_lengths(store: Store) -> None:
    judgments(store, a=0.25)
    (judgment,) = judgments_with_keys(store, ["a", "lost"]).values()
    assert (judgment.order, judgment.preference, judgment.candidate_chars) == ("AB", 0.25, 1)


def test_preferences_come_in_the_order_of_the_prompts(store: Store) -> None:
    store.add_prompts([FIRST, SECOND])
    judgments(store, a=1.0, b=None)
    evaluated(store, "e", [(SECOND.key, "b"), (FIRST.key, "a")])
    preferences = prompt_preferences(store, ["e"])
    assert [(p.prompt, p.category, p.preference) for p in preferences] == [
        (SECOND.key, "another", None),
        (FIRST.key, "a category", 1.0),
    ]


def test_preferences_go_by_what_was_assigned_last(store: Store) -> None:
    store.add_prompts([FIRST, SECOND])
    judgments(store, a=1.0, b=0.5)
    evaluated(store, "e", [(FIRST.key, "a"), (SECOND.key, "b")])
    for number, (prompt, kind, value) in enumerate(
        [
            (FIRST, "category", "old"),
            (FIRST, "complexity", "hard"),
            (FIRST, "category", "new"),
            (SECOND, "category", None),
        ]
    ):
        assigned = Assignment(
            key=str(number), assigner=f"by {number}", kind=kind, text_key=prompt.text_key, value=value, raw=""
        )
        store.add_assignments([assigned])
        store.drain()
    assert preferences_by_assigned(store, ["e"], "category") == {"e": {"new": [1.0]}}
    assert preferences_by_assigned(store, ["e"], "complexity") == {"e": {"hard": [1.0]}}


def test_the_baselines_response_is_known_by_its_text_key(store: Store) -> None:
    judgments(store, a=1.0, b=0.5)
    evaluated(store, "e", [("p", "a"), ("p", "b")])
    assert baseline_responses(store, ["e", "none"]) == {"e": {"p": "b"}, "none": {}}


def test_entries_come_in_order_with_what_texts_there_are(store: Store) -> None:
    store.add_prompts([FIRST])
    store.add_judgments(
        Judgment(
            key=key,
            judge="judge",
            prompt_key=FIRST.key,
            response_a="a",
            response_b="b",
            chars_a=1,
            chars_b=1,
            order=order,
            verdict="A>B",
            preference=0.5,
            raw=f"raw {key}",
        )
        for key, order in (("x", "BA"), ("y", "AB"))
    )
    evaluated(store, "e", [(FIRST.key, "x"), (FIRST.key, "y")], candidate_outputs=["gone", "gone"])
    entries = judged_entries(store, "e")
    assert [(entry.order, entry.raw_text) for entry in entries] == [("BA", "raw x"), ("AB", "raw y")]
    assert {(entry.text, entry.verdict, entry.candidate_response) for entry in entries} == {("first", "A>B", None)}


def test_the_spread_counts_a_model_against_itself_in_another_mode(store: Store) -> None:
    asked = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(40)]
    texts = [prompt.text_key for prompt in asked]
    benchmark, judge = (
        Benchmark(name="bench", prompts=asked),
        ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True)),
    )
    direct = add_answers(store, "model", asked, ["no"] * 40)
    evaluate_outputs(store, judge, benchmark, direct, direct)
    assert evaluation_spreads(store, judge.id, texts) == [], "a model against itself is nothing but ties"
    half = add_answers(store, "what the model thinks", asked, ["yes", "no"] * 20)
    thinking = replace(half, model=direct.model, mode=replace(DIRECT, name="think:generic"))
    evaluate_outputs(store, judge, benchmark, thinking, direct)
    # 20 wins and 20 ties: values 1 and 1/2, a quarter from their mean
    (spread,) = evaluation_spreads(store, judge.id, texts)
    assert (spread.prompts, spread.judged, spread.win_rate, spread.games) == (40, 40, 0.75, 1)
    assert spread.deviation == pytest.approx(0.25 * (40 / 39) ** 0.5)
    (of_ten,) = evaluation_spreads(store, judge.id, texts[:10])
    assert of_ten.prompts == 10, "only prompts that are asked about count"
