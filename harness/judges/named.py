"""Judges by name. Entry points of the group ``tpobench.judges`` say which there are: ours, and those of other
packages."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.declaration import JudgeDeclaration
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.plugins import OURS, declared, package_of
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
            f"the judge {judge.label} asks no model, so that {request.model} would not be asked; name a judge that "
            "asks one (--judge ste or --judge verdict:FILE.yaml, in a file judge: ste), or leave the judge model out"
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
    except (Exception, SystemExit):  # whatever a package raises as it is imported: said when it is named
        return name
    return f"{name}:{factory.argument}" if isinstance(factory, JudgeDeclaration) else name


def _made(request: JudgeRequest) -> Judge:
    point = declared(GROUP).get(request.kind)
    if point is None and request.kind and request.argument:
        from tpobench.harness.judges.custom import CustomScorer

        return request.scoring(CustomScorer(request.name))
    if point is None:
        raise UserError(f"unknown judge {request.name!r}; {_hint(request.name)}")
    made = _called(point, _imported(point), request)
    lacks = [name for name in _NEEDED if not hasattr(made, name)]
    if lacks:
        raise UserError(
            f"{package_of(point)} makes a {type(made).__name__} for the judge {request.name}, and that has no "
            f"{lacks[0]!r} as a judge has; update the package"
        )
    judge: Judge = made
    return judge


def _hint(name: str) -> str:
    """A near miss, or how a model is named that is to judge: a judge is how it is asked."""
    kind = name.partition(":")[0]
    module = kind.removesuffix(".py")
    if kind.endswith(".py") or Path(f"{module}.py").is_file():
        return (
            f"name the function of {module} that scores a response, {module}:FUNCTION: with --metric it measures each "
            "response by itself, with --judge the higher score wins"
        )
    hint = did_you_mean(kind, judge_names())
    if hint.startswith("did you mean"):
        return hint
    return (
        f"a judge is how responses are compared; if {name} is the model that judges, name it with --judge-model (in a "
        f"file: judge_model) beside a judge that asks one, such as ste; {hint}"
    )


_NEEDED = ("id", "label", "free", "official", "scorer", "require", "orders", "key", "estimate", "judge", "close")
"""What every judge has."""


def require_judge(name: str) -> None:
    """Make sure that a judge can be named so, without making it: no weights are loaded and no file of it is read.

    Args:
        name: KIND, KIND:ARGUMENT, or MODULE:FUNCTION.

    Raises:
        UserError: There is no such judge, or the package or function behind the name cannot be imported.
    """
    kind, _, argument = name.partition(":")
    point = declared(GROUP).get(kind)
    if point is None:
        _made(JudgeRequest(name=name, progress=Progress(quiet=True)))
        return
    factory = _imported(point)
    if isinstance(factory, JudgeDeclaration) and not argument:
        raise UserError(f"the judge {kind} is named with its argument: {kind}:{factory.argument}")


def _imported(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # whatever a package raises as it is imported
        raise UserError(
            f"the judge {point.name} of {package_of(point)} cannot be imported from {point.value}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _called(point: EntryPoint, factory: Any, request: JudgeRequest) -> Any:
    try:
        return factory(request)
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # whatever a package raises
        if package_of(point) == OURS and isinstance(error, Exception):
            raise
        raise UserError(
            f"{package_of(point)} cannot make the judge {request.name}: {type(error).__name__}: {error}"
        ) from error
