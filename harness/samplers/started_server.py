"""Sampling from a server that is started for one checkpoint, such as ``vllm serve``, and stopped with it.

The server must list the checkpoint under a name made from its fingerprint before anything is sampled: one that still
serves another checkpoint is found out.
"""

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tpobench.harness.api.client import Client, Connect
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.transport import Response, Transport
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import require_model_folder
from tpobench.harness.models.parts import is_adapter
from tpobench.harness.models.tokens import Encoder
from tpobench.harness.records import Generation, Model, Request, SamplingParams
from tpobench.harness.samplers.base import Load, Sampler
from tpobench.harness.samplers.endpoint import EndpointSampler

GRACE = 10.0
"""Seconds that a server has to end by itself before it is killed."""

_HOST = "127.0.0.1"


def started_server_sampler(command: str, startup_seconds: int, connect: Connect) -> Load:
    """How to load a checkpoint into a server of its own.

    `command` holds ``{model}`` (the folder), ``{name}`` and ``{port}``. Loading raises UserError when the server dies,
    serves another model, or is not up within `startup_seconds`.
    """

    def load(model: Model) -> Sampler:
        require_model_folder(Path(model.folder))
        if is_adapter(Path(model.folder)):
            raise UserError(
                f"{model.folder} is a LoRA folder, and a serve command is given whole models; merge it into its base "
                "first, or leave the serve command out"
            )
        encoder = Encoder(model.folder)
        _past_proxies()
        name = f"tpobench-{model.fingerprint[:12]}"
        port = _free_port()
        server = _Server(filled(command, model=model.folder, name=name, port=str(port)), name, port)
        try:
            server.wait_until_up(startup_seconds)
            given = connect(Endpoint(name, f"http://{_HOST}:{port}/v1"))
            return StartedServerSampler(server, _WatchingClient(given, server), encoder)
        except BaseException:
            server.stop(keep_log=True)
            raise

    return load


def filled(command: str, **values: str) -> list[str]:
    """The command's arguments. A place is filled within its argument, so that a folder with spaces stays one."""
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise UserError(f"the serve command cannot be read ({error}): {command}") from error
    placeholder = re.compile(r"\{(" + "|".join(values) + r")\}")
    return [placeholder.sub(lambda match: values[match[1]], argument) for argument in arguments]


class StartedServerSampler:
    """An EndpointSampler and the server that it speaks to."""

    def __init__(self, server: "_Server", client: Client, encoder: Encoder) -> None:
        self._server = server
        self._sampler = EndpointSampler(client, encoder)

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Raises UserError as soon as the server has died; what was answered before is yielded first."""
        return self._sampler.sample(requests, params)

    @property
    def activity(self) -> str:
        """What the server is waited for."""
        return self._sampler.activity

    def close(self) -> None:
        self._server.stop()


class _Server:
    """The process group of a serve command, and the file that it writes its log to."""

    def __init__(self, arguments: Sequence[str], name: str, port: int) -> None:
        self._name = name
        self._models = f"http://{_HOST}:{port}/v1/models"
        self._health = f"http://{_HOST}:{port}/health"
        with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log", delete=False) as log:
            self._log = Path(log.name)
            watchdog = str(Path(__file__).with_name("watchdog.py"))
            self._process = subprocess.Popen(
                [sys.executable, "-I", watchdog, str(GRACE), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.require_alive("died before it was up: fix the serve command")
            listed = _listed(self._models)
            if listed and self._name not in listed:
                raise UserError(
                    f"the serve command serves {', '.join(listed[:8])} instead of {self._name}: nothing was sampled; "
                    "pass {name} to the server as the name of its model"
                )
            if listed and not _loads_still(self._health):
                return
            time.sleep(0.2)
        raise UserError(f"the server of {self._name} is not up after {seconds:g} s{self._last_words()}")

    def require_alive(
        self, otherwise: str = "died; what was sampled is stored, run the command again to continue"
    ) -> None:
        if self._process.poll() is not None:
            raise UserError(f"the server of {self._name} {otherwise}{self._last_words()}")

    def stop(self, keep_log: bool = False) -> None:
        """End the whole process group. The log of a server that died is kept in any case."""
        keep_log = keep_log or self._process.poll() is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE + 5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # had the watchdog been killed, its server would be left
        self._process.wait()
        if not keep_log:
            self._log.unlink(missing_ok=True)

    def _last_words(self) -> str:
        """The last line of the log, as the end of a sentence."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - 8192))
            lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return f"; {self._log} ends with: {lines[-1][:300]}" if lines else f"; it has written nothing to {self._log}"


class _WatchingClient(Client):
    """A client that makes no further try once the server that it speaks to has died."""

    def __init__(self, given: Client, server: _Server) -> None:
        super().__init__(given.endpoint, given.limits, given.budget)
        self._server = server

    async def _send(
        self, transport: Transport, method: str, url: str, seconds: float, body: bytes | None = None
    ) -> Response:
        try:
            return await super()._send(transport, method, url, seconds, body)
        except Exception:
            self._server.require_alive()
            raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _past_proxies() -> None:
    """Keep this process's calls to its own host away from a proxy that the environment names."""
    for variable in ("no_proxy", "NO_PROXY"):
        hosts = os.environ.get(variable, "").split(",")
        if _HOST not in hosts and hosts != ["*"]:
            os.environ[variable] = ",".join([*filter(None, hosts), _HOST])


def _listed(url: str) -> list[str]:
    """The names that a server lists; none as long as it does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            body = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return []
    entries = body.get("data") if isinstance(body, dict) else None
    return [str(entry.get("id")) for entry in entries or [] if isinstance(entry, dict)]


def _loads_still(url: str) -> bool:
    """Some servers list their model before it is loaded, and say so at ``/health``; others have no such page."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return False
    except urllib.error.HTTPError as error:
        return error.code == 503
    except (OSError, http.client.HTTPException):
        return True
