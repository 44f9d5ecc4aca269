"""Chat messages and texts to token ids, the same way for sampling and for training."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.records import Message


def encode_messages(tokenizer: Any, messages: Iterable[Message]) -> list[int]:
    """Token ids of the messages with the model's chat template, ready for the assistant's turn.

    The template is rendered to text first and tokenised without special tokens: the template writes them itself.
    Raises UserError when the template refuses the messages, as some do with a system message.
    """
    from jinja2 import TemplateError

    try:
        text = tokenizer.apply_chat_template(
            [dict(message) for message in messages], tokenize=False, add_generation_prompt=True
        )
    except TemplateError as error:
        raise UserError(
            f"the chat template of {tokenizer.name_or_path} refuses the messages ({error}); choose another mode, or "
            "fix its chat_template.jinja"
        ) from error
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def load_tokenizer(folder: str) -> Any:
    """The tokenizer of a model folder; raises UserError when it is broken or has no chat template."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except Exception as error:  # a broken file raises whatever its reader raises
        problem = " ".join(str(error).split())[:300]
        raise UserError(
            f"the tokenizer of {folder} cannot be loaded ({problem}); copy its tokenizer.json and tokenizer_config.json"
        ) from error
    if not tokenizer.chat_template:
        raise UserError(
            f"the model {folder} has no chat template: copy chat_template.jinja from the chat model that it comes from"
        )
    return tokenizer


def end_tokens(folder: str, tokenizer: Any) -> list[int]:
    """Every token that ends the assistant's turn, the tokenizer's own first.

    Raises UserError when neither the tokenizer nor the configuration names one: no output would end by itself.
    """
    named = [tokenizer.eos_token_id]
    for file in (Path(folder) / name for name in ("generation_config.json", "config.json")):
        if file.exists():
            end_ids = json.loads(file.read_text(encoding="utf-8")).get("eos_token_id")
            named += end_ids if isinstance(end_ids, list) else [end_ids]
            break
    tokens = list(dict.fromkeys(token for token in named if token is not None))
    if not tokens:
        raise UserError(
            f"the model {folder} names no end token, so that no output would end: set eos_token in "
            "tokenizer_config.json, or eos_token_id in generation_config.json"
        )
    return tokens


class Encoder:
    """The token ids that a model folder's tokenizer gives, for what a server sends as text."""

    def __init__(self, folder: str) -> None:
        self._tokenizer = load_tokenizer(folder)
        self._ends = end_tokens(folder, self._tokenizer)

    def prompt(self, messages: Iterable[Message]) -> tuple[int, ...]:
        return tuple(encode_messages(self._tokenizer, messages))

    def output(self, text: str) -> tuple[int, ...]:
        """What reads like a special token was written letter by letter: servers leave the real ones out."""
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return tuple(encoded["input_ids"])

    def ended(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens of an output that the model ended by itself, with the end token that some servers leave out."""
        return tokens if tokens and tokens[-1] in self._ends else (*tokens, self._ends[0])
