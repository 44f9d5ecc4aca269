"""Figures of several models at once, on a leaderboard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tpobench.harness.evaluation import pooled_figures, record
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.declaration import BenchmarkDeclaration
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.evaluation.record import stored_judgments
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(12)]
CHECKLIST = ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))

Evaluations = Mapping[str, Sequence[PromptJudgments]]


def judged(store: Store, name: str, answer: str, baseline: str = "base", first: int = 12) -> str:
    """The key of the model's evaluation on the first prompts."""
    sides = (add_answers(store, name, PROMPTS, [text] * 12) for name, text in ((name, answer), (baseline, "no")))
    benchmark = Benchmark(name="bench", prompts=PROMPTS[:first])
    return evaluate_outputs(store, CHECKLIST, benchmark, *(side.at(range(first)) for side in sides))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Evaluations]:
    """What a benchmark is asked for, whose figure counts the letters of all answers."""
    asked = []

    def letters(evaluations: Evaluations) -> dict[str, list[Metric]]:
        asked.append(evaluations)
        n = sum(len(o.candidate_text or "") for judgments in evaluations.values() for o in judgments)
        return {key: [Metric(name="letters", value=n, n=12)] for key in evaluations}

    declared = BenchmarkDeclaration(name="bench", summary="", load=lambda _: pytest.fail("loaded"), pooled=letters)
    monkeypatch.setattr(pooled_figures, "declaration_of", lambda _: declared)
    return asked


def test_stored_judgments_are_those_that_were_measured(store: Store) -> None:
    key = judged(store, "new", "yes")
    found = stored_judgments(store, key, texts=True)
    assert [o.prompt for o in found] == PROMPTS
    assert {(o.value, o.candidate_text, o.baseline_text, o.candidate_chars) for o in found} == {(1.0, "yes", "no", 3)}
    assert {o.candidate_text for o in stored_judgments(store, key)} == {None}


def test_a_prompt_whose_judgment_is_not_there_is_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = judged(store, "new", "yes")
    listed = record.entry_keys(store, key)
    lost = [replace(listed[0], judgment="gone"), *listed[1:]]
    monkeypatch.setattr(record, "entry_keys", lambda *_: lost)
    assert [o.prompt for o in stored_judgments(store, key)] == PROMPTS[1:]


def test_a_leaderboard_shows_the_figures_of_all_its_models(store: Store, asked: list[Evaluations]) -> None:
    judged(store, "a", "yes", first=5)
    judged(store, "a", "yes")
    judged(store, "b", "certainly")
    assert [row.value("letters") for row in leaderboard(store)] == [12 * 12, 12 * 12]
    assert [len(evaluations) for evaluations in asked] == [2]


def test_models_with_another_baseline_are_no_part_of_it(store: Store, asked: list[Evaluations]) -> None:
    judged(store, "a", "yes")
    judged(store, "b", "certainly", baseline="other")
    assert [row.value("letters") for row in leaderboard(store)] == [None, None]
    assert asked == []
