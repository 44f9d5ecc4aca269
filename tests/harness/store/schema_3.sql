-- The tables of version 3 as they were made before migrations made them.

CREATE TABLE store_version (version INTEGER NOT NULL);

CREATE TABLE model (
    model_key VARCHAR PRIMARY KEY,  -- fingerprint of the weights and tokenizer
    name VARCHAR NOT NULL, folder VARCHAR NOT NULL, made_by VARCHAR NOT NULL,
    parent VARCHAR,                 -- the model that training started from
    created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE prompt (
    prompt_key VARCHAR PRIMARY KEY,
    text_key VARCHAR NOT NULL,      -- joins outputs: they depend on the text alone
    source VARCHAR NOT NULL, category VARCHAR NOT NULL, text VARCHAR NOT NULL, checks JSON NOT NULL
);
CREATE TABLE output (
    output_key VARCHAR PRIMARY KEY,
    model VARCHAR NOT NULL, mode VARCHAR NOT NULL, text_key VARCHAR NOT NULL, sample INTEGER NOT NULL,
    params JSON NOT NULL, raw_text VARCHAR NOT NULL, thought VARCHAR NOT NULL, response VARCHAR NOT NULL,
    parse_error VARCHAR, finish_reason VARCHAR NOT NULL,
    prompt_ids INTEGER[] NOT NULL, token_ids INTEGER[] NOT NULL,
    seconds DOUBLE NOT NULL, created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE score (
    score_key VARCHAR PRIMARY KEY,
    judge VARCHAR NOT NULL, prompt_key VARCHAR NOT NULL, response VARCHAR NOT NULL,
    value DOUBLE NOT NULL, components JSON NOT NULL, created_at TIMESTAMP DEFAULT current_timestamp
);
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
CREATE TABLE metric (
    metric_key VARCHAR PRIMARY KEY,
    evaluation VARCHAR NOT NULL, name VARCHAR NOT NULL, category VARCHAR,
    value DOUBLE, low DOUBLE, high DOUBLE, n INTEGER NOT NULL
);
CREATE TABLE pair (
    pair_key VARCHAR PRIMARY KEY,
    run VARCHAR NOT NULL, arm VARCHAR NOT NULL, iteration INTEGER NOT NULL, prompt_key VARCHAR NOT NULL,
    chosen VARCHAR NOT NULL, rejected VARCHAR NOT NULL, chosen_score DOUBLE NOT NULL, rejected_score DOUBLE NOT NULL
);
CREATE TABLE step (
    step_key VARCHAR PRIMARY KEY,
    run VARCHAR NOT NULL, name VARCHAR NOT NULL, details JSON NOT NULL,
    seconds DOUBLE NOT NULL, finished_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE run (
    run_key VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL, config JSON NOT NULL, provenance JSON NOT NULL,
    created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE gate_decision (
    gate_decision_key VARCHAR PRIMARY KEY,
    run VARCHAR, policy JSON NOT NULL, candidate VARCHAR NOT NULL, against VARCHAR NOT NULL,
    decision VARCHAR NOT NULL, rules JSON NOT NULL, decided_at TIMESTAMP DEFAULT current_timestamp,
    attempt VARCHAR,                -- of gate_attempt; NULL = the gate belongs to no line
    policy_key VARCHAR
);

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

CREATE TABLE gate_attempt (
    gate_attempt_key VARCHAR PRIMARY KEY,
    line VARCHAR NOT NULL, number INTEGER NOT NULL,     -- the gates of a line are counted from 1
    candidate VARCHAR NOT NULL, against VARCHAR NOT NULL, test VARCHAR NOT NULL,
    share DOUBLE NOT NULL,          -- of every alpha of the policy
    opened_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE champion (
    champion_key VARCHAR PRIMARY KEY,
    sequence INTEGER NOT NULL, action VARCHAR NOT NULL, -- promote or rollback
    model VARCHAR NOT NULL, name VARCHAR NOT NULL, folder VARCHAR NOT NULL, mode VARCHAR NOT NULL,
    decision VARCHAR NOT NULL, policy_key VARCHAR NOT NULL,
    who VARCHAR NOT NULL, why VARCHAR NOT NULL, file VARCHAR NOT NULL, moved_at VARCHAR NOT NULL
);
CREATE TABLE item (
    item_key VARCHAR PRIMARY KEY,
    evaluation VARCHAR NOT NULL, metric VARCHAR NOT NULL, item VARCHAR NOT NULL, value DOUBLE NOT NULL
);
