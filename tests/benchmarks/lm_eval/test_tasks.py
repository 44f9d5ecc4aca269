"""lm-eval's tasks over our samplers, with lm-eval itself: what it gets to see, what is stored, and results files."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.data import DATA, real_data
from tpobench.benchmarks.lm_eval.files import export_results, import_results
from tpobench.benchmarks.lm_eval.hub import hub_off
from tpobench.benchmarks.lm_eval.planning import TaskRequests, plan_tasks
from tpobench.benchmarks.lm_eval.tasks import TaskOptions, TaskResult, run_tasks
from tpobench.harness.api.endpoints import endpoint_named
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Metric, Model, Request, SamplingParams
from tpobench.harness.samplers.cached import OutputCache, local_sampler
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store

ANSWERS = [7, 12, 30, 5, 1200, 64, 9, 81]

T, R = "Here is my thought process:", "Here is my response:"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """GSM8K in small: eight items, in the hub's format."""
    folder = tmp_path / "data"
    (folder / "gsm8k").mkdir(parents=True)
    rows = [
        {"question": f"Ann has {n - 2} pears and buys 2. How many?", "answer": f"{n - 2}+2={n}\n#### {n:,}"}
        for n in ANSWERS
    ]
    for split in ("train", "test"):
        (folder / "gsm8k" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


class Scripted:
    """Says what `script` makes of the last user message and the number of times that it was asked; counts."""

    def __init__(self, script: Callable[[str, int], str]) -> None:
        self.script = script
        self.asked: list[str] = []
        self.params: list[SamplingParams] = []

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        for request in requests:
            text = request.messages[-1]["content"]
            said = self.script(text, self.asked.count(text))
            self.asked.append(text)
            self.params.append(params)
            yield [
                Generation(
                    request=request, prompt_ids=(1,), token_ids=(2,), text=said, finish_reason="stop", seconds=0.0
                )
            ]

    def close(self) -> None: ...


def number(text: str) -> int:
    """The right answer to the last question of a prompt."""
    return int(text.rpartition("Ann has ")[2].split()[0]) + 2


def scripted(store: Store, script: Callable[[str, int], str]) -> tuple[OutputCache, Scripted]:
    sampler = Scripted(script)
    return OutputCache(store, Model("scripted", "nowhere", "f" * 32), lambda _: sampler, Progress(True)), sampler


def local(store: Store, folder: Path) -> OutputCache:
    return OutputCache(store, Model("tiny", str(folder), fingerprint(folder)), local_sampler, Progress(True))


def run(task: str, generator: OutputCache, mode: str | Mode, store: Store, options: TaskOptions) -> TaskResult:
    asked = mode_named(mode) if isinstance(mode, str) else mode
    (result,) = run_tasks([task], generator, asked, store, Progress(True), options)
    assert list(result.metrics) == sorted_like(store.metrics(result.evaluation), result.metrics)
    return result


def sorted_like(stored: list[Metric], metrics: Sequence[Metric]) -> list[Metric]:
    by_name = {metric.name: metric for metric in stored}
    return [by_name[metric.name] for metric in metrics]


def figure(result: TaskResult, name: str) -> Metric:
    return next(metric for metric in result.metrics if metric.name == name)


@pytest.mark.parametrize("mode", ["direct", "think:generic"])
def test_a_model_runs_lm_evals_own_gsm8k_and_nothing_is_done_twice(
    mode: str, tiny_model: Path, store: Store, data: Path
) -> None:
    options = TaskOptions(data=data, num_fewshot=1, max_new_tokens=24)
    with local(store, tiny_model) as generator:
        result = run("gsm8k", generator, mode, store, options)
    assert (result.version, result.num_fewshot) == (3.0, 1)
    assert {"exact_match,strict-match", "exact_match_stderr,flexible-extract"} <= {m.name for m in result.metrics}
    counts = store.row_counts()
    assert (counts["prompt"], counts["evaluation"]) == (8, 1)
    _, rows = store.sql("SELECT benchmark, judge, candidate_mode, baseline, len(candidate_outputs) FROM evaluation")
    assert rows == [("lm_eval/gsm8k", "lm-eval 0.4.13", mode, "", 8)]
    items = store.items(result.evaluation, "exact_match,flexible-extract")
    assert len(items) == 8
    assert sum(items.values()) / 8 == figure(result, "exact_match,flexible-extract").value
    with OutputCache(store, generator.model, lambda _: pytest.fail("the model was loaded"), Progress(True)) as again:
        assert run("gsm8k", again, mode, store, options) == result
    assert store.row_counts() == counts


def test_the_prompts_are_lm_evals_own(store: Store, data: Path) -> None:
    generator, sampler = scripted(store, lambda text, _: f"So it is {number(text)}.\n#### {number(text):,}")
    result = run("gsm8k", generator, "direct", store, TaskOptions(data=data))
    assert result.num_fewshot == 5
    for text in sampler.asked:
        assert text.count("Question: ") == 6
        assert text.endswith("How many?\nAnswer:")
    assert {(params.temperature, params.max_new_tokens) for params in sampler.params} == {(0.0, 256)}
    for name in ("exact_match,strict-match", "exact_match,flexible-extract"):
        expected = mean_interval([1.0] * 8)
        assert figure(result, name) == Metric(
            name=name, value=1.0, n=8, category=None, low=expected.low, high=expected.high
        )


def test_the_thought_is_not_scored(store: Store, data: Path) -> None:
    def script(text: str, _: int) -> str:
        n = number(text)
        good, bad = (n, n + 1) if n != 12 else (n + 1, n)  # 12: right in the thought, wrong in the response
        return f"{T} I guess #### {bad}\n{R} #### {good}"

    generator, _ = scripted(store, script)
    result = run("gsm8k", generator, "think:generic", store, TaskOptions(data=data, num_fewshot=0))
    for name in ("exact_match,strict-match", "exact_match,flexible-extract"):
        assert figure(result, name).value == 7 / 8
    stderr = figure(result, "exact_match_stderr,strict-match").value
    assert stderr == pytest.approx((7 / 8 * 1 / 8 / 7) ** 0.5)
    assert figure(result, "thought_chars").value > 0  # type: ignore[operator]


def test_stop_strings_cut_the_response_and_not_the_thought(store: Store, data: Path) -> None:
    generator, _ = scripted(
        store, lambda text, _: f"{T} Question: what?\n{R} #### {number(text)}\nQuestion: another\n#### 99999"
    )
    result = run("gsm8k", generator, "think:generic", store, TaskOptions(data=data, num_fewshot=0))
    assert figure(result, "exact_match,flexible-extract").value == 1.0


def test_a_format_error_is_sampled_again_and_then_scored_as_no_answer(store: Store, data: Path) -> None:
    def script(text: str, tries: int) -> str:
        n = number(text)
        if n == 7 or (n == 12 and tries < 2):
            return f"#### {n}"  # right, but without the markers
        return f"{T} hm {R} #### {n}"

    generator, sampler = scripted(store, script)
    options = TaskOptions(data=data, num_fewshot=0)
    result = run("gsm8k", generator, "think:generic", store, options)
    assert figure(result, "exact_match,strict-match").value == 7 / 8
    assert figure(result, "parse_error_rate").value == 2 / 8
    assert figure(result, "unanswered").value == 1 / 8
    assert [params.temperature for params in sampler.params] == [0.0] * 8 + [0.8] * 4
    run("gsm8k", generator, "think:generic", store, options)
    assert len(sampler.asked) == 12


def test_a_marker_never_reaches_lm_eval(store: Store, data: Path) -> None:
    honest = mode_named("think:generic")
    leaking = Mode(name="leaking", user=honest.user, split=mode_named("direct").split, markers=honest.markers)
    generator, _ = scripted(store, lambda text, _: f"{T} a {R} b")
    with pytest.raises(AssertionError, match="marker"):
        run("gsm8k", generator, leaking, store, TaskOptions(data=data, num_fewshot=0))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("{n}", 1.0),
        ("$ {n:,}.00", 1.0),
        ("{n}.", 1.0),
        ("3 + 4 is {n}", 1.0),
        ("10-{n}", 1.0),
        ("{n}, not 3", 0.0),
        ("-{n}", 0.0),
        ("{n}.5", 0.0),
        ("none", 0.0),
    ],
)
def test_answer_only_counts_the_last_number_exactly(said: str, value: float, store: Store, data: Path) -> None:
    generator, sampler = scripted(store, lambda text, _: said.format(n=number(text)))
    result = run("gsm8k_answer_only", generator, "direct", store, TaskOptions(data=data, num_fewshot=5))
    assert figure(result, "exact_match,last-number").value == value
    assert result.num_fewshot == 0
    assert all("final number and nothing else" in text for text in sampler.asked)


