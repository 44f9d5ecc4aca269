"""Responses that game a judge or say nothing, beside what the baseline and the prompts have of the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tpobench.harness.finish_reasons import REFUSAL_WORDS
from tpobench.harness.gate.empty_responses import is_empty
from tpobench.harness.gate.grader_address import addresses_grader
from tpobench.harness.gate.repeated_responses import (
    LETTERS,
    PASSAGE,
    SENTENCE,
    Repetition,
    Words,
    is_copy,
    is_text,
    numbers_in,
    patterned,
    repetitions,
    words_in,
)
from tpobench.harness.gate.short_answers import canned, edges
from tpobench.harness.records import Prompt

EMPTY = "empty"
COPIED = "copied from the prompt"
REPEATED = "repeated"
SHORT = "the same short answer"
PADDED = "with one long passage in common"
ADDRESSED = "talking to the judge"
HELD = frozenset({*REFUSAL_WORDS.values(), EMPTY})
"""Kinds that are held against the candidate whatever the baseline has of them."""

KINDS = (*REFUSAL_WORDS.values(), EMPTY, COPIED, REPEATED, SHORT, PADDED, ADDRESSED)
"""In the order in which a response that is of several kinds is counted, and in which they are told."""

SEVERAL = 2
"""Numbers in a prompt that is a sum to do."""

LONG_PROMPT = 5
"""A prompt of so many times the words of the response is a text that the answer is taken from."""


@dataclass(frozen=True, kw_only=True)
class DegenerateCounts:
    """How many responses of each kind there are; a response counts once.

    Attributes:
        n: How many responses the candidate has.
        counts: The candidate's, by kind.
        baseline_n: How many the baseline has; 0 where its responses are not known.
        baseline: The baseline's, by kind.
    """

    n: int
    counts: Mapping[str, int]
    baseline_n: int = 0
    baseline: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share of the candidate's responses that is held against it: all that are empty or refused, and of every
        other kind what goes beyond the baseline's rate."""
        held = sum(self.counts[kind] if kind in HELD else self._beyond(kind) for kind in self.counts)
        return held / self.n if self.n else 0.0

    @property
    def candidate_share(self) -> float:
        """The share of the candidate's responses that is degenerate, whatever the baseline does."""
        return sum(self.counts.values()) / self.n if self.n else 0.0

    @property
    def baseline_share(self) -> float | None:
        """The share of the baseline's responses that are degenerate."""
        return sum(self.baseline.values()) / self.baseline_n if self.baseline_n else None

    def _beyond(self, kind: str) -> float:
        usual = self.baseline.get(kind, 0) * self.n / self.baseline_n if self.baseline_n else 0.0
        return max(0.0, self.counts[kind] - usual)


def degenerate(
    prompts: Sequence[Prompt],
    responses: Sequence[str],
    baseline_responses: Sequence[str] | None = None,
    refusals: Sequence[str] = (),
) -> DegenerateCounts:
    """Count the responses that are empty (or a failure's text), copied from the prompt, alike whatever was asked, or
    addressed to the judge.

    What a response shares with the baseline's to the same prompt is no fault of it, and neither is what the prompt asks
    for; an empty response always is.

    Args:
        prompts: What was asked.
        responses: The candidate's answers, in the same order.
        baseline_responses: The baseline's, where they are known.
        refusals: By response the reason for which there is none (one of `REFUSALS`), empty where there is none.

    Source: null-model attacks (Zheng et al., "Cheating Automatic LLM Benchmarks").
    """
    asked = _Side([prompt.text for prompt in prompts])
    candidate = _Side(responses, refusals)
    if baseline_responses is None:
        return DegenerateCounts(n=len(responses), counts=_counts(asked, candidate, None))
    baseline = _Side(baseline_responses)
    return DegenerateCounts(
        n=len(responses),
        counts=_counts(asked, candidate, baseline),
        baseline_n=len(baseline_responses),
        baseline=_counts(asked, baseline, None),
    )


class _Side:
    """Texts and their words, and why there is none."""

    def __init__(self, texts: Sequence[str], refusals: Sequence[str] = ()) -> None:
        self.texts = texts
        self.refusals = refusals or [""] * len(texts)
        self.words = [words_in(text) for text in texts]


