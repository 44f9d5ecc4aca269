"""Which key goes to which host."""

import os

import pytest

from tpobench.harness.api.keys import api_key, clear_text_warning
from tpobench.harness.errors import UserError


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if "API_KEY" in name or name == "OPENAI_BASE_URL":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("variables", "address", "key"),
    [
        ({"OPENAI_API_KEY": "k"}, "https://api.openai.com/v1", "k"),
        ({"OPENAI_API_KEY": " k\n"}, "https://api.openai.com/v1", "k"),
        ({"OPENAI_API_KEY": "k"}, "https://api.openai.com.evil.example/v1", None),
        ({"OPENAI_API_KEY": "k"}, "https://elsewhere.example/v1", None),
        ({"OPENAI_API_KEY": "k"}, "http://127.0.0.1:8000/v1", None),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://gate.example/v1"}, "https://gate.example/v1", "k"),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://gate.example/v1"}, "https://gate.example:444/v1", None),
        ({"OPENROUTER_API_KEY": "k"}, "https://openrouter.ai/api/v1", "k"),
        ({"TPOBENCH_API_KEY": "k"}, "https://elsewhere.example/v1", None),
        ({"TPOBENCH_API_KEY": "k"}, "http://127.0.0.1:8000/v1", None),
        ({"TPOBENCH_API_KEY_ELSEWHERE_EXAMPLE": "k"}, "https://elsewhere.example/v1", "k"),
        ({"TPOBENCH_API_KEY_ELSEWHERE_EXAMPLE": "k"}, "https://elsewhere.example:8443/v1", "k"),
        ({"TPOBENCH_API_KEY_ELSEWHERE_EXAMPLE_8443": "k"}, "https://elsewhere.example:8443/v1", "k"),
        ({"TPOBENCH_API_KEY_ELSEWHERE_EXAMPLE_8443": "k"}, "https://elsewhere.example/v1", None),
        ({"TPOBENCH_API_KEY_A_B_EXAMPLE": "k"}, "https://a-b.example/v1", None),
        ({"TPOBENCH_API_KEY_A__B_EXAMPLE": "k"}, "https://a-b.example/v1", "k"),
        ({"TPOBENCH_API_KEY_127_0_0_1_8000": "k"}, "http://127.0.0.1:8000/v1", "k"),
        ({"TPOBENCH_API_KEY_127_0_0_1_8000": "k"}, "http://127.0.0.1:8001/v1", None),
        ({"TPOBENCH_API_KEY_API_OPENAI_COM": "mine", "OPENAI_API_KEY": "k"}, "https://api.openai.com/v1", "mine"),
    ],
)
def test_a_key_goes_to_its_own_host_only(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], address: str, key: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert api_key(address) == key


def test_candidate_and_judge_at_two_paid_providers_have_a_key_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-openai")
    monkeypatch.setenv("TPOBENCH_API_KEY_LLM_EXAMPLE", "of-example")
    assert api_key("https://api.openai.com/v1") == "of-openai"
    assert api_key("https://llm.example/v1") == "of-example"


def test_a_known_provider_without_its_key_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"no API key for https://api.groq.com/v1: set .* GROQ_API_KEY$"):
        api_key("https://api.groq.com/v1")
    monkeypatch.setenv("TPOBENCH_API_KEY", "k")
    with pytest.raises(UserError, match=r"GROQ_API_KEY \(TPOBENCH_API_KEY is not sent, because it does not say for"):
        api_key("https://api.groq.com/v1")


def test_the_key_of_another_address_is_not_openais(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gate.example/v1")
    with pytest.raises(
        UserError, match=r"set TPOBENCH_API_KEY_API_OPENAI_COM .OPENAI_API_KEY is for the host of OPENAI_"
    ):
        api_key("https://api.openai.com/v1")


@pytest.mark.parametrize("key", ["two words", "a\nb", "schlüssel"])
def test_what_cannot_be_a_key_is_one_sentence_without_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match=r"copy it again") as raised:
        api_key("https://api.openai.com/v1")
    assert key not in str(raised.value)


def test_a_key_never_crosses_the_internet_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPOBENCH_API_KEY_LLM_EXAMPLE", "k")
    with pytest.raises(UserError, match=r"would be sent unencrypted over the internet: write https://"):
        api_key("http://llm.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with pytest.raises(UserError, match=r"over https only: write https://api.openai.com/v1"):
        api_key("http://api.openai.com/v1")


@pytest.mark.parametrize(
    ("address", "warned"),
    [("http://10.1.2.3:80/v1", True), ("http://box:80/v1", True), ("https://10.1.2.3:80/v1", False)],
)
def test_a_key_in_clear_on_the_local_network_is_told(
    monkeypatch: pytest.MonkeyPatch, address: str, warned: bool
) -> None:
    monkeypatch.setenv("TPOBENCH_API_KEY_10_1_2_3_80", "k")
    monkeypatch.setenv("TPOBENCH_API_KEY_BOX_80", "k")
    assert api_key(address) == "k"
    assert ("unencrypted" in (clear_text_warning(address) or "")) is warned


def test_a_key_in_clear_inside_this_machine_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPOBENCH_API_KEY_LOCALHOST_8000", "k")
    assert api_key("http://localhost:8000/v1") == "k"
    assert clear_text_warning("http://localhost:8000/v1") is None
