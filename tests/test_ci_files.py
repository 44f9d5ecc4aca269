"""The files that users run in their CI: they parse, use what is declared, and keep foreign text out of the shell."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from tpobench.cli.commands import app
from tpobench.harness.config import validate
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.harness.gate.policy import Policy
from tpobench.reports.formats.junit import junit

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GITHUB = yaml.safe_load((ROOT / "docs" / "ci" / "github-workflow.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab-ci.yml").read_text())
GUIDE = (ROOT / "docs" / "gate.md").read_text()

ACTION_STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
JOB_STEPS: list[dict[str, Any]] = [step for job in GITHUB["jobs"].values() for step in job["steps"]]
GATE_SCRIPT: str = next(step["run"] for step in ACTION_STEPS if step.get("id") == "gate")
GITLAB_SCRIPTS: list[str] = [line for job in GITLAB.values() for line in job.get("script", [])]


def options_of(command: str) -> set[str]:
    group = typer.main.get_command(app)
    return {name for option in group.commands[command].params for name in option.opts}  # type: ignore[attr-defined]


def test_every_input_is_declared_and_used() -> None:
    used = set(re.findall(r"\binputs\.([\w-]+)", yaml.safe_dump(ACTION)))
    assert used == set(ACTION["inputs"])
    for step in JOB_STEPS:
        if step.get("uses", "").startswith("OWNER/tpobench@"):
            required = {name for name, about in ACTION["inputs"].items() if about.get("required")}
            assert required <= set(step["with"]) <= set(ACTION["inputs"])


def test_no_expression_is_pasted_into_a_script() -> None:
    scripts = [step["run"] for step in [*ACTION_STEPS, *JOB_STEPS] if "run" in step]
    assert len(scripts) == 6
    assert not [script for script in scripts if "${{" in script]


def test_outputs_come_from_steps_that_there_are() -> None:
    steps = {step["id"]: step for step in ACTION_STEPS if "id" in step}
    for step, output in re.findall(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)", yaml.safe_dump(ACTION)):
        assert f'echo "{output}=' in steps[step]["run"]


def test_actions_are_pinned_and_shells_are_named() -> None:
    for step in [*ACTION_STEPS, *JOB_STEPS]:
        assert re.search(r"@(v\d+|main)$", step.get("uses", "x@main"))
    assert all(step["shell"] == "bash" for step in ACTION_STEPS if "run" in step)


def test_promotions_wait_for_each_other() -> None:
    promoting = GITHUB["jobs"]["promote"]
    assert promoting["concurrency"] == {"group": "tpobench-promotion", "cancel-in-progress": False}
    assert GITLAB["promote"]["resource_group"] == "tpobench-promotion"
    assert "--promote" in GITLAB["promote"]["script"][0]
    assert "--promote" not in GITLAB["gate"]["script"][0]
    assert GITLAB["gate"]["allow_failure"] == {"exit_codes": 3}


@pytest.mark.parametrize("script", [GATE_SCRIPT, *GITLAB_SCRIPTS])
def test_the_options_are_those_of_the_command(script: str) -> None:
    used = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", script))
    assert {"--candidate", "--store", "--junit", "--markdown"} <= used <= options_of("gate")


def test_the_guide_shows_valid_policies_and_options_that_there_are() -> None:
    policies = [text for text in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL) if "head_to_head" in text]
    assert policies
    for text in policies:
        validate(yaml.safe_load(text), Policy, "docs/gate.md")
    asked = re.findall(r"\btpobench (gate|plan|compare|eval)\b([^`\n]*)", GUIDE)
    assert asked
    for command, rest in asked:
        assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", rest)) <= options_of(command), rest
    documented = {line.split("`")[1] for line in GUIDE.splitlines() if line.startswith("| `")}
    rules = {name.partition(".")[0].split(":")[0] for entry in documented for name in entry.split(", ")}
    assert set(Policy.model_fields) <= rules, "every key of a policy is explained"


@pytest.mark.parametrize(("outcome", "code"), [("PASS", 0), ("INCONCLUSIVE", 3), ("", 2)])
def test_the_action_hands_values_on_as_they_are(outcome: Any, code: int, tmp_path: Path) -> None:
    """The gate's step with a stand-in for the command: hostile inputs stay single arguments and run nothing."""
    written = tmp_path / "written.xml"
    if outcome:
        hostile = '<property name="decision" value="PASS"/>'
        written.write_text(
            junit(
                Decision(rules=(RuleResult(rule=hostile, outcome=outcome, sentence=hostile),), candidate=hostile),
                started=datetime.now(UTC),
                seconds=1,
            )
        )
    stand_in = tmp_path / "bin" / "tpobench"
    stand_in.parent.mkdir()
    stand_in.write_text(
        '#!/usr/bin/env bash\nprintf "%s\\n" "$@" > "$HERE/arguments"\n'
        'while [ "$1" != --junit ]; do shift; done\n'
        f'[ ! -f "$HERE/written.xml" ] || cp "$HERE/written.xml" "$2"\nexit {code}\n'
    )
    stand_in.chmod(0o755)
    hostile = '"; touch pwned; $(touch pwned) `touch pwned` *'
    given = {"POLICY": "-p.yaml", "CANDIDATE": hostile, "AGAINST": "", "STORE": "a b", "PROMOTE": "true"}
    runner = {name: str(tmp_path) for name in ("HERE", "RUNNER_TEMP")} | {"GITHUB_OUTPUT": str(tmp_path / "out")}
    runner |= {"GITHUB_SERVER_URL": "https://host", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
    path = (stand_in.parent, Path(sys.executable).parent, os.environ["PATH"])
    environment = {"PATH": os.pathsep.join(map(str, path)), "ARGUMENTS": "--offline\n--retry-missing *"}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", GATE_SCRIPT]
    subprocess.run(shell, check=True, cwd=tmp_path, env=given | runner | environment)
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[:5] == ["gate", "--candidate", hostile, "--store", "a b"]
    why = "https://host/o/r/actions/runs/7"
    assert arguments[9:] == ["--promote", "--why", why, "--offline", "--retry-missing", "*", "--", "-p.yaml"]
    said = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    assert (said["decision"], said["exit-code"]) == (outcome, str(code))
    assert Path(said["folder"]).name == said["artifact"]
    assert not (tmp_path / "pwned").exists()


def decoys(workspace: Path) -> None:
    """Files of a pull request that are called like what Python imports; each leaves a trace when it is run."""
    names = ("pip.py", "sitecustomize.py", "usercustomize.py", "xml/etree/ElementTree.py", "tpobench/__init__.py")
    for name in (*names, "xml/__init__.py", "xml/etree/__init__.py", "tpobench/__main__.py", "os.py", "site.py"):
        decoy = workspace / name
        decoy.parent.mkdir(parents=True, exist_ok=True)
        decoy.write_text(f"open({str(workspace / 'pwned')!r}, 'a').write({name!r})\nprint('PASS')\n")


def stand_in_python(folder: Path) -> Path:
    """A `python` that runs the real one, but installs nothing."""
    python = folder / "python"
    python.parent.mkdir(exist_ok=True)
    python.write_text(
        f'#!/usr/bin/env bash\nif [ "$4" = install ]; then exec {sys.executable} "${{@:1:3}}" --version; fi\n'
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    return python.parent


@pytest.mark.parametrize("step", ["pip", "Install", "gate"])
@pytest.mark.parametrize("pythonpath", [None, ":"])
def test_no_module_of_the_workspace_is_run(step: str, pythonpath: str | None, tmp_path: Path) -> None:
    """Also where the action is used from the workspace itself, and where PYTHONPATH has an empty part, which is the
    folder that Python is started in."""
    decoys(tmp_path)
    about = next(each for each in ACTION_STEPS if step in (each.get("id"), each.get("name")))
    rule = RuleResult(rule="win_rate", outcome="FAIL", sentence="")
    (tmp_path / "written.xml").write_text(junit(Decision(rules=(rule,)), started=datetime.now(UTC), seconds=1))
    bin_folder = stand_in_python(tmp_path / "bin")
    (bin_folder / "tpobench").write_text(
        '#!/usr/bin/env bash\nwhile [ "$1" != --junit ]; do shift; done\ncp "$HERE/written.xml" "$2"\n'
        'echo decision=PASS >> "${GITHUB_OUTPUT:-/dev/null}"\nexit 1\n'
    )
    (bin_folder / "tpobench").chmod(0o755)
    for name in ("constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_text("")
    runner = ("HERE", "RUNNER_TEMP", "GITHUB_ACTION_PATH", "HOME")
    environment = dict.fromkeys(runner, str(tmp_path)) | {"GITHUB_OUTPUT": str(tmp_path / "out")}
    environment |= {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", **about.get("env", {})}
    environment |= {name: "x" for name, value in environment.items() if "${{" in value}
    environment |= {"INSTALL": "", "TORCH_INDEX": ""}
    if pythonpath is not None:
        environment["PYTHONPATH"] = pythonpath
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", about["run"]]
    subprocess.run(shell, check=True, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    assert not (tmp_path / "pwned").exists()
    if step == "gate":
        assert "decision=FAIL\n" in (tmp_path / "out").read_text()
        assert "decision=PASS" not in (tmp_path / "out").read_text()


def test_every_python_of_the_action_is_isolated() -> None:
    scripts = "\n".join(step["run"] for step in ACTION_STEPS if "run" in step)
    assert len(re.findall(r"\bpython -I ", scripts)) == len(re.findall(r"\bpython ", scripts)) == 3
    assert GITLAB["variables"]["PYTHONSAFEPATH"] == "1"
