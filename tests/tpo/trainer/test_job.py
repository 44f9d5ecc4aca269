"""What the trainer is asked to do."""

import json
from pathlib import Path

from tests.tpo.trainer.jobs import PAIRS, job
from tpobench.tpo.trainer.job import TrainJob, too_long


def test_a_pair_is_too_long_when_one_of_its_sequences_is() -> None:
    assert [too_long(PAIRS[1], limit) for limit in (None, 10, 9)] == [False, False, True]  # 4 + 6 tokens


def test_a_job_is_read_as_it_was_written_with_the_longest_pair_first(tmp_path: Path) -> None:
    made = job(tmp_path / "model", tmp_path / "c", lora={"r": 4}, launch="cluster.yaml")
    short = {"prompt_ids": [1], "chosen_ids": [30], "rejected_ids": [40]}
    assert TrainJob(**json.loads(made.write([short, PAIRS[1]]).read_text())) == made
    assert [json.loads(line) for line in Path(made.data).read_text().splitlines()] == [PAIRS[1], short]
