"""Judges by name. Entry points of the group ``tpobench.judges`` say which there are: ours, and those of other
packages."""

from collections.abc import Sequence

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.declaration import JudgeDeclaration
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.plugins import declared
from tpobench.harness.progress import Progress

GROUP = "tpobench.judges"


def judge_names() -> list[str]:
    """What may stand before the colon of a judge's name; beside it, ``module:function`` is a scorer of the user's."""
    return sorted(declared(GROUP))


def judge_forms() -> list[str]:
    """How judges are named, with what has to stand behind the colon: ``reward:MODEL``. One that cannot be imported is
    listed by its name."""
    return [_form(name) for name in judge_names()]


def judge_named(request: JudgeRequest) -> Judge:
    """The judge that is asked for.

    Args:
        request: Its name and what it is made of. Where no judge has the name and it is of the form
            ``module:function``, the function scores responses.

    Returns:
        The judge; no model has been asked and no weights are loaded yet.

    Raises:
        UserError: There is no such judge, it cannot be loaded, or a judge model is named and the judge asks no model.
    """
    judge = _made(request)
    if judge.free and request.model is not None:
        raise UserError(
            f"the judge {judge.label} asks no model, so that {request.model} would not be asked; leave the "
            "judge model out"
        )
    return judge


def scorer_named(name: str, progress: Progress | None = None) -> Scorer:
    """The scorer of the judge with this name; raises UserError for a judge that compares two responses."""
    judge = judge_named(JudgeRequest(name=name, progress=progress or Progress(quiet=True)))
    if judge.scorer is None:
        raise UserError(
            f"the judge {name} compares two responses, and one that scores each by itself is needed, such "
            "as checklist, reward:MODEL or module:function"
        )
    return judge.scorer


def weighted_scorer(parts: Sequence[tuple[str, float]]) -> Scorer:
    """The weighted sum of scorers, by name."""
    from tpobench.harness.judges.weighted import WeightedScorer

    return WeightedScorer([(scorer_named(name), weight) for name, weight in parts])


def _form(name: str) -> str:
    try:
        factory = declared(GROUP)[name].load()
    except Exception:  # whatever a package raises as it is imported: said when it is named
        return name
    return f"{name}:{factory.argument}" if isinstance(factory, JudgeDeclaration) else name


def _made(request: JudgeRequest) -> Judge:
    point = declared(GROUP).get(request.kind)
    if point is None and request.kind and request.argument:
        from tpobench.harness.judges.custom import CustomScorer

        return request.scoring(CustomScorer(request.name))
    if point is None:
        raise UserError(f"unknown judge {request.name!r}; {did_you_mean(request.kind, judge_names())}")
    try:
        factory = point.load()
    except Exception as error:  # whatever a package raises as it is imported
        raise UserError(
            f"the judge {request.kind} cannot be imported from {point.value}: {type(error).__name__}: {error}"
        ) from error
    judge: Judge = factory(request)
    return judge
