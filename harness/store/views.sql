-- What the tables mean, defined once. The views belong to a connection: they are made whenever a store is opened, so
-- they also serve a store that is opened for reading only, and no store carries an old definition.

-- On how many prompts an evaluation is: of one that lists none (imported results of lm-eval) the outputs count. Several
-- judgments of a prompt, such as one in each order, are one prompt.
CREATE OR REPLACE TEMP VIEW evaluation_size AS
SELECT evaluation_key,
       CASE WHEN len(prompt_keys) > 0 THEN list_unique(prompt_keys) ELSE list_unique(candidate_outputs) END AS prompts
FROM evaluation;

-- Of every (benchmark, judge, candidate and baseline with their modes) the evaluation over most prompts, of those the
-- newest: a look at a few prompts does not stand in for the whole. A baseline in another mode is another baseline.
CREATE OR REPLACE TEMP VIEW current_evaluation AS
SELECT * FROM evaluation WHERE evaluation_key IN (  -- ranked by their keys alone: the lists are long
    SELECT evaluation_key FROM evaluation JOIN evaluation_size USING (evaluation_key)
    QUALIFY row_number() OVER (
        PARTITION BY benchmark, judge, candidate, candidate_mode, baseline, baseline_mode
        ORDER BY prompts DESC, created_at DESC, evaluation_key
    ) = 1
);

-- A row for each judgment of each evaluation; `place` counts them from 0 in the benchmark's order. An evaluation may
-- list fewer outputs than judgments (imported ones) or outputs without judgments (lm-eval): the judgments count, and an
-- output that is not listed is NULL. To be fast, ask for evaluations with `evaluation_key = ?` or
-- `list_contains(?, evaluation_key)`: only such a filter reaches the table before its lists are taken apart.
CREATE OR REPLACE TEMP VIEW evaluation_entry AS
SELECT evaluation_key, place, prompt_keys[place + 1] AS prompt_key, judgment_keys[place + 1] AS judgment_key,
       candidate_outputs[place + 1] AS candidate_output, baseline_outputs[place + 1] AS baseline_output,
       benchmark, judge, candidate, candidate_mode, baseline, baseline_mode
FROM (SELECT *, unnest(range(len(judgment_keys))) AS place FROM evaluation);

-- A row for each prompt of each evaluation: the mean preference for the candidate over the prompt's games, NULL unless
-- every game has a verdict. A judgment that is listed twice is one game. `place` is that of the prompt's first judgment.
CREATE OR REPLACE TEMP VIEW prompt_preference AS
SELECT evaluation_key, game.prompt_key, min(place) AS place, count(*) AS games,
       CASE WHEN count(preference) = count(*) THEN avg(preference) END AS preference
FROM (
    SELECT evaluation_key, prompt_key, judgment_key, min(place) AS place FROM evaluation_entry GROUP BY ALL
) AS game
LEFT JOIN judgment USING (judgment_key)
GROUP BY evaluation_key, game.prompt_key;

-- What a model assigned to a prompt's text, by whoever did it last: its category or its complexity (`kind`).
CREATE OR REPLACE TEMP VIEW current_assignment AS
SELECT * FROM assignment
QUALIFY row_number() OVER (PARTITION BY kind, text_key ORDER BY created_at DESC, assignment_key) = 1;
