"""Which outputs of a prompt to train on (paper, section 2.2): the best against the worst.

Outputs that did not parse, or that were cut at the token limit, are never chosen. An output that did not parse may be
rejected; one that parsed but got no verdict is neither. A prompt without a preference to learn from is dropped, with
the reason. Among equals the first sample counts.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from tpobench.harness.records import Output, Pair
from tpobench.tpo.preferences.scoring import length_controlled

Dropped = Literal[
    "nothing_parsed",  # no output has a response
    "not_judged",  # no response has a score
    "one_response",  # a single output is judged
    "identical",  # all responses that are judged are the same
    "nothing_to_choose",  # no output that ended by itself is better than another
    "tie",  # the best is no better than the worst
    "length_only",  # the judge does not prefer the best by length-controlled score to the worst
    "below_margin",
]

RHO_GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Paper, section 2.3: rho lies in [0, 0.5]."""


@dataclass(frozen=True)
class Scored:
    """An output with the judge's score of its response; None when it did not parse, or when verdicts are missing."""

    output: Output
    score: float | None


@dataclass(frozen=True)
class PairRules:
    """`rho` weighs length against the judge's score, `min_margin` is the least distance of two length-controlled
    scores, `per_prompt` the most pairs of one prompt, and `max_format_share` the largest share of all pairs whose
    rejected output merely did not parse (paper, section 2.2: about ten percent)."""

    rho: float = 0.0
    min_margin: float = 0.0
    per_prompt: int = 1
    max_format_share: float = 0.1


@dataclass(frozen=True)
class Picked:
    """The pairs, those by the judge's preference first; prompts without one by reason; the share of format pairs."""

    pairs: list[Pair]
    dropped: dict[str, int]
    rho: float
    format_share: float


@dataclass(frozen=True)
class RhoChoice:
    """`held` says whether chosen responses are on average not longer than rejected ones with `rho`; `table` has the
    mean characters of both with each rho of the grid (None: no pairs)."""

    rho: float
    held: bool
    table: dict[float, tuple[float, float] | None]


@dataclass(frozen=True, eq=False)
class _Ranked:
    """A judged output with the judge's own score and the length-controlled one."""

    output: Output
    raw: float
    value: float


def pick_pairs(prompts: Sequence[Sequence[Scored]], rules: PairRules) -> Picked:
    """Up to `per_prompt` pairs of each prompt's samples: best against worst, second best against second worst, ...

    A prompt without such a pair gives one against an output that did not parse, while those stay at most
    `max_format_share` of all pairs.

    Args:
        prompts: the scored samples of each prompt.
        rules: what makes a pair.

    Source:
        Wu et al., "Thinking LLMs" (arXiv 2410.10630), sections 2.2 and 2.3.
    """
    pairs: list[Pair] = []
    dropped: Counter[str] = Counter()
    spare: list[tuple[str, Pair]] = []
    for samples in prompts:
        ranked = _ranked(samples, rules.rho)
        outcome = _preferred(ranked, rules) if ranked else _unjudged(samples)
        if isinstance(outcome, list):
            pairs.extend(outcome)
        elif (fallback := _against_unparsed(ranked, samples)) is not None:
            spare.append((outcome, fallback))
        else:
            dropped[outcome] += 1
    share = rules.max_format_share
    allowed = math.floor(share * len(pairs) / (1 - share) + 1e-9)
    dropped.update(reason for reason, _ in spare[allowed:])
    kept = [pair for _, pair in spare[:allowed]]
    every = pairs + kept
    return Picked(every, dict(dropped), rules.rho, len(kept) / len(every) if every else 0.0)


def lengths(pairs: Sequence[Pair]) -> tuple[float, float] | None:
    """Mean characters of chosen and of rejected responses, format pairs left out; None when there are no others."""
    judged = [pair for pair in pairs if not pair.rejected.parse_error]
    if not judged:
        return None
    return fmean(len(p.chosen.response) for p in judged), fmean(len(p.rejected.response) for p in judged)


