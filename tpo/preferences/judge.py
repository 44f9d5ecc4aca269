"""Who scores the samples that become pairs: any judge, or a weighted sum of scorers. It sees responses only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.named import judge_named, weighted_scorer
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store
from tpobench.tpo.config import JudgeConfig
from tpobench.tpo.preferences.response_scores import Group, Responses, response_scores


@dataclass(frozen=True)
class TrainingJudge:
    """A judge as training asks it: for scores within a prompt, and for which of two responses is better."""

    judge: Judge
    progress: Progress

    @property
    def id(self) -> str:
        """Names everything that determines a score."""
        return self.judge.id

    @property
    def label(self) -> str:
        """For people."""
        return self.judge.label

    def covers(self, judge: str) -> bool:
        """Whether its scores rest on those of the judge with this id, so that it is not an independent evaluator."""
        scorer = self.judge.scorer
        return judge == self.id if scorer is None else scorer.covers(judge)

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt whose responses it cannot score."""
        self.judge.require(prompts)

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], title: str
    ) -> list[list[float | None]]:
        """Have responses scored that the store holds no score of.

        Args:
            store: Where scores and judgments are looked up and kept.
            groups: The responses by prompt.
            markers: Those of the mode: none may be in a response.
            title: What the progress bar is called.

        Returns:
            One score for each response, comparable within its group; None for None, and where verdicts are missing.

        Raises:
            AssertionError: A marker is in a response: a thought would reach the judge.
            UserError: The judge failed; what it did say is stored.
        """
        _require_no_thought(groups, markers)
        return response_scores(self.judge, self.progress).scores(store, groups, markers, title)

    def against(
        self, store: Store, prompts: Sequence[Prompt], ours: Responses, theirs: Responses, title: str
    ) -> list[float | None]:
        """Which of two responses is better, by prompt.

        Args:
            store: Where scores and judgments are looked up and kept.
            prompts: The prompts.
            ours: A response to each. One that is None loses to any other.
            theirs: Another response to each; an equal one is a tie, and is not judged.
            title: What the progress bar is called.

        Returns:
            The preference in [0, 1] for our response; None where a verdict is missing.

        Raises:
            UserError: The judge failed; what it did say is stored.
        """
        preferences = [_without_judge(a, b) for a, b in zip(ours, theirs, strict=True)]
        to_judge = [index for index, preference in enumerate(preferences) if preference is None]
        pairs = [(prompts[index], ours[index] or "", theirs[index] or "") for index in to_judge]
        judged = response_scores(self.judge, self.progress).preferences(store, pairs, title)
        for index, preference in zip(to_judge, judged, strict=True):
            preferences[index] = preference
        return preferences

    def close(self) -> None:
        """Free what the judge holds in memory."""
        self.judge.close()


def training_judge(config: JudgeConfig, connect: Connect, progress: Progress) -> TrainingJudge:
    """The training judge that a configuration names: any judge, or a weighted sum of scorers.

    Raises UserError for an unknown one, and for a judge that asks a model where none is named.
    """
    request = JudgeRequest(name=config.name, progress=progress, model=config.model)
    if config.parts:
        parts = weighted_scorer([(part.judge, part.weight) for part in config.parts])
        return TrainingJudge(request.scoring(parts), progress)
    judge = judge_named(request)
    if judge.scorer is not None:
        return TrainingJudge(judge, progress)
    if config.model is None and not judge.free:
        raise UserError(f"the judge {request.kind} needs judge.model: NAME@http://HOST:PORT/v1")
    return TrainingJudge(judge_named(replace(request, connect=connect)), progress)


def _require_no_thought(groups: Sequence[Group], markers: Sequence[str]) -> None:
    for prompt, responses in groups:
        for marker in markers:
            leaked = any(marker in response for response in responses if response is not None)
            assert not leaked, f'a thought would reach the judge: {marker!r} in a response to "{prompt.text[:40]}"'


def _without_judge(ours: str | None, theirs: str | None) -> float | None:
    """The preference for ours that needs no judge; None when the two have to be judged."""
    if ours == theirs:
        return 0.5
    return 0.0 if ours is None else 1.0 if theirs is None else None
