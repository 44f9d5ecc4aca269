"""What an output that does not depend on its batch costs, by kind of architecture: `make bench`.

Miniatures of one width, so that the ratios show batching and not the models: the sampler as it is, the same model as if
it were an ordinary one (which gives other outputs), and one prompt at a time. They take turns.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import transformers

from tests.families import build_family
from tpobench.harness.records import Request, SamplingParams, content_key
from tpobench.harness.samplers.local import LocalSampler
from tpobench.harness.samplers.padding import Padding, PaddingRule

KINDS = {
    "llama": "ordinary (full attention)",
    "mistral_window": "sliding window, rows longer than it",
    "gemma3_text": "sliding and full layers, rows longer than the window",
    "mpt": "distances counted in columns (ALiBi of MPT)",
    "mamba2": "recurrent state",
    "qwen3_next": "recurrent state and attention, experts",
    "rwkv": "rows that disturb each other",
}
SHARED = "Answer the question below as well as you can, and keep to the point. "
PROMPTS, SAMPLES, ROUNDS = 12, 4, 3
PARAMS = SamplingParams(temperature=1.0, max_new_tokens=48)


def requests() -> list[Request]:
    """Prompts of many lengths with a shared beginning, several samples each."""
    asked = []
    for number in range(PROMPTS):
        text = SHARED + "".join(chr(97 + (number * 7 + at * 11) % 26) for at in range(5 + 6 * (number // 2)))
        messages = ({"role": "user", "content": text},)
        asked += [Request(content_key(text, sample), messages, text) for sample in range(SAMPLES)]
    return asked


def rate(work: Callable[[], int]) -> float:
    started = time.monotonic()
    return work() / (time.monotonic() - started)


def sampled(sampler: LocalSampler) -> int:
    return sum(len(each.token_ids) for group in sampler.sample(requests(), PARAMS) for each in group)


def one_at_a_time(sampler: LocalSampler) -> int:
    groups = (group for request in requests()[::SAMPLES] for group in sampler.sample([request], PARAMS))
    return sum(len(each.token_ids) for group in groups for each in group)


def rates(folder: Path) -> tuple[str, list[float | None]]:
    """The padding that is chosen, and tokens per second: as it is, as an ordinary model, one prompt at a time."""
    chosen, ordinary = LocalSampler(str(folder)), LocalSampler(str(folder))
    ordinary._rule = PaddingRule(within=Padding.MIDDLE)
    found: list[list[float]] = [[], [], []]
    works: list[Callable[[], int]] = [lambda: sampled(chosen), lambda: sampled(ordinary), lambda: one_at_a_time(chosen)]
    for _ in range(ROUNDS):
        for runs, work in zip(found, works, strict=True):
            try:
                runs.append(rate(work))
            except Exception:  # as an ordinary model it has no such cache
                continue
    rows = ", one row at a time" if chosen._rule.one_by_one else ""
    padding = chosen._rule.of(PARAMS.max_new_tokens + len(SHARED))
    return f"{padding.name.lower()}{rows}", [statistics.median(runs) if runs else None for runs in found]


def main() -> None:
    transformers.logging.set_verbosity_error()
    print("| miniature | kind | padding | tokens/s | as an ordinary model | one prompt at a time |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for family, kind in KINDS.items():
            padding, found = rates(build_family(Path(folder) / family, family))
            cells = " | ".join("fails" if value is None else f"{value:,.0f}" for value in found)
            print(f"| {family} | {kind} | {padding} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
