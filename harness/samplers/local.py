"""The local sampler: a transformers model in this process.

Rows of a batch leave it as soon as they finish: generation goes in short stretches, and between two of them the
finished rows are yielded and dropped from the key-value cache. Every row draws from a random stream seeded by its
own key, so that what a request yields depends on the request and not on its neighbours (up to rounding).

On a CPU two batches run side by side, one thread each: small matrix products do not scale over threads. On a GPU one
batch runs at a time, as large as its free memory allows; a batch that does not fit after all is halved.
"""

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import torch
from transformers import AutoModelForCausalLM, DynamicCache, GenerationConfig, LogitsProcessor

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import architecture
from tpobench.harness.models.tokens import encode_messages, end_tokens, load_tokenizer
from tpobench.harness.records import Generation, Request, SamplingParams
from tpobench.harness.samplers.batching import gpu_limits, plan_batches

WINDOW = 2048
"""Requests that are tokenised and planned together; memory does not grow with the number of prompts beyond it."""

STRETCH = 16
"""Tokens generated between two looks at which rows have finished."""

_NUCLEUS_GUESS = 1024
"""Tokens among which the nucleus is looked for first: sorting a whole vocabulary is slow."""


class LocalSampler:
    """A model folder, loaded once. `max_rows` and `token_budget` bound one batch (rows, cached tokens); on a GPU they
    follow from its free memory."""

    def __init__(self, folder: str, max_rows: int = 48, token_budget: int = 16_384) -> None:
        """Raises UserError for a folder that cannot be sampled from."""
        self._folder = folder
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer = load_tokenizer(folder)
        self._end_ids = end_tokens(folder, self._tokenizer)
        pad_id = self._tokenizer.pad_token_id
        self._pad_id = self._end_ids[0] if pad_id is None else pad_id  # never attended to
        self._model = _load_model(folder, self._device)
        self._max_rows, self._token_budget = max_rows, token_budget
        self._workers = max(1, len(os.sched_getaffinity(0)))
        if self._device == "cuda":
            free, _ = torch.cuda.mem_get_info()
            self._token_budget, self._max_rows = gpu_limits(free, _cached_bytes_per_token(self._model))
            self._workers = 1

    def close(self) -> None:
        del self._model
        if self._device == "cuda":
            torch.cuda.empty_cache()

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Yield finished generations in groups. Raises UserError before sampling a window with a too long prompt."""
        iterator = iter(requests)
        while window := list(islice(iterator, WINDOW)):
            yield from self._sample_window(window, params)

    def _sample_window(self, requests: list[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        prompts = [encode_messages(self._tokenizer, request.messages) for request in requests]
        self._refuse_too_long(requests, prompts, params.max_new_tokens)
        rows = min(self._max_rows, -(-len(requests) // self._workers))
        plan = plan_batches([len(ids) for ids in prompts], params.max_new_tokens, self._token_budget, rows)
        finished: queue.Queue[list[Generation] | BaseException | None] = queue.Queue()
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
                elif group := [generation for generation in item if not generation.request.is_padding]:
                    yield group
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)

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
        cache, ids, mask = self._read_prompts(prompts)
        width = ids.shape[1]
        draws = torch.stack([_uniforms(request.key, params) for request in requests]).to(self._device)
        rows = list(range(len(requests)))
        done = 0
        while rows:
            stretch = min(STRETCH, params.max_new_tokens - done)
            picker = _Picker(draws[rows], width, params, self._folder)
            with torch.inference_mode():
                ids = self._model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    past_key_values=cache,
                    max_new_tokens=stretch,
                    do_sample=False,
                    logits_processor=[picker],
                    eos_token_id=self._end_ids,
                    pad_token_id=self._pad_id,
                )
            grown = ids.shape[1] - mask.shape[1]
            mask = torch.cat([mask, mask.new_ones(mask.shape[0], grown)], dim=1)
            done += grown
            keep, leave = [], []
            for position, tokens in enumerate(ids[:, width:].tolist()):
                end = next((at + 1 for at, token in enumerate(tokens) if token in self._end_ids), None)
                if end is None and done < params.max_new_tokens:
                    keep.append(position)
                    continue
                row = rows[position]
                leave.append(self._finished(requests[row], prompts[row], tokens[:end], end is not None, started))
            if leave:
                yield leave
            rows = [rows[position] for position in keep]
            if rows:
                index = torch.tensor(keep, device=self._device)
                ids, mask = ids[index], mask[index]
                cache.batch_select_indices(index)

    def _read_prompts(self, prompts: list[list[int]]) -> tuple[DynamicCache, torch.Tensor, torch.Tensor]:
        """Read the prompts into a key-value cache, all but each one's last token.

        What the prompts share is read once: the common beginning (system message, thought prompt) and the prompt of
        several samples. Shorter prompts are padded between the common beginning and their own rest. Returns the
        cache, token ids and attention mask, one row for each prompt.
        """
        unique = list(dict.fromkeys(map(tuple, prompts)))
        shared = _common_length(unique)
        width = max(map(len, unique))
        gaps = [width - len(prompt) for prompt in unique]
        padded = [[*p[:shared], *[self._pad_id] * gap, *p[shared:]] for p, gap in zip(unique, gaps, strict=True)]
        attended = [[1] * shared + [0] * gap + [1] * (width - shared - gap) for gap in gaps]
        ids = torch.tensor(padded, device=self._device)
        mask = torch.tensor(attended, device=self._device)
        cache = DynamicCache(config=self._model.config)
        with torch.inference_mode():
            if shared:
                self._model(ids[:1, :shared], past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache.batch_select_indices(torch.zeros(len(unique), dtype=torch.long, device=self._device))
            if shared < width - 1:
                self._model(
                    ids[:, shared:-1],
                    attention_mask=mask[:, :-1],
                    past_key_values=cache,
                    use_cache=True,
                    position_ids=(mask.cumsum(-1) - 1).clamp(min=0)[:, shared:-1],
                    logits_to_keep=1,
                )
            row_of = {prompt: row for row, prompt in enumerate(unique)}
            rows = torch.tensor([row_of[tuple(prompt)] for prompt in prompts], device=self._device)
            cache.batch_select_indices(rows)
        return cache, ids[rows], mask[rows]

    def _finished(
        self, request: Request, prompt: list[int], tokens: list[int], stopped: bool, started: float
    ) -> Generation:
        text = self._tokenizer.decode(tokens[:-1] if stopped else tokens, skip_special_tokens=True)
        reason = "stop" if stopped else "length"
        return Generation(
            request=request,
            prompt_ids=tuple(prompt),
            token_ids=tuple(tokens),
            text=text,
            finish_reason=reason,
            seconds=round(time.monotonic() - started, 3),
        )

    def _refuse_too_long(self, requests: list[Request], prompts: list[list[int]], new_tokens: int) -> None:
        context = getattr(self._model.config, "max_position_embeddings", None)
        for request, ids in zip(requests, prompts, strict=True):
            if context is not None and len(ids) + new_tokens > context:
                raise UserError(
                    f"{request.label} has {len(ids):,} tokens; with {new_tokens:,} new ones that is over the model's "
                    f"context of {context:,}: shorten the prompt or lower max_new_tokens"
                )


class _Picker(LogitsProcessor):  # type: ignore[misc]
    """Chooses each row's next token (temperature, then nucleus) by inverting the row's own uniform draw.

    Returns logits that leave only the chosen token, so that greedy decoding takes it. `draws` has shape
    (rows, max_new_tokens); `width` is the padded length of the prompts. Raises UserError for logits that are not
    numbers (NaN), from which a token would be chosen without an error.
    """

    def __init__(self, draws: torch.Tensor, width: int, params: SamplingParams, folder: str) -> None:
        self._draws = draws
        self._width = width
        self._params = params
        self._folder = folder

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self._params.temperature == 0:
            self._require_numbers(scores.amax(-1))
            return scores
        probabilities = torch.softmax(scores.float() / self._params.temperature, dim=-1)
        draws = self._draws[:, input_ids.shape[1] - self._width]
        top, tokens = probabilities.topk(min(_NUCLEUS_GUESS, probabilities.shape[-1]))
        chosen = _invert(top, tokens, draws, self._params.top_p)
        wider = ~(top.sum(-1) >= self._params.top_p)  # true for NaN too
        if bool(wider.any()):
            self._require_numbers(top)
            chosen[wider] = _invert(*probabilities[wider].sort(descending=True), draws[wider], self._params.top_p)
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)

    def _require_numbers(self, values: torch.Tensor) -> None:
        if not bool(values.isfinite().all()):
            raise UserError(
                f"the model {self._folder} computes logits that are not numbers: its weights are broken, or too "
                f"large for {str(values.dtype).removeprefix('torch.')}; sample from an earlier checkpoint"
            )


def _common_length(prompts: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all prompts have in common at the beginning, leaving at least one token of each."""
    shortest = min(map(len, prompts)) - 1
    return next((at for at in range(shortest) if len({prompt[at] for prompt in prompts}) > 1), shortest)


