"""The examples of a report: every judged prompt with its texts, for the page's own search and filters."""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tpobench.harness.json_files import finite
from tpobench.harness.records import content_key
from tpobench.harness.store.store import Store
from tpobench.reports.comparison import ModelComparison
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.figures import count, visible
from tpobench.reports.runs import Run, iteration_name
from tpobench.reports.sections.example_texts import Example, Packer, examples_of
from tpobench.reports.sections.thoughts import thought_ends

MAX_EXAMPLES = 5000
"""More are sampled by prompt, the same prompts for every evaluation."""

MAX_CHARS = 20_000_000
"""Of all texts together; beyond it fewer prompts are kept."""


@dataclass(frozen=True, kw_only=True)
class LabelledEvaluation:
    """An evaluation whose prompts are examples: what to call it and both sides."""

    evaluation: Evaluation
    label: str
    candidate: str
    baseline: str
    styles: tuple[str, str] = ("thought", "direct")


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The candidates of two evaluations, which were compared with the same answers, on the prompts of both.

    Attributes:
        evaluations: Their keys.
        label: What the list of evaluations calls it.
        names: What to call both candidates and what they were compared with.
        styles: How both look.
        is_first: Whether it is shown before any single evaluation.
    """

    evaluations: tuple[str, str]
    label: str
    names: tuple[str, str, str]
    styles: tuple[str, str] = ("thought", "direct")
    is_first: bool = False

    def packed(self, numbers: Mapping[str, int]) -> list[Any]:
        """For the page; `numbers` are those of the evaluations."""
        *sides, third = map(visible, self.names)
        places = (numbers[key] for key in self.evaluations)
        return [*places, visible(self.label), *sides, *self.styles, third, self.is_first]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """`shown` of `total` judged prompts; `packed` is what the page unpacks, empty where nothing was judged.
    `evaluations` are the keys of those that are shown, `pairs` those of which two are shown side by side."""

    template: ClassVar[str] = "examples.html.j2"
    anchor: ClassVar[str] = "examples"
    title: ClassVar[str] = "Examples"
    shown: int = 0
    total: int = 0
    packed: str = ""
    evaluations: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    def place(self, first: str, second: str) -> int | None:
        """The number by which a link leads to two evaluations side by side; None where they are not shown."""
        pair = (first, second)
        return len(self.evaluations) + self.pairs.index(pair) if pair in self.pairs else None

    @property
    def sampled(self) -> str:
        """What to say where not all are there; empty otherwise."""
        if self.shown == self.total:
            return ""
        return (
            f"{count(self.shown)} of {count(self.total)} judged prompts, to keep the file small: whole prompts were "
            "chosen by their hash, the same ones for every model."
        )


def of_run(store: Store, run: Run) -> Examples:
    """The head-to-heads from the last to the first, then both arms against their baselines."""
    labelled = []
    for iteration in reversed(run.iterations):
        if (evaluation := run.head_to_head(iteration)) is not None:
            label = f"Thought v direct, {iteration_name(iteration)}"
            labelled.append(
                LabelledEvaluation(evaluation=evaluation, label=label, candidate="Thought", baseline="Direct")
            )
    for step, evaluation in reversed(run.on_benchmarks.items()):
        if not evaluation.is_itself:
            name = f"seed, {step.arm}" if step.iteration is None else f"{step.arm}, {iteration_name(step.iteration)}"
            also = f", {evaluation.benchmark}" if len(run.benchmarks) > 1 else ""
            labelled.append(
                LabelledEvaluation(
                    evaluation=evaluation,
                    label=f"{name.capitalize()} v {evaluation.against}{also}",
                    candidate=name.capitalize(),
                    baseline=evaluation.against,
                    styles=(step.arm or "direct", "head-to-head"),
                )
            )
    return read_examples(store, labelled, _before_and_after(run))


def _before_and_after(run: Run) -> list[SideBySide]:
    """The thought arm's first and last evaluated answers to the same prompts, thoughts included."""
    ends = thought_ends(run)
    if ends is None:
        return []
    first, last = (run.evaluation("thought", iteration) for iteration in ends)
    assert first is not None
    assert last is not None
    names = tuple(iteration_name(iteration).capitalize() for iteration in ends)
    label = f"Thought arm, {iteration_name(ends[0])} (A) and {iteration_name(ends[1])} (B)"
    return [
        SideBySide(
            evaluations=(first.key, last.key), label=label, names=(f"A: {names[0]}", f"B: {names[1]}", first.against)
        )
    ]


