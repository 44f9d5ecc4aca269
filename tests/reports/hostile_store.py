"""A store that is hostile in every text."""

from tests.reports.hostile import payloads
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Judgment, Model, Output, Prompt, content_key, judgment_key, text_key
from tpobench.harness.store.store import Store


def hostile_store(store: Store) -> None:
    """Every payload as a prompt, a thought, a response, a judge's text and a category; some as names of models."""
    texts = [text.replace("\x00", "\ufffd") for text in payloads()]  # a DuckDB text holds no NUL

    def at(number: int) -> str:
        return texts[number % len(texts)]

    asked = [Prompt(f"{number} {at(number)}", at(number + 1)[:5000], "test") for number in range(len(texts))]
    store.add_prompts(asked)

    def answering(name: str, shift: int) -> ModelOutputs:
        model = Model(name, name, content_key("hostile", shift))
        store.add_model(model, "given")
        outputs = [
            Output(
                key=content_key("hostile", shift, n),
                model=model.fingerprint,
                mode="direct",
                prompt=prompt,
                sample=0,
                params=None,
                raw_text=at(n + shift),
                thought=at(n + shift + 1),
                response=at(n + shift + 2),
                parse_error="no_marker" if n % 9 == 0 else None,
                finish_reason=at(n)[:20],
                prompt_ids=(),
                token_ids=(),
            )
            for n, prompt in enumerate(asked)
        ]
        store.add_outputs(outputs)
        return ModelOutputs(model, DIRECT, outputs, outputs)

    baseline = answering(f"baseline {texts[0]}", 3)
    for number in (1, 2, 3):
        ours = answering(f"{texts[number * 7]} {number}", number * 10)
        entries, judgments = [], []
        for n, (mine, other) in enumerate(zip(ours.outputs, baseline.outputs, strict=True)):
            key = judgment_key("hostile", mine.prompt.key, str(number), str(n))
            judgments.append(
                Judgment(
                    key=key,
                    judge=f"judge {texts[5]}",
                    prompt_key=mine.prompt.key,
                    response_a=text_key(mine.response),
                    response_b=text_key(other.response),
                    chars_a=len(mine.response),
                    chars_b=len(other.response),
                    order="AB",
                    verdict="a",
                    preference=None if n % 50 == 0 else (n % 11) / 10,
                    raw=at(n + 4),
                )
            )
            entries.append(JudgedPair(mine.prompt, key, mine.key, other.key))
        store.add_judgments(judgments)
        about = {"judge_label": texts[6], "rows": 999, "not_comparable": [texts[8]], "baseline": texts[9]}
        benchmark = Benchmark(name=f"bench {texts[10]}", prompts=asked)
        record = EvaluationRecord(
            benchmark=benchmark,
            judge=f"judge {texts[5]}",
            candidate=ours.model,
            baseline=baseline.model,
            candidate_mode="direct",
            baseline_mode="direct",
            about=about,
        )
        store_evaluation(store, record, entries)
