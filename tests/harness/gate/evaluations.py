"""Evaluations of models that answered so much right, as a store holds them."""

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(80)]
CHECKLIST = ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))


class _NextVersion(ChecklistScorer):
    id = "checklist@2"


NEXT_VERSION = ScoreJudge(scorer=_NextVersion(), progress=Progress(quiet=True))


def judged(
    store: Store, name: str, wins: int, against: str = "base", judge: Judge = CHECKLIST, benchmark: str = "bench"
) -> str:
    """The model says something of its own, with a "yes" the first `wins` times; the baseline never does."""
    answers = [f"{name} answers {n}: {'yes' if n < wins else 'no'}" for n in range(80)]
    baseline = add_answers(store, against, PROMPTS, [f"{against} answers {n}" for n in range(80)])
    candidate = add_answers(store, name, PROMPTS, answers)
    return evaluate_outputs(store, judge, Benchmark(name=benchmark, prompts=PROMPTS), candidate, baseline)
