"""Ways of shopping for a PASS with a candidate at the floor, and what each of them gets."""

from collections.abc import Callable

import numpy as np

from tests.bench.gates.cases import ALPHA, FLOOR, METHODS, judged_in_both_orders
from tests.bench.gates.tables import Bounded, Size, heading, row
from tpobench.harness.gate.comparison import frozen_order
from tpobench.harness.records import Prompt
from tpobench.harness.stats.intervals import Floats
from tpobench.harness.stats.multiplicity import share_of_attempt
from tpobench.harness.stats.sequential import Method, decide_mean
from tpobench.harness.stats.simulation import chunks, peeking_t

Promoted = Callable[[np.random.Generator, int], np.ndarray]
"""Of so many candidates at the floor, which are promoted in the end."""

PROMPTS = 400
BLOCK = 25


def print_shopping(size: Size) -> list[str]:
    """Prints the tables; returns the cells that are beyond their bound."""
    title = f"Shopping with a candidate at the floor of {FLOOR}, alpha {ALPHA}: share promoted in the end"
    heading(title, ["way", "what the gate makes of it", "promoted"])
    table = Bounded(title)
    ways = _bounded_ways()
    for way, meaning, prompts, promoted in ways[size.some(ways)]:
        cell = table.error(way, _count(promoted, prompts), size.gates(prompts, 4_000), ALPHA)
        row(way, meaning, cell)
    table.conclude()
    _open_ways(size)
    return table.beyond


def _bounded_ways() -> list[tuple[str, str, int, Promoted]]:
    one = "one test"
    return [
        ("30 seeds of the order, 400 prompts", f"{one}: the order depends on the texts alone", 400, _same_order),
        ("files renamed 30 times", f"{one}: prompts and answers are known by content", 400, _once("hybrid")),
        ("looking after every block of 25", f"{one}, decided as it goes on", 400, _peeking),
        ("block 1, 7, 25, 100 and 400", f"{one}: blocks change the bill", 400, _blocks),
        (
            "50 prompts appended until it passes, 200 to 2,000, hybrid",
            "one test of the first 200, then e-values",
            2_000,
            _growing("hybrid"),
        ),
        ("the same, sequential", "e-values that multiply", 2_000, _growing("sequential")),
        ("limit 100, 200, 400, 800", "larger samples hold the smaller: appended", 800, _limits),
        ("margins 0.03, 0.025, ... 0.005", "the widest passes first", 400, _margins),
        ("line, 20 re-evaluations with other sampling seeds", "20 gates of the line", 8_000, _again(20, line=True)),
        ("line, three methods, each its own gate", "3 gates of the line", 1_200, _methods(line=True)),
        ("line, 10 candidates at the floor, three looks each", "30 gates of the line", 12_000, _again(30, line=True)),
    ]


def _open_ways(size: Size) -> None:
    """What no test can bound: these are the reasons for a line, and for hidden prompts."""
    heading("What is not bounded, and told instead", ["way", "what the gate says", "promoted"])
    ways = [
        (
            "20 re-evaluations with other sampling seeds, no line",
            "warns: tested 19 times before",
            8_000,
            _again(20, line=False),
        ),
        ("three methods, no line", "warns", 1_200, _methods(line=False)),
        ("5 printed prompts fixed after each of 10 gates, no line", "warns; reveal hides them", 2_000, _fixing),
        (
            "5 lost prompts taken out after each of 6 gates, no line",
            "warns; in a line, or with pinned prompts, INVALID",
            1_800,
            _taking_out,
        ),
        ("peeking with a t test every 25 prompts (not this gate)", "", 400, _naive),
    ]
    for way, meaning, prompts, promoted in ways:
        gates = size.gates(prompts, 2_000)
        row(way, meaning, f"{_count(promoted, prompts)(1, gates) / gates:.1%}")
    print()


def _count(promoted: Promoted, prompts: int) -> Callable[[int, int], int]:
    def count(seed: int, gates: int) -> int:
        rng = np.random.default_rng((seed, prompts))
        return sum(int(promoted(rng, part).sum()) for part in chunks(gates, prompts))

    return count


def _draw(rng: np.random.Generator, gates: int, prompts: int = PROMPTS) -> Floats:
    return judged_in_both_orders(FLOOR).draw(rng, gates, prompts)


