"""One iteration of one arm: sample, score, pair, train, and choose the epoch that goes on (paper, section 2)."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.judges.named import judged_text
from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.harness.records import Model, Output, Pair, Prompt, content_key
from tpobench.tpo.config import Arm
from tpobench.tpo.guards import health_of, require_healthy
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.preferences.pairs import PairRules, Picked, Scored, auto_rho, pick_pairs
from tpobench.tpo.rates import remember, sampling_kind, training_kind
from tpobench.tpo.run import Details, TrainingRun
from tpobench.tpo.selection import best_epoch
from tpobench.tpo.trainer.job import TrainJob, run_job, too_long


class ArmIteration:
    """From an arm's current model to its next checkpoint. Everything that is done already is found in the store."""

    def __init__(
        self, run: TrainingRun, judge: TrainingJudge, held_out: Sequence[Prompt], arm: Arm, iteration: int, start: Model
    ) -> None:
        self._run = run
        self._judge = judge
        self._held_out = held_out
        self._arm: Arm = arm
        self._iteration = iteration
        self._start = start
        self._mode = run.mode(arm)
        self._place = f"{arm}/{iteration}"
        self._params = run.config.sampling.params(run.config.seed)

    def checkpoint(self, prompts: Sequence[Prompt]) -> Model:
        """The checkpoint that training on the prompts' samples leads to. Raises UserError when a guard is broken, or
        when there is no preference to learn from."""
        self._run.step(f"sample/{self._place}", lambda: self._sample(prompts))
        self._require_healthy()
        scored: list[list[Scored]] = []

        def groups() -> list[list[Scored]]:
            if not scored:
                scored.extend(self._scored(prompts))
            return scored

        self._run.step(f"score/{self._place}", lambda: _score_details(groups()))
        details = self._run.step(f"pairs/{self._place}", lambda: self._pair(groups()))
        self._run.reporter.say(
            f"[bold]{self._arm} {self._iteration}[/]  {details['pairs']} pairs from {len(prompts)} prompts"
        )
        trained = self._run.details(f"train/{self._place}")
        if trained is None:
            rows = [_row(pair) for pair in self._picked(groups()).pairs]
            trained = self._run.step(f"train/{self._place}", lambda: self._train(rows))
        return self._chosen(trained)

    def _sample(self, prompts: Sequence[Prompt]) -> Details:
        generator = self._run.generator(self._start)
        tokens, seconds = generator.tokens, generator.seconds
        samples = range(self._run.config.samples)
        what = f"{self._arm} {self._iteration}, training samples"
        generator.ensure(prompts, self._mode, self._params, samples, what)
        remember(sampling_kind(self._run.config), self._start, generator.tokens - tokens, generator.seconds - seconds)
        return asdict(health_of(self._samples(prompts)))

    def _samples(self, prompts: Sequence[Prompt]) -> list[Output]:
        samples = range(self._run.config.samples)
        return self._run.generator(self._start).outputs(prompts, self._mode, self._params, samples)

    def _require_healthy(self) -> None:
        now, first = (self._run.details(f"sample/{self._arm}/{number}") for number in (self._iteration, 1))
        assert now is not None
        require_healthy(self._place, now, first or now, self._run.config.guards)

    def _scored(self, prompts: Sequence[Prompt]) -> list[list[Scored]]:
        """Every prompt's samples with the training judge's scores, from the store where it has them."""
        outputs = self._samples(prompts)
        each = self._run.config.samples
        groups = [outputs[at : at + each] for at in range(0, len(outputs), each)]
        asked = [
            (prompt, [None if o.parse_error else judged_text(o, self._mode) for o in group])
            for prompt, group in zip(prompts, groups, strict=True)
        ]
        with self._run.busy():
            scores = self._judge.scores(self._run.store, asked, self._mode.markers, f"scoring {self._place}")
            self._judge.close()
        return [
            [Scored(output, score) for output, score in zip(group, values, strict=True)]
            for group, values in zip(groups, scores, strict=True)
        ]

    def _rules(self, rho: float) -> PairRules:
        pairs = self._run.config.pairs
        return PairRules(rho, pairs.min_margin, pairs.per_prompt, pairs.max_format_share)

    def _picked(self, scored: Sequence[Sequence[Scored]]) -> Picked:
        rho = self._run.config.pairs.rho
        return pick_pairs(scored, self._rules(auto_rho(scored, self._rules(0.0)).rho if rho == "auto" else rho))

    def _pair(self, scored: Sequence[Sequence[Scored]]) -> Details:
        values = {s.score for group in scored for s in group if s.score is not None}
        parsed = sum(s.score is not None for group in scored for s in group)
        if parsed > 1 and len(values) == 1:
            raise UserError(
                f"the judge {self._judge.label} gave all {parsed} responses of {self._place} the same score, "
                f"{values.pop():g}; check it, since there is nothing to learn from a constant"
            )
        picked = self._picked(scored)
        if not picked.pairs:
            raise UserError(
                f"iteration {self._iteration} of the {self._arm} arm has no pair to train on ({_counted(picked)}); "
                "take more prompts (instructions.per_iteration) or more samples, or look at the judge"
            )
        self._run.store.add_pairs(self._start.fingerprint, self._run.key, self._arm, self._iteration, picked.pairs)
        details = _pair_details(picked)
        if self._run.config.pairs.rho == "auto":
            found = auto_rho(scored, self._rules(0.0))
            details |= {"rho_held": found.held, "lengths_by_rho": {str(rho): both for rho, both in found.table.items()}}
        return details

    def _train(self, rows: list[dict[str, Any]]) -> Details:
        settings = self._run.config.training.model_dump()
        limit = settings["max_length"]
        kept = [row for row in rows if not too_long(row, limit)]
        if not kept:
            raise UserError(f"every pair of {self._place} is longer than training.max_length, {limit} tokens; raise it")
        details = train(self._run, f"{self._arm}-{self._iteration}", self._start, kept, method="dpo", **settings)
        return details | {"too_long": len(rows) - len(kept)}

    def _chosen(self, trained: Details) -> Model:
        epochs = trained["epochs"]
        details = (
            trained if len(epochs) == 1 else self._run.step(f"select/{self._place}", lambda: self._select(trained))
        )
        return keep_chosen_epoch(self._run, trained, details)

    def _select(self, trained: Details) -> Details:
        """Judge every epoch's fresh responses to the held-out prompts (paper, section 3)."""
        chosen = best_epoch(self._run, self._judge, self._mode, self._held_out, self._start, trained["epochs"])
        return {"job": trained["job"]} | chosen


