"""What may be shown of an answer while it is written: nothing that may turn out to be thought, or to change."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tpobench.harness.models.modes import Mode
from tpobench.harness.native_thoughts import TAGS, may_begin_thought
from tpobench.harness.records import Generation, Split
from tpobench.harness.samplers.base import UNFINISHED
from tpobench.harness.samplers.cached import split_generation

_LONGEST_WORD = 40
_IN_WORDS = "".join(map(chr, range(0x21, 0x7F)))
_OPENED_BY_TEMPLATE = re.compile(r"think|reason|magistral|minimax-m2|\b(qwq|qvq|r1)\b", re.IGNORECASE)
"""Models whose chat template opens the thought, so that a server that does not set it apart sends no opening tag."""

_THOUGHT_IS_KNOWN = (None, "no_response_marker", "empty_response")
"""The errors of an output without an end of which the thought is the thought still."""


@dataclass(kw_only=True)
class AnswerStream:
    """Follows the outputs of one question while they are written. `show` gets the thought and the response as far as
    they may be shown; it is told of the first output that may still hold a response."""

    mode: Mode
    show: Callable[[Split], None]
    opens_thought: bool = False
    """Whether an output may begin within a thought: then nothing is shown before the thought has ended."""
    _keys: list[str] = field(default_factory=list)
    _outputs: dict[str, Generation] = field(default_factory=dict)

    def expect(self, keys: Iterable[str]) -> None:
        """These requests are asked next, in this order."""
        self._keys += keys

    def hear(self, outputs: Sequence[Generation]) -> None:
        """Outputs have grown, or ended."""
        self._outputs |= {output.request.key: output for output in outputs}
        for key in self._keys:
            output = self._outputs.get(key)
            if output is None:
                return
            split = split_generation(self.mode, output)
            if output.finish_reason == UNFINISHED:
                if output.thought or not self.opens_thought:
                    self.show(self._showable(split))
                return
            if split.error is None:
                return  # shown whole by whoever asks

    def _showable(self, split: Split) -> Split:
        markers = [*self.mode.markers, *TAGS]
        if split.error not in _THOUGHT_IS_KNOWN:
            return Split("", "", split.error)
        if split.error is None and not may_begin_thought(split.response):
            return Split(split.thought, settled(split.response, markers))
        is_complete = self.mode.markers and split.error != "no_response_marker"
        thought = split.thought if is_complete else settled(split.thought, markers)
        return Split(thought, "", "empty_response")


def opens_thought(model: str) -> bool:
    """Whether the model of this name may be one whose outputs begin within a thought, without an opening tag."""
    return _OPENED_BY_TEMPLATE.search(model) is not None


def settled(text: str, markers: Iterable[str]) -> str:
    """The beginning of a text that is being written which stays as it is, whatever follows: without the last word, and
    without what may become one of the markers.

    >>> settled("It is so. Here is my resp", ["Here is my response:"])
    'It is so.'
    """
    whole = text.rstrip("\ufffd")  # the bytes of a character of which others will follow
    word = len(whole) - len(whole.rstrip(_IN_WORDS))
    end = len(whole) - (word if word <= _LONGEST_WORD else 0)
    for marker in map(str.lower, markers):
        tail = text[-len(marker) :].lower()
        size = next((n for n in range(len(tail), 0, -1) if tail.endswith(marker[:n])), 0)
        end = min(end, len(text) - size)
    return text[:end].rstrip()
