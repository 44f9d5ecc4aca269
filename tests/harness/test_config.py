"""What is said of a YAML file that is not as it must be: plain words, and the place in the file."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, model_validator

from tpobench.harness.config import FileModel, load_yaml, validate
from tpobench.harness.errors import UserError


class Entry(FileModel):
    name: str
    limit: int = Field(default=1, gt=0)


class Page(FileModel):
    entry: Entry | None = None
    entries: list[Entry] = Field(default_factory=list)
    by_name: dict[str, Entry] = Field(default_factory=dict)
    share: float = 0.5
    kind: Literal["a", "b"] = "a"
    on: bool = True

    @model_validator(mode="after")
    def _of_kind_a(self) -> "Page":
        if self.kind == "b" and self.on:
            raise ValueError("a Page of kind b is not 'on'")
        return self


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file is empty; fill it in"),
        ([1], "the file is [1]: it must hold keys, such as entry, entries, by_name"),
        ("text", "the file is 'text': it must hold keys, such as entry, entries, by_name"),
        ({"entry": [1]}, "'entry' is [1]: it must hold keys, such as name, limit"),
        ({"entries": None}, "'entries' is empty; fill it in, or take it out"),
        ({"entries": {"name": "x"}}, "'entries' is {'name': 'x'}: it must be a list"),
        ({"entries": ["x"]}, "'entries.0' is 'x': it must hold keys, such as name, limit"),
        ({"entries": [{"nam": "x", "name": "y"}]}, "unknown key 'entries.0.nam'; did you mean 'name'?"),
        ({"by_name": [1]}, "'by_name' is [1]: it must hold keys"),
        ({"by_name": {"x": 1}}, "'by_name.x' is 1: it must hold keys, such as name, limit"),
        ({"by_name": {"x": {"nam": "x", "name": "y"}}}, "unknown key 'by_name.x.nam'; did you mean 'name'?"),
        ({"entry": {}}, "the key 'entry.name' is missing"),
        ({"entry": {"name": 3}}, "'entry.name' is 3: it must be a text"),
        ({"entry": {"name": "x", "limit": 1.5}}, "'entry.limit' is 1.5: it must be a whole number"),
        ({"entry": {"name": "x", "limit": 0}}, "'entry.limit' is 0: it should be greater than 0"),
        ({"share": "x"}, "'share' is 'x': it must be a number"),
        ({"on": "x"}, "'on' is 'x': it must be true or false"),
        ({"kind": "c"}, "'kind' is 'c': it should be 'a' or 'b'"),
        ({"kind": "b"}, "a Page of kind b is not 'on'"),
    ],
)
def test_a_wrong_file_is_told_in_plain_words(content: object, said: str) -> None:
    with pytest.raises(UserError) as refused:
        validate(content, Page, "page.yaml")
    assert str(refused.value) == f"page.yaml: {said}"


def _refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "page.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as refused:
        load_yaml(path, Page)
    return str(refused.value).removeprefix(f"{path} ").removeprefix(f"{path}: ")


def test_aliases_that_stand_for_more_than_a_file_could_hold_are_refused(tmp_path: Path) -> None:
    levels = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 12))
    said = _refusal(tmp_path, f"k0: &k0 [x, x, x, x, x, x, x, x, x]\n{levels}")
    assert (
        said == "is not valid YAML: it stands for more than 100,000 values; write repeated values out, without aliases"
    )
    assert "an alias refers to the part that contains it" in _refusal(tmp_path, "entries: &a [*a]")


def test_an_alias_that_repeats_little_is_read(tmp_path: Path) -> None:
    path = tmp_path / "page.yaml"
    path.write_text("entry: &one {name: x}\nentries: [*one, *one]\n")
    assert load_yaml(path, Page).entries == [Entry(name="x"), Entry(name="x")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entries: " + "[" * 20_000, "its lists and mappings are nested too deeply"),
        ("share: 2026-13-45", "month must be in 1..12; write the value in quotes"),
        ("entry: {name: x, limit: " + "9" * 5_000 + "}", "write the value in quotes"),
        ("share: " + "x" * 90_000, "it must be a number"),
        ("share: [" + "x, " * 90_000 + "]", "it must be a number"),
        ("x" * 1_000 + ": 1\n", "unknown key 'xxx"),
        (f"? {'x' * 1000}\n: 1\n? {'x' * 1000}\n: 2\n", "occurs twice (line 3)"),
    ],
)
def test_what_a_file_cannot_be_is_said_in_a_short_sentence(tmp_path: Path, text: str, said: str) -> None:
    refusal = _refusal(tmp_path, text)
    assert said in refusal
    assert len(refusal) < 300
    assert "\n" not in refusal
