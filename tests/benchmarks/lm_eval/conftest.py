"""Small data for lm-eval's tasks, and the hub switched off."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import ANSWERS


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


@pytest.fixture
def choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a multiple-choice task, ``sums``, in place of the package's own tasks."""
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
    monkeypatch.setattr("tpobench.benchmarks.lm_eval.loading.CONFIGS", folder)
    return folder


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bool]]]:
    """The address of a completions endpoint that scores its prompt (token ids): one whose last token is even is likely.
    With ``echo`` False it behaves like a server that ignores the wish."""
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
    yield f"http://127.0.0.1:{listening.server_port}/v1", behaviour
    listening.shutdown()


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries as they are where the hub may be reached."""
    import datasets
    import huggingface_hub

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", False)
