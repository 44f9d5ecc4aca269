"""Speed of the local sampler against plain transformers generation: `make bench`.

Both answer the same prompts with the same model in the same process, taking turns; the ratio is of tokens per second.
"""

import resource
import statistics
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.starter import starter_prompts
from harness.models import embedded_folder
from harness.modes import DIRECT
from harness.records import Request, SamplingParams, content_key
from harness.samplers.local import LocalSampler
from tpo.thoughts import mode_named

ROUNDS = 3
PARAMS = SamplingParams(max_new_tokens=80)


def plain(model: object, tokenizer: object, requests: list[Request]) -> int:
    """Left-padded batches of 32 in the order given, as the transformers documentation does it; returns tokens."""
    tokens = 0
    for start in range(0, len(requests), 32):
        texts = [
            tokenizer.apply_chat_template(list(r.messages), tokenize=False, add_generation_prompt=True)  # type: ignore[attr-defined]
            for r in requests[start : start + 32]
        ]
        batch = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)  # type: ignore[operator]
        with torch.inference_mode():
            out = model.generate(  # type: ignore[attr-defined]
                **batch, max_new_tokens=PARAMS.max_new_tokens, do_sample=True, temperature=PARAMS.temperature,
                top_p=PARAMS.top_p, top_k=0,
            )  # fmt: skip
        for row in out[:, batch["input_ids"].shape[1] :].tolist():
            tokens += row.index(2) + 1 if 2 in row else len(row)
    return tokens


def ours(sampler: LocalSampler, requests: list[Request]) -> int:
    return sum(len(found.token_ids) for group in sampler.sample(requests, PARAMS) for found in group)


def main() -> None:
    folder = str(embedded_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    sampler = LocalSampler(folder)
    modes = {"direct, 1 sample": (DIRECT, 1), "think:generic, 4 samples": (mode_named("think:generic"), 4)}
    print("| prompts | plain tokens/s | tpobench tokens/s | ratio |\n|---|---|---|---|")
    for name, (mode, samples) in modes.items():
        prompts = starter_prompts("validation")[: 60 // samples]
        requests = [
            Request(content_key(p.text, mode.key, k), mode.messages(p.text), p.text)
            for p in prompts
            for k in range(samples)
        ]
        rates: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(ROUNDS):
            started = time.monotonic()
            tokens = plain(model, tokenizer, requests)
            rates["plain"].append(tokens / (time.monotonic() - started))
            started = time.monotonic()
            tokens = ours(sampler, requests)
            rates["ours"].append(tokens / (time.monotonic() - started))
        a, b = statistics.median(rates["plain"]), statistics.median(rates["ours"])
        print(f"| {name} ({len(requests)} outputs) | {a:.0f} | {b:.0f} | {b / a:.2f} |", flush=True)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB (two copies of the model)")


if __name__ == "__main__":
    main()
