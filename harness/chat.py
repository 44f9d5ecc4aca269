"""Chat messages to token ids, the same way for sampling and for training."""

from collections.abc import Iterable
from typing import Any

from harness.records import Message


def encode_messages(tokenizer: Any, messages: Iterable[Message]) -> list[int]:
    """Token ids of the messages with the model's chat template, ready for the assistant's turn.

    The template is rendered to text first and tokenised without special tokens: the template writes them itself.
    """
    text = tokenizer.apply_chat_template(
        [dict(message) for message in messages], tokenize=False, add_generation_prompt=True
    )
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