def auto_rho(prompts: Sequence[Sequence[Scored]], rules: PairRules, grid: Sequence[float] = RHO_GRID) -> RhoChoice:
    """The smallest rho of the grid with which chosen responses are on average not longer than rejected ones (paper,
    section 2.3), under `rules` but for their own rho; the largest, not `held`, when none does."""
    table = {rho: lengths(pick_pairs(prompts, replace(rules, rho=rho)).pairs) for rho in sorted(grid)}
    for rho, means in table.items():
        if means is not None and means[0] <= means[1]:
            return RhoChoice(rho, True, table)
    return RhoChoice(max(table), False, table)


def _ranked(samples: Sequence[Scored], rho: float) -> list[_Ranked]:
    """The judged outputs; scores are length-controlled among all of them, repeated ones included."""
    judged = [(s.output, s.score) for s in samples if s.score is not None and not s.output.parse_error]
    values = length_controlled([raw for _, raw in judged], [len(o.response) for o, _ in judged], rho) if judged else []
    return [_Ranked(output, raw, value) for (output, raw), value in zip(judged, values, strict=True)]


def _unjudged(samples: Sequence[Scored]) -> Dropped:
    return "nothing_parsed" if all(s.output.parse_error for s in samples) else "not_judged"


def _preferred(ranked: Sequence[_Ranked], rules: PairRules) -> list[Pair] | Dropped:
    if len(ranked) == 1:
        return "one_response"
    if len({r.output.response for r in ranked}) == 1:
        return "identical"
    distinct: dict[tuple[str, tuple[int, ...]], _Ranked] = {}
    for r in ranked:
        distinct.setdefault((r.output.raw_text, r.output.token_ids), r)
    pairs: list[Pair] = []
    for best, worst in _opposites(list(distinct.values())):
        problem = _problem(best, worst, rules.min_margin)
        if problem is not None:
            return pairs or problem
        pairs.append(
            Pair(
                prompt=best.output.prompt,
                chosen=best.output,
                rejected=worst.output,
                chosen_score=best.value,
                rejected_score=worst.value,
            )
        )
        if len(pairs) == rules.per_prompt:
            break
    return pairs or "nothing_to_choose"


def _opposites(outputs: Sequence[_Ranked]) -> Iterator[tuple[_Ranked, _Ranked]]:
    """The best that may be chosen against the worst of the others, again and again without those."""
    left = list(outputs)
    while choosable := [r for r in left if r.output.finish_reason == "stop"]:
        best = max(choosable, key=lambda r: r.value)
        left.remove(best)
        if not left:
            return
        worst = min(left, key=lambda r: r.value)
        left.remove(worst)
        yield best, worst


def _problem(best: _Ranked, worst: _Ranked, min_margin: float) -> Dropped | None:
    """Why the two make no pair."""
    if best.value < worst.value:
        return "nothing_to_choose"
    if best.value == worst.value or best.raw == worst.raw or best.output.response == worst.output.response:
        return "tie"
    # Length control alone must not make a preference: the judge has to see the difference as well.
    if best.raw < worst.raw:
        return "length_only"
    return "below_margin" if best.value - worst.value < min_margin else None


def _against_unparsed(ranked: Sequence[_Ranked], samples: Sequence[Scored]) -> Pair | None:
    """The best output against the first that did not parse, which scores minus infinity."""
    choosable = [r for r in ranked if r.output.finish_reason == "stop"]
    unparsed = [s.output for s in samples if s.output.parse_error]
    if not choosable or not unparsed:
        return None
    best = max(choosable, key=lambda r: r.value)
    return Pair(
        prompt=best.output.prompt,
        chosen=best.output,
        rejected=unparsed[0],
        chosen_score=best.value,
        rejected_score=-math.inf,
    )
