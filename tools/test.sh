#!/usr/bin/env bash
# Set up what the tests need and run all of them: modules in step with the notebooks, the notebooks, then pytest.
#   TORCH=torch bash tools/test.sh   takes another build of torch
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" HF_HUB_OFFLINE=1 MPLBACKEND=agg DEBIAN_FRONTEND=noninteractive

if [ ! -x .venv/bin/python ]; then "${PYTHON:-python3}" -m venv .venv; fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check "${TORCH:-torch==2.13.0}" -e '.[dev]'
export PATH="$PWD/.venv/bin:$PATH"

# The site tests drive a real Chromium; they are skipped, by name, where there is none.
if ! command -v chromium google-chrome >/dev/null && [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-liberation >/dev/null
fi

before=$(git status --porcelain rddm_nb; git diff rddm_nb)
nbdev-export
after=$(git status --porcelain rddm_nb; git diff rddm_nb)
if [ "$before" != "$after" ]; then
  git diff --stat rddm_nb
  echo "rddm_nb/ was not what the notebooks export; it is now. Look at the difference and commit it."; exit 1
fi
nbdev-test --n-workers 2 --timing
python -m pytest -q
