"""The command that asks one question: chat."""

import sys
from typing import Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options.model import ModelOption, ModeOption, SeedOption, TemperatureOption, TokensOption
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.harness.errors import Exit, UserError


@app.command()
def chat(
    question: Annotated[str, typer.Argument(help="What to ask.")],
    model: ModelOption = "smollm2-135m",
    mode: ModeOption = "direct",
    show_thoughts: Annotated[bool, typer.Option(help="Print the thought before the response.")] = False,
    max_new_tokens: TokensOption = 256,
    temperature: TemperatureOption = 0.8,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask a model one question.

    In a thinking mode only the response is printed; --show-thoughts prints the thought too.

    Example: tpobench chat --model my-checkpoint/ --mode think:generic "Why is the sky blue?"
    """
    quiet_libraries()
    from tpobench.harness.models.thoughts import PARSE_ERRORS, mode_named

    asked = mode_named(mode)
    from tpobench.harness.models.modes import DIRECT
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.records import Request, SamplingParams, content_key
    from tpobench.harness.samplers.cached import local_sampler

    if not question.strip():
        raise UserError("the question is empty; write it as the last argument")
    sampler = local_sampler(resolve_model(model))
    params = SamplingParams(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    # A format error is sampled again (paper, section 3); the other tries cost little in the same batch.
    tries = 1 if asked is DIRECT else 4
    keys = [content_key(question, asked.key, seed, number) for number in range(tries)]
    requests = [Request(key, asked.messages(question), "the question") for key in keys]
    answers = {found.request.key: found for group in sampler.sample(requests, params) for found in group}
    splits = [(asked.split(answers[key].text), answers[key].finish_reason) for key in keys]
    split, finish_reason = next((entry for entry in splits if entry[0].error is None), splits[0])
    if as_json:
        found = {"response": split.response, "parse_error": split.error, "finish_reason": finish_reason}
        print_json(found | ({"thought": split.thought} if show_thoughts else {}))
    else:
        if show_thoughts and split.thought:
            print(f"(thought) {split.thought}\n")
        if split.error:
            hint = "" if show_thoughts else "; --show-thoughts prints what the model wrote"
            problem = PARSE_ERRORS.get(split.error, split.error)
            print(f"tpobench: no response in {tries} tries: {problem}{hint}", file=sys.stderr)
        else:
            print(split.response)
    if split.error:
        raise typer.Exit(Exit.FAIL)
