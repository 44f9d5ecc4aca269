"""What is said of a YAML file that is not as it must be: plain words, and the place in the file."""

from typing import Literal

import pytest
from pydantic import Field, model_validator

from tpobench.harness.config import FileModel, validate
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