def train(run: TrainingRun, name: str, start: Model, rows: list[dict[str, Any]], **settings: Any) -> Details:
    """Run a training job unless some run of this store has done it already."""
    # Epochs that were not chosen are gone: another selection has to train them again.
    chosen_by = run.config.selection.model_dump() if settings["epochs"] > 1 else None
    job = content_key("job", start.fingerprint, rows, settings, run.config.seed, chosen_by)
    for earlier in (run.store.step_of_job("train", job), run.store.step_of_job("warm_start", job)):
        if earlier is not None and (
            is_complete(Path(earlier["target"])) or all(is_complete(Path(e["folder"])) for e in earlier["epochs"])
        ):
            return earlier
    target = run.folder.absolute() / "checkpoints" / f"{name}-{job[:8]}"
    output = target.with_name(target.name + ".epochs")
    asked = TrainJob(
        model=start.folder, output=str(output), data=f"{target}.rows.jsonl", seed=run.config.seed, **settings
    )
    with run.busy(), run.reporter.training(f"training {name}") as progress:
        found = run_job(asked, rows, progress)
    epochs = [
        {"epoch": e.epoch, "folder": str(e.folder), "model": fingerprint(e.folder), "metrics": e.metrics} for e in found
    ]
    metrics = found[-1].metrics
    remember(training_kind(run.config), start, metrics["tokens"], len(rows) / metrics["samples_per_second"])
    return {
        "job": job,
        "name": f"{run.config.name}/{name}",
        "target": str(target),
        "parent": start.fingerprint,
        "method": settings["method"],
        "epochs": epochs,
        "metrics": metrics,
        **({"model": epochs[0]["model"], "folder": str(target)} if len(epochs) == 1 else {}),
    }


def keep_chosen_epoch(run: TrainingRun, trained: Details, chosen: Details) -> Model:
    """Move the chosen epoch's folder to its place and prune the others; done already, it changes nothing."""
    target, fresh = Path(trained["target"]), {e["model"]: Path(e["folder"]) for e in trained["epochs"]}
    if not is_complete(target):
        fresh[chosen["model"]].rename(target)
    shutil.rmtree(target.with_name(target.name + ".epochs"), ignore_errors=True)
    model = Model(trained["name"], str(target), chosen["model"])
    run.store.add_model(model, trained["method"], trained["parent"])
    for entry in trained["epochs"]:
        if entry["model"] != model.fingerprint:
            pruned = Model(f"{trained['name']}/epoch-{entry['epoch']}", "", entry["model"])
            run.store.add_model(pruned, f"{trained['method']}, pruned", trained["parent"])
    return model


def _row(pair: Pair) -> dict[str, Any]:
    """What the trainer gets: the sampled token ids as they are."""
    return {
        "prompt_ids": list(pair.chosen.prompt_ids),
        "chosen_ids": list(pair.chosen.token_ids),
        "rejected_ids": list(pair.rejected.token_ids),
    }


def _score_details(scored: Sequence[Sequence[Scored]]) -> Details:
    values = [s.score for group in scored for s in group if s.score is not None]
    missing = sum(s.score is None and s.output.parse_error is None for group in scored for s in group)
    return {"scored": len(values), "missing": missing, "mean_score": fmean(values) if values else None}


def _pair_details(picked: Picked) -> Details:
    by_judge = [pair for pair in picked.pairs if not pair.rejected.parse_error]
    return {
        "pairs": len(picked.pairs),
        "dropped": picked.dropped,
        "rho": picked.rho,
        "format_rejected": len(picked.pairs) - len(by_judge),
        "format_share": picked.format_share,
        "chosen_chars": fmean(len(p.chosen.response) for p in by_judge) if by_judge else None,
        "rejected_chars": fmean(len(p.rejected.response) for p in by_judge) if by_judge else None,
        "margin": fmean(p.chosen_score - p.rejected_score for p in by_judge) if by_judge else None,
    }


def _counted(picked: Picked) -> str:
    return ", ".join(f"{reason.replace('_', ' ')} {number}" for reason, number in picked.dropped.items())
