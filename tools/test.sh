#!/usr/bin/env bash
# Set up what the tests need and run what has to pass: modules in step with the notebooks, then notebooks and tests side by side.
#   bash tools/test.sh          everything but the rest of the mutants (see tests/mutants.py)
#   bash tools/test.sh --fast   the unit tests alone
#   bash tools/test.sh --all    all mutants, every notebook as on Colab, every page under axe, a U-Net compiled
# TORCH=torch takes another build of torch; WORKERS=4 runs more tests at once; whatever follows goes to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
# What is compiled is kept, whatever the surroundings say: hundreds of processes import it.
unset PYTHONDONTWRITEBYTECODE
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" HF_HUB_OFFLINE=1 MPLBACKEND=agg DEBIAN_FRONTEND=noninteractive

what=default
case "${1:-}" in
  --fast) what=fast; shift ;;
  --all) what=all; shift; export RDDM_MUTANTS=all RDDM_COLAB=all RDDM_AXE=all RDDM_LAB=all RDDM_COMPILE=all ;;
esac
log=$(mktemp)
times=() passed=0 running= scratch=
finish() {
  [ -z "$running" ] || kill "$running" 2>/dev/null || true
  [ -z "$scratch" ] || rm -rf "$scratch"
  printf '%s\n' ${times[@]+"${times[@]}"} "$(printf '%4d s  together' $SECONDS)"
  rm -f "$log"
}
trap finish EXIT

part() { # part NAME COMMAND...: run it and note its time
  local name=$1 start=$SECONDS
  shift
  "$@"
  times+=("$(printf '%4d s  %s' $((SECONDS - start)) "$name")")
}

browser() { # the site tests drive a real Chromium; they are skipped, by name, where there is none
  if [ $what != fast ] && ! command -v chromium google-chrome >/dev/null && [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-liberation >/dev/null
  fi
}

# Nobody imports these, or they are for another Python.
unused='tests?|benchmarks|_internal|_vendor|_vendored|pip|pipelines|modular_pipelines|fontTools|mypyc?|onnxruntime|physics'
unused+='|prompt_toolkit|wcwidth|ghapi|imageio|jedi|tifffile|numpy/distutils|async_api|reference'
compiled() { python -m compileall -q -j "$1" -x "/($unused)/" "$2" >/dev/null 2>&1 || true; } # compiled CORES FOLDER

install() { # uv unpacks on all cores what pip unpacks on one; which build of torch is left to pip and its settings
  browser & running=$!
  if [ ! -x .venv/bin/python ] && [ ! -x .venv/Scripts/python ]; then "${PYTHON:-python3}" -m venv .venv; fi
  export PATH="$PWD/.venv/bin:$PWD/.venv/Scripts:$PATH"
  local compiling pip=(python -m pip install --quiet --disable-pip-version-check --no-compile)
  "${pip[@]}" "${TORCH:-torch==2.13.0}" uv
  compiled 1 "$(python -c 'from importlib.util import find_spec as f; print(*f("torch").submodule_search_locations)')" &
  compiling=$!
  UV_DEFAULT_INDEX="${PIP_INDEX_URL:-https://pypi.org/simple}" UV_CONSTRAINT="${PIP_CONSTRAINT:-}" \
    uv pip install --quiet --system-certs --python "$(command -v python)" -e '.[dev]' || "${pip[@]}" -e '.[dev]'
  wait "$compiling"
  compiled 0 .venv
  wait "$running"
  running=
}

exported() {
  local before after
  before=$(git status --porcelain rddm_nb; git diff rddm_nb)
  nbdev-export
  after=$(git status --porcelain rddm_nb; git diff rddm_nb)
  if [ "$before" != "$after" ]; then
    git diff --stat rddm_nb
    echo "rddm_nb/ was not what the notebooks export; it is now. Look at the difference and commit it."; exit 1
  fi
}

wait_for_notebooks() { # shows the slowest of them, or all that they said
  if wait "$running"; then head -n 8 "$log"; else cat "$log"; passed=1; fi
  running=
}

tests() { python -m pytest -q -n "${WORKERS:-3}" --durations 15 --durations-min 1 "$@" || passed=$?; }

in_memory() { # tests write, sync and remove thousands of small files: in memory where there is room and programs may run
  local room
  room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }') || return 0
  [ -w /dev/shm ] && [ "${room:-0}" -gt 4000000 ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts || return 0
  scratch=$(mktemp -d /dev/shm/rddm.XXXXXX)
  export TMPDIR=$scratch
}

part 'install' install
in_memory
part 'ruff' ruff check rddm_nb tests tools bench
part 'modules in step with the notebooks' exported
if [ $what = fast ]; then
  part 'unit tests' tests -m 'not slow' "$@"
else
  python tests/mutants.py --chosen
  nbdev-test --n-workers "${WORKERS:-2}" --timing >"$log" 2>&1 & running=$!
  part 'tests, beside the notebooks' tests "$@"
  part 'waiting for the notebooks' wait_for_notebooks
fi
exit $passed
