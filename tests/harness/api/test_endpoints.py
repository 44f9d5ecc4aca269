"""What a user's words for an endpoint mean."""

from pathlib import Path

import pytest

from tpobench.harness.api.endpoints import OPENAI, Endpoint, endpoint_named, is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.models.resolve import resolve_model


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("gpt-4.1", Endpoint("gpt-4.1", OPENAI)),
        ("m@http://127.0.0.1:8000/v1/", Endpoint("m", "http://127.0.0.1:8000/v1")),
        ("m@HTTP://host/v1", Endpoint("m", "http://host/v1")),
        ("claude@20260101", Endpoint("claude@20260101", OPENAI)),
        ("@cf/meta/llama", Endpoint("@cf/meta/llama", OPENAI)),
        ("a@b@http://host/v1", Endpoint("a@b", "http://host/v1")),
        ("m@http://host/v1#other", Endpoint("m", "http://host/v1", ("other",))),
    ],
)
def test_names(monkeypatch: pytest.MonkeyPatch, name: str, endpoint: Endpoint) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert endpoint_named(name) == endpoint


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("m@localhost:8000", "write m@http://localhost:8000/v1$"),
        ("m@localhost:8000/v1", "write m@http://localhost:8000/v1$"),
        ("org/m@10.0.0.1:80/v1", "write org/m@http://10.0.0.1:80/v1$"),
        ("m@api.example.com/v1", "write m@https://api.example.com/v1$"),
        ("http://host/v1", "names a server and no model; write NAME@http://host/v1"),
        ("m@ftp://host/v1", "is not of a web server; write NAME@http://HOST:PORT/v1"),
        ("m@http://", "is not an endpoint; write NAME@http://HOST:PORT/v1"),
        ("m@http://host:port/v1", "is not an endpoint .*; write NAME@"),
        ("m@http://host:99999/v1", "is not an endpoint .*; write NAME@"),
        ("m@http://[::1/v1", "is not an endpoint .*; write NAME@"),
        ("m@http://host /v1", "is not an endpoint; write NAME@"),
        ("m@http://host/v1\n", "is not an endpoint; write NAME@"),
        ("m@https://user:secret@host/v1", "keys come from the environment only"),
        ("m@http://host/v1/chat/completions", "write m@http://host/v1$"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence_with_the_right_one(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        endpoint_named(name)
    with pytest.raises(UserError):
        resolve_model(name)


@pytest.mark.parametrize("address", ["localhost:8000", "http://", "ftp://host", "http://host:port/v1"])
def test_a_default_address_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(UserError, match=r"OPENAI_BASE_URL"):
        endpoint_named("gpt-4.1")


def test_the_other_served_name_is_no_part_of_the_identity() -> None:
    plain, other = endpoint_named("m@http://host/v1").as_model(), endpoint_named("m@http://host/v1#other").as_model()
    assert plain.fingerprint == other.fingerprint
    assert endpoint_named(other.name).served_as == ("other",)


def test_a_folder_may_be_called_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run@host.org").mkdir()
    assert not is_endpoint("run@host.org")
    with pytest.raises(UserError, match=r"run@host.org") as raised:
        resolve_model("run@host.org")
    assert "lacks http" not in str(raised.value)
