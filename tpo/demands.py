"""Checkable demands for any instruction: what lets the rule-based checklist judge instructions that bring no checks."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.records import Prompt, content_key

WORDS = (
    "because", "example", "first", "however", "important", "people", "question", "simple", "time", "together", "water",
    "world",
)  # fmt: skip


@dataclass(frozen=True)
class Demand:
    """A sentence for the prompt and the checks that hold a response to it, word for word."""

    sentence: str
    checks: tuple[dict[str, Any], ...]


def _at_most(rng: random.Random) -> Demand:
    words = rng.choice((15, 20, 25, 30, 40, 50))
    return Demand(f"Use at most {words} words.", ({"max_words": words},))


def _at_least(rng: random.Random) -> Demand:
    words = rng.choice((12, 15, 20))
    return Demand(
        f"Use at least {words} words and at most {3 * words}.", ({"min_words": words}, {"max_words": 3 * words})
    )


def _items(rng: random.Random) -> Demand:
    items = rng.choice((2, 3, 4))
    return Demand(f"Answer with a list of exactly {items} items.", ({"list_items": items},))


def _one_line(rng: random.Random) -> Demand:
    return Demand("Answer on a single line.", ({"lines": 1},))


def _sentences(rng: random.Random) -> Demand:
    sentences = rng.choice((1, 2, 3))
    return Demand(f"Use no more than {sentences} sentence{'s' * (sentences > 1)}.", ({"max_sentences": sentences},))


def _word(rng: random.Random) -> Demand:
    word = rng.choice(WORDS)
    return Demand(f'Use the word "{word}".', ({"contains": word},))


def _without(rng: random.Random) -> Demand:
    word = rng.choice(("and", "is", "very", "you", "that"))
    return Demand(f'Do not use the word "{word}".', ({"excludes": word},))


def _no_commas(rng: random.Random) -> Demand:
    return Demand("Do not use any commas.", ({"regex": r"\A[^,]*\Z"},))


def _ending(rng: random.Random) -> Demand:
    ending = rng.choice(("Done.", "That is all.", "I hope this helps!", "The end."))
    return Demand(f'End with the words "{ending}"', ({"ends_with": ending},))


def _beginning(rng: random.Random) -> Demand:
    word = rng.choice(("Well", "Sure", "Certainly", "First"))
    return Demand(f'Start with the word "{word}".', ({"regex": rf"\A\s*{word}\b"},))


GROUPS: tuple[tuple[Callable[[random.Random], Demand], ...], ...] = (
    (_at_most, _at_least),
    (_items, _one_line, _sentences),
    (_word, _beginning),
    (_without, _no_commas),
    (_ending,),
)
"""Demands of one group would get into each other's way; those of different groups can be met together. A list of items
takes at least one word an item, so it fits into the fewest words that are asked for."""


def with_demands(prompts: Sequence[Prompt], number: int, seed: int) -> list[Prompt]:
    """The prompts with `number` demands each (1 to 3), drawn by the seed and the text alone, and with their checks."""
    return [
        _with_demands(prompt, number, random.Random(content_key("demands", seed, prompt.text))) for prompt in prompts
    ]


def _with_demands(prompt: Prompt, number: int, rng: random.Random) -> Prompt:
    drawn = [rng.choice(group)(rng) for group in rng.sample(GROUPS, number)]
    text = " ".join([prompt.text.rstrip(), *(demand.sentence for demand in drawn)])
    checks = (*prompt.checks, *(check for demand in drawn for check in demand.checks))
    return replace(prompt, text=text, checks=checks)
