-- What gates have looked at: the observations of each comparison in the order in which they are consumed, so that later
-- looks can only append to them.
CREATE TABLE gate_look (
    gate_look_key VARCHAR PRIMARY KEY,
    test VARCHAR NOT NULL,          -- key of what is tested: both models with their modes, the judge and the rules
    parent VARCHAR NOT NULL,        -- the look that this one continues; empty = it is the first
    role VARCHAR NOT NULL,          -- whom the candidate is compared with: head_to_head, anchor or champion
    candidate VARCHAR NOT NULL, against VARCHAR NOT NULL, judge VARCHAR NOT NULL,
    line VARCHAR NOT NULL,          -- empty = the gate belongs to no line
    observations VARCHAR[] NOT NULL,    -- those that this look adds
    prompts VARCHAR[] NOT NULL,     -- the text key of each one's prompt
    opened_at TIMESTAMP DEFAULT current_timestamp
);
