"""Options that change nothing beside others that are given: given nevertheless, they are an error."""

from collections.abc import Collection, Iterable

import typer

Idle = tuple[Collection[str], str]
"""Parameters that change nothing, for example ``per_category``, and beside what: ``with --benchmark starter``."""


def refuse_all_but(context: typer.Context, effective: Collection[str], beside: str) -> None:
    """Raises UserError where the user gave an option that is not among the `effective`; see `refuse_options`."""
    refuse_options(context, set(context.params) - set(effective), beside)


def refuse_idle(context: typer.Context, idle: Iterable[Idle]) -> None:
    """Raises UserError for the first of these where the user gave such an option; see `refuse_options`."""
    for names, beside in idle:
        refuse_options(context, names, beside)


def refuse_options(context: typer.Context, names: Collection[str], beside: str) -> None:
    """Refuse options that have no effect.

    Args:
        context: Of the command.
        names: The options' parameters, for example ``per_category``.
        beside: With what they change nothing: ``with --benchmark starter``.

    Raises:
        UserError: The user gave one of them, also where it was given with its default.
    """
    from tpobench.harness.errors import UserError

    given = [name for name in sorted(names) if is_given(context, name)]
    if not given:
        return
    options = " and ".join(_typed(context, name) for name in given)
    verb, them = ("has", "it") if len(given) == 1 else ("have", "them")
    raise UserError(f"{options} {verb} no effect {beside}; leave {them} out")


def is_given(context: typer.Context, name: str) -> bool:
    """Whether the user typed the option: a default or a variable of the environment is not meant for this command
    alone."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _typed(context: typer.Context, name: str) -> str:
    """The option or argument as its help spells it."""
    parameter = next(parameter for parameter in context.command.params if parameter.name == name)
    options = [option for option in parameter.opts if option.startswith("-")]
    return max(options, key=len) if options else name.upper()
