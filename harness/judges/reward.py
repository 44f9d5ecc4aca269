"""The judges that load a reward model in this process."""

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.judges.declaration import JudgeDeclaration
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.resolve import resolve_model


def _reward_model(request: JudgeRequest) -> ScoreJudge:
    if is_endpoint(request.argument):
        raise UserError(
            f"the judge {request.name} names an endpoint, and a {request.kind} model is loaded here; name its folder"
        )
    from tpobench.harness.judges.reward_scorer import RewardModelScorer

    return request.scoring(RewardModelScorer(resolve_model(request.argument), request.kind))


reward_judge = JudgeDeclaration("MODEL", _reward_model)
armorm_judge = JudgeDeclaration("MODEL", _reward_model)
