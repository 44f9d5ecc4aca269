"""The evaluators of the installed alpaca-eval package, by their names: prompts, models and parsers as configured there.

The package's files are read; its code is imported only for the parsers of evaluators that answer in words.
"""

import copy
import logging
import math
import random
import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tpobench.harness.api.responses import Choice, Malformed
from tpobench.harness.config import read_yaml
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.judges.asking import ModelJudge, fill
from tpobench.harness.judges.base import Comparison, Reading
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.records import Message, Prompt, content_key

DEFAULT = "weighted_alpaca_eval_gpt4_turbo"
"""AlpacaEval 2's evaluator (length-controlled leaderboard)."""

_REQUEST_FIELDS = (
    "max_tokens",
    "temperature",
    "top_p",
    "logprobs",
    "top_logprobs",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "seed",
    "stop",
    "response_format",
)
"""What a configuration may ask of a chat API; its other settings concern upstream's own way of calling."""

_FAVOURS = ("tokens_to_favor", "tokens_to_avoid")


class AlpacaEvalProtocol:
    """One evaluator. `model` overrides the configured one; any other model is labelled so."""

    ties_identical = True

    def __init__(self, name: str = DEFAULT, model: str | None = None) -> None:
        """Raises UserError for an unknown evaluator, or one that cannot be asked over a chat API."""
        config = _configuration(name)
        request = dict(config["completions_kwargs"])
        for reason, refused in (
            (f"judges {config.get('batch_size')} pairs in one call", config.get("batch_size", 1) != 1),
            (
                "biases tokens by their ids, which needs the model's own tokenizer",
                any(key in request for key in _FAVOURS),
            ),
        ):
            if refused:
                raise UserError(f"the evaluator {name} {reason}; choose another, for example {DEFAULT}")
        self.name = name
        self.model = model or str(request["model_name"])
        self.template = as_chat((_folder() / config["prompt_template"]).read_text(encoding="utf-8"))
        self._parser = str(config.get("fn_completion_parser", "regex_parser"))
        self._settings: Mapping[str, Any] = config.get("completion_parser_kwargs") or {}
        self.options: Mapping[str, Any] = {
            "max_tokens": request.get("max_new_tokens", request.get("max_tokens_to_sample", 2048)),
            "temperature": 0.7,
            "top_p": 1.0,
            **{key: value for key, value in request.items() if key in _REQUEST_FIELDS},
        }
        determined = content_key(self.template, self._parser, self._settings, self.options)
        self.id = f"alpaca_eval:{name}@{self.model}#{determined[:8]}"
        self.official = name == DEFAULT and self.model == request["model_name"]
        self.label = f"alpaca_eval {name}, model {self.model}"

    def order(self, prompt: Prompt) -> str:
        """Upstream's seeded coin: switched means that the candidate (output_2) is shown first."""
        switched = random.Random(f"is_switched_outputs{prompt.text}0").choices([False, True])[0]
        return "AB" if switched else "BA"

    def messages(self, comparison: Comparison) -> tuple[Message, ...]:
        first, second = comparison.shown
        values = {"instruction": comparison.prompt.text, "output_1": first, "output_2": second}
        return tuple({**part, "content": fill(part["content"], values).strip()} for part in self.template)

    def read(self, choice: Choice) -> Reading:
        if self._parser == "logprob_parser":
            first = _first_by_logprobs(choice, **self._settings)
            return Reading(choice.text[:200], first)
        value = _parsed(self._parser, choice.text, self._settings)
        return Reading(choice.text[-200:], None if value is None else 0.5 if value == 0 else 2.0 - value)

    def follow_up(self, messages: tuple[Message, ...], text: str) -> None:
        return None


def alpaca_eval_judge(request: JudgeRequest) -> ModelJudge:
    """``alpaca_eval``, or ``alpaca_eval:EVALUATOR``."""
    return request.asking(AlpacaEvalProtocol(request.argument or DEFAULT, request.model_name))


def evaluator_names() -> list[str]:
    """Every evaluator that the installed package configures."""
    return sorted({file.parent.name for file in _folder().glob("*/config*.yaml")})


