"""Where training prompts come from. Every iteration gets prompts that no earlier one used."""

import random
from collections.abc import Sequence

from harness.errors import UserError
from harness.records import Prompt


def allot(
    pool: Sequence[Prompt], held_out: Sequence[Prompt], iterations: int, per_iteration: int, seed: int
) -> list[list[Prompt]]:
    """A seeded allotment of fresh prompts to each iteration, spread evenly over the categories.

    Prompts whose text also stands in `held_out`, and repeated texts, are left out. Raises UserError when the pool
    cannot serve all iterations: better now than in the last one.
    """
    taken = {_normal(prompt.text) for prompt in held_out}
    fresh: dict[str, Prompt] = {}
    for prompt in pool:
        if _normal(prompt.text) not in taken:
            fresh.setdefault(_normal(prompt.text), prompt)
    if len(fresh) < iterations * per_iteration:
        raise UserError(
            f"{iterations} iterations of {per_iteration} fresh prompts need {iterations * per_iteration}, but the "
            f"source has {len(fresh)}; lower instructions.per_iteration or bring more prompts"
        )
    ordered = _round_robin(list(fresh.values()), random.Random(seed))
    return [ordered[i * per_iteration : (i + 1) * per_iteration] for i in range(iterations)]


def _round_robin(prompts: list[Prompt], rng: random.Random) -> list[Prompt]:
    """The prompts in a random order that takes one of every category in turn."""
    rng.shuffle(prompts)
    seen: dict[str, int] = {}
    turns = []
    for prompt in prompts:
        turns.append(seen.setdefault(prompt.category, 0))
        seen[prompt.category] += 1
    return [prompt for _, prompt in sorted(zip(turns, prompts, strict=True), key=lambda pair: pair[0])]


def _normal(text: str) -> str:
    return " ".join(text.lower().split())
