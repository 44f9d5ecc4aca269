"""The command that asks one question: chat."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.chat_output import ChatOutput
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.model import BaseOption, ModelOption, ModeOption, SeedOption, TemperatureOption, TokensOption
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.without_effect import refuse_idle
from tpobench.harness.errors import Exit

if TYPE_CHECKING:
    from tpobench.harness.models.modes import Mode
    from tpobench.harness.records import Model, SamplingParams
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

    In a thinking mode only the response is printed; --show-thoughts prints the thought too. A terminal shows the words
    as they are written; a pipe, a file and --json get the whole answer at the end.

    Example: tpobench chat --model my-checkpoint/ --mode think:generic "Why is the sky blue?"
    """
    quiet_libraries()
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.records import SamplingParams

    refuse_idle(context, idle.of_chat(model, temperature))
    answering_mode = mode_named(mode)
    params = SamplingParams(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    with ExitStack() as progress:
        output = ChatOutput(show_thoughts, before=progress.close)
        answer = _asked(
            question, resolve_model(model), answering_mode, params, api, None if as_json else output, progress
        )
    if as_json:
        split = answer.split
        shown = {"response": split.response, "parse_error": split.error, "finish_reason": answer.finish_reason}
        print_json(shown | ({"thought": split.thought} if show_thoughts else {}))
    else:
        output.finish(answer.split)
        _tell_error(answer, show_thoughts)
    if answer.split.error:
        raise typer.Exit(Exit.USAGE)


def _asked(
    question: str,
    model: "Model",
    mode: "Mode",
    params: "SamplingParams",
    api: Api,
    output: ChatOutput | None,
    bars: ExitStack,
) -> "ChatAnswer":
    """The answer. A terminal has seen its words already: words in pieces are for people, and what is no answer after
    all must not be in a file."""
    from tpobench.harness.models.parts import borrowed_tokenizer
    from tpobench.harness.progress import Progress
    from tpobench.harness.samplers.answer_stream import AnswerStream, opens_thought
    from tpobench.harness.samplers.chat import ask
    from tpobench.harness.samplers.choose import sampler_for

    if note := borrowed_tokenizer(model):
        print(f"tpobench: {note}", file=sys.stderr)
    stream = None
    if output is not None and sys.stdout.isatty():
        stream = AnswerStream(mode=mode, show=output.show, opens_thought=opens_thought(model.name))
    tell = bars.enter_context(Progress(quiet=output is None).working(model.name, "loading the model"))
    sampler = sampler_for(api.connect, None if stream is None else stream.hear)(model)
    tell("answering")
    try:
        return ask(sampler, model, mode, question, params, stream)
    except BaseException:
        if output is not None:
            output.leave()
        raise
    finally:
        sampler.close()


def _tell_error(answer: "ChatAnswer", show_thoughts: bool) -> None:
    from tpobench.harness.models.thoughts import PARSE_ERRORS

    split = answer.split
    if not split.error:
        return
    hint = "" if show_thoughts else "; --show-thoughts prints what the model wrote"
    problem = PARSE_ERRORS.get(split.error, split.error)
    print(f"tpobench: no response in {answer.tries} tries: {problem}{hint}", file=sys.stderr)
