"""`StoredLM`, the class that lm-eval calls for a model's answers: they are sampled into the store, and lm-eval gets the
responses without the thoughts. Probabilities of given continuations are stored as scores.

Imported only inside the functions that run tasks, since lm-eval takes seconds to import.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM
from lm_eval.models.utils import normalize_gen_kwargs, postprocess_generated_text

from tpobench.benchmarks.lm_eval.names import PREFIX, judge_id
from tpobench.harness.api.endpoints import endpoint_named, is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.parts import model_parts
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Output, Prompt, SamplingParams, Score
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.store.scores import scores_with_parts
from tpobench.harness.store.store import Store

RETRY_TEMPERATURE = 0.8
"""A format error of a greedy output is sampled again at this temperature: greedily it would only come again."""

_CHUNK = 256
"""Given continuations that are scored between two writes to the store."""


class StoredLM(LM):  # type: ignore[misc]  # lm_eval has no types
    """Answers through the store's `OutputCache`, so that every output is in the store and none is sampled twice.

    A rendered context, worked examples and all, is put to the model as one user message in the given mode.
    Probabilities of given continuations come from lm-eval's own models and are stored as scores.
    """

    def __init__(
        self,
        outputs: OutputCache,
        mode: Mode,
        store: Store,
        progress: Progress,
        max_new_tokens: int | None,
        seed: int,
        format_retries: int,
    ) -> None:
        super().__init__()
        self._outputs = outputs
        self._mode = mode
        self._store = store
        self._progress = progress
        self._max_new_tokens = max_new_tokens
        self._seed = seed
        self._retries = format_retries
        self._scorer: Any = None
        self.answered: dict[str, list[tuple[Output, Output]]] = {}
        """By task: the output that was scored and the first try, in the order of the requests."""
        self.scored: dict[str, list[Prompt]] = {}
        """By task: the contexts whose continuations were scored."""
        self.sampling: dict[str, SamplingParams] = {}

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        """The responses, cut at the task's stop strings. The thought is gone by then."""
        texts = [""] * len(requests)
        for (task, _, repeat), indices in _alike(requests).items():
            kwargs = normalize_gen_kwargs(requests[indices[0]].args[1])
            params = self._params(kwargs, repeat)
            self.sampling.setdefault(task, params)
            prompts = [_prompt(requests[index].args[0], task) for index in indices]
            answers = self._answer(task, prompts, params)
            for index, prompt in zip(indices, prompts, strict=True):
                output, first, response = answers[prompt.text]
                self.answered.setdefault(task, []).append((output, first))
                texts[index] = postprocess_generated_text(response, kwargs["until"], None)
        return texts

    def _params(self, kwargs: Mapping[str, Any], repeat: int) -> SamplingParams:
        """What the task asks for. The repeats of a request differ in their seed."""
        temperature = float(kwargs["temperature"]) if kwargs["do_sample"] else 0.0
        top_p = float(kwargs.get("top_p", 1.0)) if temperature else SamplingParams.top_p
        return SamplingParams(temperature, top_p, self._max_new_tokens or kwargs["max_gen_toks"], self._seed + repeat)

    def _answer(
        self, task: str, prompts: Sequence[Prompt], params: SamplingParams
    ) -> dict[str, tuple[Output, Output, str]]:
        """By prompt text: the output that counts, the first try, and the response (empty after a format error)."""
        different = list({prompt.text: prompt for prompt in prompts}.values())
        greedy = params.temperature == 0
        outputs = self._sampled(task, different, params, 0 if greedy else self._retries)
        answers = _by_text(outputs)
        failed = [output.prompt for output in outputs.outputs if output.parse_error]
        if greedy and failed and self._retries:
            warm = replace(params, temperature=RETRY_TEMPERATURE)
            again = _by_text(self._sampled(f"{task}, format errors again", failed, warm, self._retries - 1))
            for text, (output, _, response) in again.items():
                answers[text] = (output, answers[text][1], response)
        return answers

    def _sampled(self, label: str, prompts: Sequence[Prompt], params: SamplingParams, retries: int) -> ModelOutputs:
        return sample_outputs(self._outputs, self._mode, Benchmark(name=label, prompts=prompts), params, retries, label)

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Log probability of each continuation after its context, and whether it is the greedy one."""
        return self._probabilities(requests, "loglikelihood")

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[float]:
        """Log probability of each text."""
        return [value for value, _ in self._probabilities(requests, "loglikelihood_rolling")]

    def _probabilities(self, requests: Sequence[Any], method: str) -> list[tuple[float, bool]]:
        """From the store, or, where it has none, from lm-eval's own model, chunk by chunk."""
        unscored = []
        for request in requests:
            *context, continuation = request.args
            prompt = _prompt("".join(context), request.task_name)
            self.scored.setdefault(request.task_name, []).append(prompt)
            judge = f"{judge_id()} {method} {self._outputs.model.fingerprint}"
            unscored.append(Score(judge=judge, prompt=prompt, response=continuation, value=0.0, components={}))
        missing = set(self._store.missing("score", list(dict.fromkeys(score.key for score in unscored))))
        owed = {s.key: (s, request) for s, request in zip(unscored, requests, strict=True) if s.key in missing}
        if owed:
            self._score(list(owed.values()), method)
        scores = scores_with_parts(self._store, {score.key for score in unscored})
        return [(scores[score.key].value, scores[score.key].components["greedy"] is True) for score in unscored]

    def _score(self, owed: Sequence[tuple[Score, Any]], method: str) -> None:
        started = time.monotonic()
        with self._progress.sampling("given continuations", len(owed)) as bar:
            self._scorer = self._scorer or scorer_for(self._outputs.model)
            for at in range(0, len(owed), _CHUNK):
                chunk = owed[at : at + _CHUNK]
                values = _asked(self._scorer, method, [request for _, request in chunk])
                self._store.add_prompts(score.prompt for score, _ in chunk)
                self._store.add_scores(
                    replace(score, value=value, components={"greedy": greedy})
                    for (score, _), (value, greedy) in zip(chunk, values, strict=True)
                )
                rate = (at + len(chunk)) / (time.monotonic() - started)
                bar.progress.update(bar.task, advance=len(chunk), note=f"{rate:,.0f} continuations/s")


