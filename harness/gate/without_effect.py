"""What a policy says and no rule of it heeds is an error: whoever wrote it meant something by it."""

from collections.abc import Collection

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import kind_of, self_scored_run_of, unused_options
from tpobench.harness.gate.needs import takes_answers, takes_judge, takes_third_model
from tpobench.harness.gate.policy import EvaluateSection, Rules
from tpobench.harness.models.modes import DIRECT

_OF_A_JUDGE = ("judge", "judge_model", "orders")


def require_effective(rules: Rules, where: str = "the policy") -> None:
    """Refuse what has no effect, whoever is compared.

    Args:
        rules: Of the policy, or of one of its benchmarks.
        where: What to call the rules in a message.

    Raises:
        UserError: A key has no effect, or `evaluate` names a benchmark whose tasks are rules of their own.
    """
    section = rules.evaluate
    judged = takes_judge(rules)
    if rules.pins.judge is not None and not judged:
        raise UserError(f"pins.judge has no effect in {where}: no rule asks a judge; leave it out")
    if rules.pins.prompts is not None and section is None and not takes_answers(rules) and not takes_third_model(rules):
        raise UserError(f"pins.prompts has no effect in {where}: no rule is about prompts; leave it out")
    if section is None:
        return
    own = self_scored_run_of(section.benchmark)
    if own is not None:
        task = section.benchmark.partition(":")[2].partition(",")[0] or "TASK"
        raise UserError(
            f"{own.scorer} scores {section.benchmark} by itself, so that answers to it are not compared: put "
            f"'{kind_of(section.benchmark)}: {{{task}: {{max_drop: 0.02}}}}' in {where}, and take 'evaluate' out"
        )
    unused = set(unused_options(section.benchmark, section.judge))
    _refuse(section, unused, f"with the benchmark {section.benchmark}", where)
    if not judged:
        _refuse(section, _OF_A_JUDGE, "where no rule asks a judge", where)


def require_baseline_in_mode(rules: Rules, against: str, where: str) -> None:
    """Raises UserError where the baseline is to answer in a mode, and none is named that could (`against` is empty): a
    benchmark's own answers are what they are."""
    if rules.evaluate is not None and not against and rules.evaluate.against_mode != DIRECT.name:
        raise UserError(
            f"evaluate.against_mode has no effect in {where} without a baseline that answers in it; name one with "
            "--against"
        )


def _refuse(section: EvaluateSection, names: Collection[str], beside: str, where: str) -> None:
    given = [f"evaluate.{name}" for name in sorted(names) if name in section.model_fields_set]
    if given:
        verb, them = ("has", "it") if len(given) == 1 else ("have", "them")
        raise UserError(f"{' and '.join(given)} {verb} no effect {beside} in {where}; leave {them} out")
