"""Chat messages and texts to token ids, the same way for sampling and for training."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import read_json
from tpobench.harness.models.parts import model_parts
from tpobench.harness.native_thoughts import TAGS, opened_thought, split_native_thought
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

    place = str(model_parts(Path(folder)).tokenizer)
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
    except Exception as error:  # a broken file raises whatever its reader raises
        if "trust_remote_code" in str(error):
            raise UserError(
                f"the tokenizer of {place} needs code of its own, and a model's code is never run here; serve it where "
                "you trust that code, and name NAME@http://HOST:PORT/v1"
            ) from error
        problem = " ".join(str(error).split())[:300]
        raise UserError(
            f"the tokenizer of {place} cannot be loaded ({problem}); copy its tokenizer.json and tokenizer_config.json"
        ) from error
    if not tokenizer.chat_template:
        raise UserError(
            f"the model {folder} has no chat template, as models that were not trained to chat: copy "
            "chat_template.jinja from the chat model that it comes from"
        )
    return tokenizer


def end_tokens(folder: str, tokenizer: Any) -> list[int]:
    """Every token that ends the assistant's turn, the one that the chat template closes it with first.

    Raises UserError when neither template, tokenizer nor configuration names one: no output would end by itself.
    """
    named = [*_closing_tokens(tokenizer), tokenizer.eos_token_id]
    weights = model_parts(Path(folder)).weights
    for file in (weights / name for name in ("generation_config.json", "config.json")):
        if file.exists():
            settings = read_json(file)
            end_ids = settings.get("eos_token_id", (settings.get("text_config") or {}).get("eos_token_id"))
            named += end_ids if isinstance(end_ids, list) else [end_ids]
            break
    tokens = list(dict.fromkeys(token for token in named if token is not None))
    if not tokens:
        raise UserError(
            f"the model {folder} names no end token, so that no output would end: set eos_token in "
            "tokenizer_config.json, or eos_token_id in generation_config.json"
        )
    return tokens


def _closing_tokens(tokenizer: Any) -> list[int]:
    """The special token that the chat template writes right after an assistant's text, as ChatML's ``<|im_end|>``."""
    answer = "Twelve"
    turns = [{"role": "user", "content": "What is three times four?"}, {"role": "assistant", "content": answer}]
    try:
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False)
    except Exception:  # the template's own, or the engine's, way of refusing
        return []
    _, found, closing = text.rpartition(answer)
    ids = list(tokenizer(closing.lstrip(), add_special_tokens=False)["input_ids"]) if found else []
    special = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
    return ids[:1] if ids and ids[0] in special else []


class OutputTexts:
    """Turns what a model wrote into text, with the thought of a reasoning model apart from its answer."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder.items()
        special = {token_id for token_id, token in added if token.special} | {*tokenizer.all_special_ids}
        tags = {token_id for token_id, token in added if token.content in TAGS}
        self._left_out = special - tags if special & tags else None

    def taken_apart(self, prompt: Sequence[int], tokens: Sequence[int]) -> tuple[str, str]:
        """The thought, empty for none, and the answer. A prompt may end within the thought: templates open it."""
        if self._left_out is None:
            text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        else:
            kept = [token for token in tokens if token not in self._left_out]
            text = self._tokenizer.decode(kept, skip_special_tokens=False)
        return split_native_thought(opened_thought(self._tokenizer.decode(prompt[-12:])) + text)


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