@pytest.fixture
def choices(tmp_path: Path) -> Path:
    """A folder with a multiple-choice task of the user's."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    rows = [{"q": f"{n} + 1 =", "choices": [str(n), str(n + 1), str(n + 7)], "label": 1} for n in range(6)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = {
        "task": "sums",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "rows.jsonl")}},
        "output_type": "multiple_choice",
        "test_split": "test",
        "doc_to_text": "{{q}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "label",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
        "metadata": {"version": 1.0},
    }
    (folder / "sums.yaml").write_text(json.dumps(task))
    return folder


def test_multiple_choice_runs_locally_and_is_not_scored_twice(
    tiny_model: Path, store: Store, choices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TaskOptions(include_path=choices)
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
    run("sums", local(store, tiny_model), "direct", store, TaskOptions(include_path=choices))
    ours = sorted(value for (value,) in store.sql("SELECT value FROM score")[1])
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_a_task_without_an_answer_to_write_cannot_think(tiny_model: Path, store: Store, choices: Path) -> None:
    with pytest.raises(UserError, match="scores given continuations"):
        run("sums", local(store, tiny_model), "think:generic", store, TaskOptions(include_path=choices))
    assert store.row_counts()["score"] == 0


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bool]]]:
    """A completions endpoint that scores its prompt (token ids): one whose last token is even is likely. With
    ``echo`` False it behaves like a server that ignores the wish."""
    behaviour = {"echo": True}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert body["echo"]
            assert body["logprobs"] == 1
            choices = []
            prompts = body["prompt"] if isinstance(body["prompt"][0], list) else [body["prompt"]]
            for index, ids in enumerate(prompts):
                values = [-0.5 if token % 2 == 0 else -3.0 for token in ids] + [-1.0]
                values = values if behaviour["echo"] else values[-1:]
                logprobs = {"token_logprobs": values, "top_logprobs": [{"x": value} for value in values]}
                choices.append({"index": index, "text": "", "logprobs": logprobs})
            answer = json.dumps({"choices": choices}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"served@http://127.0.0.1:{listening.server_port}/v1", behaviour
    listening.shutdown()


@pytest.mark.skipif(find_spec("tenacity") is None, reason="lm-eval's API models need the package tenacity")
def test_multiple_choice_on_an_endpoint(
    server: tuple[str, dict[str, bool]], tiny_model: Path, store: Store, choices: Path
) -> None:
    address, behaviour = server
    served = OutputCache(store, endpoint_named(address).as_model(), lambda _: pytest.fail("sampled"), Progress(True))
    options = TaskOptions(include_path=choices, tokenizer=str(tiny_model))
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


def test_results_go_out_and_come_back_in(store: Store, data: Path, tmp_path: Path) -> None:
    generator, _ = scripted(store, lambda text, _: f"#### {number(text) if number(text) > 9 else 0}")
    result = run("gsm8k", generator, "direct", store, TaskOptions(data=data, num_fewshot=0))
    file = tmp_path / "out" / "results_x.json"
    export_results(store, [result.evaluation], file)
    counts = store.row_counts()
    assert import_results(store, file) == [result.evaluation]
    assert store.row_counts() == counts, "into the same store nothing is new"
    about = "SELECT evaluation_key, benchmark, judge, params, candidate, candidate_mode FROM evaluation"
    with Store(tmp_path / "other.duckdb") as other:
        assert import_results(other, file) == [result.evaluation]
        assert other.metrics(result.evaluation) == store.metrics(result.evaluation)
        assert other.sql(about)[1] == store.sql(about)[1]
        assert other.sql("SELECT name FROM model")[1] == [("scripted",)]


FOREIGN = {
    "results": {
        "gsm8k": {
            "alias": "gsm8k",
            "exact_match,strict-match": 0.25,
            "exact_match_stderr,strict-match": 0.0435194,
            "exact_match_stderr,flexible-extract": "N/A",
        },
        "squad": {"alias": "squad", "f1,none": 0.61, "f1_stderr,none": 0.01},
    },
    "versions": {"gsm8k": 3.0},
    "n-shot": {"gsm8k": 5},
    "config": {"model": "hf", "model_args": "pretrained=a/b"},
    "n-samples": {"gsm8k": {"original": 1319, "effective": 100}, "squad": {"original": 9, "effective": 9}},
    "lm_eval_version": "0.4.8",
    "model_name": "a/b",
}


def test_a_file_that_lm_eval_wrote(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "results_1.json"
    file.write_text(json.dumps(FOREIGN))
    keys = import_results(store, file, mode="think:generic")
    assert import_results(store, file, mode="think:generic") == keys
    assert store.row_counts()["evaluation"] == 2
    _, rows = store.sql("SELECT benchmark, judge, candidate_mode, params->>'num_fewshot' FROM evaluation ORDER BY ALL")
    assert rows[0] == ("lm_eval/gsm8k", "lm-eval 0.4.8", "think:generic", "5")
    found = {metric.name: metric for key in keys for metric in store.metrics(key)}
    expected = mean_interval([1.0] * 25 + [0.0] * 75)
    name = "exact_match,strict-match"
    assert found[name] == Metric(name=name, value=0.25, n=100, category=None, low=expected.low, high=expected.high)
    assert (found["f1"].value, found["f1"].low) == (0.61, None), "no interval without the items"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (json.dumps(FOREIGN)[:200], "is not valid JSON, perhaps cut off"),
        ("[]", "has no 'results' by task"),
        ('{"results": {"a": 1}}', "has no 'results' by task"),
        ('{"results": {}, "model_name": "m"}', "holds no figures"),
        ('{"results": {"a": {"acc,none": 1}}, "model_name": "m"}', "how many items a had"),
        ('{"results": {"a": {"acc,none": 1}}, "n-samples": {"a": {"effective": 3}}}', "which model"),
        ('{"results": {}, "config": []}', "'config' is not a mapping"),
        ('{"results": {"a": {"acc,none": 1, "sample_len": 2}}, "model_name": "m", "tpobench": {"tasks": 3}}', "form"),
    ],
)
def test_a_results_file_that_is_none_is_refused(content: str, problem: str, store: Store, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(UserError, match=problem):
        import_results(store, tmp_path / "r.json")
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(UserError, match=r"is a folder|no file"):
            import_results(store, path)


def test_missing_data_are_refused(store: Store, data: Path, tmp_path: Path) -> None:
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="no data folder"):
        run("gsm8k", generator, "direct", store, TaskOptions(data=tmp_path / "none"))
    with pytest.raises(UserError, match="not a folder with task files"):
        run("gsm8k", generator, "direct", store, TaskOptions(include_path=tmp_path / "none"))
    with pytest.raises(UserError, match=r"has no gsm8k/train\.jsonl"):
        run("gsm8k", generator, "direct", store, TaskOptions(data=tmp_path))


def test_an_unknown_task_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import lm_eval.tasks

    complete = lm_eval.tasks.TaskManager

    def ours_only(include_path: list[Path], include_defaults: bool = True) -> object:
        return complete(include_path=include_path, include_defaults=False)  # reading all takes 15 seconds

    monkeypatch.setattr(lm_eval.tasks, "TaskManager", ours_only)
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="did you mean 'gsm8k_answer_only'"):
        run("gsm8k_answers_only", generator, "direct", store, TaskOptions())


@real_data
@pytest.mark.parametrize("task", ["gsm8k", "gsm8k_answer_only", "ifeval"])
def test_the_real_data_sets_load(task: str, store: Store) -> None:
    if task == "ifeval" and find_spec("immutabledict") is None:
        pytest.skip("ifeval needs the package immutabledict")
    generator, sampler = scripted(store, lambda text, _: "This is one sentence. THIS IS ANOTHER: 42.")
    try:
        result = run(task, generator, "direct", store, TaskOptions(data=DATA, limit=2))
    except UserError as error:
        if "punkt_tab" in str(error):
            pytest.skip(str(error))
        raise
    assert len(sampler.asked) == 2
    names = {metric.name for metric in result.metrics}
    if task == "ifeval":
        assert {"prompt_level_strict_acc", "inst_level_loose_acc"} <= names
        assert figure(result, "inst_level_loose_acc").low is None, "an instruction is no independent item"
        assert figure(result, "prompt_level_strict_acc").low is not None
    else:
        assert figure(result, next(iter(sorted(names)))).n == 2


def plan(task: str, options: TaskOptions, model: str = "", mode: str = "direct") -> TaskRequests:
    found = plan_tasks(
        tasks=[task],
        candidate=model,
        mode=mode_named(mode),
        options=options,
        reporter=Progress(True),
        concurrency=4,
        store=None,
    )
    return found.tasks[task]


@pytest.mark.parametrize("limit", [None, 3])
def test_a_plan_counts_what_a_run_asks_for(limit: int | None, store: Store, data: Path) -> None:
    options = TaskOptions(data=data, limit=limit)
    planned = plan("gsm8k", options)
    generator, sampler = scripted(store, lambda text, _: "#### 1")
    run("gsm8k", generator, "direct", store, options)
    assert planned == TaskRequests(len(sampler.asked), len(sampler.asked), 0)


def test_a_plan_counts_given_continuations(choices: Path) -> None:
    options = TaskOptions(include_path=choices)
    assert plan("sums", options) == TaskRequests(6, 0, 18)
    with pytest.raises(UserError, match="scores given continuations"):
        plan("sums", options, mode="think:generic")


def test_a_plan_tells_calls_and_minutes_of_an_endpoint_only(data: Path) -> None:
    direct, options = mode_named("direct"), TaskOptions(data=data)
    served = plan_tasks(
        tasks=["gsm8k"],
        candidate="m@http://127.0.0.1:9/v1",
        mode=direct,
        options=options,
        reporter=Progress(True),
        concurrency=4,
        store=None,
    )
    assert (served.sampling_calls, served.judge_calls, served.minutes) == (8, 0, 8 * 2.0 / 4 / 60)
    here = plan_tasks(
        tasks=["gsm8k"],
        candidate="a-folder/",
        mode=direct,
        options=options,
        reporter=Progress(True),
        concurrency=4,
        store=None,
    )
    assert (here.sampling_calls, here.minutes) == (0, None)
    assert "dollars" not in "".join(served.lines() + here.lines())


def test_a_plan_through_the_command_line(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.apis.command", "plan", "--benchmark", "lm_eval:gsm8k", "--data", str(data)]
    command += ["--model", "m@http://127.0.0.1:9/v1", "--store", str(tmp_path / "absent.duckdb"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["tasks"]["gsm8k"]["items"], found["sampling_calls"], found["judge_calls"]) == (8, 8, 0)
    assert not (tmp_path / "absent.duckdb").exists()


def test_a_plan_without_the_tasks_data_says_how_to_give_them() -> None:
    with pytest.raises(UserError, match=r"gsm8k cannot be loaded: .*name a folder with the data \(--data"):
        plan("gsm8k", TaskOptions())


def reachable() -> dict[str, object]:
    """What decides whether the libraries go to the hub."""
    import datasets
    import huggingface_hub

    return {
        "variable": os.environ.get("HF_HUB_OFFLINE"),
        "client": huggingface_hub.is_offline_mode(),
        "data sets": datasets.config.HF_HUB_OFFLINE,
        "data sets, once": datasets.config.HF_DATASETS_OFFLINE,
    }


ON = {"variable": None, "client": False, "data sets": False, "data sets, once": False}
OFF = {"variable": "1", "client": True, "data sets": True, "data sets, once": True}


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries as they are where the hub may be reached."""
    import datasets
    import huggingface_hub

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", False)


