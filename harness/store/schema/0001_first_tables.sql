-- The first version. Files of this folder are never edited: a change is one file more.

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
    response_a VARCHAR NOT NULL,    -- the candidate's
    response_b VARCHAR NOT NULL,    -- the baseline's
    presented_order VARCHAR NOT NULL, verdict VARCHAR NOT NULL,
    preference DOUBLE,              -- probability that the candidate is better; NULL = missing
    raw_text VARCHAR NOT NULL, served_model VARCHAR, usage JSON, cost_usd DOUBLE, latency_s DOUBLE,
    created_at TIMESTAMP DEFAULT current_timestamp
);
CREATE TABLE evaluation (
    evaluation_key VARCHAR PRIMARY KEY,
    benchmark VARCHAR NOT NULL, judge VARCHAR NOT NULL, params JSON NOT NULL,
    candidate VARCHAR NOT NULL, candidate_mode VARCHAR NOT NULL,
    baseline VARCHAR NOT NULL, baseline_mode VARCHAR NOT NULL,
    judgment_keys VARCHAR[] NOT NULL, candidate_outputs VARCHAR[] NOT NULL, baseline_outputs VARCHAR[] NOT NULL,
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
    decision VARCHAR NOT NULL, rules JSON NOT NULL, decided_at TIMESTAMP DEFAULT current_timestamp
);
