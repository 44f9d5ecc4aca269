"""Shopping through the very store and ledger: whole gates of a line, opened, entered and decided as a user's are."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.bench.gates.cases import ALPHA, FLOOR, MARGIN, judged_in_both_orders
from tests.bench.gates.tables import Size, heading, row
from tpobench.harness.config import validate
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.input import GateInput, OutputSummary
from tpobench.harness.gate.ledger import open_attempt
from tpobench.harness.gate.looks import open_looks, prompts_left_out
from tpobench.harness.gate.policy import Policy, with_share
from tpobench.harness.gate.simulated import PlannedSource
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.store.store import Store

PROMPTS = 300
OPEN = {"control": "none", "canary": 0, "flips": 1.0, "ties": 1.0, "position": 1.0}
"""The judge is not what is tested here."""

POLICY = validate(
    {"head_to_head": {"margin": MARGIN}, "line": "line", "block": 100, "sensitivity": OPEN}, Policy, "bench"
)


@dataclass(frozen=True)
class Attempted:
    """One gate: its prompts by number, in the order of its file, and the seed of the answers that are judged."""

    prompts: Sequence[int]
    seed: int = 0
    file: str = "bench.jsonl"


Way = Callable[["Candidate"], Iterator[Attempted]]


class Candidate:
    """A model at the floor: the judge's preference for each of its answers, by the seed of the sampling, and which
    prompts the last gate printed as lost."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rng = np.random.default_rng((7, number))
        self.lost: set[int] = set()
        self._values: dict[int, np.ndarray] = {}

    def values(self, seed: int) -> np.ndarray:
        """By prompt."""
        if seed not in self._values:
            self._values[seed] = judged_in_both_orders(FLOOR).draw(self.rng, 1, PROMPTS)[0]
        return self._values[seed]


@dataclass(frozen=True, kw_only=True)
class _Answered(PlannedSource):
    """Preferences that are there already."""

    keys: Sequence[str]
    preference: Sequence[float]

    @property
    def observations(self) -> list[str]:
        return list(self.keys)

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        return [float(self.preference[index]) for index in indices]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        return [() for _ in indices]


def print_shopping_in_store(size: Size) -> list[str]:
    """Prints the table. So few candidates bound no error: what the table shows is what the ledger counts."""
    count = 2 if size.quick else 40
    heading(
        f"Shopping through the store, {count} candidates at the floor, alpha {ALPHA}",
        ["way", "gates run", "counted by the line", "promoted in the end"],
    )
    ways = _ways()
    for name, way in ways[size.some(ways)]:
        with tempfile.TemporaryDirectory() as folder:
            run, counted, promoted = _shopped(Path(folder) / "store.duckdb", way, count)
        row(name, run, counted, f"{promoted / count:.1%}")
    print()
    return []


def _ways() -> list[tuple[str, Way]]:
    every = list(range(PROMPTS))
    return [
        ("the file is renamed", lambda c: (Attempted(every, file=f"{n}.jsonl") for n in range(6))),
        ("its rows are shuffled", lambda c: (Attempted(c.rng.permutation(every).tolist()) for _ in range(6))),
        ("prompts are appended", lambda c: (Attempted(every[:n]) for n in range(50, PROMPTS + 1, 50))),
        ("fewer prompts each time", lambda c: (Attempted(every[:n]) for n in range(PROMPTS, 0, -50))),
        ("lost prompts are taken out", _without_lost),
        ("answers with another seed", lambda c: (Attempted(every, seed=n) for n in range(6))),
    ]


def _without_lost(candidate: Candidate) -> Iterator[Attempted]:
    """After each gate, the five that it printed."""
    kept = list(range(PROMPTS))
    for _ in range(6):
        yield Attempted(kept)
        kept = [prompt for prompt in kept if prompt not in candidate.lost]


def _shopped(path: Path, way: Way, candidates: int) -> tuple[int, int, int]:
    """Of the first candidate the gates that were run, and how many the line counts; how many candidates passed once."""
    run = counted = promoted = 0
    with Store(path) as store:
        for number in range(candidates):
            candidate, line, passed, numbers = Candidate(number), f"line {number}", False, set()
            for attempted in way(candidate):
                run += number == 0
                outcome, spent = _gate(store, line, candidate, attempted)
                numbers.add(spent)
                passed |= outcome
            counted += len(numbers) * (number == 0)
            promoted += passed
    return run, counted, promoted


def _gate(store: Store, line: str, candidate: Candidate, attempted: Attempted) -> tuple[bool, int]:
    """Whether it passes, and its number in the line."""
    values = candidate.values(attempted.seed)
    prompts = [Prompt(f"Say {prompt} in words.", source=attempted.file) for prompt in attempted.prompts]
    answers = (candidate.number, attempted.seed)
    source = _Answered(
        prompts=prompts,
        keys=[content_key("observation", prompt.text_key, answers) for prompt in prompts],
        preference=[values[prompt] for prompt in attempted.prompts],
        fingerprint="old",
    )
    gate_input = GateInput(
        candidate="new",
        candidate_fingerprint=f"new {candidate.number}",
        candidate_mode="direct",
        baseline="old",
        baseline_fingerprint="old",
        judge="judge",
        benchmark=attempted.file,
        head_to_head=source,
        outputs=OutputSummary(),
        baseline_outputs=OutputSummary(),
    )
    opened = open_looks(store, POLICY, gate_input, line=line)
    tested = content_key("tested", sorted((role, one.root) for role, one in opened.items()))
    attempt = open_attempt(
        store, line, candidate=gate_input.candidate_fingerprint, against="old", test=tested, former_test=""
    )
    rules = with_share(POLICY, attempt.share)
    gate_input = replace(gate_input, left_out=prompts_left_out(store, line, [gate_input], [opened]))
    decision = apply_policy(rules, gate_input, {role: one.look for role, one in opened.items()})
    lost = {clear.prompt for clear in decision.lost}
    candidate.lost = {number for number, prompt in zip(attempted.prompts, prompts, strict=True) if prompt.text in lost}
    return decision.outcome == "PASS", attempt.number