def test_data_on_the_disk_switch_the_hub_off_while_the_tasks_run_only(online: None, store: Store, data: Path) -> None:
    seen = []
    generator, _ = scripted(store, lambda text, _: seen.append(reachable()) or "#### 1")
    run("gsm8k", generator, "direct", store, TaskOptions(data=data, limit=1))
    assert seen == [OFF]
    assert reachable() == ON


def test_the_hub_is_on_again_after_a_failure(online: None, store: Store, data: Path, tmp_path: Path) -> None:
    def fails(text: str, _: int) -> str:
        raise RuntimeError("the sampler")

    for folder in (data, tmp_path / "none"):
        with pytest.raises((RuntimeError, UserError)):
            run("gsm8k", scripted(store, fails)[0], "direct", store, TaskOptions(data=folder))
        assert reachable() == ON


def test_libraries_that_are_imported_while_the_hub_is_off_do_not_stay_off() -> None:
    """They read the variable once: in a new process, where nothing is imported yet."""
    code = (
        "from tpobench.benchmarks.lm_eval.hub import hub_off\n"
        "with hub_off():\n"
        "    import datasets, huggingface_hub\n"
        "    assert huggingface_hub.is_offline_mode() and datasets.config.HF_HUB_OFFLINE\n"
        "print(huggingface_hub.is_offline_mode(), datasets.config.HF_HUB_OFFLINE)"
    )
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


@pytest.mark.parametrize("said", ["0", "1"])
def test_a_user_who_set_the_variable_has_decided(said: str, online: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", said)
    before = reachable()
    with hub_off():
        assert reachable() == before
    assert reachable() == before
