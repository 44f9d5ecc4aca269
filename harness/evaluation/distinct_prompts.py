"""Which prompts are observations of their own: the same prompt again, as a reader sees it, is none."""

import re
from collections.abc import Sequence
from functools import lru_cache

from tpobench.harness.duplicates import Seen, words_of
from tpobench.harness.folding import folded
from tpobench.harness.records import Prompt

NEAR = 0.9
"""The Jaccard similarity of word triples from which a prompt may be an earlier one with a few words more."""

_COUNTER = re.compile(
    r"^(?:\W*(?:q|question|prompt|no|#)[ .]?\s?\d+\s?[:.)\]]\s)|(?<=[.?!])\s*(?:#\d+|\(#?\d+\)|\[#?\d+\])$"
)
_BEFORE, _AFTER = " \"'`*_", " .,;:!?…。！？\"'`*_-–—"
"""What may stand before and after a prompt without a meaning of its own; a sign before a number has one."""


def distinct(prompts: Sequence[Prompt]) -> list[int]:
    """The indices of the prompts that repeat no earlier one.

    A prompt repeats another when the two differ in nothing but case, spacing, invisible or look-alike characters,
    punctuation at their ends or a running number, or when one is the other with a few words before or after. Prompts
    made from one pattern (other numbers, other names) are different prompts.

    Args:
        prompts: In the benchmark's order.

    Returns:
        Indices in that order; ``len(prompts) - len(...)`` prompts are left out.
    """
    repeats = repeated_prompts([prompt.text for prompt in prompts])
    return [index for index, earlier in enumerate(repeats) if earlier is None]


def repeated_prompts(texts: Sequence[str], known: Sequence[str] = ()) -> list[int | None]:
    """What each text repeats.

    Args:
        texts: Prompts' texts.
        known: Texts that came before them.

    Returns:
        For each text the index of the earlier one that it repeats, counted through `known` and `texts`; None where it
        is new.
    """
    return list(_repeated_prompts(tuple(texts), tuple(known)))


@lru_cache(maxsize=8)
def _repeated_prompts(texts: tuple[str, ...], known: tuple[str, ...]) -> tuple[int | None, ...]:
    """Remembered, since every comparison, control and rule of a gate, and every evaluation that is imported, asks for
    that of the same few benchmarks."""
    seen = Seen(NEAR, confirm=_is_longer)
    repeats: list[int | None] = []
    for index, text in enumerate([*known, *texts]):
        earlier = seen.take(core(text), str(index))
        repeats.append(None if earlier is None else int(earlier.label))
    return tuple(repeats[len(known) :])


def core(text: str) -> str:
    """What makes the prompt this prompt; the text itself where that is nothing."""
    plain = folded(text)
    return _COUNTER.sub("", plain).lstrip(_BEFORE).rstrip(_AFTER) or plain


def _is_longer(text: str, known: str) -> bool:
    """Whether the words of one are those of the other with more before or after; no number may be among these."""
    short, long = sorted((words_of(text), words_of(known)), key=len)
    for start in range(len(long) - len(short) + 1):
        if long[start : start + len(short)] == short:
            more = [*long[:start], *long[start + len(short) :]]
            return not any(character.isdigit() for word in more for character in word)
    return False
