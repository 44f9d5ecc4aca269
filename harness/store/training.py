"""What the models of a store were trained on."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from tpobench.harness.store.step_details import SelectDetails, TrainDetails, WarmStartDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class TrainingPrompt:
    """A prompt that a model was trained on, by the key of its text, and the name of the run that did it."""

    text_key: str
    text: str
    run: str


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A training job of a run: the iteration of an arm that made `models` from `parent`."""

    run: str
    arm: Arm | None
    iteration: int | None
    parent: str
    models: frozenset[str]


def training_prompts(store: Store, model: str) -> list[TrainingPrompt]:
    """The prompts of all training that led to a model, through all models that it descends from, each once: those of
    the pairs, and those that were sampled to make pairs.

    Args:
        store: Has the runs and the models.
        model: A fingerprint.
    """
    prompts: dict[str, TrainingPrompt] = {}
    for made_by, parent in _lineage(store, model):
        rows = [row for job in made_by for row in _of_job(store, job)]
        if not made_by and parent:
            rows = _sampled_from(store, parent)
        prompts |= {prompt.text_key: prompt for prompt in rows}
    return list(prompts.values())


@dataclass(frozen=True)
class JudgeOfTraining:
    """A judge that scored or compared the responses of a run's training pairs."""

    judge: str
    run: str


def training_judges(store: Store, model: str) -> list[JudgeOfTraining]:
    """Who judged the responses that a model, and the models that it descends from, were trained on: those of whom the
    store has a score or a judgment of a response that training preferred.

    Args:
        store: Has the runs and the models.
        model: A fingerprint.
    """
    query = """
        WITH chosen AS (
            SELECT DISTINCT pair.prompt_key, response, coalesce(run.name, pair.run) AS run
            FROM pair JOIN output ON output_key = chosen LEFT JOIN run ON run_key = pair.run
            WHERE pair.run = ? AND arm = ? AND iteration = ?
        )
        SELECT DISTINCT judge, run FROM score JOIN chosen USING (prompt_key, response)
        UNION
        SELECT DISTINCT judge, run FROM judgment JOIN chosen USING (prompt_key)
        WHERE sha256(response)[:32] IN (response_a, response_b)
        ORDER BY ALL
    """
    jobs = [job for made_by, _ in _lineage(store, model) for job in made_by]
    found = [JudgeOfTraining(**row) for job in jobs for row in store.rows(query, [job.run, job.arm, job.iteration])]
    return list(dict.fromkeys(found))


def _lineage(store: Store, model: str) -> Iterator[tuple[list[_Job], str]]:
    """The jobs that made a model, and its parent; then those of the parent, and so on."""
    jobs, parents = _jobs(store), _parents(store)
    seen: set[str] = set()
    while model and model not in seen:
        seen.add(model)
        made_by = [job for job in jobs if model in job.models]
        parent = made_by[0].parent if made_by else parents.get(model, "")
        yield made_by, parent
        model = parent


def _jobs(store: Store) -> list[_Job]:
    """Every training job, with the models that it left; one that was pruned, or chosen, has its own fingerprint."""
    query = "SELECT run, name, details FROM step WHERE split_part(name, '/', 1) IN ('train', 'warm_start', 'select')"
    jobs: list[_Job] = []
    chosen: dict[str, set[str]] = {}
    for row in store.rows(query):
        step = Step.parse(row["name"])
        details = step.of.from_stored(json.loads(row["details"]))
        if isinstance(details, SelectDetails):
            chosen.setdefault(f"{row['run']}/{step.checkpoint}", set()).add(details.model)
        elif isinstance(details, TrainDetails | WarmStartDetails):
            models = {epoch.model for epoch in details.epochs} | ({details.model} if details.model else set())
            job = _Job(
                run=row["run"], arm=step.arm, iteration=step.iteration, parent=details.parent, models=frozenset(models)
            )
            jobs.append(job)
    none: set[str] = set()
    return [replace(job, models=job.models | chosen.get(f"{job.run}/{job.arm}/{job.iteration}", none)) for job in jobs]


def _parents(store: Store) -> dict[str, str]:
    rows = store.rows("SELECT model_key, parent FROM model WHERE parent IS NOT NULL")
    return {row["model_key"]: row["parent"] for row in rows}


def _of_job(store: Store, job: _Job) -> list[TrainingPrompt]:
    """The prompts of a job's pairs, and those that were sampled for them: nothing else samples one prompt so often as
    an iteration does. Prompts of another run from the same parent are not this job's."""
    query = """
        SELECT DISTINCT prompt.text_key, text, coalesce(run.name, pair.run) AS run
        FROM pair JOIN prompt USING (prompt_key) LEFT JOIN run ON run_key = pair.run
        WHERE pair.run = ? AND arm = ? AND iteration = ?
        UNION
        SELECT DISTINCT text_key, prompt.text, run.name
        FROM run JOIN output ON output.model = ? AND sample + 1 = CAST(config->>'samples' AS INTEGER)
        JOIN prompt USING (text_key)
        WHERE run_key = ? AND sample > coalesce(CAST(config->'evaluation'->>'format_retries' AS INTEGER), 2)
        AND NOT EXISTS (
            SELECT 1 FROM pair JOIN prompt AS trained USING (prompt_key)
            WHERE pair.run <> run_key AND trained.text_key = output.text_key
        )
    """
    sampled = job.parent if job.iteration else ""
    return _prompts(store, query, [job.run, job.arm, job.iteration, sampled, job.run])


def _sampled_from(store: Store, parent: str) -> list[TrainingPrompt]:
    """The prompts of all pairs that a model's answers were made into: where no step says which its child was given."""
    query = """
        SELECT DISTINCT prompt.text_key, text, coalesce(run.name, pair.run) AS run
        FROM pair JOIN output ON output_key = chosen AND model = ? JOIN prompt USING (prompt_key)
        LEFT JOIN run ON run_key = pair.run
    """
    return _prompts(store, query, [parent])


def _prompts(store: Store, query: str, parameters: Collection[object]) -> list[TrainingPrompt]:
    return [TrainingPrompt(**row) for row in store.rows(query + " ORDER BY 1", list(parameters))]
