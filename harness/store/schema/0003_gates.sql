-- Gates that share their alphas along a line of models, the champion, and what a model scored on single items.
ALTER TABLE gate_decision ADD COLUMN attempt VARCHAR;   -- of gate_attempt; NULL = the gate belongs to no line
ALTER TABLE gate_decision ADD COLUMN policy_key VARCHAR;

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