def _counts(asked: _Side, said: _Side, others: _Side | None) -> dict[str, int]:
    """How many responses there are of each kind, in the order in which they are told."""
    alike = _alike(asked, said, others)
    counts: dict[str, int] = {}
    for index, (prompt, response) in enumerate(zip(asked.texts, said.texts, strict=True)):
        other = None if others is None else others.texts[index]
        if said.refusals[index]:
            kind = REFUSAL_WORDS[said.refusals[index]]
        elif is_empty(prompt, response, other):
            kind = EMPTY
        elif is_copy(asked.words[index], said.words[index]) and not (
            others and is_copy(asked.words[index], others.words[index])
        ):
            kind = COPIED
        elif index in alike:
            kind = alike[index]
        elif addresses_grader(prompt, response, other):
            kind = ADDRESSED
        else:
            continue
        counts[kind] = counts.get(kind, 0) + 1
    return {kind: counts[kind] for kind in KINDS if kind in counts}


def _alike(asked: _Side, said: _Side, others: _Side | None) -> dict[int, str]:
    """The responses that are repeated, and the short ones among these that no prompt asks for, by their indices."""
    pattern, are_sums = patterned(asked.words), _are_sums(asked.words)
    kept = [
        _content(words, None if others is None else others.words[index], is_sum=are_sums or pattern[index])
        for index, words in enumerate(said.words)
    ]
    entries = repetitions(asked.words, said.words, kept)
    fillers = _fillers(asked.words)
    found = {
        index: entry
        for index, entry in enumerate(entries)
        if entry.is_repeated
        and not (pattern[index] and fillers[index].intersection(said.words[index]))
        and not _answers(
            entry, asked.words[index], None if others is None else others.words[index], patterned=pattern[index]
        )
    }
    short = {index: entry for index, entry in found.items() if entry.is_short}
    other_words = None if others is None else others.words
    asked_for = short.keys() - canned(short, asked.texts, asked.words, said.words, other_words)
    padded = {index: PADDED for index, entry in enumerate(entries) if entry.has_padding and not pattern[index]}
    return padded | {
        index: SHORT if len(entry.passage) < PASSAGE else REPEATED
        for index, entry in found.items()
        if index not in asked_for
    }


def _fillers(prompts: Sequence[Words]) -> list[set[str]]:
    """By prompt, the words that make it this one among prompts of a pattern. An answer that has one of them follows the
    pattern as the prompt does: a class and its reason, JSON, a function."""
    counts = Counter(word for prompt in prompts for word in set(prompt))
    return [{word for word in set(prompt) if 2 * counts[word] <= len(prompts)} for prompt in prompts]


def _are_sums(prompts: Sequence[Words]) -> bool:
    """Whether most of the prompts have numbers to calculate with."""
    return 2 * sum(len(numbers_in(prompt)) >= SEVERAL for prompt in prompts) > len(prompts)


def _content(words: Words, other: Words | None, *, is_sum: bool) -> frozenset[str]:
    """The numbers in a response that are no counters: all where there is hardly anything else, or where the prompt asks
    for a number in a sentence, as a sum does; else those that the other answer has, too."""
    numbers = numbers_in(words)
    if not numbers or sum(map(is_text, words)) < LETTERS:
        return numbers
    is_asked = is_sum if other is None else (is_sum or len(other) < SENTENCE) and bool(numbers_in(edges(other)))
    if is_asked and len(words) < SENTENCE:
        return numbers
    return frozenset() if other is None else numbers & numbers_in(other)


def _answers(response: Repetition, prompt: Words, other: Words | None, *, patterned: bool) -> bool:
    """Whether a sentence answers its prompt by what is new in it, or by what it takes from the prompt: it fills in the
    pattern of the prompts, or has what another model's answer has, or stands in a long text."""
    if not response.is_short:
        return False
    if other is None:
        fills_in = patterned and bool(response.fresh or response.taken)
        return fills_in or (bool(response.taken) and len(prompt) >= LONG_PROMPT * response.words)
    if response.fresh & set(other):
        return True
    is_sentence = len(other) < SENTENCE
    return is_sentence and bool(response.fresh or (response.taken and (patterned or response.taken <= set(other))))
