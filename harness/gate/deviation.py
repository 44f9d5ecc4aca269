"""How far one prompt's preference is from the win rate: as measured in evaluations like the one that is planned, or
assumed."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.records import Prompt
from tpobench.harness.stats.deviation import assumed_deviation
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.simulation import Orders
from tpobench.harness.store.judgments import EvaluationSpread, evaluation_spreads
from tpobench.harness.store.store import Store

LEAST_PROMPTS = 30
"""An evaluation of fewer prompts tells no deviation, unless the benchmark has no more."""

CLOSE = (0.3, 0.7)
"""The win rates of contests that tell one: where one side nearly always wins, prompts hardly differ."""


@dataclass(frozen=True)
class Deviation:
    """The standard deviation of one prompt's preference, and the number of evaluations that it was measured in; 0
    where it is assumed."""

    value: float
    evaluations: int


def deviation_of(store: Store | None, judge: str, prompts: Sequence[Prompt], orders: Orders) -> Deviation:
    """The deviation to plan with.

    Args:
        store: Where evaluations are looked for; None without a store.
        judge: Only this judge's evaluations count, by its id.
        prompts: Only evaluations on these count, whatever their file is called.
        orders: Only evaluations in as many orders count.

    Returns:
        That of all evaluations that count together; an assumed one where there is none, or all say 0.
    """
    texts = {prompt.text_key for prompt in prompts}
    found = [] if store is None else evaluation_spreads(store, judge, texts)
    comparable = [spread for spread in found if _is_comparable(spread, len(texts), orders)]
    freedom = sum(spread.judged - 1 for spread in comparable)
    square = sum((spread.judged - 1) * spread.deviation**2 for spread in comparable) / max(freedom, 1)
    return Deviation(square**0.5, len(comparable)) if square else Deviation(assumed_deviation(orders), 0)


def _is_comparable(spread: EvaluationSpread, prompts: int, orders: Orders) -> bool:
    enough = spread.judged >= min(LEAST_PROMPTS, prompts)
    whole = spread.prompts - spread.judged <= MAX_MISSING * spread.prompts
    same_orders = spread.games == (2 if orders == "both" else 1)
    return enough and whole and same_orders and CLOSE[0] <= spread.win_rate <= CLOSE[1]
