"""The hub is off while tasks run whose data are on the disk, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import run, scripted
from tpobench.benchmarks.lm_eval.hub import hub_off
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


def reachable() -> dict[str, object]:
    """What decides whether the libraries go to the hub."""
    import datasets
    import huggingface_hub

    return {
        "variable": os.environ.get("HF_HUB_OFFLINE"),
        "client": huggingface_hub.is_offline_mode(),
        "data sets": datasets.config.HF_HUB_OFFLINE,
        "data sets, once": datasets.config.HF_DATASETS_OFFLINE,
    }


ON = {"variable": None, "client": False, "data sets": False, "data sets, once": False}

OFF = {"variable": "1", "client": True, "data sets": True, "data sets, once": True}


def test_data_on_the_disk_switch_the_hub_off_while_the_tasks_run_only(online: None, store: Store, data: Path) -> None:
    seen = []
    generator, _ = scripted(store, lambda text, _: seen.append(reachable()) or "#### 1")
    run("gsm8k", generator, "direct", store, TaskOptions(data=data, limit=1))
    assert seen == [OFF]
    assert reachable() == ON


def test_the_hub_is_on_again_after_a_failure(online: None, store: Store, data: Path, tmp_path: Path) -> None:
    def fails(text: str, _: int) -> str:
        raise RuntimeError("the sampler")

    for folder in (data, tmp_path / "none"):
        with pytest.raises((RuntimeError, UserError)):
            run("gsm8k", scripted(store, fails)[0], "direct", store, TaskOptions(data=folder))
        assert reachable() == ON


def test_libraries_that_are_imported_while_the_hub_is_off_do_not_stay_off() -> None:
    """They read the variable once: in a new process, where nothing is imported yet."""
    code = (
        "from tpobench.benchmarks.lm_eval.hub import hub_off\n"
        "with hub_off():\n"
        "    import datasets, huggingface_hub\n"
        "    assert huggingface_hub.is_offline_mode() and datasets.config.HF_HUB_OFFLINE\n"
        "print(huggingface_hub.is_offline_mode(), datasets.config.HF_HUB_OFFLINE)"
    )
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


@pytest.mark.parametrize("said", ["0", "1"])
def test_a_user_who_set_the_variable_has_decided(said: str, online: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", said)
    before = reachable()
    with hub_off():
        assert reachable() == before
    assert reachable() == before
