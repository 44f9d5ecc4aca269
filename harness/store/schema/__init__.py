"""The tables of the results store. Keys are content hashes; times are the only columns that differ between two runs
of the same work.

The files beside this one make them, ``0001_*.sql`` first: a new store runs them all, an older one those it lacks.
Stores were made with these files, so none is ever edited: a change of the schema is one file more.
"""

import re
from pathlib import Path

MIGRATIONS = tuple(sorted(Path(__file__).parent.glob("[0-9]*.sql")))
"""The file at place N makes a store of version N + 1 out of one of version N; 0 is an empty file."""

SCHEMA_VERSION = len(MIGRATIONS)

TABLES = tuple(
    dict.fromkeys(
        table
        for file in MIGRATIONS
        for table in re.findall(r"CREATE TABLE (\w+)", file.read_text(encoding="utf-8"))
        if table != "store_version"
    )
)
"""Every table that holds rows with a key, in the order in which they were first made."""
