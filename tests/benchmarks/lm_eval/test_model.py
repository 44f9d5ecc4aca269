"""Given continuations: scored here and on an endpoint as lm-eval scores them."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import figure, local, run
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.harness.api.endpoints import endpoint_named
from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.store.store import Store


def test_multiple_choice_runs_locally_and_is_not_scored_twice(
    tiny_model: Path, store: Store, choices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TaskOptions()
    generator = local(store, tiny_model)
    result = run("sums", generator, "direct", store, options)
    assert {"acc", "acc_norm", "acc_stderr", "acc_norm_stderr"} == {metric.name for metric in result.metrics}
    assert figure(result, "acc").low is not None
    counts = store.row_counts()
    assert (counts["score"], counts["prompt"], counts["output"]) == (18, 6, 0)

    def loaded(*_: object) -> None:
        pytest.fail("the model was loaded")

    monkeypatch.setattr("tpobench.benchmarks.lm_eval.model.scorer_for", loaded)
    assert run("sums", generator, "direct", store, options) == result
    assert store.row_counts() == counts


def test_given_continuations_are_scored_as_lm_eval_scores_them(tiny_model: Path, store: Store, choices: Path) -> None:
    import lm_eval
    from lm_eval.tasks import TaskManager

    found = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(tiny_model), "dtype": "float32"},
        device="cpu",
        tasks=["sums"],
        task_manager=TaskManager(include_path=choices, include_defaults=False),
    )
    theirs = sorted(choice[0] for sample in found["samples"]["sums"] for (choice,) in sample["resps"])
    run("sums", local(store, tiny_model), "direct", store, TaskOptions())
    ours = sorted(value for (value,) in store.sql("SELECT value FROM score")[1])
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_a_task_without_an_answer_to_write_cannot_think(tiny_model: Path, store: Store, choices: Path) -> None:
    with pytest.raises(UserError, match="scores given continuations"):
        run("sums", local(store, tiny_model), "think:generic", store, TaskOptions())
    assert store.row_counts()["score"] == 0


@pytest.mark.skipif(find_spec("tenacity") is None, reason="lm-eval's API models need the package tenacity")
def test_multiple_choice_on_an_endpoint(
    server: tuple[str, dict[str, bool]], tiny_model: Path, store: Store, choices: Path
) -> None:
    address, behaviour = server
    served = OutputCache(
        store, endpoint_named(f"{tiny_model}@{address}").as_model(), lambda _: pytest.fail("sampled"), Progress(True)
    )
    options = TaskOptions()
    behaviour["echo"] = False
    with pytest.raises(UserError, match="log probabilities of the prompt"):
        run("sums", served, "direct", store, options)
    assert store.row_counts()["score"] == 0
    behaviour["echo"] = True
    assert figure(run("sums", served, "direct", store, options), "acc").n == 6
    from transformers import AutoTokenizer

    encode = AutoTokenizer.from_pretrained(tiny_model).encode
    _, rows = store.sql("SELECT text, response, value FROM score JOIN prompt USING (prompt_key)")
    assert len(rows) == 18
    for context, continuation, value in rows:
        ids = encode(context + continuation)[len(encode(context)) :]
        assert value == sum(-0.5 if token % 2 == 0 else -3.0 for token in ids)