def of_models(store: Store, evaluations: Iterable[Evaluation], names: Mapping[str, str]) -> Examples:
    """Of evaluations whose candidates have these names, by evaluation."""
    return read_examples(store, [_labelled(evaluation, names[evaluation.key]) for evaluation in evaluations])


def of_comparison(store: Store, comparison: ModelComparison) -> Examples:
    """Where one was compared with the other, then where both were compared with a third."""
    labelled = [_labelled(evaluation, evaluation.candidate) for evaluation in comparison.between]
    labelled += [_labelled(e, comparison.names[e.key]) for e in comparison.shared_evaluations]
    a, b = comparison.labels
    pairs = [
        SideBySide(
            evaluations=(mine.key, other.key),
            label=f"{a} (A) and {b} (B) side by side: {mine.benchmark} v {mine.against}",
            names=(f"A: {a}", f"B: {b}", mine.against),
            is_first=True,
        )
        for mine, other in comparison.shared
    ]
    return read_examples(store, labelled, pairs)


def read_examples(store: Store, labelled: Sequence[LabelledEvaluation], pairs: Sequence[SideBySide] = ()) -> Examples:
    """All judged prompts of the evaluations, or a sample of them; those of pairs side by side, too."""
    evaluations = [one.evaluation for one in labelled]
    total = sum(evaluation.size for evaluation in evaluations)
    if not total:
        return Examples()
    examples = _within_chars(examples_of(store, evaluations, _sampled(evaluations)))
    packer = Packer()
    rows = [packer.row(example) for example in examples]
    numbers = {evaluation.key: number for number, evaluation in enumerate(evaluations)}
    beside = [pair for pair in pairs if numbers.keys() >= set(pair.evaluations)]
    document = {
        "evaluations": [[*map(visible, (one.label, one.candidate, one.baseline)), *one.styles] for one in labelled],
        "pairs": [pair.packed(numbers) for pair in beside],
        "texts": packer.texts,
        "outputs": packer.outputs,
        "rows": rows,
    }
    content = json.dumps(finite(document), separators=(",", ":")).encode()
    return Examples(
        shown=len(rows),
        total=total,
        packed=base64.b64encode(gzip.compress(content, 6, mtime=0)).decode(),
        evaluations=tuple(numbers),
        pairs=tuple(pair.evaluations for pair in beside),
    )


def _labelled(evaluation: Evaluation, name: str) -> LabelledEvaluation:
    return LabelledEvaluation(
        evaluation=evaluation,
        label=f"{name} v {evaluation.against}, {evaluation.benchmark}",
        candidate=name,
        baseline=evaluation.against,
    )


def _sampled(evaluations: Iterable[Evaluation]) -> list[str]:
    """Prompts by their hash, as many as `MAX_EXAMPLES` allows."""
    times: dict[str, int] = {}
    for evaluation in evaluations:
        for judged in evaluation.prompts:
            times[judged.prompt] = times.get(judged.prompt, 0) + 1
    return _first_by_hash(times, MAX_EXAMPLES)


def _within_chars(examples: Sequence[Example]) -> list[Example]:
    """The examples whose texts together stay within `MAX_CHARS`, by whole prompts."""
    chars: dict[str, int] = {}
    for example in examples:
        chars[example.prompt] = chars.get(example.prompt, 0) + example.chars
    kept = set(_first_by_hash(chars, MAX_CHARS))
    return [example for example in examples if example.prompt in kept]


def _first_by_hash(sizes: Mapping[str, int], room: int) -> list[str]:
    """The first prompts in the order of their hashes whose sizes fit together; one at least."""
    kept: list[str] = []
    for prompt in sorted(sizes, key=lambda prompt: content_key("example", prompt)):
        room -= sizes[prompt]
        if room < 0 and kept:
            break
        kept.append(prompt)
    return kept
