"""Synthetic instructions: a model is shown eight and writes another (paper, section 3: 8-shot).

The eight are earlier turns of a chat in which an instruction was asked for: so a small model keeps to the form, too.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.duplicates import Seen
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.evaluation.prompt_files import prompts_from_file
from tpobench.harness.json_files import read_json_lines
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Message, Output, Prompt, Split
from tpobench.harness.samplers.cached import OutputCache
from tpobench.tpo.config import SourceConfig
from tpobench.tpo.prompts.sources import prompts_of

SHOTS = 8
LEAST_ROUND = 32
"""Requests that are made at a time at least: a model answers many at once almost as fast as a few."""

MOST_REQUESTS = 4
"""Requests for each instruction that is wanted, after which the model is given up."""

LEAST_WORDS, MOST_CHARS = 4, 600

_NUMBERED = re.compile(r"^\s*(?:(?:task|instruction)\s*)?\d+\s*[.):]\s+", re.IGNORECASE)
_QUOTES = '"“”*` '
_NO_INSTRUCTION = re.compile(
    r"^(i'm sorry|i am sorry|sorry|i apologi[sz]e|unfortunately|as an ai|i cannot|i can't|i can not|here (?:is|are)|"
    r"sure\b|certainly\b|of course\b|(?:answer|response|output|note|explanation|solution|title)\s*:|the answer is)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _ShotMode(Mode):
    """A prompt's lines are the shots."""

    def messages(self, prompt: str) -> tuple[Message, ...]:
        ask = {"role": "user", "content": self.user}
        turns = [turn for shot in prompt.split("\n") for turn in (ask, {"role": "assistant", "content": shot})]
        return (*turns, ask)


def _whole(raw: str) -> Split:
    return Split("", raw.strip())


WRITING = _ShotMode(name="synthetic", user="Write a new instruction on another subject.", split=_whole)


def synthetic_prompts(
    source: SourceConfig, writer: OutputCache, seeds: Sequence[Prompt], near_duplicates: float, seed: int
) -> list[Prompt]:
    """New instructions, the same for the same seeds, model and seed; a larger count extends them.

    Everything that the model wrote is in the store, so a run that was killed asks for nothing twice.

    Args:
        source: says how many are wanted, and how they are sampled.
        writer: the outputs of the model that writes.
        seeds: what it is shown, eight at a time.
        near_duplicates: the Jaccard similarity from which an instruction repeats a seed or another instruction; such
            instructions are left out.
        seed: of the sampling, and of which seeds are shown together.

    Raises:
        UserError: with fewer than eight usable seeds; and when the model does not write enough new instructions: it
            says why the rest was left out.
    """
    assert source.count is not None
    shots = [text for prompt in seeds if len(text := " ".join(prompt.text.split())) <= MOST_CHARS]
    if len(shots) < SHOTS:
        raise UserError(
            f"{source.source} has {len(shots)} seed instructions of up to {MOST_CHARS} characters; {SHOTS} are shown "
            "at a time, bring more"
        )
    seen = Seen(near_duplicates)
    for shown in shots:
        seen.take(shown, "a seed")
    params, label = source.sampling.params(seed), f"synthetic:{_short(writer.model.name)}"
    rng, most = random.Random(seed), max(LEAST_ROUND, MOST_REQUESTS * source.count)
    prompts: list[Prompt] = []
    left_out: Counter[str] = Counter()
    tries = 0
    while len(prompts) < source.count and tries < most:
        number = min(most - tries, _round(source.count - len(prompts), len(prompts), tries))
        requests = [Prompt("\n".join(rng.sample(shots, SHOTS)), source=source.source) for _ in range(number)]
        writer.ensure(requests, WRITING, params, [0], "writing instructions")
        for output in writer.outputs(requests, WRITING, params, [0]):
            for text, problem in candidates(output):
                problem = problem or _repeated(seen, text)
                if problem is None:
                    prompts.append(Prompt(text, source=label))
                else:
                    left_out[problem] += 1
        tries += number
    if len(prompts) < source.count:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in left_out.most_common()) or "none"
        raise UserError(
            f"{writer.model.name} wrote {len(prompts):,} of {source.count:,} new instructions in {tries:,} tries "
            f"(left out: {reasons}); lower 'count', bring more seeds, or take a larger model"
        )
    return prompts[: source.count]


def seed_prompts(source: SourceConfig) -> list[Prompt]:
    """What the writer is shown: after ``synthetic:`` stands ``starter``, or a JSONL file with ``prompt``, or with
    ``instruction`` and ``instances`` as self-instruct has them. Raises UserError where there is none."""
    name = source.source.partition(":")[2]
    if name == DEFAULT_BENCHMARK:
        return prompts_of(SourceConfig(source=DEFAULT_BENCHMARK))
    path = Path(name)
    try:
        rows = [row for _, row in read_json_lines(path)]
    except UserError:
        rows = []  # read again below, which raises it again
    if not rows or not all(isinstance(row.get("instruction"), str) for row in rows):
        return list(prompts_from_file(path))
    return [Prompt(text, source=f"file:{path.name}") for row in rows if (text := _with_input(row))]


def candidates(output: Output) -> Iterator[tuple[str, str | None]]:
    """Each instruction in an output, with what is wrong with it: all numbered lines, or else the first line, since what
    follows that is its answer. What the token limit has cut is wrong."""
    lines = [line for line in output.response.split("\n") if line.strip()]
    numbered = [at for at, line in enumerate(lines) if _NUMBERED.match(line)] or [0][: len(lines)]
    if not lines:
        yield "", "empty"
    for at in numbered:
        text = _NUMBERED.sub("", lines[at]).strip(_QUOTES)
        cut = output.finish_reason == "length" and at == len(lines) - 1
        yield text, "cut at the token limit" if cut else _problem(text)


def _problem(text: str) -> str | None:
    if len(text.split()) < LEAST_WORDS:
        return "too short"
    if len(text) > MOST_CHARS:
        return "too long"
    if _NO_INSTRUCTION.match(text) or text[0].islower() or not text[0].isalnum():
        return "no instruction"
    if not text.endswith((".", "?", "!", ":", '"', "'", ")", "”", "。", "？", "！")):
        return "without an end"
    return None


def _repeated(seen: Seen, text: str) -> str | None:
    earlier = seen.take(text, "written before")
    return None if earlier is None else f"{'' if earlier.exact else 'nearly '}{earlier.label}"


def _round(missing: int, instructions: int, tries: int) -> int:
    """As many requests as the yield so far calls for."""
    rate = max(instructions, 1) / tries if tries else 1.0
    return max(LEAST_ROUND, math.ceil(missing / rate))


def _with_input(row: dict[str, object]) -> str:
    """An instruction of self-instruct with its first instance's input, without which it often makes no sense."""
    instances = row.get("instances")
    first = instances[0] if isinstance(instances, list) and instances else {}
    given = first.get("input", "") if isinstance(first, dict) else ""
    return " ".join(f"{row['instruction']} {given}".split())


def _short(model: str) -> str:
    """An endpoint without its address, a folder without its path."""
    return Path(model.partition("@http")[0]).name
