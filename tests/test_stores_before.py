"""Stores that were written before the code was reorganised open after it: the same leaderboard, gate decisions and
report figures, and nothing is sampled, trained or judged again.

Through the command line alone, so that no name inside the code matters. `tests/fixtures/make_store_before.py` says what
the stores hold; `expected.json` has every command with what it printed then.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).parents[1]
FIXTURE = Path(__file__).parent / "fixtures" / "store_before"
EXPECTED: dict[str, Any] = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))

PROSE = {"sentence", "title", "label", "style", "judge_label", "not_comparable", "notes", "warnings", "report"}
"""Keys of texts for people: their wording may improve."""

ENDS = {"low", "high"}
"""Ends of intervals: they were those of a t test or a bet, and are those of one rule that holds for every sample."""

HEAD_TO_HEAD = re.compile(r"\.(head_to_head\.\d+|win_rate|mean_score)$")

OF_A_RULE = ("rule", "outcome")
"""What a gate says of a rule that it said before: how many prompts that took, and so the win rate over them, may
differ."""

FORMER_COLUMNS = {"style-controlled"}
"""Columns of reports that are no longer shown: style held at the model's own mean was the raw score again. The figure
at the baseline's style has another name, and these stores have it once their models are evaluated again."""

INTERVAL = re.compile(r"(?<=[(\[])[+−-]?[\d.]+%?(?:–| to )[+−-]?[\d.]+%?")

NOT_WORK = {"gate_decision", "gate_look", "request", "store_version"}
"""A decision's key holds its sentences, so that a better sentence is another row; how something was asked for was not
kept before; a migration adds to the versions."""

DERIVED = {"run": {"evaluation": 1, "metric": 48}}
"""Rows that are made of what is stored: a gate with a rule on a figure makes the evaluation that it is about. Before,
it took the figure from an evaluation of the same candidate against another baseline."""

OUTCOMES = ("PASS", "FAIL", "INCONCLUSIVE", "INVALID", "SHOWN")

FIGURE = re.compile(r"[+−-]?\d[\d,]*\.?\d*%?")

COMMANDS = """
import contextlib, importlib, io, json, sys
module, _, name = sys.argv[1].partition(":")
main = getattr(importlib.import_module(module), name)
done = []
for asked in json.load(sys.stdin):
    sys.argv, out, err, code = ["tpobench", *asked], io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    done.append([code, out.getvalue(), err.getvalue()])
json.dump({"done": done, "loaded": sorted({"torch", "trl", "openai"} & set(sys.modules))}, sys.stdout)
"""


@dataclass(frozen=True)
class Told:
    """What one command printed, and its exit code."""

    code: int
    out: str
    err: str


def tpobench(place: Path, *commands: Sequence[str]) -> tuple[list[Told], list[str]]:
    """The commands one after the other, in one process, from this folder; and which of the packages that sample, train
    or call an API were loaded."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    environment |= {"PYTHONPATH": str(ROOT), "TPOBENCH_CACHE": str(place / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, scripts["tpobench"]],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        cwd=place,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    told = [Told(code, out.replace(str(place), "@place@"), err) for code, out, err in found["done"]]
    return told, found["loaded"]


def unpacked(place: Path) -> Path:
    """The fixture in a folder of its own, as if it had been made there."""
    shutil.copytree(FIXTURE, place, ignore=shutil.ignore_patterns("expected.json"))
    for packed in place.rglob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    champion = place / "run" / "champion.json"
    champion.write_text(champion.read_text().replace(EXPECTED["made_in"], str(place)))
    move(place / "run" / "store.duckdb", EXPECTED["made_in"], str(place))
    return place


def move(store: Path, before: str, now: str) -> None:
    """Another folder in all that the store says of folders: checkpoints, steps, the champion's file."""
    query = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal "
        "AND data_type IN ('VARCHAR', 'JSON')"
    )
    with duckdb.connect(str(store)) as opened:
        for table, column, kind in opened.execute(query).fetchall():
            opened.execute(
                f"UPDATE {table} SET {column} = replace({column}::VARCHAR, ?, ?)::{kind} "
                f"WHERE contains({column}::VARCHAR, ?)",
                [before, now, before],
            )


