"""The command that makes an evaluation's figures again, from what the store knows of it."""

from collections.abc import Mapping
from shlex import quote
from typing import Any

from tpobench.harness.evaluation.registry import as_typed
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.models import StoredModel
from tpobench.harness.store.requests import StoredRequest
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.home import without_home

IMPORTED = "imported"
"""Who made a model whose answers came from files."""

_ORDER = ("model", "base", "benchmark", "split", "data", "mode", "judge", "judge_model", "baseline", "orders", "limit")
"""Options that come first, in this order; the others follow by name."""


def reproduction(
    evaluation: Evaluation,
    models: Mapping[str, StoredModel],
    request: StoredRequest | None,
    sampling: Mapping[str, Any],
) -> str:
    """The command, to be typed where the first one was: paths are as they were typed then.

    Args:
        evaluation: What is to be made again.
        models: Both sides by fingerprint, as far as the store holds them.
        request: How it was asked for; None in stores of earlier versions, whose commands may lack what those did not
            keep: the file of a verdict judge, the judge's address.
        sampling: The sampling parameters of the candidate's outputs, where they were sampled.

    Returns:
        One line for a shell, without the path of anyone's home folder.
    """
    candidate = models.get(evaluation.fingerprint)
    if request is not None and request.command == "import":
        return _imported(request.options)
    if request is None and candidate is not None and candidate.made_by == IMPORTED:
        return f"tpobench import {quote(evaluation.benchmark)} FOLDER"
    options = _untold(evaluation, models) if request is None else _sides(evaluation, models) | dict(request.options)
    drawn = {name: sampling[name] for name in ("temperature", "max_new_tokens", "seed") if name in sampling}
    options = drawn | {name: value for name, value in options.items() if value not in (None, "")}
    return _typed(options)


def asked_again(request: StoredRequest) -> str:
    """The command of a request that names both sides."""
    return _imported(request.options) if request.command == "import" else _typed(request.options)


def _typed(options: Mapping[str, Any]) -> str:
    """An option whose value is a list is repeated."""
    names = [*(name for name in _ORDER if name in options), *sorted(options.keys() - set(_ORDER))]
    words = [
        f" --{name.replace('_', '-')} {_word(one)}"
        for name in names
        for one in (options[name] if isinstance(options[name], list) else [options[name]])
    ]
    return f"tpobench eval{''.join(words)}"


def _imported(options: Mapping[str, Any]) -> str:
    data = f" --data {_word(options['data'])}" if options.get("data") else ""
    return f"tpobench import {_word(options['kind'])} {_word(options['path'])}{data}"


def _sides(evaluation: Evaluation, models: Mapping[str, StoredModel]) -> dict[str, Any]:
    """Both sides as the store knows them, for a request that does not name them: that of a run or a gate."""
    candidate, baseline = models.get(evaluation.fingerprint), models.get(evaluation.baseline_fingerprint)
    return {
        "model": evaluation.fingerprint if candidate is None else _named(candidate),
        "mode": "" if evaluation.mode == DIRECT.name else evaluation.mode,
        "baseline": "" if baseline is None or baseline.made_by == IMPORTED else _named(baseline),
    }


def _untold(evaluation: Evaluation, models: Mapping[str, StoredModel]) -> dict[str, Any]:
    """What can be told without the request."""
    benchmark, split = as_typed(evaluation.benchmark)
    judge, _, model = evaluation.judge.partition("@")
    asks = not evaluation.is_rule_based
    return _sides(evaluation, models) | {
        "benchmark": benchmark,
        "split": split,
        "judge": judge,
        "judge_model": model.rpartition("#")[0] or model if asks else "",
        "limit": evaluation.size if evaluation.rows is not None and evaluation.size < evaluation.rows else None,
    }


def _named(model: StoredModel) -> str:
    """What to type for a model: an endpoint is known by its name with its address, weights by their folder."""
    return model.name if "@http" in model.name else model.folder


def _word(value: object) -> str:
    """A word of a shell's command line; a ``~`` at its beginning stays one."""
    text = f"{value:g}" if isinstance(value, float) else without_home(str(value))
    return f"~/{quote(text[2:])}" if text.startswith("~/") else quote(text)
