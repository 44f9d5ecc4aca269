"""Which two outputs of a prompt to train on (paper, section 2.2): the best against the worst.

Outputs that did not parse, or that were cut at the token limit, are never chosen. An output that did not parse may be
rejected. A prompt without a preference to learn from is dropped, with the reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.records import Output, Pair
from tpo.scoring import length_controlled

Dropped = Literal["nothing_parsed", "nothing_to_choose", "tie", "identical"]

MAX_FORMAT_SHARE = 0.1
"""Share of pairs whose rejected side is merely unparseable (paper, section 2.2: at most about ten percent)."""


@dataclass(frozen=True)
class Scored:
    """An output with the judge's score of its response; None when it did not parse."""

    output: Output
    score: float | None


def pick_pair(samples: Sequence[Scored], rho: float, reject_format: bool) -> Pair | Dropped:
    """The pair of one prompt's samples, or why there is none.

    Scores are length-controlled among the parsed responses. With `reject_format`, an output that did not parse is
    the rejected one; it scores minus infinity.
    """
    parsed = [(s.output, s.score) for s in samples if s.score is not None]
    if not parsed:
        return "nothing_parsed"
    controlled = length_controlled([v for _, v in parsed], [len(o.response) for o, _ in parsed], rho)
    ranked = [(output, raw, value) for (output, raw), value in zip(parsed, controlled, strict=True)]
    choosable = [entry for entry in ranked if entry[0].finish_reason == "stop"]
    if not choosable:
        return "nothing_to_choose"
    chosen, chosen_raw, chosen_value = max(choosable, key=lambda entry: entry[2])
    unparsed = [s.output for s in samples if s.score is None]
    if reject_format and unparsed:
        return Pair(chosen.prompt, chosen, unparsed[0], chosen_value, -math.inf)
    rejected, rejected_raw, rejected_value = min(ranked, key=lambda entry: entry[2])
    # Length control alone must not make a preference: the judge has to see a difference as well.
    if rejected_raw >= chosen_raw or rejected_value >= chosen_value:
        return "tie"
    if chosen.token_ids == rejected.token_ids:
        return "identical"
    return Pair(chosen.prompt, chosen, rejected, chosen_value, rejected_value)


def pick_pairs(prompts: Sequence[Sequence[Scored]], rho: float) -> tuple[list[Pair], dict[str, int]]:
    """One pair a prompt where there is one, and how many prompts were dropped for which reason.

    Prompts that would otherwise be dropped as ties give a format pair (rejected did not parse) while those stay at
    most `MAX_FORMAT_SHARE` of all pairs.
    """
    pairs: list[Pair] = []
    dropped: dict[str, int] = {}
    spare: list[tuple[str, Pair]] = []
    for samples in prompts:
        found = pick_pair(samples, rho, reject_format=False)
        if isinstance(found, Pair):
            pairs.append(found)
            continue
        fallback = pick_pair(samples, rho, reject_format=True)
        if isinstance(fallback, Pair):
            spare.append((found, fallback))
        else:
            dropped[found] = dropped.get(found, 0) + 1
    allowed = int(MAX_FORMAT_SHARE * len(pairs) / (1 - MAX_FORMAT_SHARE))
    pairs.extend(pair for _, pair in spare[:allowed])
    for reason, _ in spare[allowed:]:
        dropped[reason] = dropped.get(reason, 0) + 1
    return pairs, dropped
