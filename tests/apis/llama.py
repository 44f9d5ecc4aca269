"""A real OpenAI-compatible server: llama.cpp (package xllamacpp) on the embedded model's own file.

By hand: ``python tests/apis/llama.py --port 8090`` serves until Ctrl-C. It honours ``logprobs`` and ``seed``, answers
to any model name with the one it serves, and refuses a prompt over its context with HTTP 400.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.apis.process import end_with_parent, served

MODEL = "smollm2-135m"


@contextmanager
def llama_server(slots: int = 8, context: int = 2048) -> Iterator[str]:
    """Base URL of a server with this many slots, and so many tokens of context in each."""
    with served("llama.py", "--slots", slots, "--context", context, "--child") as url:
        yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--context", type=int, default=4096, help="tokens in each slot")
    parser.add_argument("--threads", type=int, default=1, help="more than one wait for each other by spinning")
    parser.add_argument("--alias", default=MODEL, help="the name that it lists and answers to")
    parser.add_argument("--child", action="store_true", help="end when standard input closes")
    asked = parser.parse_args()

    import xllamacpp

    from tpobench.harness.models.resolve import EMBEDDED_INSTALL, embedded_gguf

    weights = embedded_gguf()
    if weights is None:
        sys.exit(f"the embedded model's package is missing: {EMBEDDED_INSTALL}")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {asked.alias}
    params.port = asked.port
    params.n_parallel = asked.slots
    params.n_ctx = asked.slots * asked.context
    params.cpuparams.n_threads = asked.threads
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    if asked.child:
        end_with_parent()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
