"""How far a judge can be trusted: the same pairs in both orders, several times over."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, variance
from typing import Any

from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.harness.stats.preferences import flips


@dataclass(frozen=True, kw_only=True)
class JudgeConsistency:
    """What was seen over `prompts` pairs. Shares are in 0..1; a flip is a preference that changes sides with the order
    of presentation (ties aside); `repeat_variance` is that of the preference between repeats of one call, averaged."""

    judge: str
    prompts: int
    calls: int
    missing: float
    flip_rate: Interval | None
    first_preferred: Interval | None
    repeat_variance: float | None
    repeat_flips: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(label: str, preferences: Sequence[float | None], repeats: int) -> JudgeConsistency:
    """From preferences in the order pair, then AB and BA, then repeat; each oriented to the candidate."""
    size = 2 * repeats
    pairs = [preferences[start : start + size] for start in range(0, len(preferences), size)]
    flipped, firsts, spreads, changes = [], [], [], []
    for pair in pairs:
        ab, ba = ([value for value in side if value is not None] for side in (pair[:repeats], pair[repeats:]))
        if ab and ba:
            flipped.append(float(flips(fmean(ab), fmean(ba))))
            firsts.append((fmean(ab) + 1 - fmean(ba)) / 2)
        for side in (ab, ba):
            if len(side) > 1:
                spreads.append(variance(side))
                changes.append(float(min(side) < 0.5 < max(side)))
    return JudgeConsistency(
        judge=label,
        prompts=len(pairs),
        calls=len(preferences),
        missing=sum(value is None for value in preferences) / max(len(preferences), 1),
        flip_rate=mean_interval(flipped) if flipped else None,
        first_preferred=mean_interval(firsts) if firsts else None,
        repeat_variance=fmean(spreads) if spreads else None,
        repeat_flips=fmean(changes) if changes else None,
    )
