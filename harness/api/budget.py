"""What may be spent: a hard limit in calls and in dollars, and the prices of calls."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from tpobench.harness.api.responses import same_model
from tpobench.harness.config import FileModel, read_yaml, validate
from tpobench.harness.errors import UserError
from tpobench.harness.records import Message, Usage

_CHARS_A_TOKEN = 3.5
"""English text has about four, so that this overestimates the cost."""

MOST_TOKENS = 10_000_000
"""A count above this, or below 0, is a fault of the server's."""

_UNLIMITED_ANSWER = 32_768
"""Tokens set aside for an answer without a limit."""

_TEMPLATE, _TEMPLATE_A_MESSAGE = 128, 16
"""Tokens that a chat template adds, at most, to a request and to each message."""

_BYTES_A_TOKEN = 32
"""More than this, on average over a text, no tokenizer puts into a token: a smaller count is not believed."""

_DISTRUST = 2.0
"""Once a call has cost more than it could, this many times its excess is set aside for the next ones."""


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


@dataclass(frozen=True, kw_only=True)
class CallSize:
    """The most tokens that a call may take, whatever its script: no token is shorter than a byte."""

    prompt: int
    completion: int

    @classmethod
    def of(cls, messages: Sequence[Message], options: Mapping[str, Any]) -> "CallSize":
        """Of a chat completion; each of its ``n`` samples may be as long as the limit."""
        text = sum(text_bytes(str(message["content"])) + _TEMPLATE_A_MESSAGE for message in messages)
        limit = options.get("max_completion_tokens") or options.get("max_tokens") or _UNLIMITED_ANSWER
        return cls(prompt=text + _TEMPLATE, completion=int(limit) * int(options.get("n") or 1))


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What is set aside for a call in flight. `told` is what it should cost at most, in dollars, and `usd` what is set
    aside: more, where calls of the model have cost more than they should."""

    model: str
    told: float
    usd: float


@dataclass
class _Trust:
    """What a model's answers have shown of their cost. As many calls are in flight as kept to what was told, plus one:
    the first that takes more is found before many are on their way."""

    in_flight: int = 0
    kept_to: int = 0
    factor: float = 1.0


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
    _reserved: float = field(default=0.0, repr=False)
    _trust: defaultdict[str, _Trust] = field(default_factory=lambda: defaultdict(_Trust), repr=False)

    def require_price(self, model: str) -> None:
        """Raises UserError when dollars are limited and the model's price is not known."""
        if self.max_usd is not None and self.prices.of(model) is None:
            raise UserError(
                f"a budget in dollars needs a price for {model!r}: name a price file with --prices and add it there "
                "({input: 0, output: 0} for a server of yours that costs nothing), or limit the calls instead "
                "(--budget-calls)"
            )

    def reserve(self, model: str, size: CallSize) -> Reservation | None:
        """Set aside what a call may cost at most, in dollars (0 where the price is not known).

        Args:
            model: Who is asked.
            size: The most tokens that the call may take.

        Returns:
            What to `charge` or `release` afterwards; None means: wait for calls in flight first.

        Raises:
            BudgetSpent: There is no room even with nothing in flight.
        """
        told = self.prices.cost(model, size.prompt, size.completion) or 0.0
        if self.max_calls is not None and self.calls >= self.max_calls:
            raise BudgetSpent(
                f"the budget of {self.max_calls} calls is spent; all answers are stored, run the command again "
                "with a larger --budget-calls to continue"
            )
        trust = self._trust[model]
        usd = told * trust.factor
        if self.max_usd is not None:
            if self.usd + self._reserved + usd > self.max_usd:
                if self._reserved > 1e-12:
                    return None
                raise BudgetSpent(
                    f"the next call may cost up to ${usd:.4f}, which might go over the budget of ${self.max_usd:g} "
                    f"(${self.usd:.4f} spent); all answers are stored, run the command again with a larger "
                    "--budget-usd to continue"
                )
            if trust.in_flight > trust.kept_to:
                return None
        self.calls += 1
        self._reserved += usd
        trust.in_flight += 1
        return Reservation(model=model, told=told, usd=usd)

    def charge(self, reserved: Reservation, usage: Usage) -> None:
        """Replace what was set aside by what the call cost; where that is not known, by what was set aside.

        Args:
            reserved: Of the call.
            usage: What it used, as far as it is believed (`believed`).
        """
        self.release(reserved)
        cost = reserved.usd if usage.cost_usd is None else usage.cost_usd
        self.usd += cost
        self.prompt_tokens += usage.prompt_tokens or 0
        self.completion_tokens += usage.completion_tokens or 0
        trust = self._trust[reserved.model]
        if cost > reserved.usd * (1 + 1e-9) and reserved.told > 0:
            trust.factor, trust.kept_to = _DISTRUST * cost / reserved.told, 0
        else:
            trust.kept_to += 1

    def release(self, reserved: Reservation) -> None:
        """The call was refused unanswered: it cost nothing."""
        self._reserved = max(self._reserved - reserved.usd, 0.0)
        self._trust[reserved.model].in_flight -= 1

    def believed(self, model: str, told: tuple[Any, Any], prompt_bytes: int, answer_bytes: int) -> Usage:
        """What a call used, by the server's counts; a count that cannot be is none.

        Args:
            model: Who was asked.
            told: Prompt and completion tokens as the server counts them.
            prompt_bytes: Of the text that was sent.
            answer_bytes: Of the text that came back.
        """
        prompt, completion = _possible(told[0], prompt_bytes), _possible(told[1], answer_bytes)
        return Usage(prompt, completion, self.prices.cost(model, prompt, completion))


def estimated_tokens(text: str) -> float:
    """About how many tokens a text has, rather more than fewer, for plans and rates. A letter outside ASCII counts as
    one: in Chinese, Japanese, Thai or Arabic a token is about that."""
    plain = sum(map(str.isascii, text)) if not text.isascii() else len(text)
    return plain / _CHARS_A_TOKEN + len(text) - plain


def text_bytes(text: str) -> int:
    """The length of a text in UTF-8, lone surrogates included."""
    return len(text.encode("utf-8", "surrogatepass"))


def _possible(count: Any, text: int) -> int | None:
    """A count of tokens that a text of so many bytes can have."""
    if not isinstance(count, int | float) or isinstance(count, bool) or count != count or not 0 <= count <= MOST_TOKENS:
        return None
    return int(count) if count >= text // _BYTES_A_TOKEN and count == int(count) else None
