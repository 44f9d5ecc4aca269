"""A known-bad control: answers that must lose, judged before anything else. A judge that cannot tell them from a
model's own answers decides nothing.

The term is that of clinical trials: a trial that could not have seen a difference does not show that there is none
(ICH E10, "Choice of control group", assay sensitivity).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.comparison import frozen_order
from tpobench.harness.gate.input import Control, ControlKind
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.gate.verdict_shares import beyond_limits, verdict_shares, with_reasons
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.stats.sequential import Method, decide_mean

BLOCK = 4
"""Prompts of a control that are judged at a time."""

LEAST = 8
"""A control has this many prompts at least: fewer could not lose with certainty."""

ALPHA = 0.05
"""How likely a judge that sees nothing lets a control lose, at most; simulated it is 1 to 3%, since it is given up."""

FREE_ALPHA = 0.01
"""The same where judging is free: one test of all prompts spends what it may, and there may be four of them."""

SUBSTITUTE = 12
"""Prompts that a control may have that stands in for another, however many that one took: as many as it takes."""

HOPELESS = 0.25
"""A control whose win rate is above this is given up: a judge of any use lets nine of ten bad answers lose."""

GIVEN_UP = 0.1
"""How likely a control at this win rate is given up."""

WINNING = 0.75
"""A control above this win rate is not given up, since it may be about to win: then the judge is upside down."""


@dataclass(frozen=True)
class ControlResult:
    """PASS where a control certainly lost, INVALID where none did, SHOWN where none was judged; `warning` says what
    the judge did not see all the same. `sees` is whether a judge that
    costs nothing told answers to the prompt from answers to others: its ties are ties."""

    outcome: Literal["PASS", "INVALID", "SHOWN"]
    sentence: str
    warning: str = ""
    sees: bool = False


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """What was judged of a control: the preferences for its bad answers. `decided` is -1 where they certainly lose, 1
    where they certainly win; `problems` are limits that the verdicts break; `asked` is whether everything that was
    wanted is judged."""

    control: Control
    values: Sequence[float | None]
    decided: int
    problems: Sequence[str]
    asked: bool

    @property
    def took_sides(self) -> bool:
        """Whether the judge took a side on enough prompts to have shown what it sees."""
        sides = sum(value not in (None, 0.5) for value in self.values)
        return sides >= BLOCK and 2 * sides >= len(self.values)

    @property
    def score(self) -> str:
        """How it went, for people."""
        lost, won = (sum(v is not None and sign * (v - 0.5) > 0 for v in self.values) for sign in (-1, 1))
        undecided = len(self.values) - lost - won
        return f"lost {lost}, won {won} and tied {undecided} of {len(self.values)} against {self.control.own}"


def check_control(limits: Sensitivity, controls: Sequence[Control]) -> ControlResult:
    """Judge controls in turn until one certainly loses: some prompts at a time, `control_prompts` altogether and a few
    more for each that stands in for another; on all of its prompts where judging is free.

    Args:
        limits: Of the policy.
        controls: Those that there are, the one that says most first.

    Raises:
        UserError: The judge could not be reached; what was answered is stored.
    """
    if limits.control == "none":
        return ControlResult("SHOWN", "no control, as the policy says")
    if not controls:
        return ControlResult("SHOWN", "no control: the gate asks no judge, or there are too few answers for one")
    trials: list[_Trial] = []
    left = limits.control_prompts
    for control in controls:
        if control.kind == "empty" and not control.pairs.free and any(trial.took_sides for trial in trials):
            break  # a model that takes sides without telling good from bad; a rule may be about the form alone
        trial = _all(control, limits) if control.pairs.free else _some(control, limits, left)
        left = max(left - len(trial.values), SUBSTITUTE)
        trials.append(trial)
        if trial.decided < 0 and not trial.problems:
            sentence = f"control: {control.bad} {trial.score}"
            sees = control.pairs.free and control.kind == "shuffled"
            return ControlResult("PASS", sentence, _warning(trials), sees)
        if trial.decided > 0 or trial.problems or not trial.asked:
            break
    if not all(trial.asked for trial in trials):
        return ControlResult("SHOWN", "no control: the store lacks its judgments, and nobody is asked")
    return ControlResult("INVALID", _invalid_sentence(trials))


def bad_answers(kind: ControlKind, prompts: Sequence[Prompt], answers: Sequence[str]) -> dict[int, str]:
    """By index of a prompt an answer that is worse than its own: none at all, or that to another prompt, which is never
    equal. Prompts without an answer, and those that repeat others, have none."""
    usable = [index for index in frozen_order(prompts) if answers[index].strip()]
    if kind == "empty":
        return dict.fromkeys(usable, "")
    ring = sorted(usable, key=lambda index: content_key("control", prompts[index].text_key))
    plain = [" ".join(answers[index].split()).casefold() for index in ring]
    if len(set(plain)) < 2:
        return {}
    bad = {}
    for place, index in enumerate(ring):
        step = next(step for step in range(1, len(ring)) if plain[(place + step) % len(ring)] != plain[place])
        bad[index] = answers[ring[(place + step) % len(ring)]]
    return bad


def _all(control: Control, limits: Sensitivity) -> _Trial:
    """One test of everything."""
    indices = range(len(control.pairs.prompts))
    return _trial(control, limits, control.pairs.preferences(indices), control.pairs.verdicts(indices), True)


def _some(control: Control, limits: Sensitivity, most: int) -> _Trial:
    """Block by block until it is certain, or hopeless."""
    order = frozen_order(control.pairs.prompts)[:most]
    values: list[float | None] = []
    verdicts: list[tuple[Verdict, ...]] = []
    while True:
        block = order[len(values) : len(values) + BLOCK]
        values += control.pairs.preferences(block)
        verdicts += control.pairs.verdicts(block)
        trial = _trial(control, limits, values, verdicts, len(values) == len(order))
        if trial.decided or trial.problems or not trial.asked or len(values) == len(order) or _hopeless(values):
            return trial


def _trial(
    control: Control,
    limits: Sensitivity,
    values: Sequence[float | None],
    verdicts: Sequence[Sequence[Verdict]],
    whole: bool,
) -> _Trial:
    asked = all(verdict.verdict for of_prompt in verdicts for verdict in of_prompt)
    method: Method = "fixed" if control.pairs.free else "hybrid"
    final, alpha = (None if whole else len(values) + 1), (FREE_ALPHA if control.pairs.free else ALPHA)
    # A tie says nothing of either side, and changes no e-value; the one test on all prompts is about the others.
    low, high = (np.array([missing if v is None else v for v in values if v != 0.5]) for missing in (0.0, 1.0))
    decided = int(decide_mean(low, high, 0.5, alpha, method, final).outcome) if low.size and asked else 0
    names = ("flips", "position", "missing") if asked else ()
    problems = with_reasons(beyond_limits(limits, verdict_shares(verdicts), names, controlled=False), verdicts)
    return _Trial(control=control, values=values, decided=decided, problems=problems, asked=asked)


def _hopeless(values: Sequence[float | None]) -> bool:
    """Whether more prompts would hardly let the bad answers lose. Where they seem to win, that is for more to say."""
    low = np.array([0.0 if value is None else value for value in values])
    return bool(low.mean() <= WINNING and decide_mean(low, low, HOPELESS, GIVEN_UP, "sequential").outcome > 0)


def _warning(trials: Sequence[_Trial]) -> str:
    """What a judge does not see that only tells an answer from none."""
    unseen = [trial for trial in trials if trial.control.kind == "shuffled"]
    if not unseen or trials[-1].control.kind != "empty":
        return ""
    return (
        "the judge prefers an answer to an empty one, but not with certainty a prompt's own answer to the answer to "
        f"another prompt ({unseen[0].score}): it may judge form only"
    )


def _invalid_sentence(trials: Sequence[_Trial]) -> str:
    last = trials[-1]
    advice = "check the judge's prompt and its parser, or name another judge"
    if last.problems:
        return f"the judge cannot tell {last.control.bad} from {last.control.own}: {'; '.join(last.problems)}; {advice}"
    scores = "; ".join(f"{trial.control.bad} {trial.score}" for trial in trials)
    said = "preferred answers that should lose" if last.decided > 0 else "did not clearly prefer good answers to bad"
    return f"the judge {said}, so its verdicts decide nothing: {scores}; {advice}"
