"""Responses that are alike whatever was asked, in any language: what stays the same in many answers, and the prompt
itself handed back.

A word of the prompt's own stands for a slot (``§``) and a number for any number, so neither a counter nor the prompt's
words make a canned answer new.
"""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tpobench.harness.duplicates import words_of
from tpobench.harness.folding import folded

TIMES = 3
"""From so many responses on, to different prompts, a passage counts as repeated."""

PASSAGE = 8
"""Words in a passage. A response of fewer words is one passage."""

PHRASE = 3
"""Words in a passage of a prompt: prompts are short, and their slots lie close together."""

SENTENCE = 24
"""A response of fewer words may be alike in all honesty: yes, no, B, "the sum is 12"."""

COVERED = 0.6
"""A response is repeated when this share of the words that are its own lie in repeated passages."""

COMMON = 0.05
"""A word in this share of all responses belongs to them, and to no prompt."""

SLOT, NUMBER = "§", "№"
_RUN = 4
"""Words in a row that are copied from the prompt."""

Words = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """What a response has in common with others.

    Attributes:
        words: How many words it has.
        passage: Its words, with numbers and what it took from the prompt replaced; empty where nothing is repeated.
        covered: The share of its own words that lies in repeated passages.
        fresh: Its own words outside of them.
        taken: Words of the prompt that stand in its slots.
    """

    words: int
    passage: tuple[str, ...]
    covered: float
    fresh: frozenset[str]
    taken: frozenset[str]

    @property
    def is_repeated(self) -> bool:
        return self.covered >= COVERED

    @property
    def is_short(self) -> bool:
        """Whether it may be alike in all honesty."""
        return self.words < SENTENCE


def words_in(text: str) -> list[str]:
    """The words of a text as it looks."""
    return words_of(folded(text))


def repetitions(
    prompts: Sequence[Words], responses: Sequence[Words], kept: Sequence[frozenset[str]]
) -> list[Repetition]:
    """How much of each response stands in at least three responses to different prompts.

    Args:
        prompts: The words of the prompts.
        responses: The words of the responses.
        kept: By response, the numbers in it that are content: a right result is no counter.
    """
    frequent = Counter(word for response in responses for word in set(response))
    common = {word for word, count in frequent.items() if count >= max(TIMES, COMMON * len(responses))}
    passages = [
        _own_words(response, prompt, common, numbers)
        for prompt, response, numbers in zip(prompts, responses, kept, strict=True)
    ]
    first_with: dict[Words, int] = {}
    groups = [first_with.setdefault(tuple(prompt), index) for index, prompt in enumerate(prompts)]
    covered = _covered(passages, groups, PASSAGE)
    return [
        _repetition(prompt, response, passage, marks, common)
        for prompt, response, passage, marks in zip(prompts, responses, passages, covered, strict=True)
    ]


def _repetition(
    prompt: Words, response: Words, passage: Words, covered: NDArray[np.bool_], common: Container[str]
) -> Repetition:
    if not covered.any():  # as in nearly all responses: of these no more is asked
        return Repetition(words=len(response), passage=(), covered=0.0, fresh=frozenset(), taken=frozenset())
    own = [(word, mark) for word, mark in zip(passage, covered, strict=True) if word != SLOT]
    return Repetition(
        words=len(response),
        passage=tuple(passage),
        covered=sum(mark for _, mark in own) / len(own) if own else 0.0,
        fresh=frozenset(word for word, mark in own if not mark and word != NUMBER),
        taken=frozenset(word for word in set(prompt).intersection(response) if word not in common),
    )


def patterned(prompts: Sequence[Words]) -> list[bool]:
    """By prompt, whether it is made from a pattern that other prompts follow, too."""
    passages = [_own_words(prompt, (), set(), frozenset()) for prompt in prompts]
    shares = (fmean(covered) if len(covered) else 0.0 for covered in _covered(passages, range(len(prompts)), PHRASE))
    return [share >= COVERED for share in shares]


