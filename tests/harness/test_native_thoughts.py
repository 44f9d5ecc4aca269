"""Thoughts of reasoning models, found by their tags."""

import pytest

from tpobench.harness.native_thoughts import split_native_thought, with_native_thought

CHANNELS = "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Said.<|return|>"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Said.", ("", "Said.")),
        ("<think>hm</think>\n\nSaid.", ("hm", "Said.")),
        ("hm\n</think>\n\nSaid.", ("hm", "Said.")),
        ("\n<think>never ends", ("never ends", "")),
        ("<think></think>Said.", ("", "Said.")),
        ("<think>hm</think>more</think>Said.", ("hm\n\nmore", "Said.")),
        ("[THINK]hm[/THINK]Said.", ("hm", "Said.")),
        ("\u25c1think\u25b7hm\u25c1/think\u25b7Said.", ("hm", "Said.")),
        (CHANNELS, ("hm", "Said.")),
        ("Use <think> and </think> as tags.", ("", "Use <think> and </think> as tags.")),
        ("End it with `</think>`.", ("", "End it with `</think>`.")),
    ],
)
def test_a_thought_is_what_stands_before_the_answer(text: str, parts: tuple[str, str]) -> None:
    assert split_native_thought(text) == parts


def test_what_is_put_together_comes_apart_again() -> None:
    assert split_native_thought(with_native_thought("hm", "Said.")) == ("hm", "Said.")
    assert with_native_thought("", "Said.") == "Said."
