"""The training process, started by `tpo/trainer/process.py`; the only place with trl."""
