"""What may be spent: a hard limit in calls and in dollars, and the prices of calls."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tpobench.harness.api.responses import same_model
from tpobench.harness.config import FileModel, read_yaml, validate
from tpobench.harness.errors import UserError

CHARS_PER_TOKEN = 3.5
"""Estimate before a call: English text has about four, so this overestimates the cost."""


class Price(FileModel):
    """US dollars per million tokens."""

    input: Annotated[float, Field(ge=0, strict=False)]
    output: Annotated[float, Field(ge=0, strict=False)]


class _PriceFile(FileModel):
    models: dict[str, Price]


@dataclass(frozen=True)
class Prices:
    """Prices by model name. A dated name falls back to the name that it begins with."""

    by_model: dict[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of a model; None when the file does not list it."""
        if model in self.by_model:
            return self.by_model[model]
        known = [name for name in self.by_model if same_model(name, model)]
        return self.by_model[max(known, key=len)] if known else None

    def cost(self, model: str, prompt_tokens: float | None, completion_tokens: float | None) -> float | None:
        """US dollars; None when the price or the token counts are not known."""
        price = self.of(model)
        if price is None or prompt_tokens is None or completion_tokens is None:
            return None
        return (prompt_tokens * price.input + completion_tokens * price.output) / 1e6


def load_prices(path: Path | None = None) -> Prices:
    """The user's price file, or the one that comes with the package.

    Raises:
        UserError: The file cannot be read, lists a model twice, or a price in it is not a price.
    """
    chosen = path or Path(__file__).with_name("prices.yaml")
    return Prices(validate({"models": read_yaml(chosen)}, _PriceFile, str(chosen)).models)


class BudgetSpent(UserError):
    """The next call might go over the budget. Everything that was answered is stored."""


@dataclass(kw_only=True)
class Budget:
    """Counts what is spent and what is in flight. A call that might go over is not sent.

    `calls` counts every request that is sent, retries included.
    """

    prices: Prices
    max_calls: int | None = None
    max_usd: float | None = None
    calls: int = 0
    usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: float = field(default=0.0, repr=False)

    def require_price(self, model: str) -> None:
        """Raises UserError when dollars are limited and the model's price is not known."""
        if self.max_usd is not None and self.prices.of(model) is None:
            raise UserError(
                f"a budget in dollars needs a price for {model!r}: add it to a price file (--prices), or limit the "
                "calls instead (--budget-calls)"
            )

    def reserve(self, model: str, chars: int, max_tokens: int) -> float | None:
        """Set aside what a call may cost at most, in dollars (0 where the price is not known).

        None means: wait for calls in flight, which may turn out cheaper. Raises BudgetSpent when there is no room even
        with nothing in flight.
        """
        most = self.prices.cost(model, chars / CHARS_PER_TOKEN, max_tokens) or 0.0
        if self.max_calls is not None and self.calls >= self.max_calls:
            raise BudgetSpent(
                f"the budget of {self.max_calls} calls is spent; all answers are stored, run the command again "
                "with a larger --budget-calls to continue"
            )
        if self.max_usd is not None and self.usd + self.in_flight + most > self.max_usd:
            if self.in_flight > 1e-12:
                return None
            raise BudgetSpent(
                f"the next call might go over the budget of ${self.max_usd:g} (${self.usd:.4f} spent); all "
                "answers are stored, run the command again with a larger --budget-usd to continue"
            )
        self.calls += 1
        self.in_flight += most
        return most

    def charge(self, reserved: float, cost: float | None, prompt_tokens: int | None, completion: int | None) -> None:
        """Replace what was set aside by what the call cost; where an answer does not say, by what was set aside."""
        self.in_flight -= reserved
        self.usd += reserved if cost is None else cost
        self.prompt_tokens += prompt_tokens or 0
        self.completion_tokens += completion or 0

    def release(self, reserved: float) -> None:
        """The call was refused unanswered: it cost nothing."""
        self.in_flight -= reserved
