"""ArmoRM without remote code: its safetensors in a module of our own (RLHFlow/ArmoRM-Llama3-8B-v0.1).

Nineteen rewards are read from the last token. Their weights come from the token that ends the user's turn, of which
the prompt alone decides: score = sum(gating * (rewards @ transform)). The gating is linear layers with ReLU between, a
softmax at a temperature, and a scale. Structure: "Interpretable Preferences via Multi-Objective Reward Modeling and
Mixture-of-Experts" (arXiv 2406.12845) and the RLHFlow/RLHF-Reward-Modeling repository, folder armo-rm, whose gating
token is the first of ``<|eot_id|><|start_header_id|>assistant<|end_header_id|>``, searched from the end.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from torch.nn import functional
from transformers import AutoConfig, LlamaModel

from tpobench.harness.errors import UserError
from tpobench.harness.judges.conversation import Conversation
from tpobench.harness.judges.reward_network import NetworkReading, dtype_on, padded, require_whole
from tpobench.harness.models.checkpoints import weight_files

ATTRIBUTES = (
    "helpsteer-helpfulness",
    "helpsteer-correctness",
    "helpsteer-coherence",
    "helpsteer-complexity",
    "helpsteer-verbosity",
    "ultrafeedback-overall_score",
    "ultrafeedback-instruction_following",
    "ultrafeedback-truthfulness",
    "ultrafeedback-honesty",
    "ultrafeedback-helpfulness",
    "beavertails-is_safe",
    "prometheus-score",
    "argilla-overall_quality",
    "argilla-judge_lm",
    "code-complexity",
    "code-style",
    "code-explanation",
    "code-instruction-following",
    "code-readability",
)
"""The rewards, in the order of its model card."""

TEMPERATURE = 10.0
"""Of the gating, where the configuration gives no `gating_temperature`."""


class ArmoRM:
    """A Llama body, and the heads in full precision: they are small, and their rounding would show in the score."""

    def __init__(self, folder: str, device: str) -> None:
        """Raises UserError for a checkpoint that lacks one of these parts."""
        heads = _heads(Path(folder))
        try:
            self._rewards = heads["regression_layer.weight"].to(device)
            self._transform = heads["reward_transform_matrix"].to(device)
            self._scale = heads["gating.logit_scale"].reshape(-1)[0].to(device)
            layers = max(1, sum(name.startswith("gating.layers.") and name.endswith(".weight") for name in heads))
            self._gating = [
                (heads[f"gating.layers.{n}.weight"].to(device), heads[f"gating.layers.{n}.bias"].to(device))
                for n in range(layers)
            ]
        except KeyError as error:
            raise UserError(
                f"{folder} is not an ArmoRM model: it has no tensor {error}; name reward:MODEL for another kind "
                "of reward model"
            ) from error
        widths = {len(self._rewards), *self._transform.shape, len(self._gating[-1][1])}
        if widths != {len(ATTRIBUTES)}:
            raise UserError(
                f"{folder} is not an ArmoRM model: its rewards, transform and gates are not {len(ATTRIBUTES)} each"
            )
        self._temperature = float(
            getattr(AutoConfig.from_pretrained(folder, trust_remote_code=False), "gating_temperature", TEMPERATURE)
        )
        self._body, loading = LlamaModel.from_pretrained(
            folder, dtype=dtype_on(device), device_map=device, output_loading_info=True, trust_remote_code=False
        )
        require_whole(folder, loading)
        self._body.eval()
        self._device = device

    def read(self, rows: Sequence[Conversation]) -> list[NetworkReading]:
        """Components are the 19 rewards by name, before transform and gating."""
        hidden = self._body(**padded(rows, 0, self._device), use_cache=False).last_hidden_state
        every = torch.arange(len(rows), device=self._device)
        last = torch.tensor([len(row.ids) - 1 for row in rows], device=self._device)
        turn = torch.tensor([row.after_prompt for row in rows], device=self._device)
        rewards = hidden[every, last].float() @ self._rewards.T
        scores = (self._gates(hidden[every, turn].float()) * (rewards @ self._transform)).sum(dim=1)
        return [
            (score, dict(zip(ATTRIBUTES, values, strict=True)))
            for score, values in zip(scores.tolist(), rewards.tolist(), strict=True)
        ]

    def _gates(self, x: torch.Tensor) -> torch.Tensor:
        for weight, bias in self._gating[:-1]:
            x = functional.relu(functional.linear(x, weight, bias))
        return functional.softmax(functional.linear(x, *self._gating[-1]) / self._temperature, dim=1) * self._scale


def _heads(folder: Path) -> dict[str, torch.Tensor]:
    """Everything but the body, in float32."""
    heads = {}
    for file in weight_files(folder):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118
                if name.startswith(("regression_layer.", "reward_transform_matrix", "gating.")):
                    heads[name] = tensors.get_tensor(name).float()
    return heads
