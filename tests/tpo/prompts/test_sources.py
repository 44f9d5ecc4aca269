"""Instructions are read from where they are; what cannot be read is one sentence."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data import DATA, real_data
from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.errors import UserError
from tpobench.harness.records import Prompt
from tpobench.tpo.config import SourceConfig
from tpobench.tpo.prompts.sources import prompts_of


def parquet(path: Path, **columns: list[Any]) -> str:
    pq.write_table(pa.table(columns), path)
    return str(path)


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_the_starter_set_by_split() -> None:
    assert prompts_of(SourceConfig()) == list(starter_prompts("training"))
    assert prompts_of(SourceConfig(), "validation") == list(starter_prompts("validation"))
    assert prompts_of(SourceConfig(split="test"), "validation") == list(starter_prompts("test"))
    with pytest.raises(UserError, match="no split 'training_prefs'; did you mean 'training'"):
        prompts_of(SourceConfig(split="training_prefs"))


def test_a_jsonl_file_keeps_categories_and_checks_but_not_its_folder(tmp_path: Path) -> None:
    row = {"prompt": "Name a fruit.", "category": "Food", "checks": [{"max_words": 3}]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row) + "\n\n")
    (only,) = prompts_of(SourceConfig(source=str(tmp_path / "mine.jsonl")))
    assert only == Prompt("Name a fruit.", "Food", "file:mine.jsonl", ({"max_words": 3},))


def test_a_text_column_without_its_empty_rows(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", ask=["  Hi? ", "", " \n", None, "Why?"], category=["X", "X", "X", "X", ""])
    assert prompts_of(SourceConfig(source=file, column="ask")) == [
        Prompt("Hi?", "X", "file:a.parquet"),
        Prompt("Why?", "uncategorised", "file:a.parquet"),
    ]


def test_the_first_user_message_of_a_chat(tmp_path: Path) -> None:
    system, answer = {"role": "system", "content": "Be kind."}, {"role": "assistant", "content": "Hello."}
    chats = [[system, user("One?"), answer, user("Two?")], [answer], [], None, [user("  Three? ")], [user(None)]]
    file = parquet(tmp_path / "chat.parquet", conversation=chats)
    found = prompts_of(SourceConfig(source=file, column="conversation"))
    assert [prompt.text for prompt in found] == ["One?", "Three?"]


def test_a_single_message_that_is_no_list(tmp_path: Path) -> None:
    file = parquet(tmp_path / "chat.parquet", message=[user("One?"), {"role": "assistant", "content": "Hello."}])
    assert [p.text for p in prompts_of(SourceConfig(source=file, column="message"))] == ["One?"]


def test_a_wrong_column_lists_those_that_there_are(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", ask=["Hi?"], number=[1])
    with pytest.raises(UserError, match=r"file:a.parquet has no column 'prompt'; set 'column' to one of: ask, number"):
        prompts_of(SourceConfig(source=file))
    with pytest.raises(UserError, match=r"'number' of file:a.parquet holds neither texts nor chat messages"):
        prompts_of(SourceConfig(source=file, column="number"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "nowhere.parquet"}, "nowhere.parquet cannot be read"),
        ({"source": "nowhere.jsonl"}, "nowhere.jsonl cannot be read"),
        ({"source": "starters"}, "unknown instruction source 'starters'; known: starter, FILE.jsonl"),
        ({"source": "starter", "column": "text"}, "starter takes no 'column'"),
        ({"source": "mine.jsonl", "column": "text"}, "mine.jsonl takes no 'column'"),
        ({"source": "mine.parquet", "split": "train"}, "mine.parquet takes no 'split'"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        prompts_of(SourceConfig(**settings))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("prompt\nHi?\n")
    with pytest.raises(UserError, match="cannot be read"):
        prompts_of(SourceConfig(source=str(tmp_path / "a.parquet")))


def test_a_data_set_of_the_hub_is_loaded_by_split_and_column(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    asked = []

    def load(name: str, split: str) -> Any:
        asked.append((name, split))
        return datasets.Dataset.from_dict({"prompt": ["Hi?", " "], "chosen": [[user("Why?")], [user("Who?")]]})

    monkeypatch.setattr(datasets, "load_dataset", load)
    name = "hub:HuggingFaceH4/ultrafeedback_binarized"
    found = prompts_of(SourceConfig(source=name, split="train_prefs"))
    assert found == [Prompt("Hi?", source=f"{name}/train_prefs")]
    assert [p.text for p in prompts_of(SourceConfig(source=name, column="chosen"))] == ["Why?", "Who?"]
    assert asked == [("HuggingFaceH4/ultrafeedback_binarized", split) for split in ("train_prefs", "train")]


def test_a_hub_that_is_not_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    import huggingface_hub.constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match=r"nobody/nothing \(split train\) cannot be fetched from the hub: ") as raised:
        prompts_of(SourceConfig(source="hub:nobody/nothing"))
    assert "\n" not in str(raised.value)


@real_data
def test_real_conversations() -> None:
    file = DATA / "instructions" / "wildchat_if_val.parquet"
    found = prompts_of(SourceConfig(source=str(file)))
    assert len(found) == 250
    assert all(prompt.text == prompt.text.strip() != "" for prompt in found)
    with pytest.raises(
        UserError, match="set 'column' to one of: data_source, prompt, ability, reward_model, extra_inf"
    ):
        prompts_of(SourceConfig(source=str(file), column="text"))
