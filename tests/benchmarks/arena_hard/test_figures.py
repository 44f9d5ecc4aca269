"""Arena-Hard's figures from what a judge said: honest ones, official ones, and differences of two models."""

from collections.abc import Sequence

import numpy as np
import pytest

from tpobench.benchmarks.arena_hard.figures import difference, official_style_control, score
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict
from tpobench.harness.records import Metric, Prompt

WORDS = 60
ANSWER = "word " * WORDS


def judged(
    labels: Sequence[tuple[str, str]], texts: Sequence[str | None] | None = None, category: str = "Puzzles"
) -> list[PromptJudgments]:
    """Labels of both games as the judge gave them: the baseline is A in the first, the candidate in the second."""
    return [
        PromptJudgments(
            prompt=Prompt(f"prompt {n}", category, "arena_hard_v0.1"),
            verdicts=(Verdict("BA", pair[0], 0.5), Verdict("AB", pair[1], 0.5)),
            candidate_chars=len(text or ""),
            baseline_chars=len(ANSWER),
            candidate_text=text,
            baseline_text=ANSWER,
        )
        for n, (pair, text) in enumerate(zip(labels, texts or [None] * len(labels), strict=True))
    ]


def styled(n: int, longer: float, taste: float, seed: int) -> list[PromptJudgments]:
    """A model of the baseline's strength, with answers longer on average, by a judge with a taste for length."""
    random = np.random.default_rng(seed)
    times = np.clip(random.normal(1 + longer, 0.5, n), 0.2, 3)
    won = random.random((n, 2)) < 1 / (1 + np.exp(-taste * (times - 1) / (times + 1)))[:, None]
    labels = [("B>A" if first else "A>B", "A>B" if second else "B>A") for first, second in won]
    return judged(labels, ["word " * round(WORDS * share) for share in times])


def by_name(metrics: Sequence[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics if metric.category is None}


@pytest.mark.parametrize(("label", "value"), [("A>>B", 1.0), ("B>>A", 0.0)])
def test_a_score_of_all_prompts_has_a_width(label: str, value: float) -> None:
    mirrored = {"A>>B": "B>>A", "B>>A": "A>>B"}[label]
    found = by_name(score("v0.1")(judged([(mirrored, label)] * 60)))["arena_score"]
    assert found.value == value
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(1 - 0.025 ** (1 / 60), rel=0.05)  # Clopper and Pearson's


def test_the_score_of_ten_prompts_that_are_nearly_all_won_is_covered() -> None:
    """By percentiles of a bootstrap it was 29 times of 100: where all ten were won, they had no width."""
    random, held = np.random.default_rng(4), []
    for _ in range(100):
        labels = [("B>>A", "A>B") if won else ("A>B", "B>A") for won in random.random(10) < 0.98]
        found = by_name(score("v0.1")(judged(labels)))["arena_score"]
        held.append(found.low <= 0.98 * 4 / (0.98 * 4 + 0.02 * 2) <= found.high)  # type: ignore[operator]
    assert np.mean(held) > 0.94


def test_a_strong_vote_counts_three_times_and_widens_the_interval() -> None:
    labels = [("B>A", "A>B")] * 30 + [("A>B", "B>A")] * 30
    plain = by_name(score("v0.1")(judged(labels)))["arena_score"]
    strong = [("B>>A", "A>>B")] * 10 + labels[10:]
    weighted = by_name(score("v0.1")(judged(strong)))["arena_score"]
    assert (plain.value, weighted.value) == (pytest.approx(0.5), pytest.approx(50 / 80))
    assert weighted.high - weighted.low > plain.high - plain.low  # type: ignore[operator]


def test_style_control_needs_texts_and_ten_prompts() -> None:
    assert "style_controlled_win_rate" not in by_name(score("v0.1")(judged([("B>A", "A>B")] * 60)))
    assert "style_controlled_win_rate" not in by_name(score("v0.1")(styled(9, 0, 0, seed=1)))
    assert by_name(score("v0.1")(styled(10, 0, 0, seed=1)))["style_controlled_win_rate"].n == 10


def test_a_model_that_is_only_longer_has_half_at_equal_style() -> None:
    found = [by_name(score("v0.1")(styled(200, longer=0.5, taste=6, seed=seed))) for seed in range(6)]
    rates = [each["style_controlled_win_rate"] for each in found]
    assert np.mean([each["arena_score"].value for each in found]) > 0.65
    assert np.mean([rate.value for rate in rates]) == pytest.approx(0.5, abs=0.05)
    assert sum(rate.low <= 0.5 <= rate.high for rate in rates) >= 5  # type: ignore[operator]


def test_the_difference_of_two_models_is_at_equal_style() -> None:
    long, short = styled(200, longer=0.5, taste=6, seed=1), styled(200, longer=0, taste=6, seed=2)
    (found,) = difference(long, short)
    assert (found.name, found.n) == ("style_controlled_win_rate", 200)
    assert found.difference == pytest.approx(found.a - found.b)
    assert found.low < 0 < found.high


def test_a_prompt_that_one_of_two_models_lacks_is_left_out_of_both() -> None:
    a, b = styled(40, 0, 0, seed=1), styled(40, 0, 0, seed=2)
    without = judged([("B>A", "none")], ["text"])
    (found,) = difference([*without, *a[1:]], b)
    assert found.n == 39
    assert difference(a[:9], b[:9]) == []


def test_the_official_style_control_is_over_all_models_at_once() -> None:
    models = {"long": styled(200, longer=0.5, taste=6, seed=1), "short": styled(200, longer=-0.4, taste=6, seed=2)}
    found = official_style_control("v0.1", models)
    (long,), (short,) = found["long"], found["short"]
    assert {long.name, short.name} == {"official_style_controlled_score"}
    raw = [by_name(score("v0.1")(models[key]))["arena_score"].value or 0 for key in models]
    assert raw[0] - raw[1] > 0.3
    assert abs(long.value - short.value) < 0.2  # type: ignore[operator]


def test_one_model_alone_has_no_official_style_control() -> None:
    assert official_style_control("v0.1", {"one": styled(50, 0, 0, seed=1)}) == {}


def test_v2_reports_each_part_alone_too() -> None:
    both = styled(20, 0, 0, seed=1) + judged([("B>A", "A>B")] * 20, category="creative_writing/x")
    found = score("v2.0")(both)
    assert {metric.category for metric in found} == {None, "Puzzles", "creative_writing"}
