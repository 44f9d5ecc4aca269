"""Which model answers, in which mode, and how it is sampled."""

from typing import Annotated

import typer

ModelOption = Annotated[
    str, typer.Option("--model", help="smollm2-135m, a folder, a hub id (org/model), or NAME@http://HOST/v1.")
]
ModeOption = Annotated[str, typer.Option(help="direct, think:generic, think:specific, think:system, think:FILE.yaml")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sampling.")]
TokensOption = Annotated[int, typer.Option(min=1, help="Longest output, in tokens.")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="Sampling temperature; 0 is greedy.")]
