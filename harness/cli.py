"""The command `tpobench`: thin, and quick to start. Whatever is heavy is imported by the command that needs it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import Exit, UserError

app = typer.Typer(
    name="tpobench",
    help="Is this checkpoint better, where, by how much, and may it be promoted?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start with: tpobench quickstart",
)

RUNS = Path("tpobench-runs")

StoreOption = Annotated[Path, typer.Option("--store", help="The results store, a DuckDB file.")]
ModelOption = Annotated[str, typer.Option("--model", help="smollm2-135m, a folder, or a hub id (org/model).")]
ModeOption = Annotated[str, typer.Option(help="direct, think:generic, think:specific, think:system, think:FILE.yaml")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sampling.")]
TokensOption = Annotated[int, typer.Option(min=1, help="Longest output, in tokens.")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="0 is greedy.")]

DEFAULT_STORE = RUNS / "store.duckdb"


def main() -> None:
    """Run the command line; errors of the user's become one sentence, Ctrl-C exits with 130."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except UserError as error:
        if debug:
            raise
        print(f"tpobench: {error}", file=sys.stderr)
        sys.exit(Exit.USAGE)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as stop:
        if stop.code == Exit.INTERRUPTED:  # how typer ends on Ctrl-C
            _interrupted()
        raise
    except OSError as error:
        if debug or error.errno is None:
            raise
        print(f"tpobench: {_os_error(error)}", file=sys.stderr)
        sys.exit(Exit.USAGE)


def _interrupted() -> None:
    """Say so and end at once, without waiting for a sampler's thread; the store is closed by now."""
    print("tpobench: interrupted; the same command goes on where it stopped", file=sys.stderr, flush=True)
    os._exit(Exit.INTERRUPTED)


def _os_error(error: OSError) -> str:
    import errno

    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"no space left on the disk{where}; free some and run the same command again, nothing stored is lost"
    return f"{error.strerror}{where}; run again with --debug for the details"


