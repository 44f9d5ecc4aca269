"""How far the judge can be trusted, from the judgments that are shown: missing verdicts, order, length, a second
judge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from markupsafe import Markup

from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.harness.stats.preferences import flips
from tpobench.harness.store.judged_prompts import JudgedPrompt
from tpobench.harness.store.judgments import SecondOpinion, second_opinions
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.charts import Mark, against

_BINS = 8


@dataclass(frozen=True)
class LengthBin:
    """Verdicts where the candidate's response is between `low` and `high` characters longer than the baseline's, half
    of them up to `median`, and the mean preference for the candidate on their prompts."""

    low: int
    median: int
    high: int
    preference: Interval


@dataclass(frozen=True)
class Agreement:
    """Two judges on the same pairs of responses: how often they prefer the same side (a tie is a side of its own), and
    Cohen's kappa, which takes off what chance alone gives."""

    other: str
    pairs: int
    same: Interval
    kappa: float | None


@dataclass(frozen=True, kw_only=True)
class JudgeView:
    """One judge over all evaluations shown. Shares are in [0, 1]. `flips` are pairs that change sides with the order,
    of those judged in both; `first` is the preference for the first response; `longer` the share of decided prompts
    on which the longer response won. Each is None where the judgments do not tell."""

    id: str
    label: str
    rule_based: bool
    judgments: int
    missing: int
    flips: Interval | None
    first: Interval | None
    longer: Interval | None
    bins: tuple[LengthBin, ...]
    agreements: tuple[Agreement, ...]

    @property
    def chart(self) -> Markup | None:
        """The preference against the difference in length; None with fewer than two bins."""
        if len(self.bins) < 2:
            return None
        marks = [
            Mark(position=n, value=b.preference.mean, low=b.preference.low, high=b.preference.high)
            for n, b in enumerate(self.bins)
        ]
        return against(marks, [_short(b.median) for b in self.bins], 0.5)


def _short(chars: int) -> str:
    return f"{chars / 1000:+.1f}k" if abs(chars) >= 1000 else f"{chars:+d}"


@dataclass(frozen=True)
class Judges:
    """Every judge whose verdicts are shown."""

    template: ClassVar[str] = "judges.html.j2"
    anchor: ClassVar[str] = "judge"
    title: ClassVar[str] = "Judge"
    judges: tuple[JudgeView, ...]


def of_evaluations(store: Store, evaluations: Iterable[Evaluation]) -> Judges | None:
    """The judges in the order in which they appear; None where there is none. A model against itself says nothing and
    is left out."""
    by_judge: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        if not evaluation.is_itself:
            by_judge.setdefault(evaluation.judge, []).append(evaluation)
    views = tuple(_view(store, judge, judged) for judge, judged in by_judge.items())
    return Judges(views) if views else None


def _view(store: Store, judge: str, evaluations: Sequence[Evaluation]) -> JudgeView:
    prompts = [prompt for evaluation in evaluations for prompt in evaluation.prompts]
    verdicts = [preference for prompt in prompts for _, preference in prompt.verdicts]
    rule_based = evaluations[0].is_rule_based
    return JudgeView(
        id=judge,
        label=evaluations[0].judge_label,
        rule_based=rule_based,
        judgments=len(verdicts),
        missing=sum(verdict is None for verdict in verdicts),
        flips=None if rule_based else flip_rate(prompts),
        first=None if rule_based else first_preferred(evaluation.prompts for evaluation in evaluations),
        longer=longer_preferred(prompts),
        bins=length_bins(prompts),
        agreements=_agreements(store, judge, [evaluation.key for evaluation in evaluations]),
    )


def flip_rate(prompts: Iterable[JudgedPrompt]) -> Interval | None:
    """Of the pairs judged in both orders, those whose preference changes sides with the order; ties do not flip."""
    flipped = []
    for prompt in prompts:
        sides = {order: preference for order, preference in prompt.verdicts if preference is not None}
        if "AB" in sides and "BA" in sides:
            flipped.append((prompt.prompt, float(flips(sides["AB"], sides["BA"]))))
    return _over_prompts(flipped)


