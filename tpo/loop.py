"""The loop: iterations x arms of sample, judge, pair, train, evaluate; then the gate.

Every step leaves a row in the store when it is done, and finds what was done before it was interrupted by content
key. Both arms, `thought` and `direct`, get the same prompts, judge, loss and number of steps.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import benchmark_named
from harness.checkpoints import fingerprint, weight_files
from harness.errors import UserError
from harness.evaluate import Contender, compare, contend
from harness.gate import decide, evidence_of
from harness.generate import Generator, local_sampler
from harness.judges import judge_named, judged_text
from harness.models import resolve_model
from harness.modes import DIRECT, Mode
from harness.progress import Reporter
from harness.provenance import provenance
from harness.records import Model, Output, Pair, Prompt, content_key
from harness.store import Store
from tpo.config import RunConfig
from tpo.instructions import allot
from tpo.jobs import TrainJob, run_job
from tpo.pairs import Scored, pick_pairs
from tpo.thoughts import mode_named, template_named
from tpo.warm_start import warm_start_rows

ARMS = ("thought", "direct")

Details = dict[str, Any]


class Loop:
    """One training run in one folder, which holds the store and the checkpoints."""

    def __init__(self, config: RunConfig, folder: Path, store: Store, reporter: Reporter) -> None:
        self._config = config
        self._folder = folder
        self._store = store
        self._reporter = reporter
        self._judge = judge_named(config.judge)
        self._modes: dict[str, Mode] = {"thought": mode_named(config.thought_mode), "direct": DIRECT}
        self._template = template_named(config.thought_mode.partition(":")[2])
        self._benchmark = benchmark_named(config.evaluation.benchmark, config.evaluation.split)
        pool = benchmark_named(config.instructions.source, "training").prompts
        self._allotted = allot(
            pool, self._benchmark.prompts, config.iterations, config.instructions.per_iteration, config.seed
        )
        self._judge.require_checks([*pool, *self._benchmark.prompts])

    def run(self) -> str:
        """Do every step that is not done yet; returns the run's key."""
        started = time.monotonic()
        seed = resolve_model(self._config.model)
        weights = sum(file.stat().st_size for file in weight_files(Path(seed.folder))) / 1e6
        self._reporter.say(
            f"[bold]seed[/]  {seed.name}, {weights:,.0f} MB of weights, fingerprint {seed.fingerprint[:12]}, "
            f"ready after {time.monotonic() - started:.0f} s"
        )
        settings = self._config.model_dump(mode="json")
        # More iterations extend a run; anything else makes another one.
        self.key = content_key("run", settings | {"iterations": None}, seed.fingerprint)
        self._store.add_run(self.key, self._config.name, settings, provenance() | {"same_judge": True})
        self._store.add_model(seed, "given")
        self._step("seed", lambda: {"model": seed.fingerprint, "name": seed.name, "folder": seed.folder})
        with self._generator(seed) as generator:
            self._evaluate("seed/direct", lambda: self._seed_answers(generator))
            self._seed_answers(generator)
            # A seed that cannot follow the format is not asked again and again.
            self._evaluate("seed/thought", lambda: self._contender(generator, "thought", "seed, thought prompt", 0))
        models = {arm: self._warm_start(arm, seed) for arm in ARMS}
        for iteration in range(self._config.iterations + 1):
            contenders = {}
            for arm in ARMS:
                if iteration:
                    models[arm] = self._iterate(arm, iteration, models[arm])
                contenders[arm] = self._evaluate_checkpoint(arm, iteration, models[arm])
            self._head_to_head(iteration, contenders)
        self._gate()
        return self.key

    def _step(self, name: str, work: Callable[[], Details]) -> Details:
        """The step's details, from the store when it is done already."""
        done = self._store.step_details(self.key, name)
        if done is None:
            started = time.monotonic()
            done = work()
            self._store.finish_step(self.key, name, done, round(time.monotonic() - started, 1))
        return done

    def _generator(self, model: Model) -> Generator:
        return Generator(self._store, model, local_sampler, self._reporter)

    def _seed_answers(self, generator: Generator) -> Contender:
        self._baseline = self._contender(generator, "direct", "the seed's direct answers")
        return self._baseline

    def _contender(self, generator: Generator, arm: str, what: str, retries: int | None = None) -> Contender:
        evaluation = self._config.evaluation
        params = evaluation.sampling.params(self._config.seed)
        retries = evaluation.format_retries if retries is None else retries
        return contend(generator, self._modes[arm], self._benchmark, params, retries, what)

    def _evaluate(self, name: str, answer: Callable[[], Contender]) -> None:
        def work() -> Details:
            candidate = answer()  # first: the seed's direct answers are a candidate and the baseline at once
            return {"evaluation": compare(self._store, self._judge, self._benchmark, candidate, self._baseline)}

        evaluation = self._step(f"evaluate/{name}", work)["evaluation"]
        found = {(m.name, m.category): m for m in self._store.metrics(evaluation)}
        score, wins = found["mean_score", None], found["win_rate", None]
        self._reporter.say(
            f"[bold]{name}[/]  mean score {score.value:.3f} ({score.low:.3f}, {score.high:.3f})  "
            f"win rate against the seed {wins.value:.1%} ({wins.low:.1%}, {wins.high:.1%})  "
            f"parsed {1 - (found['parse_error_rate', None].value or 0):.0%}"
        )

    def _evaluate_checkpoint(self, arm: str, iteration: int, model: Model) -> Contender:
        with self._generator(model) as generator:

            def answer() -> Contender:
                return self._contender(generator, arm, f"{arm} {iteration}, {self._benchmark.name}")

            self._evaluate(f"{arm}/{iteration}", answer)
            return answer()

    def _head_to_head(self, iteration: int, contenders: dict[str, Contender]) -> None:
        def work() -> Details:
            sides = (contenders["thought"], contenders["direct"])
            return {"evaluation": compare(self._store, self._judge, self._benchmark, *sides)}

        self._step(f"head_to_head/{iteration}", work)

    def _warm_start(self, arm: str, seed: Model) -> Model:
        settings = self._config.warm_start
        if settings is None:
            return seed

        def work() -> Details:
            rows = warm_start_rows(settings.examples, self._modes[arm], self._template)
            details = self._train(
                f"{arm}-0", seed, rows, method="sft", learning_rate=settings.learning_rate, epochs=settings.epochs,
                batch_size=settings.batch_size,
            )  # fmt: skip
            return details | {"examples": len(rows)}

        return self._trained(f"{arm}-0", self._step(f"warm_start/{arm}", work))

    def _iterate(self, arm: str, iteration: int, start: Model) -> Model:
        """One iteration of one arm: from its current model to the next checkpoint."""
        prompts = self._allotted[iteration - 1]

        def sample() -> list[Scored]:
            return self._score(self._samples(arm, iteration, start, prompts), self._modes[arm])

        self._step(f"sample/{arm}/{iteration}", lambda: _sample_details(sample()))
        scored = sample()  # all from the store now
        by_prompt: dict[str, list[Scored]] = {}
        for entry in scored:
            by_prompt.setdefault(entry.output.prompt.key, []).append(entry)
        pairs, dropped = pick_pairs(list(by_prompt.values()), self._config.rho)

        def pair() -> Details:
            self._store.add_pairs(start.fingerprint, self.key, arm, iteration, pairs)
            return _pair_details(pairs, dropped) | {"rho": self._config.rho}

        details = self._step(f"pairs/{arm}/{iteration}", pair)
        self._reporter.say(f"[bold]{arm} {iteration}[/]  {details['pairs']} pairs from {len(prompts)} prompts")

        def train() -> Details:
            if not pairs:
                raise UserError(
                    f"iteration {iteration} of the {arm} arm has no pair to train on ({dropped}); take more prompts "
                    "(instructions.per_iteration) or more samples"
                )
            rows = [
                {
                    "prompt_ids": list(p.chosen.prompt_ids),
                    "chosen_ids": list(p.chosen.token_ids),
                    "rejected_ids": list(p.rejected.token_ids),
                }
                for p in pairs
            ]
            settings = self._config.training
            return self._train(
                f"{arm}-{iteration}", start, rows, method="dpo", learning_rate=settings.learning_rate,
                epochs=settings.epochs, batch_size=settings.batch_size, beta=settings.beta,
            )  # fmt: skip

        return self._trained(f"{arm}-{iteration}", self._step(f"train/{arm}/{iteration}", train))

    def _samples(self, arm: str, iteration: int, model: Model, prompts: Sequence[Prompt]) -> list[Output]:
        params = self._config.sampling.params(self._config.seed)
        samples = range(self._config.samples)
        with self._generator(model) as generator:
            generator.ensure(prompts, self._modes[arm], params, samples, f"{arm} {iteration}, training samples")
            return generator.outputs(prompts, self._modes[arm], params, samples)

    def _score(self, outputs: Sequence[Output], mode: Mode) -> list[Scored]:
        scores = [
            None if output.parse_error else self._judge.score(output.prompt, judged_text(output, mode))
            for output in outputs
        ]
        self._store.add_scores([score for score in scores if score is not None])
        return [
            Scored(output, None if score is None else score.value)
            for output, score in zip(outputs, scores, strict=True)
        ]

    def _train(self, name: str, start: Model, rows: list[dict[str, Any]], **settings: Any) -> Details:
        job_key = content_key("job", start.fingerprint, rows, settings, self._config.seed)
        output = self._folder / "checkpoints" / f"{name}-{job_key[:8]}"
        job = TrainJob(
            model=start.folder, output=str(output), data=f"{output}.rows.jsonl", seed=self._config.seed, **settings
        )
        with self._reporter.training(f"training {name}") as progress:
            metrics = run_job(job, rows, progress)
        made = Model(f"{self._config.name}/{name}", str(output), fingerprint(output))
        self._store.add_model(made, settings["method"], start.fingerprint)
        return {"model": made.fingerprint, "folder": made.folder, "metrics": metrics}

    def _trained(self, name: str, details: Details) -> Model:
        self._reporter.say(f"[bold]{name}[/]  trained, loss {details['metrics']['loss']:.3f}")
        return Model(f"{self._config.name}/{name}", details["folder"], details["model"])

    def _gate(self) -> None:
        last = self._config.iterations

        def work() -> Details:
            evaluation = self._store.step_details(self.key, f"head_to_head/{last}")
            assert evaluation is not None
            key = evaluation["evaluation"]
            decision = decide(self._config.gate, evidence_of(self._store, key))
            decision_key = content_key("gate", self._config.gate.model_dump(), key)
            ((candidate, against),) = self._store.sql(
                "SELECT candidate, baseline FROM evaluation WHERE evaluation_key = ?", [key]
            )[1]
            rules = [vars(rule) for rule in decision.rules]
            policy = self._config.gate.model_dump()
            self._store.add_decision(decision_key, self.key, policy, candidate, against, decision.outcome, rules)
            return {"gate_decision": decision_key}

        self._step(f"gate/{last}", work)


def _sample_details(scored: Sequence[Scored]) -> Details:
    values = [entry.score for entry in scored if entry.score is not None]
    return {
        "outputs": len(scored),
        "parse_error_rate": 1 - len(values) / len(scored),
        "mean_score": fmean(values) if values else None,
    }


def _pair_details(pairs: Sequence[Pair], dropped: dict[str, int]) -> Details:
    by_judge = [pair for pair in pairs if not pair.rejected.parse_error]
    return {
        "pairs": len(pairs),
        "dropped": dropped,
        "format_rejected": len(pairs) - len(by_judge),
        "chosen_chars": fmean(len(p.chosen.response) for p in by_judge) if by_judge else None,
        "rejected_chars": fmean(len(p.rejected.response) for p in by_judge) if by_judge else None,
    }
