"""How far the judge can be trusted, from the judgments that are shown: missing verdicts, order, length, a second
judge. Pure functions but for the reading of other judges' verdicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation, PromptVerdict
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
            Mark(place=n, value=b.preference.mean, low=b.preference.low, high=b.preference.high)
            for n, b in enumerate(self.bins)
        ]
        return against(marks, [_short(b.median) for b in self.bins], 0.5)


def _short(chars: int) -> str:
    return f"{chars / 1000:+.1f}k" if abs(chars) >= 1000 else f"{chars:+d}"


def judge_views(store: Store, evaluations: Iterable[Evaluation]) -> list[JudgeView]:
    """A view for each judge, in the order in which they appear. A model against itself says nothing and is left out."""
    by_judge: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        if not evaluation.is_itself:
            by_judge.setdefault(evaluation.judge, []).append(evaluation)
    return [_view(store, judge, found) for judge, found in by_judge.items()]


def _view(store: Store, judge: str, evaluations: Sequence[Evaluation]) -> JudgeView:
    verdicts = [verdict for evaluation in evaluations for verdict in evaluation.verdicts]
    games = [preference for verdict in verdicts for _, preference in verdict.games]
    rule_based = evaluations[0].is_rule_based
    decided = [(v, v.value) for v in verdicts if v.value is not None and v.value != 0.5]
    longer = [
        (verdict.prompt, float((value > 0.5) == (verdict.chars > verdict.baseline_chars)))
        for verdict, value in decided
        if verdict.chars != verdict.baseline_chars
    ]
    return JudgeView(
        id=judge,
        label=evaluations[0].judge_label,
        rule_based=rule_based,
        judgments=len(games),
        missing=sum(game is None for game in games),
        flips=None if rule_based else flip_rate(verdicts),
        first=None if rule_based else first_preferred(evaluation.verdicts for evaluation in evaluations),
        longer=_over_prompts(longer),
        bins=length_bins(verdicts),
        agreements=_agreements(store, judge, [evaluation.key for evaluation in evaluations]),
    )


def flip_rate(verdicts: Iterable[PromptVerdict]) -> Interval | None:
    """Of the pairs judged in both orders, those whose preference changes sides with the order; ties do not flip."""
    flips = []
    for verdict in verdicts:
        sides = {order: preference for order, preference in verdict.games if preference is not None}
        if "AB" in sides and "BA" in sides:
            flips.append((verdict.prompt, float((sides["AB"] - 0.5) * (sides["BA"] - 0.5) < 0)))
    return _over_prompts(flips)


def first_preferred(contests: Iterable[Iterable[PromptVerdict]]) -> Interval | None:
    """Mean preference for the response that is shown first, one half without a position bias. In each contest as many
    judgments count of one order as of the other: else the candidate's strength would show as a bias. None where no
    contest was judged in both."""
    seen: list[tuple[str, float]] = []
    for verdicts in contests:
        games = sorted((v.prompt, order, p) for v in verdicts for order, p in v.games if p is not None)
        first = [(prompt, p) for prompt, order, p in games if order == "AB"]
        second = [(prompt, 1 - p) for prompt, order, p in games if order == "BA"]
        both = min(len(first), len(second))
        seen += first[:both] + second[:both]
    return _over_prompts(seen)


def length_bins(verdicts: Iterable[PromptVerdict]) -> tuple[LengthBin, ...]:
    """Eight bins with about the same number of verdicts each; fewer where differences in length repeat."""
    points = sorted((v.chars - v.baseline_chars, v.prompt, v.value) for v in verdicts if v.value is not None)
    if not points:
        return ()
    edges = sorted({points[len(points) * number // _BINS][0] for number in range(_BINS)})
    bins = []
    for low, high in zip(edges, [*edges[1:], float("inf")], strict=True):
        inside = [point for point in points if low <= point[0] < high]
        found = _over_prompts([(prompt, value) for _, prompt, value in inside])
        if found is not None:
            bins.append(LengthBin(low, inside[len(inside) // 2][0], inside[-1][0], found))
    return tuple(bins)


def _over_prompts(seen: Iterable[tuple[str, float]]) -> Interval | None:
    """The mean and its interval, where all that was seen of one prompt is one observation; None where nothing was."""
    by_prompt: dict[str, list[float]] = {}
    for prompt, value in seen:
        by_prompt.setdefault(prompt, []).append(value)
    return mean_interval([fmean(values) for values in by_prompt.values()]) if by_prompt else None


_OTHERS = """
WITH shown AS (
    SELECT DISTINCT prompt_key, response_a, response_b, judgment_key FROM judgment
    WHERE judgment_key IN (SELECT judgment_key FROM evaluation_entry WHERE list_contains(?, evaluation_key))
), ours AS (
    SELECT prompt_key, response_a, response_b, avg(preference) AS value
    FROM shown JOIN judgment USING (judgment_key, prompt_key, response_a, response_b) GROUP BY ALL
), theirs AS (  -- whichever of the two responses was the candidate's
    SELECT judge, prompt_key, response_a, response_b, avg(preference) AS value FROM (
        SELECT judge, prompt_key, response_a, response_b, preference FROM judgment
        UNION ALL SELECT judge, prompt_key, response_b, response_a, 1 - preference FROM judgment
        WHERE response_a <> response_b
    ) WHERE judge <> ? GROUP BY ALL
)
SELECT judge, prompt_key, ours.value, theirs.value FROM ours JOIN theirs USING (prompt_key, response_a, response_b)
WHERE ours.value IS NOT NULL AND theirs.value IS NOT NULL
ORDER BY judge, prompt_key, response_a, response_b
"""


def _agreements(store: Store, judge: str, evaluations: Sequence[str]) -> tuple[Agreement, ...]:
    by_other: dict[str, list[tuple[str, float, float]]] = {}
    for other, prompt, mine, theirs in store.sql(_OTHERS, [list(evaluations), judge])[1]:
        by_other.setdefault(other, []).append((prompt, mine, theirs))
    return tuple(agreement(other, pairs) for other, pairs in sorted(by_other.items()))


def agreement(other: str, pairs: Sequence[tuple[str, float, float]]) -> Agreement:
    """From the preferences of two judges on the same pairs, each with its prompt."""
    sides = [(_side(mine), _side(theirs)) for _, mine, theirs in pairs]
    agreed = [float(mine == theirs) for mine, theirs in sides]
    same = _over_prompts(zip((prompt for prompt, _, _ in pairs), agreed, strict=True))
    assert same is not None
    by_chance = (
        sum(sum(mine == side for mine, _ in sides) * sum(theirs == side for _, theirs in sides) for side in (-1, 0, 1))
        / len(sides) ** 2
    )
    kappa = None if by_chance == 1 else (fmean(agreed) - by_chance) / (1 - by_chance)
    return Agreement(other, len(pairs), same, kappa)


def _side(preference: float) -> int:
    return (preference > 0.5) - (preference < 0.5)
