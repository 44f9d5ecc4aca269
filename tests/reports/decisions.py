"""A gate's decision with hostile text in every place that a model, a prompt or a name can reach."""

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleOutcome, RuleResult

HOSTILE = [
    "a | b |\n| c | d",
    "`code` ``` *bold* _it_ ~~gone~~ $x^2$",
    "<script>alert(1)</script><img src=x onerror=y>",
    "</details><h1>big</h1>",
    "![x](https://evil.example/p.png) [y](javascript:z)",
    "https://evil.example www.evil.example",
    "<code>x</code><wbr>",
    "@everyone see #1, GH-1, !2 and a@b.example",
    "::error title=forged::owned",
    "  ::set-output name=a::b",
    "x\n::stop-commands::t",
    "x ##[error]y ##vso[task.complete]z",
    ":\u00ad:error::x",
    "#\u200b#[error]x",
    "]]> <!-- & &amp; &#64; \" '",
    "\x00\x1b[31mred\x1b]8;;http://evil.example\x07\x08\x7f\x85",
    "\ud800 lone \udfff",
    "\ufffe\uffff",
    "\u202egnp.exe\u2066 \u2028 \u2029 \u200b",
    "%0A::error::x%0D,:",
    "- x",
    "# x",
    "__x__ _y_ a_b",
    "1. x",
    "---",
    "",
    " ",
    "x" * 1_000_000,
    "\n" * 1_000_000,
    "<" * 1_000_000,
]


OUTCOMES: list[RuleOutcome] = ["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "SHOWN"]


def hostile(text: str) -> Decision:
    rules = tuple(
        RuleResult(rule=f"{outcome} {text}", outcome=outcome, sentence=f"found {text}", prompts=1, of=2)
        for outcome in OUTCOMES
    )
    told = (ClearPrompt(text, text, 0.9),) * 5
    return Decision(
        rules=rules,
        candidate=text,
        against=text,
        judge=text,
        benchmark=text,
        won=told,
        lost=told,
        notes=(text,),
        warnings=(text,),
    )


def with_evidence() -> Decision:
    """A PASS whose rules have every figure, with a supporting and an advisory rule that are not met, and warnings."""
    rules = (
        RuleResult(
            rule="head_to_head",
            outcome="PASS",
            sentence="win rate 60%",
            e_value=41.2,
            p_value=0.0031,
            detectable=0.052,
            needed=1200,
            dollars=0.4249,
        ),
        RuleResult(rule="length_ratio", outcome="FAIL", sentence="2.1 times as long", tier="supporting"),
        RuleResult(rule="metric brevity", outcome="INCONCLUSIVE", sentence="unknown", tier="advisory"),
    )
    warnings = ("length_ratio: 2.1 times as long", "the judge <b>trained</b> the candidate")
    return Decision(rules=rules, candidate="new", warnings=warnings)


def of_two_benchmarks() -> Decision:
    """Rules as they are named where a policy has several benchmarks."""
    names = ("chat / head_to_head", "chat / category a / b", "code / head_to_head")
    rules = tuple(RuleResult(rule=name, outcome="PASS", sentence="60%") for name in names)
    return Decision(rules=rules, candidate="new")
