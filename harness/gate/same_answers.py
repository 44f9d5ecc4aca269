"""Prompts that are others in other words: both models answer them as they answered those."""

from collections.abc import Sequence

from tpobench.harness.folding import folded
from tpobench.harness.gate.input import GateInput

SHORT = 20
"""Characters below which answers are alike by chance: a number, a name, yes or no."""

FEW = 0.02
"""The share of prompts up to which that is no news."""


def told_of_same_answers(gate_input: GateInput) -> tuple[str, ...]:
    """A warning where many prompts have the same two responses as another prompt: they may be copies of it, and a copy
    is no observation of its own. Prompts that only differ in spelling are left out before (`distinct`)."""
    ours, theirs = gate_input.outputs.responses, gate_input.baseline_outputs.responses
    if ours is None or theirs is None or len(ours) != len(theirs) or not ours:
        return ()
    repeated = _repeated(list(zip(map(folded, ours), map(folded, theirs), strict=True)))
    if repeated <= FEW * len(ours):
        return ()
    return (
        f"{repeated} of {len(ours)} prompts have the same two responses as another prompt; if they ask the same in "
        "other words, they are counted too often",
    )


def _repeated(pairs: Sequence[tuple[str, str]]) -> int:
    long = [pair for pair in pairs if min(map(len, pair)) >= SHORT]
    return len(long) - len(set(long))
