"""The rules on what the outputs look like."""

from tests.harness.gate.answers import OPEN, essays, prompts_of_texts
from tests.harness.gate.inputs import gate_input, outcomes, policy, preferences
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.input import OutputSummary
from tpobench.harness.gate.output_rules import check_outputs, length_ratio


def degenerate_result(responses: list[str], baseline: list[str] | None, most: float = 0.02) -> RuleResult:
    ours, theirs = OutputSummary(responses=responses), OutputSummary(responses=baseline)
    return check_outputs(policy(degenerate={"max": most}), OPEN, ours, theirs)[0]


def lengths_result(ours: list[int], theirs: list[int]) -> RuleResult:
    return length_ratio(ours, theirs, limit=1.5, beyond=3, share=0.1)


def test_degenerate_responses_are_guarded_without_being_asked_for() -> None:
    same = "The same long answer to everything."
    cheat = gate_input(preferences(1.0), outputs=OutputSummary(responses=[same] * 400))
    decision = apply_policy(policy(), cheat)
    assert (decision.outcome, outcomes(decision)["degenerate"]) == ("FAIL", "FAIL")
    unknown = gate_input(preferences(0.8), outputs=OutputSummary())
    assert apply_policy(policy(), unknown).outcome == "PASS"
    assert apply_policy(policy(degenerate={"max": 0.1}), unknown).outcome == "INVALID"


def test_the_sentence_says_both_sides() -> None:
    result = degenerate_result(["$ERROR$"] * 4 + essays(2)[4:], essays(1))
    assert result.outcome == "FAIL"
    assert result.sentence == "degenerate responses: 10.0% (4 empty), baseline 0.0%, allowed up to 2.0%"


def test_what_the_baseline_excuses_is_said() -> None:
    same = "I am sorry, but I cannot help with this, since it could do harm to somebody else."
    result = degenerate_result([same] * 4 + essays(2)[4:], [same] * 4 + essays(1)[4:])
    assert (result.outcome, result.value) == ("PASS", 0)
    assert result.sentence.endswith("; 0.0% beyond what the baseline has of the same")


def test_without_the_baselines_responses_nothing_is_excused() -> None:
    assert degenerate_result([""] * 4 + essays(2)[4:], None).sentence.endswith("(4 empty), allowed up to 2.0%")


def test_one_long_answer_of_the_baseline_does_not_make_a_longer_candidate_short() -> None:
    """40 responses, each twice as long, but one of the baseline's has a million characters: the means say 0.008."""
    result = lengths_result([2000] * 40, [1000] * 39 + [1_000_000])
    assert (result.outcome, round(result.value or 0, 1)) == ("FAIL", 1.9)


def test_one_long_answer_of_the_candidate_does_not_fail_it() -> None:
    assert lengths_result([1000] * 39 + [1_000_000], [1000] * 40).outcome == "PASS"


def test_a_share_of_far_longer_answers_fails_though_the_rest_is_shorter() -> None:
    result = lengths_result([10_000] * 6 + [700] * 34, [1000] * 40)
    assert (result.value or 9) < 1.5
    assert result.outcome == "FAIL"
    assert "more than 3 times as long: 15.0%, allowed up to 10.0%" in result.sentence


def test_equal_lengths_have_a_ratio_of_one_though_some_are_empty() -> None:
    result = lengths_result([0, 10, 1000], [0, 10, 1000])
    assert (result.outcome, result.value) == ("PASS", 1)


def test_lengths_that_are_not_known_decide_nothing() -> None:
    assert length_ratio(None, [1], limit=2, beyond=3, share=0.1).outcome == "INVALID"
    assert lengths_result([5, 5], [0, 0]).outcome == "INVALID"
    assert lengths_result([0, 0], [5, 5]).outcome == "PASS", "what is empty is not long; degenerate says so"
    assert OutputSummary(response_lengths=[0, 0]).lengths is None, "imported without text"


def test_prompts_that_the_baseline_leaves_empty_have_no_ratio() -> None:
    result = lengths_result([500] * 100, [0] * 15 + [500] * 85)
    assert (result.outcome, result.value) == ("PASS", 1.0)
    assert "15 that the baseline left empty have no ratio" in result.sentence


def test_a_few_words_here_do_not_pay_for_padding_there() -> None:
    assert lengths_result([1450] * 88 + [3] * 12, [500] * 100).outcome == "FAIL"


def test_lengths_are_used_where_texts_are_not_known() -> None:
    ours, theirs = OutputSummary(response_lengths=[30] * 40), OutputSummary(response_lengths=[10] * 40)
    results = check_outputs(policy(length_ratio={"max": 2}), OPEN, ours, theirs)
    assert [result.outcome for result in results] == ["SHOWN", "FAIL"]


def test_without_prompts_nothing_is_said_of_the_responses() -> None:
    outputs = OutputSummary(responses=essays(2))
    assert [result.outcome for result in check_outputs(policy(), [], outputs, outputs)] == ["SHOWN"]
    assert check_outputs(policy(degenerate={"max": 0.1}), [], outputs, outputs)[0].outcome == "INVALID"


def test_a_prompt_that_is_asked_again_is_no_other_prompt_that_is_answered_alike() -> None:
    prompts = prompts_of_texts([f"{prompt.text}{end}" for prompt in OPEN for end in ("", " ", "!", "...")])
    ours, theirs = ([own for own in essays(side) for _ in range(4)] for side in (2, 1))
    rules = policy(degenerate={"max": 0.02}, length_ratio={"max": 2})
    shape, lengths = check_outputs(rules, prompts, OutputSummary(responses=ours), OutputSummary(responses=theirs))
    assert (shape.outcome, shape.value) == ("PASS", 0)
    assert "geometric mean over 40 prompts" in lengths.sentence


def test_refused_prompts_are_degenerate_answers_whose_reasons_are_told() -> None:
    ours = essays(2)
    reasons = ["filtered", "filtered", "too_long", "refused", *[""] * 36]
    responses = ["" if reason else text for reason, text in zip(reasons, ours, strict=True)]
    outputs = OutputSummary(responses=responses, refusals=reasons)
    baseline = OutputSummary(responses=["", "", *essays(1)[2:]])
    (result,) = check_outputs(policy(), OPEN, outputs, baseline)
    assert (result.outcome, result.value) == ("FAIL", 0.1)
    assert (
        "10.0% (1 refused by the model, 2 stopped by the provider's filter, 1 too long for the context)"
        in result.sentence
    )


def test_a_text_that_a_filter_cuts_is_counted_as_filtered() -> None:
    outputs = OutputSummary(responses=essays(2), refusals=["filtered", *[""] * 39])
    (result,) = check_outputs(policy(degenerate={"max": 0.03}), OPEN, outputs, OutputSummary(responses=essays(1)))
    assert (result.outcome, result.value) == ("PASS", 0.025)
