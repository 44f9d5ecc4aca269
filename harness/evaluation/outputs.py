"""One side of a comparison: a model's outputs for a benchmark's prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.judges.base import judged_text
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Model, Output, SamplingParams
from tpobench.harness.samplers.cached import OutputCache


@dataclass(frozen=True)
class ModelOutputs:
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

    def is_of(self, other: "ModelOutputs") -> bool:
        """Whether both are of one model in one mode."""
        return self.model.fingerprint == other.model.fingerprint and self.mode.key == other.mode.key

    def at(self, indices: Sequence[int]) -> "ModelOutputs":
        """The same with the outputs at these indices alone."""
        outputs, tries = ([side[index] for index in indices] for side in (self.outputs, self.first_tries))
        return ModelOutputs(self.model, self.mode, outputs, tries)


def sample_outputs(
    outputs: OutputCache,
    mode: Mode,
    benchmark: Benchmark,
    params: SamplingParams,
    format_retries: int,
    title: str,
    *,
    retry_refused: bool = False,
) -> ModelOutputs:
    """Answer every prompt; outputs that do not parse are sampled again up to `format_retries` times.

    Args:
        outputs: The model's outputs, stored or sampled now.
        mode: The mode in which it answers.
        benchmark: Has the prompts.
        params: How it samples.
        format_retries: The most tries for an output that does not parse, after the first.
        title: What the progress bar is called.
        retry_refused: Whether prompts that were refused before are asked again.

    Returns:
        The last try of each prompt, and the first.

    Raises:
        UserError: The model cannot be loaded, or a server gave no answer; what came in is stored.
    """
    prompts = benchmark.prompts
    if retry_refused:
        outputs.forget_refused(prompts, mode, params, range(format_retries + 1))
    outputs.ensure(prompts, mode, params, [0], title)
    first = outputs.outputs(prompts, mode, params, [0])
    final = list(first)
    for retry in range(1, format_retries + 1):
        failed = [index for index, output in enumerate(final) if output.parse_error]
        if not failed:
            break
        again = [prompts[index] for index in failed]
        outputs.ensure(again, mode, params, [retry], f"{title}, format errors again")
        for index, output in zip(failed, outputs.outputs(again, mode, params, [retry]), strict=True):
            final[index] = output
    return ModelOutputs(outputs.model, mode, final, first)
