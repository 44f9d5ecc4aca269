"""Speed of the local sampler against plain transformers generation on a CPU: `make bench`.

Both draw eight samples of each prompt, in the order given, with the same model and settings in the same process, taking
turns. Plain generation is measured at several batch sizes and its best one counts; ours plans its own batches.
"""

import argparse
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.resolve import embedded_folder
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.records import Request, SamplingParams, content_key
from tpobench.harness.samplers.local import LocalSampler

SIZES = (8, 16, 32, 48)
SAMPLES = 8
THREADS = 2
PARAMS = SamplingParams(temperature=0.8, top_p=0.95, max_new_tokens=128)


def plain(model: Any, tokenizer: Any, requests: list[Request], size: int) -> int:
    """Left-padded batches in the order given, as the transformers documentation does it; returns tokens."""
    torch.set_num_threads(THREADS)
    tokens = 0
    for start in range(0, len(requests), size):
        texts = [
            tokenizer.apply_chat_template(list(request.messages), tokenize=False, add_generation_prompt=True)
            for request in requests[start : start + size]
        ]
        batch = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            out = model.generate(
                **batch,
                max_new_tokens=PARAMS.max_new_tokens,
                do_sample=True,
                temperature=PARAMS.temperature,
                top_p=PARAMS.top_p,
                top_k=0,
            )
        for row in out[:, batch["input_ids"].shape[1] :].tolist():
            tokens += row.index(2) + 1 if 2 in row else len(row)
    return tokens


def ours(sampler: LocalSampler, requests: list[Request]) -> int:
    lengths = [len(found.token_ids) for group in sampler.sample(requests, PARAMS) for found in group]
    assert len(lengths) == len(requests)
    return sum(lengths)


def rate(work: Callable[[], int]) -> float:
    """Tokens per second."""
    started = time.monotonic()
    tokens = work()
    return tokens / (time.monotonic() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    folder = str(embedded_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    sampler = LocalSampler(folder)
    modes = [DIRECT, mode_named("think:generic")]
    requests = [
        Request(content_key(prompt.text, sample), modes[place % 2].messages(prompt.text), prompt.text)
        for place, prompt in enumerate(starter_prompts("validation")[: asked.prompts])
        for sample in range(SAMPLES)
    ]
    for warm_up in (lambda: plain(model, tokenizer, requests[:2], 2), lambda: ours(sampler, requests[:2])):
        warm_up()
    print(f"{len(requests)} outputs, {SAMPLES} for each prompt, half of the prompts in mode think:generic")
    rates: dict[str, list[float]] = defaultdict(list)

    def turn(name: str, work: Callable[[], int]) -> None:
        rates[name].append(rate(work))
        print(f"{name}: {rates[name][-1]:.0f} tokens/s", flush=True)

    sizes = list(SIZES)
    for _ in range(asked.rounds):
        for size in sizes:
            turn(f"generate, batches of {size}", lambda size=size: plain(model, tokenizer, requests, size))  # type: ignore[misc]
            turn("tpobench", lambda: ours(sampler, requests))
        sizes = [max(SIZES, key=lambda size: rates[f"generate, batches of {size}"][0])]
    print("\n| sampler | tokens/s | runs |\n|---|---|---|")
    median = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"| {name} | {median[name]:.0f} | {', '.join(f'{value:.0f}' for value in found)} |")
    mine = median.pop("tpobench")
    print(f"\ntpobench over the best generate: {mine / max(median.values()):.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB (two copies of the model)")


if __name__ == "__main__":
    main()