def _passes(values: Floats, method: Method = "hybrid", final: int | None = None, alpha: float = ALPHA) -> np.ndarray:
    return decide_mean(values, values, FLOOR, alpha, method, final).outcome > 0


def _once(method: Method) -> Promoted:
    return lambda rng, gates: _passes(_draw(rng, gates), method)


def _same_order(rng: np.random.Generator, gates: int) -> np.ndarray:
    """Whatever order a file has, the gate's is the same, so that every seed asks for the same test."""
    prompts = [Prompt(f"prompt {n}") for n in range(PROMPTS)]
    first = [prompts[index].text for index in frozen_order(prompts)]
    shuffled = [prompts[index] for index in rng.permutation(PROMPTS)]
    assert first == [shuffled[index].text for index in frozen_order(shuffled)]
    return _passes(_draw(rng, gates))


def _peeking(rng: np.random.Generator, gates: int) -> np.ndarray:
    return _any_prefix(_draw(rng, gates), range(BLOCK, PROMPTS + 1, BLOCK))


def _blocks(rng: np.random.Generator, gates: int) -> np.ndarray:
    values = _draw(rng, gates)
    ends = {end for block in (7, 25, 100, 400) for end in range(block, PROMPTS + 1, block)}
    return _any_prefix(values, sorted(ends)[:: max(1, len(ends) // 30)])


def _any_prefix(values: Floats, ends: range | list[int]) -> np.ndarray:
    """Which gates pass at one of these ends of what is judged; the one test is that of all prompts."""
    passed = np.zeros(values.shape[0], dtype=bool)
    for end in ends:
        passed |= _passes(values[:, :end], final=PROMPTS)
    return passed


def _growing(method: Method) -> Promoted:
    return lambda rng, gates: _passes(_draw(rng, gates, 2_000), method, final=200)


def _limits(rng: np.random.Generator, gates: int) -> np.ndarray:
    values = _draw(rng, gates, 800)
    looks = [_passes(values[:, :limit], final=100) for limit in (100, 200, 400, 800)]
    return np.any(looks, axis=0)


def _margins(rng: np.random.Generator, gates: int) -> np.ndarray:
    values = _draw(rng, gates)
    floors = [0.5 - margin for margin in (0.03, 0.025, 0.02, 0.015, 0.01, 0.005)]
    return np.any([decide_mean(values, values, floor, ALPHA).outcome > 0 for floor in floors], axis=0)


def _again(times: int, *, line: bool) -> Promoted:
    """Gates on answers that are drawn anew each time."""

    def promoted(rng: np.random.Generator, gates: int) -> np.ndarray:
        alphas = [ALPHA * (share_of_attempt(number) if line else 1.0) for number in range(1, times + 1)]
        return np.any([_passes(_draw(rng, gates), alpha=alpha) for alpha in alphas], axis=0)

    return promoted


def _methods(*, line: bool) -> Promoted:
    def promoted(rng: np.random.Generator, gates: int) -> np.ndarray:
        values = _draw(rng, gates)
        alphas = [ALPHA * (share_of_attempt(number) if line else 1.0) for number in (1, 2, 3)]
        tried = zip(METHODS, alphas, strict=True)
        return np.any([_passes(values, method, alpha=alpha) for method, alpha in tried], axis=0)

    return promoted


def _taking_out(rng: np.random.Generator, gates: int) -> np.ndarray:
    """After each gate the five prompts that were lost most clearly leave the file. 300 prompts at first."""
    values, passed = _draw(rng, gates, 300), np.zeros(gates, dtype=bool)
    for _ in range(6):
        passed |= _passes(values)
        kept = np.sort(np.argsort(values, axis=1, kind="stable")[:, 5:], axis=1)
        values = np.take_along_axis(values, kept, axis=1)
    return passed


def _fixing(rng: np.random.Generator, gates: int) -> np.ndarray:
    """After each gate the five prompts that were lost most clearly are won; nothing else changes. 200 prompts."""
    values = _draw(rng, gates, 200)
    passed = _passes(values)
    for _ in range(9):
        worst = np.argsort(values, axis=1, kind="stable")[:, :5]
        np.put_along_axis(values, worst, 1.0, axis=1)
        passed |= _passes(values)
    return passed


def _naive(rng: np.random.Generator, gates: int) -> np.ndarray:
    return peeking_t(_draw(rng, gates), FLOOR, ALPHA).outcome > 0
