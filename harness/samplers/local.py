"""The local sampler: a transformers model in this process.

Rows of a batch leave it as soon as they finish: generation goes in short stretches, and between two of them the
finished rows are yielded and dropped from the key-value cache. Every row draws from a random stream seeded by its
own key, so that what a request yields depends on the request and not on its neighbours (up to rounding).

On a CPU two batches run side by side, one thread each: small matrix products do not scale over threads. On a GPU one
batch runs at a time, as large as its free memory allows; a batch that does not fit after all is halved.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor

from tpobench.harness.errors import UserError
from tpobench.harness.finish_reasons import TOO_LONG
from tpobench.harness.models.checkpoints import architecture
from tpobench.harness.models.tokens import OutputTexts, encode_messages, end_tokens, load_tokenizer
from tpobench.harness.models.weights import load_language_model, reason_of
from tpobench.harness.processors import processors
from tpobench.harness.records import Generation, Request, SamplingParams
from tpobench.harness.samplers.base import BETWEEN_LOOKS, UNFINISHED, Listener, unanswered
from tpobench.harness.samplers.batching import gpu_limits, plan_batches
from tpobench.harness.samplers.padding import PaddingRule
from tpobench.harness.samplers.padding_rule import padding_rule
from tpobench.harness.samplers.prefill import read_prompts
from tpobench.harness.samplers.token_choice import TokenChoice, uniform_draws

WINDOW = 2048
"""Requests that are tokenised and planned together; memory does not grow with the number of prompts beyond it."""

STRETCH = 16
"""Tokens generated between two looks at which rows have finished."""


class LocalSampler:
    """A model folder, loaded once. `max_rows` and `token_budget` bound one batch (rows, cached tokens); on a GPU they
    follow from its free memory. A `listener` hears outputs while they are written."""

    def __init__(
        self, folder: str, max_rows: int = 48, token_budget: int = 16_384, listener: Listener | None = None
    ) -> None:
        """Raises UserError for a folder that cannot be sampled from."""
        self._folder = folder
        self._listener = listener
        self._begun: queue.Queue[list[Generation] | BaseException | None] | None = None
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer = load_tokenizer(folder)
        self._end_ids = end_tokens(folder, self._tokenizer)
        self._texts = OutputTexts(self._tokenizer)
        pad_id = self._tokenizer.pad_token_id
        self._pad_id = self._end_ids[0] if pad_id is None else pad_id  # never attended to
        self._model = _load_model(folder, self._device)
        self._max_rows, self._token_budget = max_rows, token_budget
        self._rule = _rule_of(self._model, self._pad_id, folder)
        self._workers = processors() if self._rule.side_by_side else 1
        if self._device == "cuda":
            free, _ = torch.cuda.mem_get_info()
            self._token_budget, self._max_rows = gpu_limits(free, _cached_bytes_per_token(self._model))
            self._workers = 1
        if self._rule.one_by_one:
            self._max_rows = 1

    def close(self) -> None:
        del self._model
        if self._device == "cuda":
            torch.cuda.empty_cache()

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Yield finished generations in groups. A prompt that is too long for the context gets no answer (`TOO_LONG`).
        Raises UserError where that is so of all."""
        iterator = iter(requests)
        while window := list(islice(iterator, WINDOW)):
            yield from self._sample_window(window, params)

    def _sample_window(self, requests: list[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        prompts = [encode_messages(self._tokenizer, request.messages) for request in requests]
        over = {request.key for request in self._too_long(requests, prompts, params.max_new_tokens)}
        if refused := [unanswered(each, TOO_LONG) for each in requests if each.key in over and not each.is_padding]:
            yield refused
        fitting = [row for row in zip(requests, prompts, strict=True) if row[0].key not in over]
        yield from self._sample_side_by_side([row[0] for row in fitting], [row[1] for row in fitting], params)

    def _sample_side_by_side(
        self, requests: list[Request], prompts: list[list[int]], params: SamplingParams
    ) -> Iterator[list[Generation]]:
        rows = min(self._max_rows, -(-len(requests) // self._workers))
        lengths, equal_from = [len(ids) for ids in prompts], self._rule.equal_from(params.max_new_tokens)
        plan = plan_batches(lengths, params.max_new_tokens, self._token_budget, rows, equal_from)
        finished: queue.Queue[list[Generation] | BaseException | None] = queue.Queue()
        self._begun = finished if self._listener is not None else None
        stop = threading.Event()

        def work(batch: list[int]) -> None:
            try:
                torch.set_num_threads(max(1, torch.get_num_threads() // self._workers))
                for group in self._sample_fitting([requests[i] for i in batch], [prompts[i] for i in batch], params):
                    if stop.is_set():
                        return
                    finished.put(group)
                finished.put(None)
            except BaseException as error:  # handed to the consumer, which raises it
                finished.put(error)

        pool = ThreadPoolExecutor(self._workers)
        try:
            batches = [batch for batch in plan if not all(requests[i].is_padding for i in batch)]
            for batch in batches:
                pool.submit(work, batch)
            running = len(batches)
            while running:
                item = finished.get()
                if item is None:
                    running -= 1
                elif isinstance(item, BaseException):
                    raise item
                elif group := self._heard(item):
                    yield group
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _heard(self, group: list[Generation]) -> list[Generation]:
        """What has finished, without padding; what has not goes to the listener."""
        asked = [generation for generation in group if not generation.request.is_padding]
        if self._listener is None or not asked or asked[0].finish_reason != UNFINISHED:
            return asked
        self._listener(asked)
        return []

    def _sample_fitting(
        self, requests: list[Request], prompts: list[list[int]], params: SamplingParams
    ) -> Iterator[list[Generation]]:
        """The batch; where the GPU's memory does not hold it, in two halves without the rows that have left it."""
        owed = {request.key: index for index, request in enumerate(requests)}
        try:
            for group in self._sample_batch(requests, prompts, params):
                for generation in group:
                    del owed[generation.request.key]
                yield group
            return
        except torch.OutOfMemoryError as error:
            if len(owed) == 1:
                (index,) = owed.values()
                raise UserError(
                    f"the GPU's memory does not hold {requests[index].label} ({len(prompts[index]):,} tokens and "
                    f"{params.max_new_tokens:,} new ones): lower max_new_tokens, or free the GPU of other processes"
                ) from error
        torch.cuda.empty_cache()  # here, where the failed batch's tensors are gone with its exception
        rest = list(owed.values())
        for half in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
            yield from self._sample_fitting([requests[i] for i in half], [prompts[i] for i in half], params)

    def _sample_batch(
        self, requests: list[Request], prompts: list[list[int]], params: SamplingParams
    ) -> Iterator[list[Generation]]:
        started = time.monotonic()
        padding = self._rule.of(max(map(len, prompts)) + params.max_new_tokens)
        cache, ids, mask = read_prompts(self._model, prompts, padding, self._pad_id)
        width = ids.shape[1]
        draws = torch.stack([uniform_draws(request.key, params) for request in requests]).to(self._device)
        rows = list(range(len(requests)))
        done = 0
        while rows:
            stretch = params.max_new_tokens if cache is None else min(STRETCH, params.max_new_tokens - done)
            choice: list[LogitsProcessor] = [TokenChoice(draws[rows], width, params, self._folder)]
            if self._begun is not None:
                choice.append(_Look(self._begun, [(requests[row], prompts[row]) for row in rows], width, self._so_far))
            with torch.inference_mode():
                ids = self._model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    **({} if cache is None else {"past_key_values": cache}),
                    max_new_tokens=stretch,
                    do_sample=False,
                    logits_processor=choice,
                    eos_token_id=self._end_ids,
                    pad_token_id=self._pad_id,
                )
            grown = ids.shape[1] - mask.shape[1]
            mask = torch.cat([mask, mask.new_ones(mask.shape[0], grown)], dim=1)
            done += grown
            keep, leave = [], []
            for position, tokens in enumerate(ids[:, width:].tolist()):
                end = next((at + 1 for at, token in enumerate(tokens) if token in self._end_ids), None)
                if end is None and done < params.max_new_tokens and cache is not None:
                    keep.append(position)
                    continue
                row = rows[position]
                leave.append(self._finished(requests[row], prompts[row], tokens[:end], end is not None, started))
            if leave:
                yield leave
            rows = [rows[position] for position in keep]
            if rows and cache is not None:
                index = torch.tensor(keep, device=self._device)
                ids, mask = ids[index], mask[index]
                cache.batch_select_indices(index)

    def _so_far(self, request: Request, prompt: list[int], tokens: list[int]) -> Generation:
        """The beginning of an output. A row that has ended is filled up behind its end token."""
        end = next((at for at, token in enumerate(tokens) if token in self._end_ids), None)
        thought, text = self._texts.taken_apart(prompt, tokens[:end])
        return replace(unanswered(request, UNFINISHED), text=text, thought=thought)

    def _finished(
        self, request: Request, prompt: list[int], tokens: list[int], stopped: bool, started: float
    ) -> Generation:
        thought, text = self._texts.taken_apart(prompt, tokens[:-1] if stopped else tokens)
        return Generation(
            request=request,
            prompt_ids=tuple(prompt),
            token_ids=tuple(tokens),
            text=text,
            finish_reason="stop" if stopped else "length",
            seconds=round(time.monotonic() - started, 3),
            thought=thought,
        )

    def _too_long(self, requests: list[Request], prompts: list[list[int]], new_tokens: int) -> list[Request]:
        """The requests that do not fit into the context with their new tokens. Raises UserError where none fits, and
        one would with fewer new tokens: then it is the settings and not the prompt."""
        for request, ids in zip(requests, prompts, strict=True):
            if not ids:
                raise UserError(
                    f"the chat template and tokenizer of {self._folder} make no token of {request.label}: they do not "
                    "belong together; copy both from the model that it was trained from"
                )
        context = getattr(self._model.config.get_text_config(decoder=True), "max_position_embeddings", None)
        if context is None:
            return []
        over = [request for request, ids in zip(requests, prompts, strict=True) if len(ids) + new_tokens > context]
        shortest = min(map(len, prompts))
        if len(over) == len(requests) and shortest < context:
            raise UserError(
                f"{requests[0].label} has {len(prompts[0]):,} tokens; with {new_tokens:,} new ones that is over the "
                f"model's context of {context:,}"
                + (f", as are all others (the shortest has {shortest:,})" if len(requests) > 1 else "")
                + ": shorten the prompt or lower max_new_tokens"
            )
        return over


_SoFar = Callable[[Request, list[int], list[int]], Generation]


class _Look(LogitsProcessor):  # type: ignore[misc]
    """Changes nothing: puts what the rows hold so far into the queue of what is finished, now and then."""

    def __init__(
        self, begun: "queue.Queue[Any]", rows: list[tuple[Request, list[int]]], width: int, so_far: _SoFar
    ) -> None:
        self._begun, self._rows, self._width, self._so_far = begun, rows, width, so_far
        self._next = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if time.monotonic() >= self._next:
            written = zip(self._rows, input_ids[:, self._width :].tolist(), strict=True)
            self._begun.put([self._so_far(*row, tokens) for row, tokens in written])
            self._next = time.monotonic() + BETWEEN_LOOKS
        return scores


def _rule_of(model: Any, pad_id: int, folder: str) -> PaddingRule:
    try:
        return padding_rule(model, pad_id)
    except torch.OutOfMemoryError as error:
        raise UserError(f"the GPU's memory does not hold {folder}; end its other processes") from error
    except Exception as error:  # the library cannot generate with a model of this kind, or of these settings
        raise UserError(
            f"{folder} ({architecture(folder)}) is loaded, but transformers cannot generate with it: "
            f"{reason_of(error, folder)}; check its config.json, or serve it and name NAME@http://HOST:PORT/v1"
        ) from error


def _load_model(folder: str, device: str) -> Any:
    """The weights, to be sampled by temperature and top-p alone."""
    model = load_language_model(folder, torch.bfloat16 if device == "cuda" else torch.float32)
    model.generation_config = GenerationConfig()
    try:
        return model.to(device).eval()
    except torch.OutOfMemoryError as error:
        raise UserError(f"the GPU's memory does not hold the weights of {folder}; end its other processes") from error


def _cached_bytes_per_token(model: Any) -> int:
    """Keys and values of one token in all layers; of a model without attention, a guess."""
    config = model.config.get_text_config(decoder=True)
    heads = getattr(config, "num_attention_heads", None)
    if not heads:
        return int(2 * config.num_hidden_layers * config.hidden_size * model.dtype.itemsize)
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    heads = getattr(config, "num_key_value_heads", None) or heads
    return int(2 * config.num_hidden_layers * heads * size * model.dtype.itemsize)
