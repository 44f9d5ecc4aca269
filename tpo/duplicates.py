"""Exact and near duplicates among prompts: MinHash finds who may be alike (datasketch), the sets themselves decide."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from datasketch import MinHash, MinHashLSH

PERMUTATIONS = 128
WORDS = 3
"""Words in a shingle. Texts of fewer than five words are compared word by word."""


@dataclass(frozen=True)
class Earlier:
    """The kind of prompt that a new one repeats, and whether word for word."""

    label: str
    exact: bool


class Seen:
    """The prompts so far, each with a label that says what it belongs to.

    Two prompts are near duplicates when the Jaccard similarity of their shingles is at least `threshold`. MinHash may
    overlook one that lies close to the threshold, and never makes one up: candidates are compared exactly.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        self._exact: dict[str, str] = {}
        self._sets: list[tuple[frozenset[str], str]] = []

    def take(self, text: str, label: str) -> Earlier | None:
        """What the text repeats, of several the one that was taken first; None when it is new, and is now taken."""
        normal = normalised(text)
        if normal in self._exact:
            return Earlier(self._exact[normal], True)
        found = shingles(normal)
        sketch = _sketch(found)
        for place in sorted(self._index.query(sketch)):
            known, earlier = self._sets[place]
            if jaccard(found, known) >= self._threshold:
                return Earlier(earlier, False)
        self._exact[normal] = label
        self._index.insert(len(self._sets), sketch)
        self._sets.append((found, label))
        return None


def normalised(text: str) -> str:
    """Lower case, words only, single spaces."""
    return " ".join(re.findall(r"\w+", text.lower())) or " ".join(text.split())


def shingles(normal: str) -> frozenset[str]:
    """Runs of three words of a normalised text; the words themselves of one under five words."""
    words = normal.split()
    if len(words) < 5:
        return frozenset(words)
    return frozenset(" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared shingles over all shingles of the two."""
    return len(a & b) / len(a | b) if a or b else 1.0


def _sketch(found: Iterable[str]) -> MinHash:
    sketch: MinHash = _EMPTY.copy()  # drawing the permutations anew for each text would take most of the time
    encoded: Sequence[bytes] = [shingle.encode("utf-8", "surrogatepass") for shingle in found]
    sketch.update_batch(encoded)
    return sketch


_EMPTY = MinHash(num_perm=PERMUTATIONS, hashfunc=crc32)