def first_preferred(evaluations: Iterable[Iterable[JudgedPrompt]]) -> Interval | None:
    """Mean preference for the response that is shown first, one half without a position bias. In each evaluation as
    many judgments count of one order as of the other: else the candidate's strength would show as a bias. None where no
    evaluation was judged in both."""
    counted: list[tuple[str, float]] = []
    for prompts in evaluations:
        verdicts = sorted((p.prompt, order, value) for p in prompts for order, value in p.verdicts if value is not None)
        first = [(prompt, preference) for prompt, order, preference in verdicts if order == "AB"]
        second = [(prompt, 1 - preference) for prompt, order, preference in verdicts if order == "BA"]
        both = min(len(first), len(second))
        counted += first[:both] + second[:both]
    return _over_prompts(counted)


def longer_preferred(prompts: Iterable[JudgedPrompt]) -> Interval | None:
    """Of the decided prompts whose responses differ in length, those on which the longer response won."""
    return _over_prompts(
        (prompt.prompt, float((prompt.preference > 0.5) == (prompt.chars > prompt.baseline_chars)))
        for prompt in prompts
        if prompt.preference not in (None, 0.5) and prompt.chars != prompt.baseline_chars
    )


def length_bins(prompts: Iterable[JudgedPrompt]) -> tuple[LengthBin, ...]:
    """Eight bins with about the same number of prompts each; fewer where differences in length repeat."""
    points = sorted((p.chars - p.baseline_chars, p.prompt, p.preference) for p in prompts if p.preference is not None)
    if not points:
        return ()
    edges = sorted({points[len(points) * number // _BINS][0] for number in range(_BINS)})
    bins = []
    for low, high in zip(edges, [*edges[1:], float("inf")], strict=True):
        inside = [point for point in points if low <= point[0] < high]
        preference = _over_prompts([(prompt, value) for _, prompt, value in inside])
        if preference is not None:
            bins.append(LengthBin(low, inside[len(inside) // 2][0], inside[-1][0], preference))
    return tuple(bins)


def _over_prompts(values: Iterable[tuple[str, float]]) -> Interval | None:
    """The mean and its interval, where all values of one prompt are one observation; None where there are none."""
    by_prompt: dict[str, list[float]] = {}
    for prompt, value in values:
        by_prompt.setdefault(prompt, []).append(value)
    return mean_interval([fmean(group) for group in by_prompt.values()]) if by_prompt else None


def _agreements(store: Store, judge: str, evaluations: Sequence[str]) -> tuple[Agreement, ...]:
    by_other: dict[str, list[SecondOpinion]] = {}
    for opinion in second_opinions(store, evaluations, judge):
        by_other.setdefault(opinion.other, []).append(opinion)
    return tuple(agreement(other, opinions) for other, opinions in sorted(by_other.items()))


def agreement(other: str, opinions: Sequence[SecondOpinion]) -> Agreement:
    """Of a judge with the `other` one on the same pairs.

    Source: Cohen, "A coefficient of agreement for nominal scales" (1960).
    """
    sides = [(_side(one.preference), _side(one.other_preference)) for one in opinions]
    agreed = [float(mine == theirs) for mine, theirs in sides]
    same = _over_prompts(zip((one.prompt for one in opinions), agreed, strict=True))
    assert same is not None
    by_chance = (
        sum(sum(mine == side for mine, _ in sides) * sum(theirs == side for _, theirs in sides) for side in (-1, 0, 1))
        / len(sides) ** 2
    )
    kappa = None if by_chance == 1 else (fmean(agreed) - by_chance) / (1 - by_chance)
    return Agreement(other, len(opinions), same, kappa)


def _side(preference: float) -> int:
    return (preference > 0.5) - (preference < 0.5)
