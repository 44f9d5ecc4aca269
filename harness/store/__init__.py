"""The results store, one DuckDB file, and the only place with SQL."""
