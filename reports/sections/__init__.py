"""The sections of a report: a file that gathers the content, and a template, for each."""
