"""Arena-Hard's own judge: the official templates and patterns, with a system prompt for each category."""

from pathlib import Path

from tpobench.benchmarks.arena_hard.folder import data_folder
from tpobench.benchmarks.arena_hard.judge_settings import judge_settings
from tpobench.benchmarks.arena_hard.labels import PREFERENCES
from tpobench.benchmarks.arena_hard.versions import VERSIONS
from tpobench.harness.errors import UserError
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.verdict import VerdictProtocol

INSIST = "continue your judgment and finish by outputting a final verdict label"
"""What v0.1 says to a judge that gave no label."""


def arena_hard_judge(request: JudgeRequest) -> ModelJudge:
    """``arena_hard_VERSION``, ``arena_hard:VERSION``, or ``arena_hard`` on one of its own benchmarks."""
    named = request.argument or request.kind.removeprefix("arena_hard").removeprefix("_")
    version = named or request.benchmark.removeprefix("arena_hard_")
    return request.asking(arena_hard_protocol(version, request.data, request.model_name))


def arena_hard_protocol(version: str, data: Path | None, model: str | None = None) -> VerdictProtocol:
    """The official judge of a version; raises UserError where its configuration is not in the folder."""
    if version not in VERSIONS:
        raise UserError(f"the judge arena_hard needs a version: arena_hard:{' or arena_hard:'.join(VERSIONS)}")
    settings = judge_settings(version, data_folder(version, data))
    old = version == "v0.1"
    return VerdictProtocol(
        name=f"arena_hard_{version}",
        model=model or settings["model"],
        user=settings["template"],
        patterns=tuple(settings["patterns"]),
        values=PREFERENCES,
        system=settings["systems"].get("", ""),
        systems=settings["systems"],
        take="only" if old else "last",
        options={"temperature": settings["temperature"], "max_tokens": settings["max_tokens"]},
        insist=INSIST if old else "",
        ties_identical=False,
        official=model in (None, settings["model"]),
    )
