"""Options that several commands have, declared once as the parameters of a function that makes one object of them."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def from_groups(**builders: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter ``name`` is made by the builder of that name: on the command line the builder's
    parameters stand in its place."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters
        parts = {name: inspect.signature(builder).parameters for name, builder in builders.items()}
        listed: dict[str, inspect.Parameter] = {}
        for name, parameter in own.items():
            listed |= dict(parts[name]) if name in builders else {name: parameter}

        @functools.wraps(command)
        def run(**given: Any) -> None:
            made = {
                name: builders[name](**{part: given[part] for part in parts[name]}) if name in builders else given[name]
                for name in own
            }
            command(**made)

        # Typer reads the options off the signature.
        shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in listed.values()]
        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
        return run

    return decorate