def _quiet_libraries() -> None:
    """Keep the model libraries' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@app.command()
def quickstart(
    folder: Annotated[Path, typer.Option("--dir", help="Where the run is kept.")] = RUNS / "quickstart",
    as_json: JsonOption = False,
    print_config: Annotated[bool, typer.Option(help="Print the run's configuration and stop.")] = False,
) -> None:
    """Travel the whole road once on the embedded model: about ten minutes on two cores.

    Example: tpobench quickstart
    """
    config = Path(__file__).parent.parent / "tpo" / "quickstart.yaml"
    if print_config:
        print(config.read_text(encoding="utf-8"), end="")
        return
    train(config, folder, as_json)
    if not as_json:
        (checkpoint,) = (folder / "checkpoints").glob("thought-1-????????")
        store = f"--store {folder}/store.duckdb"
        print(
            "\nTry next:\n"
            f'  tpobench chat --model {checkpoint} --mode think:generic --show-thoughts "Why is the sky blue?"\n'
            f'  tpobench sql "SELECT arm, iteration, count(*) AS pairs FROM pair GROUP BY ALL" {store}\n'
            f"  tpobench gate {folder}/policy.yaml --candidate thought/1 --against direct/1 {store}"
        )


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The run's YAML; see tpobench quickstart --print-config.")],
    folder: Annotated[Path | None, typer.Option("--dir", help="Where the run is kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train both arms, evaluate every checkpoint, decide, report. Started again, it goes on where it stopped.

    Example: tpobench train my-run.yaml --dir tpobench-runs/my-run
    """
    _quiet_libraries()
    import yaml

    from harness.config import load_yaml
    from harness.progress import Reporter
    from harness.store import Store
    from reports.html import write_report
    from tpo.config import RunConfig
    from tpo.loop import Loop
    from tpo.summary import summarise, table

    settings = load_yaml(config, RunConfig)
    place = folder or RUNS / settings.name
    reporter = Reporter(quiet=as_json)
    with Store(place / "store.duckdb") as store:
        before = store.row_counts()
        run = Loop(settings, place, store, reporter).run()
        report = place / "report.html"
        write_report(store, run, report)
        (place / "policy.yaml").write_text(yaml.safe_dump(settings.gate.model_dump()), encoding="utf-8")
        summary = summarise(store, run)
        counts = {name: (rows, rows - before[name]) for name, rows in store.row_counts().items()}
    if as_json:
        _print_json(summary.as_json() | {"report": str(report), "rows": {n: c for n, (c, _) in counts.items()}})
        return
    reporter.console.print(table(summary))
    for rule in summary.rules:
        print(f"  {rule['outcome']:<12} {rule['rule']}: {rule['sentence']}")
    print(f"decision  {summary.decision}")
    shown = ("output", "score", "judgment", "pair", "model", "step")
    print("rows      " + ", ".join(f"{name} {counts[name][0]} (+{counts[name][1]})" for name in shown))
    print(f"report    {report}")


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
    _quiet_libraries()
    from tpo.thoughts import PARSE_ERRORS, mode_named

    asked = mode_named(mode)
    from harness.generate import local_sampler
    from harness.models import resolve_model
    from harness.modes import DIRECT
    from harness.records import Request, SamplingParams, content_key

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
        _print_json(found | ({"thought": split.thought} if show_thoughts else {}))
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
    _quiet_libraries()
    from benchmarks.prompt_files import prompts_from_file
    from harness.generate import Generator, local_sampler
    from harness.models import resolve_model
    from harness.progress import Reporter
    from harness.records import SamplingParams
    from harness.store import Store
    from tpo.thoughts import mode_named

    asked = mode_named(mode)
    wanted = prompts_from_file(prompts)
    chosen = resolve_model(model)
    params = SamplingParams(temperature, top_p, max_new_tokens, seed)
    with Store(store) as opened:
        opened.add_model(chosen, "given")
        before = opened.row_counts()["output"]
        with Generator(opened, chosen, local_sampler, Reporter()) as generator:
            generator.ensure(wanted, asked, params, range(samples), prompts.name)
        new = opened.row_counts()["output"] - before
    print(f"{new} outputs sampled, {len(wanted) * samples - new} were there already; store {store}")


