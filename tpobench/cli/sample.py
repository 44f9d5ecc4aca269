"""The command that samples outputs for a file of prompts: sample."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options import idle
from tpobench.cli.options.api import Api, api_options
from tpobench.cli.options.groups import from_groups
from tpobench.cli.options.model import BaseOption, ModelOption, ModeOption, SeedOption, TemperatureOption, TokensOption
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle


@app.command()
@may_wait
@from_groups(api=api_options)
def sample(
    *,
    context: typer.Context,
    prompts: Annotated[Path, typer.Argument(help='JSON lines: {"prompt": "...", "category": "..."}')],
    model: ModelOption = "smollm2-135m",
    base: BaseOption = None,
    mode: ModeOption = "direct",
    samples: Annotated[int, typer.Option("-k", "--samples", min=1, help="Outputs for each prompt.")] = 1,
    max_new_tokens: TokensOption = 512,
    temperature: TemperatureOption = 0.8,
    top_p: Annotated[
        float, typer.Option(min=0.01, max=1, help="Sample from the likeliest tokens with this total probability.")
    ] = 0.95,
    seed: SeedOption = 0,
    api: Api,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Sample outputs for a file of prompts.

    They are kept in the store; what is there already is not sampled again.

    Example: tpobench sample prompts.jsonl --model smollm2-135m -k 4
    """
    quiet_libraries()
    from tpobench.harness.evaluation.prompt_files import prompts_from_file
    from tpobench.harness.finish_reasons import REFUSAL_WORDS
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.progress import Progress
    from tpobench.harness.records import SamplingParams
    from tpobench.harness.samplers.cached import OutputCache
    from tpobench.harness.samplers.choose import sampler_for
    from tpobench.harness.store.store import Store

    refuse_idle(context, idle.of_sampling(model, temperature, ["seed", "top_p"]))
    answering_mode = mode_named(mode)
    read = prompts_from_file(prompts)
    resolved = resolve_model(model)
    params = SamplingParams(temperature, top_p, max_new_tokens, seed)
    with Store(store) as opened:
        opened.add_model(resolved, "given")
        before = opened.row_counts()["output"]
        with OutputCache(opened, resolved, sampler_for(api.connect), Progress()) as cache:
            cache.ensure(read, answering_mode, params, range(samples), prompts.name)
            refused = cache.refused
        new = opened.row_counts()["output"] - before
    print(f"{new} outputs sampled, {len(read) * samples - new} were there already; store {store}")
    for reason, count in refused.most_common():
        print(f"no answer ({REFUSAL_WORDS[reason]}): {count}")
