"""Which evaluations a leaderboard shows."""

from dataclasses import replace

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(40)]
CHECKLIST = ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))


def judged(store: Store, candidate: ModelOutputs, baseline: ModelOutputs, first: int = 40) -> str:
    """The key of the evaluation on the first prompts."""
    sides = (side.at(range(first)) for side in (candidate, baseline))
    return evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS[:first]), *sides)


def answering(store: Store, name: str, answer: str) -> ModelOutputs:
    return add_answers(store, name, PROMPTS, [answer] * 40)


def test_the_newest_evaluation_counts(store: Store) -> None:
    new, base = answering(store, "new", "yes"), answering(store, "base", "no")
    older = judged(store, new, base, first=10)
    newer = judged(store, new, base)
    assert [(row.evaluation, row.prompts) for row in leaderboard(store)] == [(newer, 40)]
    assert {row.evaluation for row in leaderboard(store, also=[older])} == {older, newer}


def test_a_baseline_in_another_mode_has_a_row_of_its_own(store: Store) -> None:
    new, base = answering(store, "new", "yes"), answering(store, "base", "no")
    thinking = replace(base, mode=replace(DIRECT, name="think:generic"))
    judged(store, new, base)
    judged(store, new, thinking)
    assert sorted(row.against for row in leaderboard(store, "bench")) == ["base", "base (think:generic)"]