def scorer_for(model: Model) -> Any:
    """lm-eval's own model for given continuations: HFLM on a folder, ``local-completions`` on an endpoint."""
    if not is_endpoint(model.name):
        import torch
        from lm_eval.models.huggingface import HFLM

        on_gpu = torch.cuda.is_available()
        parts = model_parts(Path(model.folder))
        return HFLM(
            pretrained=str(parts.weights),
            tokenizer=str(parts.tokenizer),
            peft=None if parts.adapter is None else str(parts.adapter),
            device="cuda" if on_gpu else "cpu",
            dtype="bfloat16" if on_gpu else "float32",
            batch_size=32 if on_gpu else 8,
            trust_remote_code=False,
        )
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    endpoint = endpoint_named(model.name)
    key = endpoint.api_key() or "none"
    try:
        return LocalCompletionsAPI(
            model=endpoint.model,
            base_url=f"{endpoint.base_url}/completions",
            auth_token=key,
            tokenizer_backend="auto",
            header={"Authorization": f"Bearer {key}"},
            num_concurrent=8,
        )
    except ModuleNotFoundError as error:
        raise UserError(
            "multiple choice on an endpoint needs packages that are missing: pip install 'lm-eval[api]'"
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(
            f"given continuations of {endpoint.model!r} cannot be scored without its tokenizer, which its server does "
            "not tell; evaluate the model's folder or hub id instead of the endpoint: --model FOLDER"
        ) from error


def _asked(scorer: Any, method: str, requests: list[Any]) -> list[tuple[float, bool]]:
    """The scorer's answer, checked: a server that does not score the prompt must not pass for one that does."""
    served = getattr(scorer, "base_url", None)
    try:
        answers = getattr(scorer, method)(requests, disable_tqdm=True)
    except Exception as error:
        if served is None:
            raise
        raise UserError(
            f"{served} does not score given continuations ({type(error).__name__}: {str(error)[:200]}); it must return "
            "the prompt's log probabilities (echo with logprobs), as vLLM does"
        ) from error
    values = [answer if isinstance(answer, tuple) else (answer, False) for answer in answers]
    if served and all(value == 0.0 for value, _ in values):
        raise UserError(f"{served} returns no log probabilities of the prompt; serve the model with vLLM, for example")
    return [(float(value), bool(greedy)) for value, greedy in values]


def _alike(requests: Sequence[Any]) -> dict[tuple[str, str, int], list[int]]:
    """Places of the requests that can be sampled together: same task, same settings, same repeat."""
    seen: Counter[int] = Counter()
    groups: dict[tuple[str, str, int], list[int]] = {}
    for index, request in enumerate(requests):
        settings = json.dumps(request.args[1], sort_keys=True, default=str)
        groups.setdefault((request.task_name, settings, seen[id(request)]), []).append(index)
        seen[id(request)] += 1
    return groups


def _by_text(outputs: ModelOutputs) -> dict[str, tuple[Output, Output, str]]:
    rows: Iterator[tuple[Output, Output, str]] = zip(
        outputs.outputs, outputs.first_tries, outputs.responses, strict=True
    )
    return {output.prompt.text: (output, first, response) for output, first, response in rows}


def _prompt(text: str, task: str) -> Prompt:
    return Prompt(text, task, PREFIX + task)
