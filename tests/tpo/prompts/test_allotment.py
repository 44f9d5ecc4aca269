"""Fresh prompts for every iteration, never one that is measured on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.thoughts import TEMPLATES, mode_named
from tpobench.harness.records import Prompt
from tpobench.tpo.prompts.allotment import Allotment, Pool, allot
from tpobench.tpo.warm_start import warm_start_prompts, warm_start_rows

ANIMALS = [f"{kind}{number}" for kind in ("ant", "bee", "cat", "dog") for number in range(5)]


def about(animals: Sequence[str], source: str = "a") -> list[Prompt]:
    return [Prompt(f"{animal}of{source}?", source=source) for animal in animals]


def allotted(
    pools: Sequence[Pool],
    iterations: int,
    per_iteration: int,
    seed: int = 0,
    validation: Sequence[Prompt] = (),
    measured: Mapping[str, Sequence[Prompt]] | None = None,
    warm_start: Sequence[Prompt] = (),
    near: float = 0.7,
) -> Allotment:
    return allot(
        pools=pools,
        validation=validation,
        measured=measured or {},
        warm_start=warm_start,
        iterations=iterations,
        per_iteration=per_iteration,
        seed=seed,
        near_duplicates=near,
    )


def test_iterations_share_no_prompt_and_more_iterations_extend_the_same_order() -> None:
    pools = [Pool("starter", 1.0, starter_prompts("training"))]
    three = allotted(pools, 3, 24).iterations
    texts = [prompt.text for part in three for prompt in part]
    assert len(set(texts)) == 72
    assert allotted(pools, 1, 24).iterations == three[:1]
    assert allotted(pools, 1, 24, seed=1).iterations != three[:1]
    assert max(Counter(prompt.category for prompt in three[0]).values()) <= 2


@pytest.mark.parametrize("weights", [(1, 1), (2, 1), (0.7, 0.3), (5, 1, 1, 0.3), (1, 1, 1, 1, 1)])
@pytest.mark.parametrize("per_iteration", [1, 7, 10])
def test_every_iteration_holds_the_sources_by_weight_within_one_prompt(
    weights: tuple[float, ...], per_iteration: int
) -> None:
    animals = [f"{name}x{number}" for name in ANIMALS for number in range(10)]
    pools = [Pool(s, w, about(animals, s)) for s, w in zip("abcde", weights, strict=False)]
    whole = allotted(pools, 9, per_iteration)
    for part in whole.iterations:
        counts = Counter(prompt.source for prompt in part)
        assert counts.total() == per_iteration
        for pool in pools:
            assert abs(counts[pool.name] - per_iteration * pool.weight / sum(weights)) < 1
    for shorter in (1, 2, 5):
        assert allotted(pools, shorter, per_iteration).iterations == whole.iterations[:shorter]
    used = [prompt.text for part in whole.iterations for prompt in part]
    assert len(set(used)) == len(used) == 9 * per_iteration


def test_weights_are_met_over_all_iterations_where_one_iteration_cannot() -> None:
    pools = [Pool("a", 1.0, about(ANIMALS, "a")), Pool("b", 3.0, about(ANIMALS, "b"))]
    parts = allotted(pools, 8, 2).iterations
    assert Counter(prompt.source for part in parts for prompt in part) == {"a": 4, "b": 12}


def test_sources_alternate_within_an_iteration() -> None:
    pools = [Pool("a", 1.0, about(ANIMALS, "a")), Pool("b", 1.0, about(ANIMALS, "b"))]
    (part,) = allotted(pools, 1, 12).iterations
    assert all(one.source != other.source for one, other in pairwise(part))


def test_a_held_out_prompt_is_never_trained_on_whatever_its_case_and_spaces() -> None:
    pool = [Prompt("Name a  fruit."), Prompt("name a fruit."), Prompt("Name a tree.")]
    held = {"mine": [Prompt("NAME A FRUIT.")]}
    found = allotted([Pool("here", 1.0, pool)], 1, 1, measured=held)
    assert [prompt.text for prompt in found.iterations[0]] == ["Name a tree."]
    assert (found.removed, found.available) == ({"in mine": 2}, 1)
    with pytest.raises(UserError, match=r"need 2, but the source here has 1 \(1 too few; left out: 2 in mine\); lower"):
        allotted([Pool("here", 1.0, pool)], 1, 2, measured=held)


LONG = "Explain to a child of six why the sky is blue at noon and red in the evening"


def test_every_reason_is_counted() -> None:
    pool = [
        Prompt(LONG),
        Prompt(f"{LONG} please"),  # new; nearly repeated
        Prompt("Who was Ada?"),
        Prompt("WHO was Ada?"),  # new; repeated
        Prompt("Who was Bob?"),
        Prompt("Who was Cleo?"),
        Prompt("Who was Dan?"),  # in the benchmark, validation, warm
        Prompt("Please tell me now: who was Bob the builder, and where did he live?"),
    ]
    found = allotted(
        [Pool("here", 1.0, pool)],
        1,
        2,
        near=0.76,
        validation=[Prompt("Who was Cleo?"), Prompt("who was cleo?"), Prompt("Who was Bob?"), Prompt("Who was Dan?")],
        measured={
            "starter/test": [Prompt("who was Bob?")],
            "x": [Prompt("Tell me now: who was Bob the builder, and where did he live?")],
        },
        warm_start=[Prompt("Who was Dan?")],
    )
    assert {prompt.text for prompt in found.iterations[0]} == {LONG, "Who was Ada?"}
    assert [prompt.text for prompt in found.validation] == ["Who was Cleo?"]
    assert found.removed == {
        "validation repeated": 1,
        "validation in starter/test": 1,
        "validation in the warm start": 1,
        "nearly repeated": 1,
        "repeated": 1,
        "in starter/test": 1,
        "in validation": 1,
        "in the warm start": 1,
        "nearly in x": 1,
    }
    assert found.available == 2


def test_a_source_that_runs_dry_is_named_before_anything_starts() -> None:
    pools = [Pool("big.jsonl", 1.0, about(ANIMALS, "a")), Pool("small.jsonl", 1.0, about(ANIMALS[:3], "b"))]
    assert len(allotted(pools, 3, 2).iterations) == 3
    with pytest.raises(UserError, match=r"need 8 and 4 of them from small.jsonl, but .* small.jsonl has 3 \(1 too few"):
        allotted(pools, 4, 2)


def test_validation_that_is_all_measured_on_is_refused() -> None:
    with pytest.raises(UserError, match=r"all 1 prompts of selection.source .*1 validation in mine"):
        allotted([Pool("a", 1.0, about(ANIMALS))], 1, 1, validation=[Prompt("Hi?")], measured={"mine": [Prompt("hi?")]})


def test_demands_do_not_hide_a_measured_prompt() -> None:
    pool = Pool("a", 1.0, [Prompt("Who was Bob?"), Prompt("Who was Ada?")], demands=2)
    found = allotted([pool], 1, 1, measured={"mine": [Prompt("Who was Bob?")]})
    ((only,),) = found.iterations
    assert only.text.startswith("Who was Ada? ")
    assert len(only.checks) == 2
    assert found.removed == {"in mine": 1}


def test_the_starter_set_keeps_its_prompts() -> None:
    """Near-duplicate removal at the default threshold takes nothing from the embedded splits."""
    found = allotted(
        [Pool("starter", 1.0, starter_prompts("training"))],
        3,
        44,
        validation=starter_prompts("validation"),
        measured={"starter/test": starter_prompts("test")},
        warm_start=warm_start_prompts(64),
    )
    assert (found.available, len(found.validation), found.removed) == (140, 60, {})


def test_both_arms_start_from_the_same_answers_and_every_thought_parses() -> None:
    mode = mode_named("think:generic")
    thinking = warm_start_rows(64, mode, TEMPLATES["generic"])
    direct = warm_start_rows(64, DIRECT, TEMPLATES["generic"])
    for thought_row, direct_row in zip(thinking, direct, strict=True):
        split = mode.split(thought_row["completion"])
        assert (split.error, split.response) == (None, direct_row["completion"])
        assert split.thought
    with pytest.raises(UserError, match="there are 64"):
        warm_start_rows(65, DIRECT, TEMPLATES["generic"])


def test_the_warm_start_holds_no_prompt_of_the_benchmark() -> None:
    measured = {p.text.lower() for split in ("validation", "test") for p in starter_prompts(split)}  # type: ignore[arg-type]
    asked = {row["messages"][0]["content"].lower() for row in warm_start_rows(64, DIRECT, TEMPLATES["generic"])}
    assert len(asked) == 64
    assert not asked & measured
