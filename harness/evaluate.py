"""One model through one benchmark: outputs, judgments against a baseline, win rates with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.generate import Generator
from harness.judges import judged_text
from harness.judges.checklist import ChecklistJudge
from harness.modes import Mode
from harness.records import Metric, Model, Output, Prompt, SamplingParams, content_key, judgment_key
from harness.stats.intervals import mean_interval
from harness.store import Store


@dataclass(frozen=True)
class Benchmark:
    """Prompts that are judged together. `name` is for example ``starter/test``."""

    name: str
    prompts: Sequence[Prompt]


@dataclass(frozen=True)
class Contender:
    """One side of a comparison: a model in a mode, with its outputs, one per prompt in the benchmark's order.

    `first_tries` are the outputs of sample number 0: a format error is sampled again (paper, section 3), and the
    parse-error rate is that of the first tries.
    """

    model: Model
    mode: Mode
    outputs: Sequence[Output]
    first_tries: Sequence[Output]

    @property
    def responses(self) -> list[str]:
        return [judged_text(output, self.mode) for output in self.outputs]


def contend(
    generator: Generator, mode: Mode, benchmark: Benchmark, params: SamplingParams, format_retries: int, what: str
) -> Contender:
    """Answer every prompt; outputs that do not parse are sampled again up to `format_retries` times."""
    prompts = benchmark.prompts
    generator.ensure(prompts, mode, params, [0], what)
    first = generator.outputs(prompts, mode, params, [0])
    final = list(first)
    for retry in range(1, format_retries + 1):
        failed = [place for place, output in enumerate(final) if output.parse_error]
        if not failed:
            break
        again = [prompts[place] for place in failed]
        generator.ensure(again, mode, params, [retry], f"{what}, format errors again")
        for place, output in zip(failed, generator.outputs(again, mode, params, [retry]), strict=True):
            final[place] = output
    return Contender(generator.model, mode, final, first)


def compare(
    store: Store, judge: ChecklistJudge, benchmark: Benchmark, candidate: Contender, baseline: Contender
) -> str:
    """Judge the candidate against the baseline prompt by prompt and store the figures; returns the evaluation's key.

    Judgments that are stored already are not asked for again.
    """
    sides = list(zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True))
    keys = [judgment_key(judge.id, prompt.key, ours, theirs) for prompt, ours, theirs in sides]
    missing = set(store.missing("judgment", keys))
    judged = [judge.compare(*side) for key, side in zip(keys, sides, strict=True) if key in missing]
    store.add_scores([score for _, scores in judged for score in scores])
    store.add_judgments([judgment for judgment, _ in judged])
    about = {
        "benchmark": benchmark.name, "judge": judge.id, "params": "{}",
        "candidate": candidate.model.fingerprint, "candidate_mode": candidate.mode.name,
        "baseline": baseline.model.fingerprint, "baseline_mode": baseline.mode.name,
        "prompt_keys": [prompt.key for prompt in benchmark.prompts],
        "judgment_keys": keys,
        "candidate_outputs": [output.key for output in candidate.outputs],
        "baseline_outputs": [output.key for output in baseline.outputs],
    }  # fmt: skip
    evaluation = content_key("evaluation", about)
    store.add_metrics(evaluation, measure(store, judge, benchmark.prompts, candidate, baseline, keys))
    store.add_evaluation(evaluation, **about)
    return evaluation


def measure(
    store: Store, judge: ChecklistJudge, prompts: Sequence[Prompt], candidate: Contender, baseline: Contender,
    keys: Sequence[str],
) -> list[Metric]:  # fmt: skip
    """Win rate and mean score, overall and by category, with prompt-level intervals; parse errors; lengths."""
    preferences = store.preferences(keys)
    wins = [preferences[key] for key in keys]
    scores = [judge.score(prompt, text).value for prompt, text in zip(prompts, candidate.responses, strict=True)]
    metrics = [
        Metric("missing", sum(win is None for win in wins) / len(wins), len(wins)),
        Metric("parse_error_rate", _share(candidate.first_tries, lambda o: o.parse_error is not None), len(prompts)),
        Metric("truncated", _share(candidate.outputs, lambda o: o.finish_reason == "length"), len(prompts)),
        Metric("thought_chars", fmean(len(o.thought) for o in candidate.outputs), len(prompts)),
        Metric("response_chars", fmean(map(len, candidate.responses)), len(prompts)),
        Metric("baseline_response_chars", fmean(map(len, baseline.responses)), len(prompts)),
    ]
    categories = [prompt.category for prompt in prompts]
    for category in [None, *sorted(set(categories))]:
        places = [i for i, named in enumerate(categories) if category in (None, named)]
        for name, values in (("win_rate", wins), ("mean_score", scores)):
            observed = [value for i in places if (value := values[i]) is not None]
            if observed:
                found = mean_interval(observed)
                metrics.append(Metric(name, found.mean, found.n, category, found.low, found.high))
    return metrics


def _share(outputs: Sequence[Output], holds: Callable[[Output], bool]) -> float:
    return sum(map(holds, outputs)) / len(outputs)
