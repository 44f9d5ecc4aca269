"""A trainer that has gone wrong stops by itself."""

from pathlib import Path

import pytest

from tests.tpo.trainer.jobs import PAIRS, written
from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.epochs import epoch_folder
from tpobench.tpo.trainer.train import train


def test_a_loss_that_is_not_a_number_stops_and_leaves_no_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    job = written(tiny_model, tmp_path / "c", PAIRS * 4, learning_rate=1e20)
    with pytest.raises(UserError, match=r"became (nan|inf) at step \d+; lower learning_rate"):
        train(job)
    assert not epoch_folder(job, 1).exists()
