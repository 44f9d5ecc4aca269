"""The known-bad controls of a gate that asks a judge, made of both sides' own answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.asked import AskedComparisons
from tpobench.harness.gate.control import LEAST, bad_answers
from tpobench.harness.gate.input import ControlKind
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.judges.base import Comparison
from tpobench.harness.records import Prompt

_KINDS: Mapping[str, tuple[ControlKind, ...]] = {
    "either": ("shuffled", "empty"),
    "shuffled": ("shuffled",),
    "empty": ("empty",),
    "none": (),
}


@dataclass(frozen=True, kw_only=True)
class LivePairs:
    """Pairs of a bad and a good answer that are judged as they are asked for."""

    asked: AskedComparisons
    prompts: Sequence[Prompt]

    @property
    def free(self) -> bool:
        """Whether the judge costs nothing."""
        return self.asked.judge.free

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """The preferences for the bad answers; None where one is missing."""
        return self.asked.preferences(indices)

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """The stored judgments of the prompts with these indices."""
        return self.asked.verdicts(indices)

    @property
    def comparisons(self) -> list[Comparison]:
        """Everything that the judge may be asked."""
        return [comparison for of_prompt in self.asked.comparisons for comparison in of_prompt]


def live_controls(
    limits: Sensitivity, asked: AskedComparisons, candidate: ModelOutputs, baseline: ModelOutputs
) -> list[tuple[ControlKind, str, LivePairs]]:
    """The controls that the policy wants and the answers allow, the one that says most first: of which kind each is,
    whose answers the good ones are, and its pairs.

    The baseline is what the candidate has to reach, so its answers are the good ones. Where they are so bad that
    another prompt's are no worse, the candidate's may do; and a judge that can only tell an answer from none is told
    from one that can tell nothing.

    Args:
        limits: Of the policy.
        asked: How the candidate is compared with the baseline: by which judge, on which prompts.
        candidate: The candidate's outputs for the prompts.
        baseline: The baseline's.
    """
    prompts = [of_prompt[0].prompt for of_prompt in asked.comparisons]
    sides = {"the baseline's own": baseline, "the candidate's own": candidate}
    controls = []
    for kind in _KINDS[limits.control]:
        for own, side in sides.items():
            bad = bad_answers(kind, prompts, side.responses)
            if len(bad) >= LEAST:
                controls.append((kind, own, _pairs(asked, prompts, bad, side)))
    return controls


def _pairs(asked: AskedComparisons, prompts: Sequence[Prompt], bad: Mapping[int, str], side: ModelOutputs) -> LivePairs:
    """In both orders whatever the benchmark's: a judge that goes by the order is seen by it at once."""
    own = side.responses
    comparisons = [
        [
            Comparison(
                prompt=prompts[index], candidate=answer, baseline=own[index], order=order, markers=side.mode.markers
            )
            for order in asked.judge.orders(prompts[index], both=True)
        ]
        for index, answer in sorted(bad.items())
    ]
    return LivePairs(
        asked=replace(asked, comparisons=comparisons, title="judging known-bad answers"),
        prompts=[prompts[index] for index in sorted(bad)],
    )