def rows(store: Path) -> dict[str, int]:
    """Rows by table."""
    with duckdb.connect(str(store), read_only=True) as opened:
        tables = [row[0] for row in opened.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {table: opened.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in tables}


def work(counts: dict[str, int], known: dict[str, int]) -> dict[str, int]:
    """Of the tables that the fixture knows, those that hold work: outputs, judgments, calls and the like."""
    return {table: counts[table] for table in known if table not in NOT_WORK}


@pytest.mark.parametrize("name", ["run", "imports", "judged"])
def test_a_store_says_what_it_said_and_nothing_is_done_again(name: str, tmp_path: Path) -> None:
    kept = EXPECTED[name]
    place = unpacked(tmp_path.resolve() / "place")
    store = place / kept["store"]
    before = kept.get("undrained", kept["rows"])
    assert rows(store) == before
    answers = kept["answers"]
    told, loaded = tpobench(place, *(answer["asked"] for answer in answers.values()))

    problems = []
    for (what, answer), found in zip(answers.items(), told, strict=True):
        problems += [f"{what}: {problem}" for problem in unlike(answer, without_head_to_head(found), names_in(kept))]
    assert not problems, "\n".join(problems)
    expected = {table: count + DERIVED.get(name, {}).get(table, 0) for table, count in kept["rows"].items()}
    assert work(rows(store), kept["rows"]) == work(expected, kept["rows"])
    assert not store.with_name(store.name + ".journal").exists()
    assert loaded == []


def without_head_to_head(found: Told) -> Told:
    """A comparison as it was told before: it did not say what one of the two won against the other."""
    rows = json.loads(found.out) if '"head_to_head"' in found.out and found.out.startswith("[") else []
    if not rows or any("figure" not in row for row in rows):
        return found
    return replace(found, out=json.dumps([row for row in rows if row["figure"] != "head_to_head"]))


def names_in(kept: dict[str, Any]) -> set[str]:
    """The models and categories of a store: labels in a report that are no wording."""
    board = kept["answers"]["leaderboard"]["json"]
    return {row["model"] for row in board} | {category for row in board for category in row["categories"]}


def unlike(answer: dict[str, Any], found: Told, names: set[str]) -> Iterator[str]:
    """What a command says now and did not then, or the other way round."""
    if found.code != answer["code"]:
        yield f"exit code {found.code}, not {answer['code']}: {found.err}"
    elif "json" in answer:
        yield from differences(answer["json"], json.loads(found.out), "")
    else:
        yield from missing_figures(answer["text"], found.out, names)


def differences(then: Any, now: Any, where: str) -> Iterator[str]:
    """Every place where the values differ. More keys than there were are no difference, nor are texts for people, nor
    is a figure that missing verdicts make INVALID: it was shown as if they were none."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in set() if now.get("invalid") else then.keys() - PROSE - ENDS:
            if key == "rules":
                yield from rules_gone(then[key], now[key])
            elif key in now:
                yield from differences(then[key], now[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is gone"
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        ends = 1 if HEAD_TO_HEAD.search(where) else len(then)  # a win rate, then the ends of its interval
        for place, pair in enumerate(zip(then[:ends], now[:ends], strict=True)):
            yield from differences(*pair, f"{where}[{place}]")
    elif isinstance(then, float) and isinstance(now, int | float):
        if not isclose(then, now, rel_tol=0, abs_tol=1e-9):
            yield f"{where} is {now}, was {then}"
    elif then != now:
        yield f"{where} is {str(now)[:200]}, was {str(then)[:200]}"


def rules_gone(then: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
    """The rules of a gate that say something else now."""
    known = {rule["rule"]: rule for rule in now}
    for rule in then:
        if any(rule[key] != known.get(rule["rule"], {}).get(key) for key in OF_A_RULE):
            yield f"{rule['rule']} is {known.get(rule['rule'])}, was {rule}"


Line = tuple[str, tuple[str, ...]]
"""What a row is called, and the figures in it."""


def missing_figures(then: str, now: str, names: set[str]) -> Iterator[str]:
    """Headlines, rows of tables and outcomes of rules that a report had and has no more; not those of an evaluation
    that missing verdicts make INVALID."""
    left = list(figures(now))
    invalid = {name_of(line) for line in now.splitlines() if "INVALID" in line}
    for label, numbers in figures(without_former_columns(then)):
        if label in names & invalid:
            continue
        fits = [line for line in left if holds(line[1], numbers) and (label not in names or line[0] == label)]
        if fits:
            left.remove(fits[0])
        else:
            yield f"no longer told: {label}: {' '.join(numbers)}"


def without_former_columns(markdown: str) -> str:
    """The report without the cells of these columns."""
    lines, former = [], set[int]()
    for line in markdown.splitlines():
        cells = line.split("|")
        if not line.startswith("|"):
            former = set()
        former |= {place for place, cell in enumerate(cells) if cell.strip() in FORMER_COLUMNS}
        lines.append("|".join(cell for place, cell in enumerate(cells) if place not in former))
    return "\n".join(lines)


def figures(markdown: str) -> Iterator[Line]:
    """Of a report in Markdown: the headlines and the rows with figures, for a rule of the gate outcome and name. Not
    what stands under Provenance: versions and paths."""
    for line in markdown.partition("## Provenance")[0].splitlines():
        line = INTERVAL.sub("", line)
        if line.startswith("- "):
            name, cells = "", line.split("**")[1::2]
        elif line.startswith("|"):
            name, cells = name_of(line), [cell.strip() for cell in line.strip("|").split("|")][1:]
        else:
            continue
        if name in OUTCOMES:
            yield "", (name, cells[0])
        elif numbers := FIGURE.findall(re.sub(r"&#\d+;", "", " ".join(cells))):
            yield name, tuple(numbers)


def name_of(line: str) -> str:
    """What a row of a table is called; a category may be marked as guarded."""
    return line.strip("|").split("|")[0].strip().partition(" (")[0]


def holds(whole: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the part stands in the whole, in its order, with whatever in between."""
    rest = iter(whole)
    return all(wanted in rest for wanted in part)
