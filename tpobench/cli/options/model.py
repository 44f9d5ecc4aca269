"""Which model answers, in which mode, and how it is sampled."""

from typing import Annotated

import typer


def _take_base(context: typer.Context, base: str | None) -> str | None:
    """The base counts for every LoRA folder of the command, so it is kept where all that it starts can read it."""
    if base is not None:
        import os

        from tpobench.harness.models.parts import BASE_VARIABLE
        from tpobench.harness.models.resolve import EMBEDDED, embedded_folder

        before = os.environ.get(BASE_VARIABLE)
        os.environ[BASE_VARIABLE] = str(embedded_folder()) if base == EMBEDDED else base
        context.call_on_close(lambda: _restore(BASE_VARIABLE, before))
    return base


def _restore(variable: str, value: str | None) -> None:
    import os

    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


BaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        envvar="TPOBENCH_BASE",
        callback=_take_base,
        help="The model that a LoRA folder was trained on, where the LoRA's own configuration does not lead to it.",
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model", help="smollm2-135m, a folder (also a LoRA's), a hub id (org/model), or NAME@http://HOST/v1."
    ),
]
ModeOption = Annotated[str, typer.Option(help="direct, think:generic, think:specific, think:system, think:FILE.yaml")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sampling.")]
TokensOption = Annotated[int, typer.Option(min=1, help="Longest output, in tokens.")]
TemperatureOption = Annotated[float, typer.Option(min=0, max=100, help="Sampling temperature; 0 is greedy.")]
