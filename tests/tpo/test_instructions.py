"""Before the first token: the prompts of all iterations, or a reason why they do not suffice."""

from pathlib import Path

from tests.tpo.runs import Config, refused


def test_running_out_of_prompts_is_an_error_before_anything_is_sampled(config: Config, tmp_path: Path) -> None:
    counts = refused(config | {"iterations": 3}, tmp_path / "a", "need 21")
    assert counts["output"] == 0


def test_sources_that_changed_are_not_trained_on(config: Config, tmp_path: Path) -> None:
    config |= {"arms": ["direct"], "guards": {"truncated": 0.001}}
    refused(config, tmp_path / "a", "cut at max_new_tokens")
    rows = (tmp_path / "train.jsonl").read_text().split("\n")
    (tmp_path / "train.jsonl").write_text("\n".join(row.replace("What", "And what") for row in rows))
    refused(config, tmp_path / "a", "sources have changed")