@app.command("eval")
def evaluate(
    model: ModelOption,
    benchmark: Annotated[str, typer.Option(help="starter, or a prompt file *.jsonl with checks.")] = "starter",
    split: Annotated[str, typer.Option(help="training, validation or test.")] = "test",
    mode: ModeOption = "direct",
    judge: Annotated[str, typer.Option(help="checklist: rule-based, a stand-in for an LLM judge.")] = "checklist",
    baseline: Annotated[str, typer.Option(help="Model whose direct answers are the baseline.")] = "smollm2-135m",
    store: StoreOption = DEFAULT_STORE,
    max_new_tokens: TokensOption = 96,
    temperature: TemperatureOption = 0.8,
    format_retries: Annotated[int, typer.Option(min=0, help="How often a format error is sampled again.")] = 2,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Win rate of a model against a baseline's direct answers, overall and by category, with intervals.

    Example: tpobench eval --model my-checkpoint/ --mode think:generic
    """
    _quiet_libraries()
    from benchmarks import benchmark_named
    from harness.evaluate import compare, contend
    from harness.generate import Generator, local_sampler
    from harness.judges import judge_named
    from harness.models import resolve_model
    from harness.modes import DIRECT
    from harness.progress import Reporter
    from harness.records import SamplingParams
    from harness.store import Store
    from tpo.thoughts import mode_named

    asked, judged_by, measured = mode_named(mode), judge_named(judge), benchmark_named(benchmark, split)
    judged_by.require_checks(measured.prompts)
    sides = [(resolve_model(model), asked), (resolve_model(baseline), DIRECT)]
    params = SamplingParams(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    contenders = []
    with Store(store) as opened:
        for chosen, how in sides:
            opened.add_model(chosen, "given")
            with Generator(opened, chosen, local_sampler, Reporter(quiet=as_json)) as generator:
                contenders.append(contend(generator, how, measured, params, format_retries, chosen.name))
        evaluation = compare(opened, judged_by, measured, contenders[0], contenders[1])
        metrics = opened.metrics(evaluation)
    if as_json:
        _print_json({"evaluation": evaluation, "judge": judged_by.label, "metrics": [vars(m) for m in metrics]})
        return
    print(f"{model} ({mode}) against {baseline} (direct) on {measured.name}\njudge: {judged_by.label}")
    for metric in metrics:
        bounds = "" if metric.low is None else f"  [{metric.low:.3f}, {metric.high:.3f}]"
        shown = "" if metric.category is None or metric.n >= 30 else "  shown, not decided on"
        value = "-" if metric.value is None else f"{metric.value:.3f}"
        print(f"  {metric.name:<24} {metric.category or 'all':<34} {value}{bounds}  n={metric.n}{shown}")


@app.command()
def gate(
    policy: Annotated[Path, typer.Argument(help="The policy, a YAML file.")],
    candidate: Annotated[str, typer.Option(help="arm/iteration of the run, for example thought/1.")],
    against: Annotated[str, typer.Option(help="arm/iteration of the baseline.")] = "",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
    store: StoreOption = RUNS / "quickstart" / "store.duckdb",
    as_json: JsonOption = False,
) -> None:
    """Decide from the store whether a checkpoint may be promoted: exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 INVALID.

    Example: tpobench gate policy.yaml --candidate thought/1 --against direct/1
    """
    from harness.config import load_yaml
    from harness.gate import EXIT_CODES, Policy, decide, evidence_of
    from harness.records import content_key
    from harness.store import Store
    from tpo.runs import duel_of

    asked = load_yaml(policy, Policy)
    with Store(store) as opened:
        found = duel_of(opened, run, candidate, against)
        decision = decide(asked, evidence_of(opened, found.evaluation))
        rules = [vars(rule) for rule in decision.rules]
        key = content_key("gate", asked.model_dump(), found.evaluation)
        opened.add_decision(key, found.run, asked.model_dump(), found.candidate, found.against, decision.outcome, rules)
    if as_json:
        _print_json({"decision": decision.outcome, "rules": rules})
    else:
        for rule in decision.rules:
            print(f"  {rule.outcome:<12} {rule.rule}: {rule.sentence}")
        print(decision.outcome)
    raise typer.Exit(EXIT_CODES[decision.outcome])


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")] = RUNS / "quickstart",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
) -> None:
    """Write the HTML report of a run again.

    Example: tpobench report tpobench-runs/quickstart
    """
    from harness.store import Store
    from reports.html import write_report
    from tpo.runs import run_named

    with Store(folder / "store.duckdb", read_only=True) as store:
        write_report(store, run_named(store, run), folder / "report.html")
    print(folder / "report.html")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="Any SELECT; SHOW TABLES lists what there is.")],
    store: StoreOption = RUNS / "quickstart" / "store.duckdb",
    as_json: JsonOption = False,
) -> None:
    """Ask the store in plain SQL. It is opened for reading only.

    Example: tpobench sql "SELECT prompt.text, response FROM output JOIN prompt USING (text_key) LIMIT 3"
    """
    import duckdb

    from harness.store import Store

    with Store(store, read_only=True) as opened:
        try:
            columns, rows = opened.sql(query)
        except duckdb.Error as error:
            raise UserError(f"the query fails: {str(error).strip().splitlines()[0]}") from error
    if as_json:
        _print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns)
    for row in rows:
        drawn.add_row(*(Text(str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 200).print(drawn)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Tell what is installed, what is missing, and what it costs to have.

    Example: tpobench doctor
    """
    from harness.doctor import diagnose

    findings = diagnose()
    if as_json:
        _print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"  {'ok' if finding.ok else 'MISSING':<8} {finding.name:<16} {finding.detail}")
    raise typer.Exit(Exit.DONE if all(finding.ok for finding in findings) else Exit.USAGE)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
