"""Responses that are alike whatever was asked, in any language: what stays the same in many answers, and the prompt
itself handed back.

A word of the prompt's own stands for a slot (``§``) and a number for any number, so neither a counter nor the prompt's
words make a canned answer new.
"""

import unicodedata
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

LETTERS = 4
"""Words of letters that a passage must have: rows of numbers and signs are alike in all sums and tables."""

PHRASE = 3
"""Words in a passage of a prompt: prompts are short, and their slots lie close together."""

WIDESPREAD = 0.25
LONG = 32
"""A passage of so many words, if a quarter of all responses have it, is too long for a polite ending."""

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
        widespread: How many of its words lie in passages that a quarter of all responses have.
        fresh: Its own words outside of repeated passages.
        taken: Words of the prompt that stand in its slots.
    """

    words: int
    passage: tuple[str, ...]
    covered: float
    widespread: int
    fresh: frozenset[str]
    taken: frozenset[str]

    @property
    def is_repeated(self) -> bool:
        return self.covered >= COVERED

    @property
    def has_padding(self) -> bool:
        """Whether it carries what many responses carry, whatever it says beside."""
        return self.widespread >= LONG

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
    times = _times(passages, groups, PASSAGE)
    many = max(TIMES, WIDESPREAD * len(responses))
    return [
        _repetition(prompt, response, passage, of_words, common, many)
        for prompt, response, passage, of_words in zip(prompts, responses, passages, times, strict=True)
    ]


def _repetition(
    prompt: Words, response: Words, passage: Words, times: NDArray[np.int64], common: Container[str], many: float
) -> Repetition:
    covered = times >= TIMES
    if not covered.any():  # as in nearly all responses: of these no more is asked
        return Repetition(
            words=len(response), passage=(), covered=0.0, widespread=0, fresh=frozenset(), taken=frozenset()
        )
    own = [(word, mark) for word, mark in zip(passage, covered, strict=True) if is_text(word)]
    own = own or [(word, mark) for word, mark in zip(passage, covered, strict=True) if word != SLOT]
    return Repetition(
        words=len(response),
        passage=tuple(passage),
        covered=sum(mark for _, mark in own) / len(own) if own else 0.0,
        widespread=sum(is_text(word) for word, count in zip(passage, times, strict=True) if count >= many),
        fresh=frozenset(word for word, mark in own if not mark and word != NUMBER),
        taken=frozenset(word for word in set(prompt).intersection(response) if word not in common),
    )


def patterned(prompts: Sequence[Words]) -> list[bool]:
    """By prompt, whether it is made from a pattern that other prompts follow, too."""
    passages = [_own_words(prompt, (), set(), frozenset()) for prompt in prompts]
    all_times = _times(passages, range(len(prompts)), PHRASE)
    shares = (fmean(times >= TIMES) if len(times) else 0.0 for times in all_times)
    return [share >= COVERED for share in shares]


def is_text(word: str) -> bool:
    """Whether a word is of letters, or a picture; numbers, operators and the lines of tables are not."""
    if word.isalpha():
        return True
    category = unicodedata.category(word[0])
    return category[0] == "M" or (category == "So" and word != NUMBER and not "\u2500" <= word <= "\u259f")


def numbers_in(words: Words) -> frozenset[str]:
    """The words with a digit in them."""
    return frozenset(word for word in words if not word.isalpha() and any(map(str.isdigit, word)))


def is_copy(prompt: Words, response: Words) -> bool:
    """Whether a response is the prompt itself, from its beginning to its end, with hardly anything else. An answer to
    "correct this text" is not: the instruction is missing in it."""
    if min(len(prompt), len(response)) < _RUN or len(response) > 2 * len(prompt):
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
    known = [word in asked for word in response]
    taken = [is_known and word not in common for is_known, word in zip(known, response, strict=True)]
    runs: set[tuple[str, ...]] = set()
    in_a_row = 0
    for end, is_known in enumerate(known, start=1):
        in_a_row = in_a_row + 1 if is_known else 0
        if in_a_row >= _RUN:
            runs = runs or _runs(prompt)
            if tuple(response[end - _RUN : end]) in runs:
                taken[end - _RUN : end] = [True] * _RUN
    own: list[str] = []
    for word, is_taken in zip(response, taken, strict=True):
        if not is_taken:
            own.append(word if word.isalpha() or word in kept or not any(map(str.isdigit, word)) else NUMBER)
        elif not own or own[-1] != SLOT:
            own.append(SLOT)
    return own


def _times(passages: Sequence[Words], groups: Sequence[int], size: int) -> list[NDArray[np.int64]]:
    """By response and word, how many groups have the passage of `size` words that it lies in; of several the most."""
    number_of: dict[str, int] = {}
    number_of_whole: dict[Words, int] = {}
    numbered = [
        np.fromiter((number_of.setdefault(word, len(number_of)) for word in passage), np.int64, len(passage))
        for passage in passages
    ]
    of_letters = np.array([*map(is_text, number_of), False])
    value = np.random.default_rng(0).integers(1, 2**63, len(number_of) + 1, dtype=np.uint64)
    factors = np.random.default_rng(1).integers(1, 2**63, size, dtype=np.uint64) | np.uint64(1)
    hashes = [_hashes(value[numbers], factors) for numbers in numbered]
    by_word = []
    for numbers, counts in zip(numbered, _groups_with(hashes, groups), strict=True):
        if len(numbers) > size:
            letters = np.convolve(of_letters[numbers], np.ones(size, np.int64), "valid")
            counts[letters < min(LETTERS, size - 1)] = 0
        times = np.zeros(len(numbers), np.int64)
        for offset in range(min(size, len(numbers))):
            part = times[offset : offset + len(counts)]
            np.maximum(part, counts, out=part)
        by_word.append(times)
    wholes = [
        np.array([number_of_whole.setdefault(tuple(passage), len(number_of_whole))], np.uint64) for passage in passages
    ]
    return [np.maximum(times, whole) for times, whole in zip(by_word, _groups_with(wholes, groups), strict=True)]


def _hashes(values: NDArray[np.uint64], factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number for each passage; a text that is shorter than a passage is one, and like no part of a longer one."""
    length = min(len(values), len(factors))
    count = len(values) - length + 1 if length else 0
    total = np.full(count, length, np.uint64)
    with np.errstate(over="ignore"):
        for offset in range(length):
            total += values[offset : offset + count] * factors[offset]
    return total


def _groups_with(hashes: Sequence[NDArray[np.uint64]], groups: Sequence[int]) -> list[NDArray[np.int64]]:
    """By response and passage, how many groups have a response with it."""
    sizes = [len(of_response) for of_response in hashes]
    if not sum(sizes):
        return [np.zeros(0, np.int64) for _ in hashes]
    every, group = np.concatenate(hashes), np.repeat(np.asarray(groups), sizes)
    order = np.lexsort((group, every))
    every, group = every[order], group[order]
    new_hash = np.concatenate([[True], every[1:] != every[:-1]])
    new_pair = new_hash | np.concatenate([[True], group[1:] != group[:-1]])
    starts = np.flatnonzero(new_hash)
    times = np.add.reduceat(new_pair.astype(np.int64), starts)
    counts = np.empty(len(every), np.int64)
    counts[order] = np.repeat(times, np.diff([*starts, len(every)]))
    return np.split(counts, np.cumsum(sizes)[:-1])