def numbers_in(words: Words) -> frozenset[str]:
    """The words with a digit in them."""
    return frozenset(word for word in words if not word.isalpha() and any(map(str.isdigit, word)))


def is_copy(prompt: Words, response: Words) -> bool:
    """Whether a response is the prompt itself, from its beginning to its end, with hardly anything else. An answer to
    "correct this text" is not: the instruction is missing in it."""
    if len(prompt) < _RUN or len(response) < _RUN:
        return False
    asked, said = _runs(prompt), _runs(response)
    if tuple(prompt[:_RUN]) not in said or tuple(prompt[-_RUN:]) not in said:
        return False
    shared = len(asked & said)
    return shared >= 0.9 * len(asked) and shared >= 0.8 * len(said)


def _runs(words: Words) -> set[tuple[str, ...]]:
    return set(zip(*(words[start:] for start in range(_RUN)), strict=False))


def _own_words(response: Words, prompt: Words, common: Container[str], kept: Container[str]) -> list[str]:
    """The response with a slot in place of what it took from the prompt."""
    asked = set(prompt)
    taken = [word in asked and word not in common for word in response]
    if len(asked.intersection(response)) >= _RUN:
        runs = _runs(prompt)
        for start, run in enumerate(zip(*(response[start:] for start in range(_RUN)), strict=False)):
            if run in runs:
                taken[start : start + _RUN] = [True] * _RUN
    own: list[str] = []
    for word, is_taken in zip(response, taken, strict=True):
        if not is_taken:
            own.append(word if word.isalpha() or word in kept or not any(map(str.isdigit, word)) else NUMBER)
        elif not own or own[-1] != SLOT:
            own.append(SLOT)
    return own


def _covered(passages: Sequence[Words], groups: Sequence[int], size: int) -> list[NDArray[np.bool_]]:
    """By response and word, whether the word lies in a passage of `size` words that several groups have."""
    number_of: dict[str, int] = {}
    numbered = [
        np.fromiter((number_of.setdefault(word, len(number_of)) for word in passage), np.int64, len(passage))
        for passage in passages
    ]
    value = np.random.default_rng(0).integers(1, 2**63, len(number_of) + 1, dtype=np.uint64)
    factors = np.random.default_rng(1).integers(1, 2**63, size, dtype=np.uint64) | np.uint64(1)
    hashes = [_hashes(value[numbers], factors) for numbers in numbered]
    marks = []
    for numbers, repeated in zip(numbered, _in_several(hashes, groups), strict=True):
        covered = np.zeros(len(numbers), bool)
        for offset in range(min(size, len(numbers))):
            covered[offset : offset + len(repeated)] |= repeated
        marks.append(covered)
    return marks


def _hashes(values: NDArray[np.uint64], factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number for each passage; a text that is shorter than a passage is one, and like no part of a longer one."""
    length = min(len(values), len(factors))
    count = len(values) - length + 1 if length else 0
    total = np.full(count, length, np.uint64)
    with np.errstate(over="ignore"):
        for offset in range(length):
            total += values[offset : offset + count] * factors[offset]
    return total


def _in_several(hashes: Sequence[NDArray[np.uint64]], groups: Sequence[int]) -> list[NDArray[np.bool_]]:
    """By response and passage, whether responses of at least `TIMES` groups have it."""
    sizes = [len(of_response) for of_response in hashes]
    if not sum(sizes):
        return [np.zeros(0, bool) for _ in hashes]
    every, group = np.concatenate(hashes), np.repeat(np.asarray(groups), sizes)
    order = np.lexsort((group, every))
    every, group = every[order], group[order]
    new_hash = np.concatenate([[True], every[1:] != every[:-1]])
    new_pair = new_hash | np.concatenate([[True], group[1:] != group[:-1]])
    starts = np.flatnonzero(new_hash)
    times = np.add.reduceat(new_pair.astype(np.int64), starts)
    repeated = np.empty(len(every), bool)
    repeated[order] = np.repeat(times >= TIMES, np.diff([*starts, len(every)]))
    return np.split(repeated, np.cumsum(sizes)[:-1])
