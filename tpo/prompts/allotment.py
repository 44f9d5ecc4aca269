"""Fresh prompts for every iteration: never one that an earlier iteration used, and never one that is measured on."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tpobench.harness.duplicates import Seen
from tpobench.harness.errors import UserError
from tpobench.harness.records import Prompt, content_key
from tpobench.tpo.prompts.demands import with_demands


@dataclass(frozen=True)
class Pool:
    """The prompts of one source; `weight` is its share of every iteration, beside the other sources' weights.

    `demands` are added to the prompts that are taken, not before: they would hide that a prompt repeats another.
    """

    name: str
    weight: float
    prompts: Sequence[Prompt]
    demands: int = 0


@dataclass(frozen=True)
class Allotment:
    """`iterations` holds each iteration's prompts, `validation` those that epochs are chosen on. `removed` counts what
    was left out by reason, `available` the fresh prompts that there were."""

    iterations: list[list[Prompt]]
    validation: list[Prompt]
    removed: Mapping[str, int]
    available: int


def allot(
    *,
    pools: Sequence[Pool],
    validation: Sequence[Prompt],
    measured: Mapping[str, Sequence[Prompt]],
    warm_start: Sequence[Prompt],
    iterations: int,
    per_iteration: int,
    seed: int,
    near_duplicates: float,
) -> Allotment:
    """A seeded allotment. More iterations extend it: the first ones stay as they are.

    Each iteration holds every source in proportion to its weight, to within one prompt. Repetitions and near duplicates
    are left out of the iterations and of `validation`.

    Args:
        pools: the sources of training prompts.
        validation: what epochs are to be chosen on.
        measured: the prompts of every benchmark, by its name.
        warm_start: the prompts that the warm start teaches with.
        iterations: of the run.
        per_iteration: fresh prompts that each one takes.
        seed: decides the order of the prompts.
        near_duplicates: the Jaccard similarity from which two prompts count as the same.

    Raises:
        UserError: when a source cannot serve its share of all iterations, better now than in the last one; and when no
            validation prompt is left of those given.
    """
    seen, removed = _taken_elsewhere(measured, warm_start, near_duplicates), Counter[str]()
    held_out = _fresh(validation, seen, "in validation", removed, "validation ")
    if validation and not held_out:
        raise UserError(
            f"all {len(validation)} prompts of selection.source are already used for training or measuring "
            f"({_listed(removed)}); choose another source, or another split"
        )
    orders = []
    for number, pool in enumerate(pools):
        fresh = _fresh(pool.prompts, seen, "repeated", removed)
        orders.append(_round_robin(fresh, random.Random(content_key("allot", seed, number))))
    shares = _shares([pool.weight for pool in pools], iterations, per_iteration)
    for number, (pool, order) in enumerate(zip(pools, orders, strict=True)):
        needed = sum(share[number] for share in shares)
        if needed > len(order):
            whole = "" if len(pools) == 1 else f" and {needed:,} of them from {pool.name}"
            lost = f"; left out: {_listed(removed)}" if removed else ""
            raise UserError(
                f"{iterations} iterations of {per_iteration} fresh prompts need {iterations * per_iteration:,}{whole}, "
                f"but the source {pool.name} has {len(order):,} ({needed - len(order):,} too few{lost}); lower "
                "instructions.per_iteration or bring more prompts"
            )
    ordered = [
        with_demands(order, pool.demands, seed) if pool.demands else order
        for pool, order in zip(pools, orders, strict=True)
    ]
    return Allotment(_dealt(ordered, shares), held_out, dict(removed), sum(map(len, orders)))


def _taken_elsewhere(measured: Mapping[str, Sequence[Prompt]], warm_start: Sequence[Prompt], threshold: float) -> Seen:
    """What may not be trained on: the prompts of benchmarks and of the warm start."""
    seen = Seen(threshold)
    for name, prompts in measured.items():
        for prompt in prompts:
            seen.take(prompt.text, f"in {name}")
    for prompt in warm_start:
        seen.take(prompt.text, "in the warm start")
    return seen


def _fresh(prompts: Sequence[Prompt], seen: Seen, label: str, removed: Counter[str], whose: str = "") -> list[Prompt]:
    """Those that repeat nothing seen; the others are counted by what they repeat."""
    kept = []
    for prompt in prompts:
        if (earlier := seen.take(prompt.text, label)) is None:
            kept.append(prompt)
        else:
            source = "repeated" if earlier.label == label else earlier.label
            removed[f"{whose}{'' if earlier.exact else 'nearly '}{source}"] += 1
    return kept


def _shares(weights: Sequence[float], iterations: int, per_iteration: int) -> list[list[int]]:
    """How many prompts of each source an iteration takes: its share rounded down, and one more for those sources that
    are furthest behind their share of all prompts so far."""
    exact = [Fraction(str(weight)) for weight in weights]
    parts = [per_iteration * weight / sum(exact) for weight in exact]
    taken = [0] * len(parts)
    shares = []
    for number in range(1, iterations + 1):
        share = [int(part) for part in parts]
        behind = [number * part - before - now for part, before, now in zip(parts, taken, share, strict=True)]
        split = [source for source, part in enumerate(parts) if part.denominator > 1]
        for source in sorted(split, key=lambda at: (-behind[at], at))[: per_iteration - sum(share)]:
            share[source] += 1
        taken = [before + now for before, now in zip(taken, share, strict=True)]
        shares.append(share)
    return shares


def _dealt(orders: Sequence[Sequence[Prompt]], shares: Sequence[Sequence[int]]) -> list[list[Prompt]]:
    """Each iteration's prompts, every source spread evenly over it."""
    rest = [iter(order) for order in orders]
    iterations = []
    for share in shares:
        turns = [((2 * at + 1) / number, source) for source, number in enumerate(share) for at in range(number)]
        iterations.append([next(rest[source]) for _, source in sorted(turns)])
    return iterations


def _round_robin(prompts: list[Prompt], rng: random.Random) -> list[Prompt]:
    """The prompts in a random order that takes one of every category in turn."""
    rng.shuffle(prompts)
    seen: Counter[str] = Counter()
    turns = []
    for prompt in prompts:
        turns.append(seen[prompt.category])
        seen[prompt.category] += 1
    return [prompt for _, prompt in sorted(zip(turns, prompts, strict=True), key=lambda pair: pair[0])]


def _listed(removed: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in removed.items())