def _folder() -> Path:
    spec = find_spec("alpaca_eval")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("the package alpaca-eval is not installed: pip install alpaca-eval==0.6.6")
    return Path(spec.submodule_search_locations[0]) / "evaluators_configs"


def _configuration(name: str) -> dict[str, Any]:
    if name not in evaluator_names():
        raise UserError(f"unknown evaluator {name!r} of alpaca-eval; {did_you_mean(name, evaluator_names())}")
    (file,) = (_folder() / name).glob("config*.yaml")
    configs: dict[str, Any] = read_yaml(file)
    if len(configs) != 1:
        raise UserError(f"the evaluator {name} is a pool of {len(configs)} annotators; choose one, such as {DEFAULT}")
    (config,) = configs.values()
    if not isinstance(config, dict) or "completions_kwargs" not in config or "prompt_template" not in config:
        raise UserError(f"the evaluator {name} asks no model; choose another, for example {DEFAULT}")
    return config


def as_chat(template: str) -> list[dict[str, str]]:
    """A prompt file as chat messages: ChatML, Llama 3 headers, Open Assistant's or Human/Assistant turns, or one user
    message.

    Empty turns and the opened turn of the assistant are left out. The file is taken apart before any response is put
    into it, so that markers inside a response stay text.
    """
    for turn in (
        r"<\|im_start\|>(?P<role>\w+)[^\n]*\n(?P<content>.*?)(?:<\|im_end\|>|\Z)",
        r"<\|start_header_id\|>(?P<role>\w+)<\|end_header_id\|>(?P<content>.*?)(?:<\|eot_id\|>|\Z)",
        r"<\|(?P<role>prompter|assistant)\|>(?P<content>.*?)(?:<\|endoftext\|>|\Z)",
        r"(?P<role>Human|Assistant):(?P<content>.*?)(?=\n\n(?:Human|Assistant):|\Z)",
    ):
        turns = [(m["role"].lower(), m["content"].strip()) for m in re.finditer(turn, template, re.DOTALL)]
        if turns:
            roles = {"human": "user", "prompter": "user"}
            return [{"role": roles.get(role, role), "content": content} for role, content in turns if content]
    return [{"role": "user", "content": template.strip()}]


def _first_by_logprobs(
    choice: Choice,
    numerator_token: str,
    denominator_tokens: Sequence[str],
    is_binarize: bool = True,
    log_prob_index: str | int = "batch",
) -> float | None:
    """P(first) = P(numerator) / sum of P(denominators) over one token's likeliest; absent tokens count 0, none present
    is no verdict."""
    if choice.top_logprobs is None:
        raise Malformed("the server sent no log-probabilities")
    index = 0 if log_prob_index == "batch" else int(log_prob_index)
    if not -len(choice.top_logprobs) <= index < len(choice.top_logprobs):
        raise Malformed("the server sent too few log-probabilities")
    top = choice.top_logprobs[index]
    tokens = {numerator_token, *denominator_tokens}
    highest = max((top[token] for token in tokens if token in top), default=None)
    if highest is None or highest == -math.inf:
        return None
    weight = {token: math.exp(top[token] - highest) if token in top else 0.0 for token in tokens}
    if is_binarize:
        return float(all(weight[numerator_token] > weight[t] for t in denominator_tokens if t != numerator_token))
    whole = sum(weight[token] for token in denominator_tokens)
    return weight[numerator_token] / whole if whole > 0 else None


@cache
def _parsers() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from alpaca_eval import completion_parsers

    return completion_parsers


def _parsed(name: str, text: str, settings: Mapping[str, Any]) -> float | None:
    """The package's own parser: 1 = first, 2 = second, 0 = tie. Anything but one value in that range is no verdict."""
    logging.disable(logging.ERROR)  # they log each failure with a call for manual repair
    try:
        values = list(getattr(_parsers(), name)(text, **copy.deepcopy(dict(settings))))
        (value,) = (float(entry) for entry in values)
    except Exception:  # the parsers raise whatever the text makes them raise
        return None
    finally:
        logging.disable(logging.NOTSET)
    return value if value == 0 or 1 <= value <= 2 else None
