"""Whether a candidate was trained on the prompts that it is judged on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tpobench.harness.duplicates import normalised, shingles, words_of
from tpobench.harness.evaluation.distinct_prompts import core
from tpobench.harness.gate.input import GateInput
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store
from tpobench.harness.store.training import training_prompts

NEAR = 0.7
"""The Jaccard similarity of word triples from which a prompt that holds another is that one with a few words more."""

WHOLE = 6
"""A prompt with so many word triples counts wherever it stands word for word: training adds demands to prompts."""


@dataclass(frozen=True, kw_only=True)
class Contamination:
    """Which of the prompts (by index, of `of`) the model was trained on, and by which runs."""

    prompts: tuple[int, ...]
    of: int
    runs: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the prompts."""
        return len(self.prompts) / self.of


def contamination(store: Store, candidate: str, prompts: Sequence[Prompt]) -> Contamination | None:
    """The prompts that the training of a model saw, whatever their files are called: the same text but for case,
    spacing, look-alike characters and a few words around it.

    Args:
        store: Holds the runs that made the model, and its parents.
        candidate: The model's fingerprint.
        prompts: Those it is judged on.

    Returns:
        None where the store knows of none.
    """
    trained = training_prompts(store, candidate)
    known = [prompt.text for prompt in trained]
    seen = seen_in_training([prompt.text for prompt in prompts], known)
    if not seen:
        return None
    runs = dict.fromkeys(trained[index].run for index in seen.values())
    return Contamination(prompts=tuple(sorted(seen)), of=len(prompts), runs=tuple(runs))


def told_of_contamination(store: Store, gate_input: GateInput) -> GateInput:
    """The input with a warning where the candidate was trained on prompts of the gate."""
    found = contamination(store, gate_input.candidate_fingerprint, gate_input.prompts)
    if found is None:
        return gate_input
    runs = " and ".join(f"the run {run}" for run in found.runs)
    warning = (
        f"{gate_input.candidate} was trained by {runs} on {len(found.prompts)} of these {found.of} prompts "
        f"({found.share:.1%}): its answers there may be memorised; judge it on other prompts"
    )
    return replace(gate_input, warnings=(*gate_input.warnings, warning))


def seen_in_training(texts: Sequence[str], known: Sequence[str]) -> dict[int, int]:
    """By index of a text the index of the first known one that repeats it."""
    index = _TextIndex(texts)
    seen: dict[int, int] = {}
    for number, text in enumerate(known):
        for match in index.matches(core(text)):
            seen.setdefault(match, number)
    return seen


class _TextIndex:
    """The texts by their word triples. They are few, and what is looked up in them may be very much."""

    def __init__(self, texts: Sequence[str]) -> None:
        cores = [core(text) for text in texts]
        self._words = [words_of(normalised(text)) for text in cores]
        self._sizes = []
        self._exact: dict[str, list[int]] = {}
        self._with_shingle: dict[str, list[int]] = {}
        for index, text in enumerate(cores):
            of_text = shingles(normalised(text))
            self._sizes.append(len(of_text))
            self._exact.setdefault(text, []).append(index)
            for shingle in of_text:
                self._with_shingle.setdefault(shingle, []).append(index)

    def matches(self, text: str) -> list[int]:
        """The indices of the texts that are this one, stand in it, or hold it and are little longer."""
        if text in self._exact:
            return self._exact[text]
        own, words = shingles(normalised(text)), words_of(normalised(text))
        shared = Counter(index for shingle in own for index in self._with_shingle.get(shingle, ()))
        return [
            index
            for index, count in shared.items()
            if self._is_near(count, len(own), self._sizes[index]) and _holds(words, self._words[index])
        ]

    def _is_near(self, shared: int, known: int, size: int) -> bool:
        return shared >= NEAR * (known + size - shared) or shared == size >= WHOLE


def _holds(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the words of one stand in the other, in a row."""
    short, long = sorted((list(one), list(other)), key=len)
    return any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1))
