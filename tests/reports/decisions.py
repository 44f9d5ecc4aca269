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
        rules=rules, candidate=text, against=text, judge=text, benchmark=text, won=told, lost=told, notes=(text,)
    )
