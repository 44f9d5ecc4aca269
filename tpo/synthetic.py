"""Synthetic instructions: a model is shown eight and writes new ones (paper, section 3: 8-shot)."""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.errors import UserError
from harness.generate import Generator
from harness.modes import DIRECT
from harness.records import Output, Prompt
from tpo.config import SourceConfig
from tpo.duplicates import Seen

SHOTS = 8
ASKED = 8
"""New instructions that each request asks for."""

LEAST_CHARS, MOST_CHARS = 15, 600
LEAST_WORDS = 4

MOST_REQUESTS = 6.0
"""Requests for each instruction that is wanted, after which the model is given up."""

_NUMBERED = re.compile(r"^\s*(?:task|instruction)?\s*\d+\s*[.):]\s*", re.IGNORECASE)
_REFUSAL = re.compile(r"\b(i'm sorry|i am sorry|as an ai|i cannot|i can't|here are|sure[,!])", re.IGNORECASE)


def synthetic_prompts(
    source: SourceConfig, generator: Generator, seeds: Sequence[Prompt], near_duplicates: float, seed: int
) -> list[Prompt]:
    """`source.count` new instructions, the same for the same seeds, model and seed; what was written is in the store.

    Raises UserError with fewer than eight seeds, and when the model does not come up with as many that are new: it says
    why the others were left out.
    """
    assert source.count is not None
    if len(seeds) < SHOTS:
        raise UserError(f"{source.source} has {len(seeds)} seed instructions; {SHOTS} are shown at a time, bring more")
    seen, rng = Seen(near_duplicates), random.Random(seed)
    for shown in seeds:
        seen.take(shown.text, "a seed")
    found: list[Prompt] = []
    left_out: Counter[str] = Counter()
    asked, params = 0, source.sampling.params(seed)
    while len(found) < source.count:
        yielded = max(0.5, len(found) / asked) if asked else 4.0
        requests = max(16, math.ceil((source.count - len(found)) / yielded))
        if asked and asked + requests > max(64, MOST_REQUESTS * source.count):
            reasons = ", ".join(f"{reason} {number}" for reason, number in left_out.most_common())
            raise UserError(
                f"{generator.model.name} wrote {len(found)} of {source.count} new instructions in {asked} tries (left "
                f"out: {reasons}); ask for fewer, bring more seeds, or take a larger model"
            )
        prompts = [Prompt(_request(rng.sample(list(seeds), SHOTS)), source=source.source) for _ in range(requests)]
        generator.ensure(prompts, DIRECT, params, [0], "writing instructions")
        for output in generator.outputs(prompts, DIRECT, params, [0]):
            for text in candidates(output):
                reason = _unfit(text) or _repeated(seen, text)
                if reason:
                    left_out[reason] += 1
                else:
                    found.append(Prompt(text, source=f"synthetic:{generator.model.name.rpartition('/')[2]}"))
        asked += requests
    return found[: source.count]


def candidates(output: Output) -> Iterator[str]:
    """The numbered lines of an output; the last one not, where the output was cut at the token limit."""
    lines = [line for line in output.response.splitlines() if line.strip()]
    if output.finish_reason == "length":
        lines = lines[:-1]
    for line in lines:
        if _NUMBERED.match(line):
            yield _NUMBERED.sub("", line).strip().strip('"*').strip()


def _request(shots: Sequence[Prompt]) -> str:
    listed = "\n".join(f"{number}. {' '.join(shot.text.split())}" for number, shot in enumerate(shots, 1))
    return (
        f"Here are {SHOTS} instructions that people gave to an assistant:\n\n{listed}\n\n"
        f"Write {ASKED} new instructions on other subjects, one on each line, numbered from {SHOTS + 1} to "
        f"{SHOTS + ASKED}. Do not answer them."
    )


def _unfit(text: str) -> str | None:
    if len(text) < LEAST_CHARS or len(text.split()) < LEAST_WORDS:
        return "too short"
    if len(text) > MOST_CHARS:
        return "too long"
    if _REFUSAL.search(text):
        return "not an instruction"
    return None if text[0].isalpha() or text[0] in "\"'“" else "not an instruction"


def _repeated(seen: Seen, text: str) -> str | None:
    return "repeated" if seen.take(text, "written before") else None
