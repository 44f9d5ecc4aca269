-- How an evaluation was asked for, so that a report can say the command that makes it again. It is no part of the
-- evaluation's key: the same figures from another server's address are the same evaluation.
CREATE TABLE request (
    request_key VARCHAR PRIMARY KEY,    -- the evaluation's key
    command VARCHAR NOT NULL,           -- eval or import
    options JSON NOT NULL               -- by the parameter's name, those that were not left at their default
);
