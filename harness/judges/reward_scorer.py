"""Reward models as scorers: any sequence classifier with a single output, such as the Skywork-Reward-V2 family."""

from collections.abc import Iterator, Sequence

import torch
from transformers import AutoConfig

from tpobench.harness.errors import UserError
from tpobench.harness.judges.armorm import ArmoRM
from tpobench.harness.judges.conversation import Conversation, ConversationEncoder
from tpobench.harness.judges.reward_network import Network, NetworkReading, SingleOutput
from tpobench.harness.judges.scorer import PromptedResponses, Scorer, scored
from tpobench.harness.models.checkpoints import architecture
from tpobench.harness.records import Model, Prompt, Score
from tpobench.harness.samplers.batching import plan_batches

TOKENS_PER_BATCH = {"cpu": 4096, "cuda": 32_768}
ROWS_PER_BATCH = 64

WINDOW = 2048
"""Responses that are tokenised and sorted by length together; memory does not grow with their number beyond it."""


class RewardModelScorer(Scorer):
    """Scores responses in batches of similar length. The weights are loaded when the first score is missing, and again
    after `close`."""

    in_memory = True

    def __init__(self, model: Model, kind: str = "reward") -> None:
        """`kind` is ``reward`` or ``armorm``. Raises UserError for a model of another kind; no weights are read yet."""
        self.id = f"{kind}@{model.fingerprint}"
        self.label = f"{kind}:{model.name}"
        self._folder = model.folder
        self._kind = kind
        self._network: Network | None = None
        self._encoder = ConversationEncoder(model.folder)
        _load_network(kind, model.folder, "meta")
        self._context = getattr(
            AutoConfig.from_pretrained(model.folder, trust_remote_code=False), "max_position_embeddings", None
        )

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt that leaves no room for a response."""
        for prompt in prompts:
            self._encode(prompt, "")

    def score_all(self, responses: PromptedResponses) -> Iterator[list[Score]]:
        """Raises UserError for a conversation that is longer than the model's context: nothing is cut."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        for start in range(0, len(responses), WINDOW):
            window = responses[start : start + WINDOW]
            rows = [self._encode(prompt, response) for prompt, response in window]
            if self._network is None:
                self._network = _load_network(self._kind, self._folder, device)
            for batch in plan_batches([len(row.ids) for row in rows], 0, TOKENS_PER_BATCH[device], ROWS_PER_BATCH):
                readings = self._read(self._network, [rows[index] for index in batch])
                yield [
                    scored(self, *window[index], value, components)
                    for index, (value, components) in zip(batch, readings, strict=True)
                ]

    def close(self) -> None:
        self._network = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _encode(self, prompt: Prompt, response: str) -> Conversation:
        conversation = self._encoder.encode(prompt.text, response)
        if self._context is not None and len(conversation.ids) > self._context:
            side, cure = ("a response to ", "lower max_new_tokens") if response else ("", "leave it out")
            raise UserError(
                f'{side}"{prompt.text[:40]}" makes {len(conversation.ids):,} tokens, more than the {self._context:,} '
                f"that {self.label} reads; {cure}, or name a reward model with a longer context"
            )
        return conversation

    def _read(self, network: Network, rows: Sequence[Conversation]) -> list[NetworkReading]:
        """Where the GPU's memory does not hold the batch, in two halves."""
        try:
            with torch.inference_mode():
                return network.read(rows)
        except torch.OutOfMemoryError as error:
            if len(rows) == 1:
                raise UserError(
                    f"the GPU's memory does not hold {len(rows[0].ids):,} tokens beside {self.label}; free it of other "
                    "processes, or lower max_new_tokens"
                ) from error
        torch.cuda.empty_cache()  # here, where the failed batch's tensors are gone with its exception
        half = len(rows) // 2
        return [*self._read(network, rows[:half]), *self._read(network, rows[half:])]


def _load_network(kind: str, folder: str, device: str) -> Network:
    """The model on the device. On ``meta`` only the names of its weights are read: enough to refuse another kind."""
    try:
        if kind == "armorm":
            return ArmoRM(folder, device)
        return SingleOutput(folder, device)
    except torch.OutOfMemoryError as error:
        raise UserError(f"the GPU's memory does not hold the weights of {folder}; end its other processes") from error
    except (ValueError, KeyError, OSError, RuntimeError, ImportError) as error:
        raise UserError(
            f"{folder} ({architecture(folder)}) cannot be loaded as {kind}: {' '.join(str(error).split())[:300]}"
        ) from error
