"""What verdicts show of their judge: how many change with the order, take no side, or are missing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.rules import MOST_FLIPS, MOST_FLIPS_UNCONTROLLED, MOST_TIES, Sensitivity
from tpobench.harness.judges.asking import MISSING_WORDS
from tpobench.harness.stats.intervals import difference_interval, one_sided_bound
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.preferences import flips

CERTAIN = 0.02
"""How likely a share at its limit is taken for one beyond it."""


@dataclass(frozen=True)
class VerdictShare:
    """A share of so many cases, and the least that it can be. An honest judge of close models changes many verdicts,
    too, so that the limits are about what is certain."""

    share: float
    of: int
    low: float

    @property
    def is_of_all(self) -> bool:
        """Whether it is so in all of several cases."""
        return self.share == 1 and self.of > 1

    def exceeds(self, limit: float) -> bool:
        """Whether it is certainly beyond the limit."""
        return self.low > limit


def verdict_shares(judged: Sequence[Sequence[Verdict]]) -> dict[str, VerdictShare]:
    """The shares by their names in a policy, as far as there is anything to tell them from.

    A flip is counted among the prompts on which both orders take a side: a judge that hides behind ties is measured
    where it does not. A tie is a prompt on which no verdict takes a side.

    Args:
        judged: By prompt, all its verdicts.
    """
    known = [verdicts for verdicts in judged if all(verdict.preference is not None for verdict in verdicts)]
    shares = {
        "flips": _share(flips(ab, ba) for ab, ba in _both_orders(judged) if 0.5 not in (ab, ba)),
        "ties": _share(all(verdict.preference == 0.5 for verdict in verdicts) for verdicts in known),
        "position": _position(judged),
        "missing": _share(verdict.preference is None for verdicts in judged for verdict in verdicts),
    }
    return {name: share for name, share in shares.items() if share is not None}


def beyond_limits(
    limits: Sensitivity,
    shares: Mapping[str, VerdictShare],
    names: Sequence[str] = ("flips", "ties", "position", "missing"),
    *,
    controlled: bool = True,
    free: bool = False,
) -> list[str]:
    """What is beyond its limit, for people.

    Args:
        limits: Of the policy.
        shares: What was seen.
        names: Those that count.
        controlled: Whether the judge has shown that it can tell good from bad. Where it has not, a share of all cases
            counts though they are few: a wide margin is met within two or three prompts.
        free: Whether judging costs nothing.
    """
    most = {name: _limit(limits, name, controlled, free) for name in shares}
    return [
        f"{name} {share.share:.0%} of {share.of}, allowed up to {most[name]:.0%}"
        for name, share in shares.items()
        if name in names
        and (
            share.exceeds(most[name])
            or _is_tightened(limits, name, share)
            or (not controlled and share.is_of_all and most[name] < 1)
        )
    ]


def with_reasons(problems: Sequence[str], judged: Sequence[Sequence[Verdict]]) -> list[str]:
    """The same problems; for verdicts that are missing, with the reasons, as far as the judge's answers show one."""
    missing = Counter(verdict.verdict for verdicts in judged for verdict in verdicts if verdict.preference is None)
    reasons = [f"{count} {MISSING_WORDS[said]}" for said, count in missing.most_common() if said in MISSING_WORDS]
    if not reasons:
        return list(problems)
    return [f"{each}: {', '.join(reasons)}" if each.startswith("missing ") else each for each in problems]


def _limit(limits: Sensitivity, name: str, controlled: bool, free: bool) -> float:
    """The policy's limit, or what stands for it. A judge without a taste for a place changes at most every second
    verdict, on equal answers: where a control lost, more than that shows that it goes by the place; where none did,
    so many are a sign of one that sees nothing."""
    stated: float | None = getattr(limits, name)
    if stated is not None:
        return stated
    if name == "flips":
        return MOST_FLIPS if controlled else MOST_FLIPS_UNCONTROLLED
    return 1.0 if controlled and free else MOST_TIES


def _is_tightened(limits: Sensitivity, name: str, share: VerdictShare) -> bool:
    """Whether a policy that wants fewer missing judgments than every gate has too many: what is missing is counted, and
    no sign of anything else."""
    return name == "missing" and limits.missing < MAX_MISSING and share.share > limits.missing


def _share(cases: Iterable[bool]) -> VerdictShare | None:
    values = [float(case) for case in cases]
    return VerdictShare(fmean(values), len(values), one_sided_bound(values, CERTAIN)[0]) if values else None


def _position(judged: Sequence[Sequence[Verdict]]) -> VerdictShare | None:
    """How far the preference is apart between the two orders: 0 where the order does not matter, 1 where nothing else
    does. By prompt where all are judged in both orders; otherwise of those of one order and those of the other."""
    pairs = _both_orders(judged)
    if pairs and len(pairs) == len(judged):
        apart = difference_interval([ab - ba for ab, ba in pairs], 1 - 2 * CERTAIN)
        return VerdictShare(abs(apart.mean), apart.n, max(apart.low, -apart.high, 0.0))
    first, second = (_in_order(judged, order) for order in ("AB", "BA"))
    if not first or not second:
        return None
    (low_first, high_first), (low_second, high_second) = (
        one_sided_bound(side, CERTAIN / 2) for side in (first, second)
    )
    apart_by = abs(fmean(first) - fmean(second))
    low = max(low_first - high_second, low_second - high_first, 0.0)
    return VerdictShare(apart_by, min(len(first), len(second)), low)


def _both_orders(judged: Sequence[Sequence[Verdict]]) -> list[tuple[float, float]]:
    pairs = []
    for verdicts in judged:
        known = {verdict.order: verdict.preference for verdict in verdicts if verdict.preference is not None}
        if len(known) == 2:
            pairs.append((known["AB"], known["BA"]))
    return pairs


def _in_order(judged: Sequence[Sequence[Verdict]], order: str) -> list[float]:
    return [
        verdict.preference
        for verdicts in judged
        for verdict in verdicts
        if verdict.order == order and verdict.preference is not None
    ]
