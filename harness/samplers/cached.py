"""`OutputCache`, the outputs of one model: those that the store lacks are sampled into it, and all are read from it;
`output_key`, which identifies an output."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic

from tpobench.harness.finish_reasons import REFUSALS
from tpobench.harness.interrupts import finishing
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.parts import borrowed_tokenizer
from tpobench.harness.native_thoughts import TAGS
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Model, Output, Prompt, Request, SamplingParams, Split, content_key
from tpobench.harness.samplers.base import Load, Sampler, activity
from tpobench.harness.store.store import Store

CHUNK = 2048
"""Prompts looked up in the store at a time, so that memory does not grow with their number."""


def output_key(model: Model, mode: Mode, prompt: Prompt, params: SamplingParams, sample: int) -> str:
    """The key of one output. Length limit, temperature, top-p and seed are all part of it.

    Args:
        model: Who answers; its fingerprint counts.
        mode: The mode in which it answers.
        prompt: Its text counts, and not its category or source.
        params: How it samples.
        sample: The number of the sample.
    """
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

    With `exact`, what an interruption left is sampled in the batches that were interrupted: matrix products round
    differently per batch shape, which can flip a token.
    """

    def __init__(self, store: Store, model: Model, load: Load, progress: Progress, exact: bool = False) -> None:
        self.model = model
        self._exact = exact
        self.tokens, self.seconds = 0, 0.0  # sampled so far, and the time that the sampler took
        self.refused: Counter[str] = Counter()  # of those, the prompts without an answer, by reason
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
        self, prompts: Sequence[Prompt], mode: Mode, params: SamplingParams, samples: Sequence[int], title: str
    ) -> None:
        """Sample every (prompt, sample number) that the store lacks; each finished group is stored at once.

        Args:
            prompts: May be many: they are looked up in chunks.
            mode: The mode in which the model answers.
            params: How it samples.
            samples: The numbers of the samples of each prompt.
            title: What the progress bar is called.

        Raises:
            UserError: The model cannot be loaded, or a server gave no answer; what came in is stored.
        """
        for chunk in _chunks(prompts):
            self._store.add_prompts(chunk)
            by_key = {
                output_key(self.model, mode, prompt, params, sample): (prompt, sample)
                for prompt in chunk
                for sample in samples
            }
            missing = set(self._store.missing("output", list(by_key)))
            if missing:
                requests = by_key if self._exact else {key: by_key[key] for key in by_key if key in missing}
                self._sample(requests, missing, mode, params, title)

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

    def forget_refused(
        self, prompts: Sequence[Prompt], mode: Mode, params: SamplingParams, samples: Sequence[int]
    ) -> None:
        """Take what was refused out of the store, so that `ensure` asks for it again."""
        self._store.forget_refused_outputs(
            [output_key(self.model, mode, prompt, params, sample) for prompt in prompts for sample in samples]
        )

    def _sample(
        self, by_key: dict[str, tuple[Prompt, int]], missing: set[str], mode: Mode, params: SamplingParams, title: str
    ) -> None:
        requests = [
            Request(key, mode.messages(prompt.text), f'the prompt "{prompt.text[:40]}"', key not in missing)
            for key, (prompt, _) in by_key.items()
        ]
        with self._progress.sampling(title, len(missing)) as bar:
            started = monotonic()
            if self._sampler is None:
                self._sampler = self._load(self.model)
                self._tell_tokenizer()
            if waiting := activity(self._sampler):
                bar.advance(0, 0, waiting)
            for group in self._sampler.sample(requests, params):
                self.seconds += monotonic() - started
                started = monotonic()
                if not group:
                    bar.advance(0, 0, activity(self._sampler))
                    continue
                rows = [(*by_key[each.request.key], each, split_generation(mode, each)) for each in group]
                with finishing():
                    self._store.add_generations(self.model, mode, params, rows)
                    self._store.add_calls(each.call for each in group if each.call is not None)
                self.refused.update(each.finish_reason for each in group if each.finish_reason in REFUSALS)
                tokens = sum(len(each.token_ids) for each in group)
                self.tokens += tokens
                bar.advance(len(group), tokens, activity(self._sampler))
                started = monotonic()

    def _tell_tokenizer(self) -> None:
        """Another tokenizer gives other tokens, so that the user knows whose it is."""
        if note := borrowed_tokenizer(self.model):
            self._progress.say(f"note      {note}")


def split_generation(mode: Mode, generation: Generation) -> Split:
    """What was generated, taken apart. A refused prompt has an empty response and no format error: that is the answer,
    and asking again would change nothing."""
    if generation.finish_reason in REFUSALS and not generation.text.strip():
        return Split(generation.thought, "")
    split = mode.split(generation.text)
    if not generation.thought:
        return split
    if TAGS.intersection(mode.markers):  # the mode asks for the very tags of a native thought
        opening = mode.markers[0] if len(mode.markers) > 1 else ""
        return mode.split(f"{opening}\n{generation.thought}\n{mode.markers[-1]}\n{generation.text}")
    return replace(split, thought="\n\n".join(filter(None, (generation.thought, split.thought))))


def _chunks(prompts: Sequence[Prompt]) -> Iterator[Sequence[Prompt]]:
    for start in range(0, len(prompts), CHUNK):
        yield prompts[start : start + CHUNK]
