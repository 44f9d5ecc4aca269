"""Judges by name: ours, those of other packages, a user's function, and what is refused."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.verdicts import MODEL
from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.named import judge_forms, judge_named, judge_names, require_judge, scorer_named
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.plugins import declared
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt

QUIET = Progress(quiet=True)

PLUGIN = """
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scorer import Scorer, scored

class Vowels(Scorer):
    id, label = "vowels@1", "vowels"

    def score_all(self, responses):
        yield [scored(self, prompt, response, response.count("a"), {}) for prompt, response in responses]

def vowels(request: JudgeRequest):
    return request.scoring(Vowels())
"""


def named(name: str, model: str | None = None, benchmark: str = "") -> Judge:
    return judge_named(JudgeRequest(name=name, progress=QUIET, model=model, benchmark=benchmark))


@pytest.fixture
def plugin(user_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another package, installed: the judges `vowels` and `broken`."""
    site = user_folder / "site"
    (site / "vowels-1.dist-info").mkdir(parents=True)
    (site / "vowels-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: vowels\nVersion: 1\n")
    points = "[tpobench.judges]\nvowels = vowels_for_a_test:vowels\nbroken = broken_for_a_test:judge\n"
    points += "".join(f"{name} = odd_for_a_test:{name}\n" for name in ("nothing", "text", "raises", "leaves"))
    points += "gone = gone_for_a_test:judge\n"
    (site / "vowels-1.dist-info" / "entry_points.txt").write_text(points)
    (site / "vowels_for_a_test.py").write_text(PLUGIN)
    (site / "broken_for_a_test.py").write_text("1 / 0")
    (site / "gone_for_a_test.py").write_text("import sys; sys.exit(0)")
    (site / "odd_for_a_test.py").write_text(
        "import sys\ndef nothing(request): pass\ndef text(request): return 'a judge'\n"
        "def raises(request): return 1 / 0\ndef leaves(request): sys.exit(0)\n"
    )
    monkeypatch.syspath_prepend(site)
    return site


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What is installed is read anew, and again after the test."""
    declared.cache_clear()
    yield
    declared.cache_clear()


def test_a_model_is_asked_by_its_own_name_or_by_the_one_that_is_given() -> None:
    assert named("alpaca_eval").label == "alpaca_eval weighted_alpaca_eval_gpt4_turbo, model gpt-4-1106-preview"
    judge = named("ste", f"{MODEL}@http://127.0.0.1:9/v1")
    assert judge.label == f"ste, model {MODEL}"
    assert not judge.free
    assert judge.scorer is None


def test_what_scores_is_free() -> None:
    judge = named("checklist")
    assert judge.free
    assert judge.scorer is not None
    assert judge.id == ChecklistScorer.id


def test_an_argument_after_the_colon_is_the_evaluators_name() -> None:
    assert named("alpaca_eval:alpaca_eval_gpt4").label.startswith("alpaca_eval alpaca_eval_gpt4, ")


@pytest.mark.parametrize("name", ["checklist", "yaml:dump"])
def test_a_judge_model_is_refused_where_nobody_is_asked(name: str) -> None:
    with pytest.raises(UserError, match=rf"the judge {name}.* asks no model, so that gpt-4 would not be asked"):
        named(name, "gpt-4")


@pytest.mark.parametrize("name", ["checklist:x", "ste:x"])
def test_an_argument_that_would_have_no_effect_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"takes no argument: write .*, not {name}"):
        named(name)


@pytest.mark.parametrize("name", ["cheklist", ":f", "m:", ""])
def test_an_unknown_judge_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="unknown judge"):
        named(name)


@pytest.mark.parametrize("name", ["reward", "reward:", "armorm:", "verdict"])
def test_a_judge_without_its_argument_is_told_the_form(name: str) -> None:
    kind = name.strip(":")
    (form,) = (form for form in judge_forms() if form.startswith(f"{kind}:"))
    with pytest.raises(UserError, match=rf"the judge {kind} is named with its argument: {form}"):
        named(name)


def test_the_forms_say_what_stands_behind_the_colon(plugin: Path) -> None:
    assert {"armorm:MODEL", "checklist", "reward:MODEL", "verdict:FILE.yaml"} <= set(judge_forms())
    assert {"vowels", "broken"} <= set(judge_forms()), "one that cannot be imported is listed too"


@pytest.mark.parametrize("kind", ["reward", "armorm"])
def test_a_reward_model_cannot_be_an_endpoint(kind: str) -> None:
    with pytest.raises(UserError, match="names an endpoint"):
        named(f"{kind}:rm@http://127.0.0.1:8000/v1")


def test_another_packages_judge_is_named_like_ours(plugin: Path) -> None:
    judge = named("vowels")
    assert (judge.id, judge.free) == ("vowels@1", True)
    assert "vowels" in judge_names()
    scorer = scorer_named("vowels")
    assert [score.value for group in scorer.score_all([(Prompt("p"), "banana")]) for score in group] == [3]


def test_another_packages_judge_that_cannot_be_imported_spoils_only_itself(plugin: Path) -> None:
    assert named("checklist").free
    with pytest.raises(UserError, match=r"the judge broken of vowels cannot be imported from broken_.*: ZeroDiv"):
        named("broken")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nothing", "vowels makes a NoneType for the judge nothing, and that has no 'id' as a judge has"),
        ("text", "vowels makes a str for the judge text, and that has no 'id' as a judge has"),
        ("raises", "vowels cannot make the judge raises: ZeroDivisionError"),
        ("leaves", "vowels cannot make the judge leaves: SystemExit"),
        ("gone", "the judge gone of vowels cannot be imported from gone_for_a_test:judge: SystemExit"),
    ],
)
def test_a_package_whose_judge_is_none_is_named(plugin: Path, name: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        named(name)
    assert name in judge_forms()


@pytest.mark.parametrize("name", ["checklist", "ste", "reward:anything", "verdict:absent.yaml", "yaml:dump", "vowels"])
def test_a_judge_that_could_be_named_is_known_before_it_is_made(plugin: Path, name: str) -> None:
    require_judge(name)


@pytest.mark.parametrize("name", ["cheklist", "absent_module:f", "reward", "broken", "gone"])
def test_a_judge_that_could_not_be_is_told_before_it_is_made(plugin: Path, name: str) -> None:
    with pytest.raises(UserError):
        require_judge(name)


def test_the_documented_judge_is_a_judge(plugin: Path) -> None:
    document = (Path(__file__).parents[3] / "docs" / "judging.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    (points,) = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)
    (plugin / "my_package.py").write_text(code)
    (plugin / "vowels-1.dist-info" / "entry_points.txt").write_text(
        points.replace('"tpobench.judges"', "tpobench.judges").replace("project.entry-points.", "").replace('"', "")
    )
    judge = named("brevity")
    assert judge.scorer is not None
    (score,) = next(iter(judge.scorer.score_all([(Prompt("p"), "abc")])))
    assert (judge.id, score.value) == ("brevity@1", -3.0)


def test_a_scorer_is_wanted_where_a_score_is() -> None:
    with pytest.raises(UserError, match="the judge ste compares two responses"):
        scorer_named("ste")


def test_torch_is_imported_only_for_a_reward_model() -> None:
    code = (
        "import sys; from tpobench.harness.judges.named import scorer_named as s; s('checklist'); s('yaml:dump'); "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
