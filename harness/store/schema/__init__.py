"""The tables of the results store. Keys are content hashes; times are the only columns that differ between two runs
of the same work.

The files beside this one make them, ``0001_*.sql`` first: a new store runs them all, an older one those it lacks.
Stores were made with these files, so none is ever edited: a change of the schema is one file more.
"""

from pathlib import Path

TABLES = (
    "model",
    "prompt",
    "output",
    "score",
    "judgment",
    "call",
    "assignment",
    "evaluation",
    "metric",
    "pair",
    "step",
    "run",
    "gate_decision",
    "gate_attempt",
    "champion",
    "item",
)

MIGRATIONS = tuple(sorted(Path(__file__).parent.glob("[0-9]*.sql")))
"""The file at place N makes a store of version N + 1 out of one of version N; 0 is an empty file."""

SCHEMA_VERSION = len(MIGRATIONS)