def _invert(probabilities: torch.Tensor, tokens: torch.Tensor, draws: torch.Tensor, top_p: float) -> torch.Tensor:
    """The token of each row's nucleus at which the cumulative probability passes the draw; shape (rows, 1).

    `probabilities` and their `tokens` have shape (rows, candidates), most probable first.
    """
    before = probabilities.cumsum(-1) - probabilities
    cumulative = torch.where(before < top_p, probabilities, 0.0).cumsum(-1)
    index = torch.searchsorted(cumulative, draws[:, None] * cumulative[:, -1:], right=True)
    return tokens.gather(-1, index.clamp(max=tokens.shape[-1] - 1))


def _uniforms(key: str, params: SamplingParams) -> torch.Tensor:
    """The row's own random stream: one uniform number for each new token."""
    generator = torch.Generator().manual_seed(int(key[:15], 16))
    return torch.rand(params.max_new_tokens, generator=generator)


def _load_model(folder: str, device: str) -> Any:
    """The weights, to be sampled by temperature and top-p alone; UserError where they are not a language model."""
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        model, report = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True)
    except (ValueError, KeyError, OSError, RuntimeError, ImportError) as error:
        raise UserError(
            f"{folder} ({architecture(folder)}) cannot be loaded as a causal language model: "
            f"{' '.join(str(error).split())[:300]}"
        ) from error
    if missing := sorted(report["missing_keys"]):  # they would be filled with random numbers
        raise UserError(
            f"{folder} ({architecture(folder)}) is not a complete causal language model: weights are missing for "
            f"{', '.join(missing[:3])}; name a model that was trained to generate text"
        )
    model.generation_config = GenerationConfig()
    try:
        return model.to(device).eval()
    except torch.OutOfMemoryError as error:
        raise UserError(f"the GPU's memory does not hold the weights of {folder}; end its other processes") from error


def _cached_bytes_per_token(model: Any) -> int:
    """Keys and values of one token in all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * size * model.dtype.itemsize)
