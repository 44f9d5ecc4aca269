"""Options that change nothing beside others that are given: given nevertheless, they are an error."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec


def refuse_without_effect(context: typer.Context, spec: "EvaluationSpec") -> None:
    """Raises UserError where the user gave an option that changes nothing with the benchmark."""
    from tpobench.harness.evaluation.registry import unused_options

    refuse_options(
        context, unused_options(spec.benchmark.name, spec.judge), f"--benchmark {context.params['benchmark']}"
    )


def refuse_all_but(context: typer.Context, effective: Collection[str], beside: str) -> None:
    """Raises UserError where the user gave an option that is not among the `effective`; see `refuse_options`."""
    refuse_options(context, set(context.params) - set(effective), beside)


def refuse_options(context: typer.Context, names: Collection[str], beside: str) -> None:
    """Refuse options that have no effect.

    Args:
        context: Of the command.
        names: The options' parameters, for example ``per_category``.
        beside: The option or command with which they change nothing, as the user typed it.

    Raises:
        UserError: The user gave one of them, also where it was given with its default.
    """
    from tpobench.harness.errors import UserError

    given = [name for name in sorted(names) if _is_given(context, name)]
    if not given:
        return
    options = " and ".join(f"--{name.replace('_', '-')}" for name in given)
    verb, them = ("has", "it") if len(given) == 1 else ("have", "them")
    raise UserError(f"{options} {verb} no effect with {beside}; leave {them} out")


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")
