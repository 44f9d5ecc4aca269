"""JSON objects and Python functions in a response."""

import json
import random
from json import JSONDecoder

import pytest

from tpobench.harness.judges.check_code import defines_python, has_json_keys


def _by_the_library(text: str, keys: list[str]) -> bool:
    """The definition: some brace begins an object that the library reads, with all the keys."""
    for start in (place for place, char in enumerate(text) if char == "{"):
        try:
            value, _ = JSONDecoder().raw_decode(text, start)
        except ValueError:
            continue
        if all(key in value for key in keys):
            return True
    return False


def test_an_object_is_found_as_the_library_reads_it() -> None:
    generator = random.Random(2)
    parts = ["{", "}", "[", "]", '"a"', '"b"', ":", ",", "1", " ", '"', "\\", "-1.5e3", "true", "NaN", "x", '{"a":1}']
    found = 0
    for _ in range(4000):
        text = "".join(generator.choice(parts) for _ in range(generator.randrange(12)))
        found += has_json_keys(text, ["a"])
        assert has_json_keys(text, ["a"]) == _by_the_library(text, ["a"]), text
    assert found > 100


def test_an_object_is_found_behind_broken_ones_and_inside_deep_ones() -> None:
    assert has_json_keys('{"a": ' * 20_000 + '{"b": 1}', ["b"])
    assert has_json_keys('{"b":' * 5_000 + "1" + "}" * 5_000, ["b"])
    assert has_json_keys(json.dumps({'ключ "1"': ["{"]}), ['ключ "1"'])


@pytest.mark.parametrize(
    ("code", "is_met"),
    [
        ("```python\ndef add(a):\n    return '\\d'\n```", True),
        ("text ```not a fence``` and\n```\nclass A:\n    async def add(self): pass\n```", True),
        ("def add(a): pass", True),
        ("```python\ndef add(a:\n```", False),
        ("```python\ndef add(a): pass", False),
    ],
)
def test_a_function_is_found_in_fences_and_in_the_whole(code: str, is_met: bool) -> None:
    assert defines_python(code, "add") == is_met


def test_odd_escapes_in_an_answer_warn_nobody(recwarn: pytest.WarningsRecorder) -> None:
    assert defines_python("def add(): return '\\d'", "add")
    assert not recwarn.list
