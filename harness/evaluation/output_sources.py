"""Where the two sides of an evaluation come from: sampled, read from a file, or the benchmark's own answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import SUFFIXES, aligned, answers_in, author_of
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.resolve import EMBEDDED, resolve_model
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model
from tpobench.harness.samplers.base import Load
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.rates import SAMPLING, remember
from tpobench.harness.store.store import Store


class OutputSource(Protocol):
    """Answers the prompts of an evaluation, for either side."""

    def candidate(self, spec: EvaluationSpec) -> ModelOutputs:
        """The candidate's outputs on the measured prompts. Raises UserError where they cannot be had."""

    def baseline(self, spec: EvaluationSpec) -> ModelOutputs:
        """The baseline's outputs on the same prompts. Raises UserError where they cannot be had."""


@dataclass(frozen=True)
class NamedOutputs:
    """The outputs of models by name: stored already, sampled by what `load` makes, or read from a file."""

    store: Store
    load: Load
    progress: Progress

    def candidate(self, spec: EvaluationSpec) -> ModelOutputs:
        """Raises UserError where the evaluation names no candidate."""
        if not spec.candidate:
            raise UserError("no model is named; name one with --model")
        return self.named(spec, spec.candidate, spec.mode)

    def baseline(self, spec: EvaluationSpec) -> ModelOutputs:
        """The answers of the baseline that the evaluation names; else the benchmark's own, if it brings any."""
        return self.named(spec, baseline_name(spec), DIRECT)

    def named(self, spec: EvaluationSpec, name: str, mode: Mode) -> ModelOutputs:
        """Any model's outputs for the prompts of the evaluation. The name may be that of one of the benchmark's own
        baselines. A name that ends in ``.json`` or ``.jsonl`` and is a file holds finished outputs."""
        given = spec.measured_benchmark.baseline_named(name)
        if given is not None:
            return add_answers(self.store, given.name, spec.measured_benchmark.prompts, given.answers)
        if holds_answers(name):
            return self._read(spec, Path(name))
        model = _resolved(spec, name)
        self.store.add_model(model, "given")
        with OutputCache(self.store, model, self.load, self.progress) as cache:
            outputs = sample_outputs(
                cache,
                mode,
                spec.measured_benchmark,
                spec.params,
                spec.format_retries,
                model.name,
                retry_refused=spec.retry_missing,
            )
        remember(SAMPLING, model, cache.tokens, cache.seconds)
        return outputs

    def _read(self, spec: EvaluationSpec, file: Path) -> ModelOutputs:
        prompts = spec.measured_benchmark.prompts
        texts = [prompt.text for prompt in prompts]
        answers = {row.prompt.text: row.answer for row in answers_in(file)}
        if all(text in answers for text in texts):  # others belong to prompts that are not asked this time
            answers = {text: answers[text] for text in texts}
        return add_answers(self.store, author_of(file), prompts, aligned(answers, texts, str(file)))


def baseline_name(spec: EvaluationSpec) -> str:
    """The baseline that the evaluation names; else the first of the benchmark's own, or the embedded model."""
    return spec.baseline or spec.benchmark.default_baseline or EMBEDDED


def holds_answers(name: str) -> bool:
    """Whether the name of a model is that of a file with its finished answers."""
    return Path(name).suffix in SUFFIXES and Path(name).is_file()


def sampled_models(spec: EvaluationSpec) -> tuple[str | None, str | None]:
    """The names of candidate and baseline; None for a side whose answers are there already, in a file or among the
    benchmark's own, and for a baseline where nothing is compared."""
    own = {baseline.name for baseline in spec.benchmark.baselines}
    candidate, baseline = (
        None if name in own or holds_answers(name) else name for name in (spec.candidate, baseline_name(spec))
    )
    return candidate, baseline if spec.has_baseline else None


def _resolved(spec: EvaluationSpec, name: str) -> Model:
    """The model of this name. Where there is none, the error lists the benchmark's own baselines too."""
    try:
        return resolve_model(name)
    except UserError as error:
        own = ", ".join(baseline.name for baseline in spec.measured_benchmark.baselines)
        if not own or is_endpoint(name):
            raise
        raise UserError(f"{error}; {spec.benchmark.name} has the baselines {own}") from error
