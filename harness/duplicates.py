"""Exact and near duplicates among texts: MinHash finds candidates (datasketch), the texts themselves decide."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from datasketch import MinHash, MinHashLSH

SHORT = 5
"""A text of fewer words is compared word by word: it has hardly any shingles."""

PERMUTATIONS = 64
MISSED = 1e-3
"""The chance at most with which no band of two texts right at the threshold is the same."""

SLACK = 4.0
"""Standard deviations by which the similarity of two sketches may fall short of the threshold: short texts of one
pattern share bands by the thousand, and would all be compared."""

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana and Chinese characters: each counts as a word
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s.,;:!?'\"’‘“”„«»()\[\]…–—。，、？！：；「」]")


@dataclass(frozen=True)
class Earlier:
    """The label of the text that a new one repeats, and whether word for word."""

    label: str
    exact: bool


class Seen:
    """The texts so far, each with a label that says what it belongs to.

    Two texts are near duplicates when the Jaccard similarity of their shingles is at least `threshold`, and `confirm`,
    which is given both of them normalised, agrees.
    """

    def __init__(self, threshold: float, confirm: Callable[[str, str], bool] = lambda text, known: True) -> None:
        self._threshold = threshold
        self._confirm = confirm
        self._index = MinHashLSH(num_perm=PERMUTATIONS, params=bands(threshold))
        self._empty = MinHash(num_perm=PERMUTATIONS, hashfunc=crc32)  # copied: its permutations are slow to draw
        self._exact: dict[str, str] = {}
        self._taken: list[tuple[str, str]] = []
        self._sketches = np.empty((1024, PERMUTATIONS), self._empty.hashvalues.dtype)
        self._least = threshold - SLACK * (threshold * (1 - threshold) / PERMUTATIONS) ** 0.5

    def take(self, text: str, label: str) -> Earlier | None:
        """What the text repeats, of several the one that was taken first; None when it is new, and is now taken."""
        normal = normalised(text)
        if normal in self._exact:
            return Earlier(self._exact[normal], True)
        of_text = shingles(normal)
        sketch = self._empty.copy()
        sketch.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in of_text])
        for index in self._alike(sketch):
            known, whose = self._taken[index]
            # Made again: the shingles of all texts would fill gigabytes, and few texts are similar.
            if jaccard(of_text, shingles(known)) >= self._threshold and self._confirm(normal, known):
                return Earlier(whose, False)
        self._exact[normal] = label
        self._add(sketch)
        self._taken.append((normal, label))
        return None

    def _alike(self, sketch: MinHash) -> list[int]:
        """The indexes of those texts that may be near duplicates, in order."""
        candidates = np.array(sorted(self._index.query(sketch)), dtype=np.intp)
        similarity = (self._sketches[candidates] == sketch.hashvalues).mean(axis=1)
        alike: list[int] = candidates[similarity >= self._least].tolist()
        return alike

    def _add(self, sketch: MinHash) -> None:
        index = len(self._taken)
        if index == len(self._sketches):
            self._sketches = np.concatenate([self._sketches, np.empty_like(self._sketches)])
        self._sketches[index] = sketch.hashvalues
        self._index.insert(index, sketch, check_duplication=False)


def bands(threshold: float) -> tuple[int, int]:
    """Into how many bands of how many values a sketch is cut: the fewest comparisons that overlook no more than
    `MISSED`, the chance being (1 - threshold ** values) ** bands."""
    for values in range(PERMUTATIONS, 1, -1):
        number = PERMUTATIONS // values
        if number > 1 and (1 - threshold**values) ** number <= MISSED:
            return number, values
    return PERMUTATIONS, 1


def normalised(text: str) -> str:
    """Lower case and single spaces."""
    return " ".join(text.lower().split())


def words_of(normal: str) -> list[str]:
    """The words of a normalised text in their order; punctuation is left out, other symbols count as words."""
    return _WORD.findall(normal)


def shingles(normal: str) -> frozenset[str]:
    """Runs of three words of a normalised text, or the words of one under five. Punctuation is left out, other
    symbols (an operator, a currency) count as words."""
    words = words_of(normal) or [normal]
    if len(words) < SHORT:
        return frozenset(words)
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared shingles over all shingles of the two."""
    return len(a & b) / len(a | b)
