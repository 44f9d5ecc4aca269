"""End tokens, thoughts of reasoning models, and code that comes with a tokenizer."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.families import SPECIAL, TEMPLATE, write_tokenizer
from tpobench.harness.errors import UserError
from tpobench.harness.models.tokens import Encoder, OutputTexts, end_tokens, load_tokenizer

CHATML = (
    "{% for m in messages %}{{ '<user>' + m['content'] + '<other-end>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)
"""Turns end with another token than the tokenizer's own (``<end>``)."""


def folder_with(folder: Path, template: str | None = TEMPLATE, **generation: Any) -> str:
    write_tokenizer(folder, template)
    (folder / "config.json").write_text("{}")
    (folder / "generation_config.json").write_text(json.dumps(generation))
    return str(folder)


def test_the_token_that_the_template_closes_a_turn_with_ends_an_output(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, CHATML)
    assert end_tokens(folder, load_tokenizer(folder)) == [1, 0]
    encoder = Encoder(folder)
    assert encoder.ended(encoder.output("a"))[-1] == 1
    assert encoder.ended((9, 0)) == (9, 0)


def test_all_ends_of_the_generation_configuration_count(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, eos_token_id=[1, 3])
    assert end_tokens(folder, load_tokenizer(folder)) == [0, 1, 3]


@pytest.mark.parametrize("template", ["{{ raise_exception('no') }}", "{{ messages[0]['content'] }}", "{{ 1 / 0 }}"])
def test_a_template_that_closes_nothing_leaves_the_tokenizers_own_end(tmp_path: Path, template: str) -> None:
    folder = folder_with(tmp_path, template)
    assert end_tokens(folder, load_tokenizer(folder)) == [0]


def test_a_base_model_without_a_template_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no chat template, as models that were not trained to chat: copy"):
        load_tokenizer(folder_with(tmp_path, None))


@pytest.mark.parametrize(
    ("prompt", "written", "parts"),
    [
        ("ask", "<think>\nno</think>\n\nyes", ("no", "yes")),
        ("ask<think>\n", "no</think>yes", ("no", "yes")),
        ("ask<think>\n", "cut at the limit", ("cut at the limit", "")),
        ("ask<think>\n\n</think>\n\n", "yes", ("", "yes")),
        ("ask", "an answer", ("", "an answer")),
    ],
)
@pytest.mark.parametrize("special", [False, True])
def test_a_reasoning_models_thought_is_no_part_of_its_answer(
    tmp_path: Path, prompt: str, written: str, parts: tuple[str, str], special: bool
) -> None:
    tokenizer = load_tokenizer(folder_with(tmp_path))
    tokenizer.add_tokens(["<think>", "</think>"], special_tokens=special)
    texts = OutputTexts(tokenizer)
    prompt_ids, tokens = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, written))
    assert texts.taken_apart(prompt_ids, tokens) == parts
    assert texts.taken_apart(prompt_ids, [*tokens, SPECIAL.index("<user>")]) == parts


def test_a_tokenizers_own_code_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with(tmp_path)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on the standard input"))
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    settings |= {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: ...\n")
    with suppress(UserError):
        load_tokenizer(folder)
    assert not (tmp_path / "ran").exists()
