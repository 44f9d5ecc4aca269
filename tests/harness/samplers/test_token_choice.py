"""Inverting a uniform draw within the nucleus."""

import torch

from tpobench.harness.samplers.token_choice import invert


def test_the_nucleus_holds_no_token_beyond_top_p() -> None:
    probabilities = torch.tensor([[0.5, 0.3, 0.15, 0.05]])
    tokens = torch.tensor([[7, 8, 9, 10]])
    draws = [0.0, 0.49, 0.62, 0.63, 0.99]
    # top-p 0.75 keeps 0.5 and 0.3, renormalised to 0.625 and 0.375
    picked = [invert(probabilities, tokens, torch.tensor([u]), 0.75).item() for u in draws]
    assert picked == [7, 7, 7, 8, 8]
