"""Make sure that outputs exist: sample what the store does not hold yet, and nothing else."""

from collections.abc import Iterator, Sequence
from time import monotonic

from tpobench.harness.models.modes import Mode
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Output, Prompt, Request, SamplingParams, content_key
from tpobench.harness.samplers.base import Load, Sampler
from tpobench.harness.store.store import Store

CHUNK = 2048
"""Prompts looked up in the store at a time, so that memory does not grow with their number."""


def output_key(model: Model, mode: Mode, prompt: Prompt, params: SamplingParams, sample: int) -> str:
    """The key of one output. Length limit, temperature, top-p and seed are all part of it."""
    return content_key(
        "output",
        model.fingerprint,
        mode.key,
        prompt.text,
        params.temperature,
        params.top_p,
        params.max_new_tokens,
        params.seed,
        sample,
    )


class OutputCache:
    """Samples from one model into the store. The model is loaded when the first output is missing.

    With `exact`, what an interruption left is sampled in the batches that were interrupted: a product's last digit
    depends on the shape of its batch, and now and then a token on that digit.
    """

    def __init__(self, store: Store, model: Model, load: Load, progress: Progress, exact: bool = False) -> None:
        self.model = model
        self._exact = exact
        self.tokens, self.seconds = 0, 0.0  # sampled so far, and the time that the sampler took
        self._store = store
        self._load = load
        self._progress = progress
        self._sampler: Sampler | None = None

    def __enter__(self) -> "OutputCache":
        return self

    def __exit__(self, *_: object) -> None:
        if self._sampler is not None:
            self._sampler.close()

    def ensure(
        self, prompts: Sequence[Prompt], mode: Mode, params: SamplingParams, samples: Sequence[int], what: str
    ) -> None:
        """Sample every (prompt, sample number) that the store lacks; each finished group is stored at once."""
        for chunk in _chunks(prompts):
            self._store.add_prompts(chunk)
            wanted = {
                output_key(self.model, mode, prompt, params, sample): (prompt, sample)
                for prompt in chunk
                for sample in samples
            }
            missing = set(self._store.missing("output", list(wanted)))
            if missing:
                requests = wanted if self._exact else {key: wanted[key] for key in wanted if key in missing}
                self._sample(requests, missing, mode, params, what)

    def outputs(
        self, prompts: Sequence[Prompt], mode: Mode, params: SamplingParams, samples: Sequence[int]
    ) -> list[Output]:
        """The stored outputs, by prompt and then by sample number."""
        return self._store.outputs(
            {
                output_key(self.model, mode, prompt, params, sample): (prompt, sample)
                for prompt in prompts
                for sample in samples
            }
        )

    def _sample(
        self, wanted: dict[str, tuple[Prompt, int]], missing: set[str], mode: Mode, params: SamplingParams, what: str
    ) -> None:
        requests = [
            Request(key, mode.messages(prompt.text), f'the prompt "{prompt.text[:40]}"', key not in missing)
            for key, (prompt, _) in wanted.items()
        ]
        with self._progress.sampling(what, len(missing)) as bar:
            started = monotonic()
            if self._sampler is None:
                self._sampler = self._load(self.model)
            for group in self._sampler.sample(requests, params):
                self.seconds += monotonic() - started
                rows = [(*wanted[each.request.key], each, mode.split(each.text)) for each in group]
                self._store.add_generations(self.model, mode, params, rows)
                self._store.add_calls(each.call for each in group if each.call is not None)
                tokens = sum(len(each.token_ids) for each in group)
                self.tokens += tokens
                bar.advance(len(group), tokens)
                started = monotonic()


def _chunks(prompts: Sequence[Prompt]) -> Iterator[Sequence[Prompt]]:
    for start in range(0, len(prompts), CHUNK):
        yield prompts[start : start + CHUNK]
