"""Fresh prompts for every iteration: never one that an earlier iteration used, and never one that is measured on."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import UserError
from harness.records import Prompt
from tpo.duplicates import Seen


@dataclass(frozen=True)
class Pool:
    """The prompts of one source; `weight` is its share of every iteration, beside the other sources' weights."""

    name: str
    weight: float
    prompts: Sequence[Prompt]


@dataclass(frozen=True)
class Allotment:
    """`iterations` holds each iteration's prompts, `validation` those that epochs are chosen on. `removed` counts what
    was left out by reason, `available` the fresh prompts that there were."""

    iterations: list[list[Prompt]]
    validation: list[Prompt]
    removed: Mapping[str, int]
    available: int


def allot(
    pools: Sequence[Pool], validation: Sequence[Prompt], measured: Mapping[str, Sequence[Prompt]],
    warm_start: Sequence[Prompt], iterations: int, per_iteration: int, seed: int, near_duplicates: float,
) -> Allotment:  # fmt: skip
    """A seeded allotment. More iterations extend the same order.

    `measured` holds the prompts of every benchmark by its name. Exact repetitions and near duplicates (Jaccard
    similarity from `near_duplicates`) of them, of the warm start's, of held-out prompts and of one another are left
    out. Raises UserError when a source cannot serve its share of all iterations: better now than in the last one.
    """
    seen = Seen(near_duplicates)
    removed: dict[str, int] = {}
    for name, prompts in measured.items():
        for prompt in prompts:
            seen.take(prompt.text, f"in {name}")
    held_out = _fresh(validation, seen, removed, "held out", "held-out prompts ")
    for prompt in warm_start:
        seen.take(prompt.text, "in the warm start")
    fresh = [Pool(pool.name, pool.weight, _fresh(pool.prompts, seen, removed, "repeated", "")) for pool in pools]
    taken = _mixed(fresh, iterations * per_iteration, random.Random(seed), iterations, per_iteration, removed)
    parts = [taken[i * per_iteration : (i + 1) * per_iteration] for i in range(iterations)]
    return Allotment(parts, held_out, removed, sum(len(pool.prompts) for pool in fresh))


def _fresh(prompts: Sequence[Prompt], seen: Seen, removed: dict[str, int], label: str, whose: str) -> list[Prompt]:
    kept = []
    for prompt in prompts:
        earlier = seen.take(prompt.text, label)
        if earlier is None:
            kept.append(prompt)
        else:
            reason = f"{whose}{'' if earlier.exact else 'nearly '}{earlier.label}"
            removed[reason] = removed.get(reason, 0) + 1
    return kept


def _mixed(
    pools: Sequence[Pool], wanted: int, rng: random.Random, iterations: int, per_iteration: int,
    removed: Mapping[str, int],
) -> list[Prompt]:  # fmt: skip
    """Prompts in turn from the source that is furthest behind its share, each source spread over its categories."""
    orders = [_round_robin(list(pool.prompts), random.Random(rng.random())) for pool in pools]
    total = sum(pool.weight for pool in pools)
    counts = [0] * len(pools)
    taken: list[Prompt] = []
    for turn in range(1, wanted + 1):
        behind = [turn * pool.weight / total - count for pool, count in zip(pools, counts, strict=True)]
        place = max(range(len(pools)), key=lambda at: (behind[at], -at))
        if counts[place] == len(orders[place]):
            raise UserError(_too_few(pools[place], total, wanted, iterations, per_iteration, removed))
        taken.append(orders[place][counts[place]])
        counts[place] += 1
    return taken


def _too_few(
    pool: Pool, total: float, wanted: int, iterations: int, per_iteration: int, removed: Mapping[str, int]
) -> str:
    share = "" if pool.weight == total else f", of which {pool.name} gives {wanted * pool.weight / total:,.0f}"
    lost = f" after {sum(removed.values()):,} duplicates were removed" if removed else ""
    return (
        f"{iterations} iterations of {per_iteration} fresh prompts need {wanted:,}{share}, but {pool.name} has "
        f"{len(pool.prompts):,}{lost}; lower instructions.per_iteration or bring more prompts"
    )


def _round_robin(prompts: list[Prompt], rng: random.Random) -> list[Prompt]:
    """The prompts in a random order that takes one of every category in turn."""
    rng.shuffle(prompts)
    return [prompt for _, prompt in sorted(_turns(prompts), key=lambda turn: turn[0])]


def _turns(prompts: Sequence[Prompt]) -> Iterator[tuple[int, Prompt]]:
    seen: dict[str, int] = {}
    for prompt in prompts:
        yield seen.setdefault(prompt.category, 0), prompt
        seen[prompt.category] += 1
