-- Judgments name responses by their text keys, what a call cost goes to the table of calls, and an evaluation says which
-- prompt each of its judgments is about. Tables are made anew, because only so a new column can be NOT NULL at once.
ALTER TABLE judgment RENAME TO judgment_1;
CREATE TABLE judgment (
    judgment_key VARCHAR PRIMARY KEY,
    judge VARCHAR NOT NULL, prompt_key VARCHAR NOT NULL,
    response_a VARCHAR NOT NULL,    -- text key of the candidate's response: sha256(response)[:32]
    response_b VARCHAR NOT NULL,    -- text key of the baseline's
    chars_a INTEGER NOT NULL, chars_b INTEGER NOT NULL,
    presented_order VARCHAR NOT NULL, verdict VARCHAR NOT NULL,
    preference DOUBLE,              -- probability that the candidate is better; NULL = missing
    raw_text VARCHAR NOT NULL, created_at TIMESTAMP DEFAULT current_timestamp
);
INSERT INTO judgment
SELECT judgment_key, judge, prompt_key, sha256(response_a)[:32], sha256(response_b)[:32], length(response_a),
       length(response_b), presented_order, verdict, preference, raw_text, created_at
FROM judgment_1;
DROP TABLE judgment_1;

ALTER TABLE evaluation RENAME TO evaluation_1;
CREATE TABLE evaluation (
    evaluation_key VARCHAR PRIMARY KEY,
    benchmark VARCHAR NOT NULL, judge VARCHAR NOT NULL, params JSON NOT NULL,
    candidate VARCHAR NOT NULL, candidate_mode VARCHAR NOT NULL,
    baseline VARCHAR NOT NULL, baseline_mode VARCHAR NOT NULL,
    -- one entry for each judgment, in the benchmark's order
    prompt_keys VARCHAR[] NOT NULL, judgment_keys VARCHAR[] NOT NULL,
    candidate_outputs VARCHAR[] NOT NULL, baseline_outputs VARCHAR[] NOT NULL,
    created_at TIMESTAMP DEFAULT current_timestamp
);
INSERT INTO evaluation
SELECT evaluation_key, benchmark, judge, params, candidate, candidate_mode, baseline, baseline_mode,
       coalesce((
           SELECT list(judgment.prompt_key ORDER BY entry.place)
           FROM (SELECT unnest(judgment_keys) AS judgment_key, unnest(range(len(judgment_keys))) AS place) AS entry
           JOIN judgment USING (judgment_key)
       ), []),
       judgment_keys, candidate_outputs, baseline_outputs, created_at
FROM evaluation_1;
DROP TABLE evaluation_1;

CREATE TABLE call (
    call_key VARCHAR PRIMARY KEY,
    subject VARCHAR NOT NULL,       -- key of the judgment, output or assignment that the call was for
    kind VARCHAR NOT NULL,          -- judge, sample or assign
    model VARCHAR NOT NULL, served_model VARCHAR,
    prompt_tokens INTEGER, completion_tokens INTEGER,
    cost_usd DOUBLE,                -- NULL where the price is not known
    latency_s DOUBLE NOT NULL, attempt INTEGER NOT NULL,
    problem VARCHAR,                -- why the answer was of no use; NULL = used
    finished_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE assignment (
    assignment_key VARCHAR PRIMARY KEY,
    assigner VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,          -- category or complexity
    text_key VARCHAR NOT NULL,
    value VARCHAR,                  -- NULL = could not be assigned
    raw_text VARCHAR NOT NULL, created_at TIMESTAMP DEFAULT current_timestamp
);
