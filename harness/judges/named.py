"""Judges turn responses into scores and judgments. They never see a thought."""

from collections.abc import Sequence

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.judges.pointwise import PointwiseJudge
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Output

POINTWISE = ("checklist", "reward:MODEL", "armorm:MODEL", "module:function")


def pointwise_judge(name: str) -> PointwiseJudge:
    """The judge of this name (see `POINTWISE`); raises UserError for an unknown one."""
    kind, colon, rest = name.partition(":")
    if name == "checklist":
        return ChecklistJudge()
    if kind in ("reward", "armorm") and rest:
        if is_endpoint(rest):
            raise UserError(f"the judge {name} names an endpoint, and a {kind} model is loaded here; name its folder")
        from tpobench.harness.judges.reward import RewardModelJudge
        from tpobench.harness.models.resolve import resolve_model

        return RewardModelJudge(resolve_model(rest), kind)
    if colon and kind and rest:
        from tpobench.harness.judges.custom import CustomJudge

        return CustomJudge(name)
    raise UserError(f"unknown judge {name!r}; {did_you_mean(name, list(POINTWISE))}")


def weighted(parts: Sequence[tuple[str, float]]) -> PointwiseJudge:
    """The weighted sum of pointwise judges, by name."""
    from tpobench.harness.judges.weighted import WeightedJudge

    return WeightedJudge([(pointwise_judge(name), weight) for name, weight in parts])


def judged_text(output: Output, mode: Mode) -> str:
    """What a judge gets to see of an output: its response, empty when it did not parse.

    Raises AssertionError when a marker of the mode is in it: a thought must never reach a judge.
    """
    if output.parse_error:
        return ""
    leaked = [marker for marker in mode.markers if marker in output.response]
    assert not leaked, f"the response of output {output.key} holds the marker {leaked[0]!r}"
    return output.response
