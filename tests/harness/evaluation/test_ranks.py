"""Which figure models are ranked by, and the ranks that they can have."""

from tpobench.harness.evaluation.ranks import RankedFigure, headline_figure, ranks
from tpobench.harness.stats.ranks import RankInterval


def figure(evaluation: str, value: float | None, model: str = "", won: int = 0) -> RankedFigure:
    return RankedFigure(
        evaluation=evaluation,
        model=(model or evaluation, "direct"),
        value=value,
        low=None if value is None else value - 0.01,
        high=None if value is None else value + 0.01,
        preferences={str(n): float(n < won) for n in range(100)} if won else {},
    )


def test_alpaca_eval_is_ranked_by_length_controlled_win_rate_where_it_was_measured() -> None:
    rows = [{"win_rate": 0.6, "lc_win_rate": 0.5}, {"win_rate": 0.5, "lc_win_rate": 0.6}, {"win_rate": 0.4}]
    assert headline_figure("alpaca_eval", rows) == "lc_win_rate"
    assert headline_figure("alpaca_eval", [{"win_rate": 0.6}]) == "win_rate"


def test_a_task_is_ranked_by_its_first_figure() -> None:
    assert headline_figure("lm_eval/gsm8k", [{"exact_match": 0.4, "exact_match_stderr": 0.1}]) == "exact_match"


def test_a_model_that_was_evaluated_twice_is_one_model() -> None:
    found = ranks([figure("a", 0.9), figure("b", 0.5), figure("b again", 0.5, model="b")])
    assert found == {"a": RankInterval(1, 1, 2), "b": RankInterval(2, 2, 2)}


def test_an_invalid_figure_has_no_rank() -> None:
    assert ranks([figure("a", 0.9), figure("refused", None)]) == {"a": RankInterval(1, 1, 1)}


def test_win_rates_are_compared_prompt_by_prompt() -> None:
    found = ranks([figure("better", 0.62, won=62), figure("worse", 0.5, won=50)])
    assert found["better"].leads
