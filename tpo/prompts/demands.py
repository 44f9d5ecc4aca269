"""Checkable demands: sentences added to an instruction, each with the check that says exactly the same.

With them the rule-based checklist judge can score any instruction. Demands are drawn from different families, which can
always be met together.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tpobench.harness.records import Prompt, content_key


@dataclass(frozen=True)
class Demand:
    """A sentence to put behind an instruction, and the check that a response to it must pass."""

    sentence: str
    check: Mapping[str, Any]


def _length() -> list[Demand]:
    return [
        *(Demand(f"Answer in at most {n} words.", {"max_words": n}) for n in (30, 40, 50, 60, 80)),
        *(Demand(f"Use at least {n} words.", {"min_words": n}) for n in (20, 30, 40)),
        *(Demand(f"Write no more than {n} sentences.", {"max_sentences": n}) for n in (2, 3, 4)),
    ]


def _shape() -> list[Demand]:
    items = {2: "two", 3: "three", 4: "four", 5: "five"}
    lines = {2: "two", 3: "three", 4: "four"}
    return [
        *(
            Demand(
                f"Include exactly {word} list items, each on its own line after a hyphen or a number.",
                {"list_items": n},
            )
            for n, word in items.items()
        ),
        Demand("Write everything on one line.", {"lines": 1}),
        *(Demand(f"Write exactly {word} lines, not counting empty ones.", {"lines": n}) for n, word in lines.items()),
    ]


MENTIONED = (
    "because",
    "example",
    "first",
    "often",
    "people",
    "simple",
    "small",
    "sometimes",
    "together",
    "useful",
    "usually",
    "water",
    "without",
    "world",
)
AVOIDED = ("also", "and", "but", "can", "could", "good", "however", "many", "most", "should", "very", "you", "your")

OPENINGS = ("In short:", "My answer:", "Here it is:", "To begin with:", "Let us see:")
CLOSINGS = ("That is all.", "This is my answer.", "The end.", "Nothing else matters.")


def _marks() -> list[Demand]:
    """The patterns span the whole text, whatever its lines."""
    return [
        Demand("Do not use commas.", {"regex": r"\A[^,]*\Z"}),
        Demand("Do not use exclamation marks.", {"regex": r"\A[^!]*\Z"}),
        Demand("Do not use question marks.", {"regex": r"\A[^?]*\Z"}),
        Demand("Do not use any digits.", {"regex": r"\A\D*\Z"}),
        Demand("Do not use parentheses.", {"regex": r"\A[^()]*\Z"}),
    ]


FAMILIES: Mapping[str, Sequence[Demand]] = {
    "length": _length(),
    "shape": _shape(),
    "mentioned word": [Demand(f'Use the word "{word}".', {"contains": word}) for word in MENTIONED],
    "avoided word": [Demand(f'Do not use the word "{word}".', {"excludes": word}) for word in AVOIDED],
    "avoided mark": _marks(),
    "opening": [Demand(f'Start your answer with "{start}"', {"starts_with": start}) for start in OPENINGS],
    "closing": [Demand(f'End your answer with "{end}"', {"ends_with": end}) for end in CLOSINGS],
}
"""One demand of a family excludes another of the same; the numbers are such that those of different ones do not."""

_SAYS_ITSELF = {
    "length": re.compile(r"\b(words?|sentences?|paragraphs?|pages?|characters|long|short|brief|essay|detailed)\b"),
    "shape": re.compile(
        r"\b(lists?|bullets?|points|items|lines?|table|json|code|function|poem|haiku|lyrics|email|letter|steps?|\d+)\b"
    ),
    "opening": re.compile(r"\b(start|begin|first word|json)\b"),
    "closing": re.compile(r"\b(end|finish|conclude|last word|json)\b"),
}
"""An instruction with such a word may well say itself how long, or of which form, its answer shall be."""


def with_demands(prompts: Sequence[Prompt], number: int, seed: int) -> list[Prompt]:
    """The prompts with `number` demands each (1 to 3) and their checks, drawn by the seed and the text alone.

    A prompt that has checks keeps to them: it can be judged as it is, and a demand might contradict it.
    """
    if not 1 <= number <= 3:
        raise ValueError(f"one to three demands can be added, not {number}")
    return [prompt if prompt.checks else _demanding(prompt, number, seed) for prompt in prompts]


def _demanding(prompt: Prompt, number: int, seed: int) -> Prompt:
    rng = random.Random(content_key("demands", seed, number, prompt.text))
    text = prompt.text.rstrip()
    lowered = text.lower()
    open_to = [name for name in FAMILIES if name not in _SAYS_ITSELF or not _SAYS_ITSELF[name].search(lowered)]
    chosen = sorted(rng.sample(open_to, number), key=list(FAMILIES).index)
    demands = [rng.choice(_telling(FAMILIES[name], lowered)) for name in chosen]
    gap = " " if text.endswith((".", "!", "?")) and "\n" not in text else "\n\n"
    sentences = " ".join(demand.sentence for demand in demands)
    return replace(prompt, text=f"{text}{gap}{sentences}", checks=tuple(demand.check for demand in demands))


def _telling(family: Sequence[Demand], instruction: str) -> Sequence[Demand]:
    """Without the demands on a word that the instruction speaks of: it could hardly be avoided, or is not a demand."""
    words = set(re.findall(r"\w+", instruction))
    return [d for d in family if not words & {d.check.get("contains"), d.check.get("excludes")}] or family
