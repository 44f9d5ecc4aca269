"""Commands that ask a model: chat, sample."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import (
    DEFAULT_STORE,
    JsonOption,
    ModelOption,
    ModeOption,
    SeedOption,
    StoreOption,
    TemperatureOption,
    TokensOption,
    app,
    print_json,
    quiet_libraries,
)
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
    """Ask one question; thoughts stay hidden unless asked for.

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


@app.command()
def sample(
    prompts: Annotated[Path, typer.Argument(help='JSON lines: {"prompt": "...", "category": "..."}')],
    model: ModelOption = "smollm2-135m",
    mode: ModeOption = "direct",
    samples: Annotated[int, typer.Option("-k", "--samples", min=1, help="Outputs for each prompt.")] = 1,
    store: StoreOption = DEFAULT_STORE,
    max_new_tokens: TokensOption = 512,
    temperature: TemperatureOption = 0.8,
    top_p: Annotated[float, typer.Option(min=0.01, max=1)] = 0.95,
    seed: SeedOption = 0,
) -> None:
    """Sample outputs for a file of prompts into the store; what is there already is not sampled again.

    Example: tpobench sample prompts.jsonl --model smollm2-135m -k 4
    """
    quiet_libraries()
    from tpobench.harness.evaluation.prompt_files import prompts_from_file
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.progress import Progress
    from tpobench.harness.records import SamplingParams
    from tpobench.harness.samplers.cached import OutputCache, local_sampler
    from tpobench.harness.store.store import Store

    asked = mode_named(mode)
    wanted = prompts_from_file(prompts)
    chosen = resolve_model(model)
    params = SamplingParams(temperature, top_p, max_new_tokens, seed)
    with Store(store) as opened:
        opened.add_model(chosen, "given")
        before = opened.row_counts()["output"]
        with OutputCache(opened, chosen, local_sampler, Progress()) as generator:
            generator.ensure(wanted, asked, params, range(samples), prompts.name)
        new = opened.row_counts()["output"] - before
    print(f"{new} outputs sampled, {len(wanted) * samples - new} were there already; store {store}")
