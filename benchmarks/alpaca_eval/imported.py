"""An imported evaluation on AlpacaEval: who judged it, what its preferences mean, and why it may not be comparable."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tpobench.benchmarks.alpaca_eval.data import BASELINE, NAME, ROWS, AlpacaData, digest
from tpobench.benchmarks.alpaca_eval.figures import score
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.record import EvaluationRecord
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.records import Model, Prompt


@dataclass(frozen=True)
class UnknownAnnotator:
    """An annotator that is none of the installed package's."""

    id: str
    label: str
    official: bool = False

    def order(self, prompt: Prompt) -> str:
        """Not known; the baseline first."""
        return "BA"


AnnotatorJudge = AlpacaEvalProtocol | UnknownAnnotator


@cache
def annotator_judge(annotator: str) -> AnnotatorJudge:
    """The judge that a row of annotations names."""
    try:
        return AlpacaEvalProtocol(annotator)
    except UserError:
        return UnknownAnnotator(f"alpaca_eval:{annotator}", f"{annotator}, as imported")


def preference_of(value: object) -> float | None:
    """1..2 as AlpacaEval writes it, to 0..1; 0 is its older form of a tie; null, NaN and -1 (its older form of a
    failed parse) are missing.

    Raises:
        ValueError: It is none of these; what is wrong, as the end of a sentence.
    """
    if value is None or value == -1 or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and (value == 0 or 1 <= value <= 2):
        return 0.5 if value == 0 else float(value) - 1.0
    raise ValueError(f"the preference {str(value)[:20]} is neither between 1 and 2 nor null")


def imported_record(
    data: AlpacaData, judge: AnnotatorJudge, candidate: Model, baseline: Model, prompts: Sequence[Prompt]
) -> EvaluationRecord:
    """What an imported evaluation compared, on these prompts."""
    reasons = [] if len(prompts) == ROWS else [f"{len(prompts)} of {ROWS} prompts"]
    if len(prompts) == ROWS and digest(data.prompts) != digest(prompts):
        reasons.append("prompts in another order than the published ones")
    if not judge.official:
        reasons.append("another judge than the published one")
    if baseline.name != BASELINE:
        reasons.append(f"another baseline than {BASELINE}")
    return EvaluationRecord(
        benchmark=Benchmark(name=NAME, prompts=prompts, rows=ROWS, score=score(data)),
        judge=judge.id,
        candidate=candidate,
        baseline=baseline,
        about={
            "judge_label": judge.label,
            "baseline": baseline.name,
            "rows": ROWS,
            "orders": "one",
            "not_comparable": reasons,
        },
    )
