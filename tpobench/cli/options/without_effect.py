"""Options that change nothing with the benchmark that is named: given nevertheless, they are an error."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec


def refuse_without_effect(context: typer.Context, spec: "EvaluationSpec") -> None:
    """Raises UserError where the user gave an option that changes nothing with the benchmark."""
    from tpobench.harness.errors import UserError
    from tpobench.harness.evaluation.registry import options_without_effect

    without_effect = options_without_effect(spec.benchmark.name)
    given = [name for name in sorted(without_effect) if _is_given(context, name)]
    if not given:
        return
    options = " and ".join(f"--{name.replace('_', '-')}" for name in given)
    verb, them = ("has", "it") if len(given) == 1 else ("have", "them")
    raise UserError(f"{options} {verb} no effect with --benchmark {spec.benchmark.name}; leave {them} out")


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")
