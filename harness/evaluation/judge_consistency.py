"""Judge the pairs of an evaluation in both orders, several times over, to see how far the judge can be trusted."""

from collections.abc import Sequence

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.output_sources import NamedOutputs
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.asking import MISSING_WORDS
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.consistency import JudgeConsistency, summarise
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.choose import sampler_for
from tpobench.harness.store.refusals import causes_of_missing
from tpobench.harness.store.store import Store


def check_judge(
    store: Store, spec: EvaluationSpec, connect: Connect, progress: Progress, repeats: int
) -> JudgeConsistency:
    """Judge every pair in both orders, `repeats` times each; what is stored is not asked again.

    Args:
        store: Where outputs and judgments are kept.
        spec: The model, the benchmark and the judge.
        connect: Makes a client of an endpoint.
        progress: Shows sampling and judging.
        repeats: Judgments of one pair in one order.

    Returns:
        How often the judge agrees with itself.

    Raises:
        UserError: The judgment does not depend on the order, so there is nothing to check; or the judge never gave a
            verdict.
    """
    measured, judge = spec.measured_benchmark, judge_for(spec, connect, progress)
    if any(len(judge.orders(prompt, both=True)) < 2 for prompt in measured.prompts):
        raise UserError(
            f"the judge {judge.label} scores each response by itself: the order cannot flip its verdict, so there is "
            "nothing to check"
        )
    outputs = NamedOutputs(store, sampler_for(connect), progress)
    candidate, baseline = outputs.candidate(spec), outputs.baseline(spec)
    comparisons = [
        Comparison(
            prompt=prompt, candidate=ours, baseline=theirs, order=order, markers=spec.mode.markers, repeat=repeat
        )
        for prompt, ours, theirs in zip(measured.prompts, candidate.responses, baseline.responses, strict=True)
        for order in ("AB", "BA")
        for repeat in range(repeats)
    ]
    store.add_prompts(measured.prompts)
    keys = judge.judge(store, comparisons, "checking the judge")
    preferences = store.preferences(keys)
    _require_verdicts(store, judge.label, keys)
    return summarise(judge.label, [preferences[key] for key in keys], repeats)


def _require_verdicts(store: Store, label: str, keys: Sequence[str]) -> None:
    causes = causes_of_missing(store, keys)
    if causes and sum(cause.judgments for cause in causes) == len(keys):
        first = causes[0]
        why = MISSING_WORDS.get(first.verdict, "without a label that can be read")
        raise UserError(
            f"{label} gave no verdict in {len(keys)} judgments, {first.judgments} {why}: {first.text[:200]}"
        )
