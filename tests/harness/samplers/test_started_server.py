"""A server that is started for a checkpoint: the right one or none, its token ids, and that it never outlives us."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.apis.policy import COMMAND, PROMPT_IDS, TEXT, TOKEN_IDS
from tests.apis.stub import stub_server
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.responses import read_answer
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.tokens import Encoder
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Model, Prompt, Request, SamplingParams
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.endpoint import EndpointSampler
from tpobench.harness.samplers.local import LocalSampler
from tpobench.harness.samplers.started_server import filled, started_server_sampler
from tpobench.harness.store.store import Store

ROOT = Path(__file__).parents[3]
LLAMA = f"{sys.executable} {ROOT}/tests/apis/llama.py --port {{port}} --alias {{name}} --slots 4 --context 512"


def connect(endpoint: Endpoint) -> Client:
    return Client(endpoint, Limits(concurrency=4, timeout_s=60))


def ask(text: str, samples: int) -> list[Request]:
    return [Request(f"{sample:032x}", ({"role": "user", "content": text},), "p") for sample in range(samples)]


def all_of(groups: Iterator[list[Generation]]) -> list[Generation]:
    return sorted((found for group in groups for found in group), key=lambda found: found.request.key)


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return Model("tiny", str(tiny_model), fingerprint(tiny_model))


def test_the_real_server_gives_what_the_local_sampler_gives(seed_folder: Path) -> None:
    model = Model("seed", str(seed_folder), fingerprint(seed_folder))
    requests, params = ask("Say <|im_end|> twice.", 2), SamplingParams(max_new_tokens=24)
    served = started_server_sampler(LLAMA, 60, connect)(model)
    try:
        found = all_of(served.sample(requests, params))
    finally:
        served.close()
    local = LocalSampler(str(seed_folder))
    expected = all_of(local.sample(requests[:1], SamplingParams(max_new_tokens=1)))
    assert len(found) == 2
    assert found[0].text != found[1].text, "two samples of one prompt"
    for generation in found:
        assert generation.prompt_ids == expected[0].prompt_ids
        ended = generation.token_ids[-1] == 2
        assert generation.finish_reason == ("stop" if ended else "length")
        assert local._tokenizer.decode(generation.token_ids[: -1 if ended else None]) == generation.text
        assert generation.call is None or generation.call.served_model == f"tpobench-{model.fingerprint[:12]}"


def test_token_ids_that_the_server_sends_are_kept_as_they_are(model: Model, tmp_path: Path) -> None:
    log = tmp_path / "bodies"
    served = started_server_sampler(f"{COMMAND} --log {log}", 20, connect)(model)
    found = all_of(served.sample(ask("hello", 3), SamplingParams(temperature=0.8, top_p=0.95, max_new_tokens=9)))
    served.close()
    assert {(g.prompt_ids, g.token_ids, g.text) for g in found} == {(tuple(PROMPT_IDS), tuple(TOKEN_IDS), TEXT)}
    (body,) = map(json.loads, log.read_text().splitlines())
    assert body["n"] == 3
    assert body["return_token_ids"] is True
    sampled_by = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 9}
    switched_off = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    assert body | sampled_by | switched_off == body


@pytest.mark.parametrize("ids", ["null", "[]", "3", '"12"', "[1.5]", "[true]", "[-1]", '["token_id:5"]'])
def test_what_is_no_list_of_token_ids_counts_as_none(ids: str) -> None:
    body = f'{{"choices": [{{"message": {{"content": "m"}}, "token_ids": {ids}}}], "prompt_token_ids": {ids}}}'
    answer = read_answer(body.encode())
    assert answer.prompt_ids is None
    assert answer.choices[0].token_ids is None


def test_an_endpoint_without_a_folder_has_no_token_ids() -> None:
    with stub_server() as url:
        (found,) = all_of(EndpointSampler(Client(Endpoint("stub", url))).sample(ask("hello", 1), SamplingParams()))
    assert (found.prompt_ids, found.token_ids) == ((), ())


def test_text_is_encoded_with_the_end_token_only_where_the_output_ended(seed_folder: Path) -> None:
    encoder = Encoder(str(seed_folder))
    letters = encoder.output("a <|im_end|> b")
    assert 2 not in letters, "what reads like the end token is text"
    assert encoder.output("") == ()
    assert encoder.ended(()) == (2,)
    assert encoder.ended((504, 2)) == (504, 2)
    assert encoder.ended((504,)) == (504, 2)


def test_a_folder_with_spaces_and_quotes_stays_one_argument() -> None:
    assert filled("serve '{model}' --name={name} --port {port}", model="/my models/it's", name="n", port="80") == [
        "serve",
        "/my models/it's",
        "--name=n",
        "--port",
        "80",
    ]
    assert filled("serve {model}", model="/a b/{name}", name="n") == ["serve", "/a b/{name}"]
    with pytest.raises(UserError, match="the serve command cannot be read"):
        filled("serve 'x", name="n")


def test_the_folder_reaches_the_server_whole(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "my model"
    shutil.copytree(model.folder, folder)
    with pytest.raises(UserError, match=r"died before it was up.*ends with: ValueError: no weights in .*/my model$"):
        started_server_sampler(f"{COMMAND} --die-at-start", 20, connect)(Model("m", str(folder), model.fingerprint))


def test_a_server_of_another_model_is_a_stale_policy(model: Model) -> None:
    with pytest.raises(UserError, match=r"serves old-policy instead of tpobench-[0-9a-f]{12}: nothing was sampled"):
        started_server_sampler(COMMAND.replace("{name}", "old-policy"), 20, connect)(model)


def test_a_command_that_is_not_there_is_one_sentence(model: Model) -> None:
    with pytest.raises(UserError, match=r"died before it was up.*no-such-server: No such file or directory$"):
        started_server_sampler("no-such-server {model} {name} {port}", 20, connect)(model)


def test_a_server_that_is_not_up_in_time_is_stopped_and_its_log_kept(model: Model, tmp_path: Path, logs: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(UserError, match="is not up after 4 s") as caught:
        started_server_sampler(f"{COMMAND} --loading 60 --pids {pids}", 4, connect)(model)
    assert not alive(pids)
    (log,) = logs.iterdir()
    assert str(log) in str(caught.value)


def test_nothing_is_asked_while_the_server_is_loading(model: Model) -> None:
    served = started_server_sampler(f"{COMMAND} --loading 3", 30, connect)(model)
    assert len(all_of(served.sample(ask("hello", 1), SamplingParams()))) == 1
    served.close()


def test_a_proxy_in_the_environment_is_not_asked(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.setenv("NO_PROXY", "")
    served = started_server_sampler(COMMAND, 20, connect)(model)
    assert len(all_of(served.sample(ask("hello", 1), SamplingParams()))) == 1
    served.close()


def test_a_server_that_dies_in_the_middle_ends_the_run_at_once_and_the_same_command_goes_on(
    store: Store, model: Model, tmp_path: Path
) -> None:
    prompts = [Prompt(f"prompt {number}") for number in range(40)]
    log = tmp_path / "bodies"
    samples, params = range(2), SamplingParams()

    def sample(command: str) -> None:
        load = started_server_sampler(command, 20, connect)
        with OutputCache(store, model, load, Progress(quiet=True)) as generator:
            generator.ensure(prompts, DIRECT, params, samples, "sampling")

    started = time.monotonic()
    with pytest.raises(UserError, match=r"died; what was sampled is stored.*ends with: out of memory$"):
        sample(f"{COMMAND} --die-after 10")
    assert time.monotonic() - started < 15
    stored = store.row_counts()["output"]
    assert 12 <= stored <= 20, "ten prompts were answered; those in flight at the end may be lost"
    sample(f"{COMMAND} --log {log}")
    assert store.row_counts()["output"] == 80
    assert len(log.read_text().splitlines()) == 40 - stored // 2
    assert store.sql("SELECT DISTINCT len(token_ids) FROM output")[1] == [(len(TOKEN_IDS),)]


def alive(pids: Path) -> list[int]:
    """Which of the server's processes are left, two seconds on at the latest."""
    left = [int(pid) for pid in pids.read_text().split()]
    for _ in range(40):
        left = [pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        if not left:
            break
        time.sleep(0.05)
    return left


def test_closing_ends_the_whole_process_group(model: Model, tmp_path: Path, logs: Path) -> None:
    pids = tmp_path / "pids"
    served = started_server_sampler(f"{COMMAND} --pids {pids}", 20, connect)(model)
    started = time.monotonic()
    served.close()
    assert time.monotonic() - started < 5
    assert not alive(pids)
    assert not list(logs.iterdir())


def test_a_server_does_not_outlive_a_killed_tpobench(model: Model, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        "import sys, time; from tpobench.harness.records import Model\n"
        "from tpobench.harness.samplers.started_server import started_server_sampler\n"
        "from tests.harness.samplers.test_started_server import connect\n"
        "started_server_sampler(sys.argv[1], 20, connect)(Model('m', sys.argv[2], sys.argv[3]))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, f"{COMMAND} --pids {pids}", model.folder, model.fingerprint],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    assert len(alive_now := pids.read_text().split()) == 2
    assert all(psutil.pid_exists(int(pid)) for pid in alive_now)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not alive(pids)
