"""Short answers that many prompts get: right where the prompts ask for them, canned where they do not."""

import re
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence

from tpobench.harness.gate.repeated_responses import PASSAGE, Repetition, Words, numbers_in

_AT_MOST = 0.1
_ONE_FOR_ALL = 0.9
"""Without another model's answers to compare with: a short answer may go to a tenth of all prompts; a bare number, or a
word or two among others, to nine tenths."""

_EDGE = 12
"""Words at the beginning and end of an answer in which a verdict is looked for."""

_WORDS_NAMED = 4
"""A prompt names the answers to choose from in so many words each at most."""

_YES_NO_QUESTION = re.compile(
    r"(?:^|[.!?:;,\n]\s*)(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|must|am)\b[^.!?]*\?"
    r"|\b(?:yes or no|true or false|yes/no|true/false)\b|\bwhether\b",
    re.IGNORECASE,
)
_YES_NO = {"yes", "no", "true", "false", "correct", "incorrect", "right", "wrong", "maybe", "unknown"}


def canned(
    found: Mapping[int, Repetition],
    texts: Sequence[str],
    prompts: Sequence[Words],
    responses: Sequence[Words],
    others: Sequence[Words] | None,
) -> set[int]:
    """Those of the short, repeated responses that no prompt asks for.

    Args:
        found: The short, repeated responses by their indices.
        texts: The prompts.
        prompts: The words of the prompts.
        responses: The words of the responses.
        others: The words of another model's answers to the same prompts, where there are any.
    """
    values = Counter(entry.passage for entry in found.values())
    frame = _frame(values)
    left = [
        index
        for index, entry in found.items()
        if not _asked_for(texts[index], prompts[index], responses[index], set(entry.passage) - frame)
    ]
    if others is None:
        varied = _is_varied(values, len(found))
        return {
            index
            for index in left
            if not _is_usual(found[index].passage, values, len(responses))
            and not (varied and _gives_number(found[index]))
        }
    heads, sizes = _frequent_shorts(others), {len(value) for value in values}
    varied = _is_varied(values, len(found))
    return {
        index
        for index in left
        if not _any_at_edge(values, sizes, others[index])
        and not (varied and _gives_number(found[index]))
        and not (len(others[index]) < PASSAGE and (varied or found[index].passage in heads))
    }


def _gives_number(response: Repetition) -> bool:
    """Whether a number is the answer: one of its own that is no counter, or one of the prompt's."""
    return bool(numbers_in(response.passage) or numbers_in(tuple(response.taken)))


def _frame(values: Counter[tuple[str, ...]]) -> set[str]:
    """The words that nearly all the answers have in common: what differs between them is the answer."""
    counts: Counter[str] = Counter()
    for value, times in values.items():
        counts.update(dict.fromkeys(value, times))
    return {word for word, count in counts.items() if count >= _ONE_FOR_ALL * values.total()}


def _asked_for(text: str, prompt: Words, response: Words, answer: set[str]) -> bool:
    """The prompt names the answer among others, or is a question that is answered by yes or no."""
    if len(response) <= _WORDS_NAMED and set(response) <= set(prompt):
        return True
    if answer and answer <= set(prompt):
        return True
    return response[0] in _YES_NO and _YES_NO_QUESTION.search(text) is not None


def _is_usual(value: tuple[str, ...], values: Counter[tuple[str, ...]], n: int) -> bool:
    """Whether an answer that so many prompts get may be right, as far as can be said without another model's."""
    if len(value) >= PASSAGE:
        return False
    share = values[value] / n
    is_plain = len(value) <= 2 and (len(values) > 1 or all(map(str.isdigit, value)))
    return share <= (_ONE_FOR_ALL if is_plain else _AT_MOST)


def _is_varied(values: Counter[tuple[str, ...]], n: int) -> bool:
    """Whether there are several answers, and none of them is nearly all."""
    return len(values) > 1 and max(values.values()) < _ONE_FOR_ALL * n


def _frequent_shorts(others: Sequence[Words]) -> set[tuple[str, ...]]:
    """The short answers that the other model gives to a tenth of all prompts or more."""
    counts = Counter(tuple(words) for words in others if len(words) < PASSAGE)
    return {value for value, count in counts.items() if count >= _AT_MOST * len(others)}


def edges(words: Words) -> Words:
    """The words of an answer among which its verdict is."""
    return words if len(words) <= 2 * _EDGE else [*words[:_EDGE], *words[-_EDGE:]]


def _any_at_edge(values: Container[tuple[str, ...]], sizes: Collection[int], other: Words) -> bool:
    """Whether an answer says one of the values, which have these sizes, near its beginning or end."""
    return any(
        tuple(edge[start : start + size]) in values
        for edge in (other[:_EDGE], other[-_EDGE:])
        for size in sizes
        for start in range(len(edge) - size + 1)
    )
