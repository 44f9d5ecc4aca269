"""One iteration of one arm: sample, score, pair, train, and choose the best epoch (paper, section 2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import judged_text
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Model, Output, Pair, Prompt
from tpobench.harness.samplers.rates import remember
from tpobench.harness.store.step_details import PairDetails, SampleDetails, ScoreDetails, SelectDetails, TrainDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.guards import health_of, pairs_words, require_healthy, require_short_pairs
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.preferences.pairs import PairRules, Picked, RhoChoice, Scored, auto_rho, pick_pairs
from tpobench.tpo.rates import sampling_kind
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.selection import EpochSelection, install_epoch
from tpobench.tpo.trainer.job import too_long
from tpobench.tpo.training import train

Groups = list[list[Scored]]
"""The scored samples of each prompt."""


@dataclass(frozen=True, kw_only=True)
class ArmIteration:
    """From an arm's current model `start` to its next checkpoint, by way of samples for `prompts`. Epochs are chosen on
    the `held_out` prompts. Everything that is done already is read from the store."""

    run: TrainingRun
    judge: TrainingJudge
    arm: Arm
    iteration: int
    start: Model
    prompts: Sequence[Prompt]
    held_out: Sequence[Prompt]

    def checkpoint(self) -> Model:
        """The checkpoint that training on the samples leads to. Raises UserError when a guard is broken, or when there
        is no preference to learn from."""
        run, step = self.run, Step(SampleDetails, self.arm, self.iteration)
        sampled = run.step(step, self._sample)
        first = run.details(replace(step, iteration=1))
        require_healthy(self._name, sampled, first or sampled, run.config.guards)
        run.step(Step(ScoreDetails, self.arm, self.iteration), lambda: _score_details(self._groups))
        paired = run.step(Step(PairDetails, self.arm, self.iteration), self._pair)
        run.progress.say(f"{self.arm} {self.iteration}  {pairs_words(paired, len(self.prompts))}")
        require_short_pairs(self._name, paired, run.config.guards, run.config.training.max_length)
        trained = run.step(Step(TrainDetails, self.arm, self.iteration), self._train)
        run.progress.say(f"{self.arm}-{self.iteration}  trained, loss {trained.metrics['loss']:.3f}")
        return install_epoch(run, trained, self._chosen(trained))

    @property
    def _name(self) -> str:
        return f"{self.arm}/{self.iteration}"

    @property
    def _mode(self) -> Mode:
        return self.run.mode(self.arm)

    def _sample(self) -> SampleDetails:
        config = self.run.config
        cache = self.run.held.outputs_of(self.start)
        tokens, seconds = cache.tokens, cache.seconds
        label = f"{self.arm} {self.iteration}, training samples"
        cache.ensure(self.prompts, self._mode, config.sampling.params(config.seed), range(config.samples), label)
        remember(sampling_kind(config), self.start, cache.tokens - tokens, cache.seconds - seconds)
        return health_of(self._samples())

    def _samples(self) -> list[Output]:
        config = self.run.config
        cache = self.run.held.outputs_of(self.start)
        return cache.outputs(self.prompts, self._mode, config.sampling.params(config.seed), range(config.samples))

    @cached_property
    def _groups(self) -> Groups:
        """Every prompt's samples with the training judge's scores, from the store where it has them."""
        outputs, each = self._samples(), self.run.config.samples
        groups = [outputs[at : at + each] for at in range(0, len(outputs), each)]
        responses = [
            (prompt, [_judged(output, self._mode) for output in group])
            for prompt, group in zip(self.prompts, groups, strict=True)
        ]
        with self.run.held.released():
            scores = self.judge.scores(self.run.store, responses, self._mode.markers, f"scoring {self._name}")
            self.judge.close()
        return [
            [Scored(output, score) for output, score in zip(group, values, strict=True)]
            for group, values in zip(groups, scores, strict=True)
        ]

    @cached_property
    def _rho(self) -> RhoChoice | float:
        """The configured one, or what the search for one found."""
        rho = self.run.config.pairs.rho
        return auto_rho(self._groups, self._rules(0.0)) if rho == "auto" else rho

    @cached_property
    def _trainable(self) -> Picked:
        """The pairs that are trained on: nothing is ever cut, so that one over max_length is left out."""
        limit = self.run.config.training.max_length
        return replace(self._picked, pairs=[pair for pair in self._picked.pairs if not too_long(_row(pair), limit)])

    @cached_property
    def _picked(self) -> Picked:
        rho = self._rho
        return pick_pairs(self._groups, self._rules(rho.rho if isinstance(rho, RhoChoice) else rho))

    def _rules(self, rho: float) -> PairRules:
        pairs = self.run.config.pairs
        return PairRules(rho, pairs.min_margin, pairs.per_prompt, pairs.max_format_share)

    def _pair(self) -> PairDetails:
        self._require_preferences()
        pairs = self._trainable.pairs
        self.run.store.add_pairs(self.start.fingerprint, self.run.key, self.arm, self.iteration, pairs)
        details = replace(_pair_details(self._trainable), too_long=len(self._picked.pairs) - len(pairs))
        rho = self._rho
        if isinstance(rho, RhoChoice):
            by_rho = {str(each): lengths for each, lengths in rho.table.items()}
            return replace(details, rho_held=rho.held, lengths_by_rho=by_rho)
        return details

    def _require_preferences(self) -> None:
        scores = [scored.score for group in self._groups for scored in group if scored.score is not None]
        if len(scores) > 1 and len(set(scores)) == 1:
            raise UserError(
                f"the judge {self.judge.label} gave all {len(scores)} responses of {self._name} the same score, "
                f"{scores[0]:g}; check it, since there is nothing to learn from a constant"
            )
        if not self._picked.pairs:
            dropped = ", ".join(f"{reason.replace('_', ' ')} {n}" for reason, n in self._picked.dropped.items())
            raise UserError(
                f"iteration {self.iteration} of the {self.arm} arm has no pair to train on ({dropped}); "
                "take more prompts (instructions.per_iteration) or more samples, or look at the judge"
            )

    def _train(self) -> TrainDetails:
        settings = self.run.config.training.model_dump()
        rows = [_row(pair) for pair in self._trainable.pairs]
        name, settings = f"{self.arm}-{self.iteration}", {"method": "dpo"} | settings
        details = train(self.run, TrainDetails, name=name, start=self.start, rows=rows, settings=settings)
        return replace(details, too_long=len(self._picked.pairs) - len(rows))

    def _chosen(self, trained: TrainDetails) -> str:
        """The fingerprint of the epoch that was chosen."""
        if len(trained.epochs) == 1:
            return trained.epochs[0].model
        selection = EpochSelection(self.run, self.judge, self._mode, self.held_out)
        step = Step(SelectDetails, self.arm, self.iteration)
        return self.run.step(step, lambda: selection.best_epoch(self.start, trained)).model


def _judged(output: Output, mode: Mode) -> str | None:
    """What the judge scores; None for an output that holds no answer."""
    return None if output.parse_error or output.refusal else judged_text(output, mode)


def _row(pair: Pair) -> dict[str, Any]:
    """What the trainer gets: the sampled token ids as they are."""
    return {
        "prompt_ids": list(pair.chosen.prompt_ids),
        "chosen_ids": list(pair.chosen.token_ids),
        "rejected_ids": list(pair.rejected.token_ids),
    }


def _score_details(groups: Groups) -> ScoreDetails:
    scores = [scored.score for group in groups for scored in group if scored.score is not None]
    missing = sum(scored.score is None and scored.output.parse_error is None for group in groups for scored in group)
    return ScoreDetails(scored=len(scores), missing=missing, mean_score=fmean(scores) if scores else None)


def _pair_details(picked: Picked) -> PairDetails:
    by_judge = [pair for pair in picked.pairs if not pair.rejected.parse_error]
    return PairDetails(
        pairs=len(picked.pairs),
        dropped=picked.dropped,
        rho=picked.rho,
        format_rejected=len(picked.pairs) - len(by_judge),
        format_share=picked.format_share,
        chosen_chars=fmean(len(pair.chosen.response) for pair in by_judge) if by_judge else None,
        rejected_chars=fmean(len(pair.rejected.response) for pair in by_judge) if by_judge else None,
        margin=fmean(pair.chosen_score - pair.rejected_score for pair in by_judge) if by_judge else None,
    )
