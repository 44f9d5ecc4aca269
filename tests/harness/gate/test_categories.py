"""The category rule on judgments made by hand."""

from tests.harness.gate.inputs import prompts_of
from tpobench.harness.gate.categories import judge_categories
from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.policy import CategoriesRule


def test_holm_shares_the_alpha_of_the_categories() -> None:
    # Ten losses in a row: one category alone is rejected at 0.05, among ten it is not.
    lost = JudgedPrefix(prompts_of(30), [0.0] * 10 + [0.5] * 20, 30)
    fine = JudgedPrefix(prompts_of(30), [0.5] * 30, 30)
    rule = CategoriesRule(margin=0.05)
    alone = judge_categories(rule, {"lost": lost})
    among = judge_categories(rule, {"lost": lost} | {f"fine {n}": fine for n in range(9)})
    assert (alone[0].outcome, among[0].outcome) == ("FAIL", "PASS")


def test_the_missing_of_one_category_do_not_hide_its_losses() -> None:
    lost = JudgedPrefix(prompts_of(60), [None, None, *[0.5] * 58], 60)
    assert judge_categories(CategoriesRule(margin=0.1), {"a": lost})[0].outcome == "INVALID"
