"""The options of every command that calls an API."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tpobench.harness.api.budget import Budget
    from tpobench.harness.api.calls import Limits
    from tpobench.harness.api.client import Client
    from tpobench.harness.api.endpoints import Endpoint


@dataclass(kw_only=True)
class Api:
    """How APIs are to be called, and what that may cost. All clients of one command share one budget."""

    concurrency: int
    requests_per_minute: float | None
    tokens_per_minute: float | None
    timeout: float
    budget_calls: int | None
    budget_usd: float | None
    prices: Path | None
    served_models: tuple[str, ...] = ()
    _budget: "Budget | None" = field(default=None, init=False)

    @property
    def budget(self) -> "Budget":
        """The one budget of the command, made when it is first needed."""
        from tpobench.harness.api.budget import Budget, load_prices

        if self._budget is None:
            self._budget = Budget(prices=load_prices(self.prices), max_calls=self.budget_calls, max_usd=self.budget_usd)
        return self._budget

    @property
    def limits(self) -> "Limits":
        """How hard each server may be pressed."""
        from tpobench.harness.api.calls import Limits

        return Limits(
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            timeout_s=self.timeout,
        )

    def connect(self, endpoint: "Endpoint") -> "Client":
        """A client of the endpoint that spends from the command's budget."""
        from tpobench.harness.api.client import Client

        return Client(endpoint.served_under(self.served_models), self.limits, self.budget)

    def spent(self) -> dict[str, float | int]:
        """What the command has used."""
        budget = self.budget
        return {
            "calls": budget.calls,
            "prompt_tokens": budget.prompt_tokens,
            "completion_tokens": budget.completion_tokens,
            "usd": budget.usd,
        }

    def spent_line(self) -> str:
        """What the command has used, for the terminal."""
        spent = self.budget
        dollars = f"${spent.usd:,.4f}" if spent.usd else "price not known"
        return f"{spent.calls:,} sent, {spent.prompt_tokens:,} + {spent.completion_tokens:,} tokens, {dollars}"


def api_options(
    concurrency: Annotated[int, typer.Option(min=1, max=512, help="API calls at the same time.")] = 64,
    rpm: Annotated[float | None, typer.Option(min=0.1, help="At most this many requests a minute.")] = None,
    tpm: Annotated[float | None, typer.Option(min=1, help="At most this many tokens a minute, estimated.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for one answer.")] = 300,
    budget_calls: Annotated[int | None, typer.Option(min=0, help="Stop after this many requests.")] = None,
    budget_usd: Annotated[
        float | None, typer.Option(min=0, help="Stop before more than this many dollars are spent.")
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="Your price file, YAML; see docs/judging.md.")] = None,
    served_model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept answers under this name, for an alias or a deployment; repeatable."),
    ] = None,
) -> Api:
    """The option group: its parameters become options of the command, which gets an `Api`."""
    return Api(
        concurrency=concurrency,
        requests_per_minute=rpm,
        tokens_per_minute=tpm,
        timeout=timeout,
        budget_calls=budget_calls,
        budget_usd=budget_usd,
        prices=prices,
        served_models=tuple(served_model or ()),
    )
