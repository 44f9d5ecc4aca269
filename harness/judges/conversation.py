"""A prompt and a response as a reward model reads them: its chat template's tokens around the two texts."""

from dataclasses import dataclass
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.models.tokens import load_tokenizer

_PROMPT, _RESPONSE = "PLACEOFTHEPROMPT", "PLACEOFTHERESPONSE"


@dataclass(frozen=True)
class Conversation:
    """Token ids of the whole, and the place of the first token after the prompt: the end of the user's turn."""

    ids: tuple[int, ...]
    after_prompt: int


@dataclass(frozen=True)
class _Trim:
    """Which ends of a message the chat template strips."""

    left: bool
    right: bool

    def __call__(self, text: str) -> str:
        text = text.lstrip() if self.left else text
        return text.rstrip() if self.right else text


class ConversationEncoder:
    """Encodes with a model folder's chat template. Texts are encoded as text, also where they look like special tokens:
    a response cannot end its own turn, or start another."""

    def __init__(self, folder: str) -> None:
        """Raises UserError for a tokenizer without a chat template that has a place for a prompt and a response."""
        self._tokenizer: Any = load_tokenizer(folder)
        head, self._prompt, rest = _cut(self._rendered(folder), _PROMPT, folder)
        middle, self._response, tail = _cut(rest, _RESPONSE, folder)
        self._parts = head, middle, tail
        added = self._tokenizer.added_tokens_decoder.items()
        self._special = {token_id for token_id, token in added if token.special} | {*self._tokenizer.all_special_ids}
        self._specials = sum(self._specials_in(self._ids(part)) for part in self._parts)

    def encode(self, prompt: str, response: str) -> Conversation:
        """The rendered conversation's tokens as the model's own tokenizer makes them; piece by piece where one of the
        texts would have become special tokens."""
        head, middle, tail = self._parts
        prompt, response = self._prompt(prompt), self._response(response)
        encoding = self._tokenizer(head + prompt + middle + response + tail, add_special_tokens=False)
        after_prompt = encoding.char_to_token(len(head) + len(prompt))
        if after_prompt is not None and self._specials_in(encoding["input_ids"]) == self._specials:
            return Conversation(tuple(encoding["input_ids"]), after_prompt)
        before = (*self._ids(head), *self._ids(prompt, as_text=True))
        after = (*self._ids(middle), *self._ids(response, as_text=True), *self._ids(tail))
        return Conversation((*before, *after), len(before))

    def _rendered(self, folder: str) -> str:
        from jinja2 import TemplateError

        # Tabs around the texts show whether the template strips messages: none writes tabs itself.
        messages = [{"role": "user", "content": f"\t{_PROMPT}\t"}, {"role": "assistant", "content": f"\t{_RESPONSE}\t"}]
        try:
            return str(self._tokenizer.apply_chat_template(messages, tokenize=False))
        except TemplateError as error:
            raise UserError(f"the chat template of {folder} refuses a prompt with its response: {error}") from error

    def _ids(self, text: str, as_text: bool = False) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=as_text)["input_ids"])

    def _specials_in(self, ids: list[int]) -> int:
        return sum(token in self._special for token in ids)


def _cut(rendered: str, mark: str, folder: str) -> tuple[str, _Trim, str]:
    """What is before and after a text, and how the text was trimmed."""
    if rendered.count(mark) != 1:
        raise UserError(
            f"the chat template of {folder} does not show the user's message and then the assistant's, each once; "
            "fix its chat_template.jinja"
        )
    before, _, after = rendered.partition(mark)
    trim = _Trim(not before.endswith("\t"), not after.startswith("\t"))
    return before.removesuffix("\t"), trim, after.removeprefix("\t")
