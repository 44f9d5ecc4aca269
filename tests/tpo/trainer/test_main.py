"""What the trainer's process tells before it ends."""

import json
from pathlib import Path

import pytest

from tests.tpo.trainer.jobs import job
from tpobench.harness.errors import UserError
from tpobench.tpo.trainer import __main__ as trainer
from tpobench.tpo.trainer import train


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UserError("no end token"), "no end token"),
        (RuntimeError("CUDA out of memory"), "memory ran out; try a smaller"),
    ],
)
def test_a_reason_that_the_user_can_act_on_is_told_on_standard_output(
    error: Exception, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_with(error, tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match="1"):
        trainer.main()
    assert json.loads(capsys.readouterr().out)["reason"].startswith(reason)


def test_any_other_error_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(IndexError("index out of range"), tmp_path, monkeypatch)
    with pytest.raises(IndexError):
        trainer.main()


def ends_with(error: Exception, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trainer that fails with this error."""

    def fail(_: object) -> None:
        raise error

    job_file = job(folder / "model", folder / "c").write([])
    monkeypatch.setattr("sys.argv", ["trainer", str(job_file)])
    monkeypatch.setattr(trainer, "_end_with_parent", lambda: None)  # the standard input is not the trainer's
    monkeypatch.setattr(train, "train", fail)
