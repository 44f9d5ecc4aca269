"""Speed on a GPU: plain `generate`, `generate_batch` (continuous batching) and the local sampler.

``python tests/bench/gpu_sampling.py --model FOLDER`` draws eight samples of each prompt in all three ways with one copy
of the weights, checks that each prompt has its eight, and names the fastest. ``--device cpu --small`` shows that the
script runs.
"""

import argparse
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import ContinuousBatchingConfig, GenerationConfig

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.resolve import EMBEDDED, resolve_model
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.models.tokens import encode_messages, end_tokens
from tpobench.harness.records import Request, SamplingParams, content_key
from tpobench.harness.samplers.local import LocalSampler

SAMPLES = 8

Found = dict[int, list[list[int]]]
"""Token ids of every output, by the prompt's place."""


class Bench:
    """The three ways to sample the same prompts. The sampler's own model serves all of them."""

    def __init__(self, folder: str, texts: list[str], mode: Mode, params: SamplingParams, on_cpu: bool) -> None:
        self.sampler = LocalSampler(folder)
        self.model: Any = self.sampler._model
        self.tokenizer = self.sampler._tokenizer
        self.messages = [mode.messages(text) for text in texts]
        self.prompts = [encode_messages(self.tokenizer, messages) for messages in self.messages]
        self.params = params
        self.on_cpu = on_cpu
        self.ends = end_tokens(folder, self.tokenizer)
        self.config = {
            "do_sample": True,
            "temperature": params.temperature,
            "top_p": params.top_p,
            "top_k": 0,
            "max_new_tokens": params.max_new_tokens,
            "eos_token_id": self.ends,
            "pad_token_id": self.sampler._pad_id,
        }

    def generate(self, rows: int) -> Found:
        """Left-padded batches of so many rows, prompts in the order given."""
        found: Found = {}
        step = max(1, rows // SAMPLES)
        for start in range(0, len(self.prompts), step):
            batch = self.prompts[start : start + step]
            width = max(map(len, batch))
            ids = torch.tensor([[self.sampler._pad_id] * (width - len(prompt)) + prompt for prompt in batch])
            mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in batch])
            with torch.inference_mode():
                out = self.model.generate(
                    input_ids=ids.to(self.model.device),
                    attention_mask=mask.to(self.model.device),
                    generation_config=GenerationConfig(**self.config, num_return_sequences=SAMPLES),
                )
            for row, tokens in enumerate(out[:, width:].tolist()):
                found.setdefault(start + row // SAMPLES, []).append(self.cut(tokens))
        return found

    def generate_batch(self) -> Found:
        """Continuous batching, which reads each prompt once and forks it."""
        settings = ContinuousBatchingConfig(max_memory_percent=0.1) if self.on_cpu else ContinuousBatchingConfig()
        results = self.model.generate_batch(
            self.prompts,
            continuous_batching_config=settings,
            generation_config=GenerationConfig(**self.config, num_return_sequences=SAMPLES),
        )
        found: Found = {}
        for name, result in results.items():  # "req_3", and "req_3__child#0" for its further samples
            if result.error is None:
                place = int(name.split("__")[0].removeprefix("req_"))
                found.setdefault(place, []).append(list(result.generated_tokens))
        return found

    def tpobench(self) -> Found:
        places = {content_key(place, sample): place for place in range(len(self.prompts)) for sample in range(SAMPLES)}
        requests = [Request(key, self.messages[place], f"prompt {place}") for key, place in places.items()]
        found: Found = {}
        for group in self.sampler.sample(requests, self.params):
            for generation in group:
                found.setdefault(places[generation.request.key], []).append(list(generation.token_ids))
        return found

    def cut(self, tokens: list[int]) -> list[int]:
        """Up to the end token: what follows is padding."""
        end = next((place + 1 for place, token in enumerate(tokens) if token in self.ends), len(tokens))
        return tokens[:end]

    def short_of(self, found: Found) -> int:
        """How many outputs are missing, or too many, or longer than was asked."""
        counts = [len(found.get(place, [])) for place in range(len(self.prompts))]
        long = sum(len(tokens) > self.params.max_new_tokens for outputs in found.values() for tokens in outputs)
        return sum(abs(count - SAMPLES) for count in counts) + long


def measure(name: str, bench: Bench, work: Callable[[], Found], rounds: int) -> float:
    """Median tokens per second; 0 where it fails or outputs are missing. Prints a row of the table."""
    rates = []
    for _ in range(rounds):
        gc.collect()
        torch.cuda.empty_cache()
        if not bench.on_cpu:
            torch.cuda.reset_peak_memory_stats()
        started = time.monotonic()
        try:
            found = work()
        except torch.OutOfMemoryError:
            print(f"| {name} | out of memory | | |", flush=True)
            return 0.0
        seconds = time.monotonic() - started
        if wrong := bench.short_of(found):
            print(f"| {name} | {wrong} outputs missing, too many or too long | | |", flush=True)
            return 0.0
        lengths = [len(tokens) for outputs in found.values() for tokens in outputs]
        rates.append(sum(lengths) / seconds)
    peak = 0.0 if bench.on_cpu else torch.cuda.max_memory_allocated() / 2**30
    print(f"| {name} | {statistics.median(rates):,.0f} | {statistics.mean(lengths):.0f} | {peak:.1f} |", flush=True)
    return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=EMBEDDED, help="a folder, a hub id, or the embedded model")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--max-new-tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--mode", default="think:generic")
    parser.add_argument("--small", action="store_true", help="three prompts, short outputs, one round")
    asked = parser.parse_args()
    if asked.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    elif not torch.cuda.is_available():
        sys.exit("torch sees no GPU here: run this on a machine with one, or with --device cpu --small")
    if asked.small:
        asked.prompts, asked.max_new_tokens, asked.rounds = 3, 16, 1
    texts = [prompt.text for prompt in starter_prompts("training")[: asked.prompts]]
    params = SamplingParams(temperature=0.8, top_p=0.95, max_new_tokens=asked.max_new_tokens)
    on_cpu = asked.device == "cpu"
    bench = Bench(resolve_model(asked.model).folder, texts, mode_named(asked.mode), params, on_cpu)
    where = "CPU" if on_cpu else torch.cuda.get_device_name()
    print(f"{asked.model} on {where}: {len(texts)} prompts x {SAMPLES}, up to {params.max_new_tokens} new tokens")
    print(f"local sampler: {bench.sampler._max_rows} rows, {bench.sampler._token_budget:,} cached tokens a batch\n")
    print("| sampler | tokens/s | mean length | peak GiB |\n|---|---|---|---|")
    sizes = [16] if asked.small else [64, 128, 256]
    ways: dict[str, Callable[[], Found]] = {
        f"generate, {rows} rows": lambda rows=rows: bench.generate(rows)  # type: ignore[misc]
        for rows in sizes
    } | {"generate_batch": bench.generate_batch, "tpobench": bench.tpobench}
    if not asked.small:
        bench.tpobench()  # the first use of a GPU compiles and allocates
    rates = {name: measure(name, bench, work, asked.rounds) for name, work in ways.items()}
    fastest = max(rates, key=lambda name: rates[name])
    print(f"\nfastest: {fastest}" if rates[fastest] else "\nnone of them sampled every output")
    if not rates["tpobench"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
