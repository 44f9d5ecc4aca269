"""Small folders of Arena-Hard's official files, and where the real ones lie."""

import json
from pathlib import Path

from tests.data import DATA as REAL_DATA
from tpobench.benchmarks.arena_hard.versions import BASELINES

DATA = REAL_DATA / "arena_hard"

TEMPLATE = "Q {QUESTION} A {ANSWER_A} B {ANSWER_B}"

CONFIG = (
    f"judge_model: j\ntemperature: 0.0\nmax_tokens: 9\nprompt_template: '{TEMPLATE}'\n"
    "regex_patterns:\n  - \\[\\[([AB<>=]+)\\]\\]\n  - \\[([AB<>=]+)\\]\n"
)

PYTHON = """SAID = "Judge.\\n[[A>B]]"

JUDGE_SETTINGS = {
    "hard_prompt": {"baseline": "o3-mini-2025-01-31", "system_prompt": SAID},
    "creative_writing": {"baseline": "gemini-2.0-flash-001", "system_prompt": "Be kind."},
    "arena-hard-v0.1": {"baseline": "gpt-4-0314", "system_prompt": SAID},
}
"""


def write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    path.write_bytes(text.encode())
    return path


def official(folder: Path, version: str) -> Path:
    """A small folder in the layout of the repository as it is today."""
    data = folder / "data" / f"arena-hard-{version}"
    place = {"cluster": "Puzzles"} if version == "v0.1" else {"category": "hard_prompt", "subcategory": "math"}
    write(data / "question.jsonl", *({"uid": uid, "prompt": f"Question {uid}"} | place for uid in "abc"))
    for model in BASELINES[version].values():
        said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": {"answer": "Yes."}}]
        write(data / "model_answer" / f"{model}.jsonl", *({"uid": uid, "messages": said} for uid in "abc"))
    write(folder / "config" / f"arena-hard-{version}.yaml", CONFIG)
    write(folder / "utils" / "judge_utils.py", PYTHON)
    return folder


def judged(folder: Path, version: str, *games: tuple[str | None, str | None]) -> Path:
    """The folder with answers of the model m, and verdicts on them: of each question one pair of labels."""
    said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": {"answer": "No."}}]
    data = folder / "data" / f"arena-hard-{version}"
    write(data / "model_answer" / "m.jsonl", *({"uid": uid, "messages": said} for uid in "abc"))
    rows = [
        {"uid": uid, "model": "m", "games": [None if label is None else {"score": label} for label in pair]}
        for uid, pair in zip("abc", games, strict=True)
    ]
    write(data / "model_judgment" / "j" / "m.jsonl", *rows)
    return folder
