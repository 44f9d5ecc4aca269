"""The command that asks one question: chat."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.model import BaseOption, ModelOption, ModeOption, SeedOption, TemperatureOption, TokensOption
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.without_effect import refuse_idle
from tpobench.harness.errors import Exit

if TYPE_CHECKING:
    from tpobench.harness.samplers.chat import ChatAnswer


@app.command()
@from_groups(api=api_options)
def chat(
    *,
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What to ask.")],
    model: ModelOption = "smollm2-135m",
    base: BaseOption = None,
    mode: ModeOption = "direct",
    show_thoughts: Annotated[
        bool, typer.Option("--show-thoughts", help="Print the thought before the response.")
    ] = False,
    max_new_tokens: TokensOption = 256,
    temperature: TemperatureOption = 0.8,
    seed: SeedOption = 0,
    api: Api,
    as_json: JsonOption = False,
) -> None:
    """Ask a model one question.

    In a thinking mode only the response is printed; --show-thoughts prints the thought too.

    Example: tpobench chat --model my-checkpoint/ --mode think:generic "Why is the sky blue?"
    """
    quiet_libraries()
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.progress import Progress
    from tpobench.harness.records import SamplingParams
    from tpobench.harness.samplers.chat import ask
    from tpobench.harness.samplers.choose import sampler_for

    refuse_idle(context, idle.of_chat(model, temperature))
    answering_mode = mode_named(mode)
    params = SamplingParams(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    resolved = resolve_model(model)
    with Progress(quiet=as_json).working(model, "loading the model") as tell:
        sampler = sampler_for(api.connect)(resolved)
        tell("answering")
        try:
            answer = ask(sampler, resolved, answering_mode, question, params)
        finally:
            sampler.close()
    if as_json:
        split = answer.split
        shown = {"response": split.response, "parse_error": split.error, "finish_reason": answer.finish_reason}
        print_json(shown | ({"thought": split.thought} if show_thoughts else {}))
    else:
        _print(answer, show_thoughts)
    if answer.split.error:
        raise typer.Exit(Exit.USAGE)


def _print(answer: "ChatAnswer", show_thoughts: bool) -> None:
    from tpobench.harness.models.thoughts import PARSE_ERRORS

    split = answer.split
    if show_thoughts and split.thought:
        print(f"(thought) {split.thought}\n")
    if not split.error:
        print(split.response)
        return
    hint = "" if show_thoughts else "; --show-thoughts prints what the model wrote"
    problem = PARSE_ERRORS.get(split.error, split.error)
    print(f"tpobench: no response in {answer.tries} tries: {problem}{hint}", file=sys.stderr)
