"""The report as an untrusted-input surface, and on a run that has not finished."""

import re
from pathlib import Path

from harness.config import validate
from harness.evaluate import Benchmark, Contender, compare
from harness.gate import Policy
from harness.gate.record import keep_decision
from harness.gate.stored import meeting_named, stored_case
from harness.generate import output_key
from harness.judges import ChecklistJudge
from harness.modes import DIRECT, Mode
from harness.records import Generation, Model, Output, Prompt, Request, SamplingParams
from harness.store import Store
from reports.html import write_report
from tpo.thoughts import compose, mode_named, template_named

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> & \"q\" 'a' \u2028"
PARAMS = SamplingParams()
BENCHMARK = Benchmark(
    "starter/test", [Prompt(f"Ask {n} {HOSTILE}", f"c{n} <b>", checks=({"contains": "yes"},)) for n in "ab"]
)
THINK = mode_named("think:generic")


def contender(store: Store, model: Model, mode: Mode, answer: str) -> Contender:
    raw = answer if mode is DIRECT else compose(template_named("generic"), f"thought {HOSTILE}", answer)
    outputs: list[Output] = []
    for prompt in BENCHMARK.prompts:
        key = output_key(model, mode, prompt, PARAMS, 0)
        made = Generation(Request(key, mode.messages(prompt.text), "p"), (1,), (2,), raw, "stop", 0.1)
        if store.missing("output", [key]):
            store.add_generations(model, mode, PARAMS, [(prompt, 0, made, mode.split(raw))])
        outputs += store.outputs({key: (prompt, 0)})
    return Contender(model, mode, outputs, outputs)


def hostile_run(store: Store) -> str:
    seed, thinker, direct = (Model(name, f"/{name}", name * 8) for name in ("seed", "thnk", "drct"))
    store.add_prompts(BENCHMARK.prompts)
    for model in (seed, thinker, direct):
        store.add_model(model, "given")
    baseline = contender(store, seed, DIRECT, f"no {HOSTILE}")
    ours, theirs = contender(store, thinker, THINK, f"yes {HOSTILE}"), contender(store, direct, DIRECT, "no")
    judge = ChecklistJudge()
    store.add_run("r", f"run {HOSTILE}", {"name": HOSTILE, "iterations": 1}, {"versions": {}, "same_judge": True})
    store.finish_step("r", "seed", {"model": seed.fingerprint, "name": "seed", "folder": "/seed"}, 1)
    sides = {"evaluate/seed/direct": baseline, "evaluate/thought/1": ours, "evaluate/direct/1": theirs}
    for name, side in sides.items():
        store.finish_step("r", name, {"evaluation": compare(store, judge, BENCHMARK, side, baseline)}, 1)
    duel = compare(store, judge, BENCHMARK, ours, theirs)
    store.finish_step("r", "head_to_head/1", {"evaluation": duel}, 1)
    return duel


def test_hostile_text_stays_text_and_nothing_is_fetched(store: Store, tmp_path: Path) -> None:
    duel = hostile_run(store)
    write_report(store, "r", tmp_path / "unfinished.html")  # no gate yet
    policy = validate({"head_to_head": {"margin": 0.05}}, Policy, "policy")
    case = stored_case(store, policy, meeting_named(store, duel))
    decision, key = keep_decision(store, policy, case, lambda line: None, "r")
    store.finish_step("r", "gate/1", {"gate_decision": key}, 1)
    write_report(store, "r", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "onerror=alert(2)&gt;" in page, "the hostile text is shown, escaped"
    assert not re.search(r"""(?:src|href|url\()\s*=?\s*["'(]?\s*(?:https?:)?//""", page)
    assert "stand-in for an LLM judge" in page
    assert decision.outcome in page
    write_report(store, "r", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "report.html").read_bytes()
