"""tpobench train as a user types it."""

from pathlib import Path

import pytest

from tests.cli.command import refused

CONFIG = Path(__file__).parents[2] / "tpo" / "quickstart.yaml"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("samples: 4", "sample: 4", "unknown key 'sample'; did you mean 'samples'?"),
        ("samples: 4", "samples: four", "'samples' is 'four'"),
        ("samples: 4", "samples: 1", "'samples' is 1"),
        ("iterations: 1", "iterations: 9", "need 216, but the source starter has 140"),
        ("{beta: 0.1,", "{betta: 0.1,", "unknown key 'training.betta'; did you mean 'beta'?"),
        ("margin: 0.05", "margin: 0.5", "'gate.head_to_head.margin' is 0.5"),
        ("judge: {name: checklist}", "judge: {name: gpt}", "unknown judge 'gpt'"),
        ("name: quickstart", "name: [", "is not valid YAML"),
    ],
)
def test_a_config_with_a_mistake_is_refused_before_anything_runs(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    text = CONFIG.read_text()
    assert old in text
    (tmp_path / "c.yaml").write_text(text.replace(old, new))
    assert problem in refused("train", "c.yaml", cwd=tmp_path)
