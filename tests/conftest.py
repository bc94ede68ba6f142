"""One thread and a deterministic hypothesis profile: the same examples on every machine, no deadline, no stored
failures.

RDDM_EXAMPLES=n changes how many examples each property gets; RDDM_EXPLORE=1 draws new ones on every run.
Tests that share something expensive run one after the other in one worker; what several workers need is made once."""
import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path
import pytest
import torch
from hypothesis import HealthCheck, Phase, settings
from places import tracked

ROOT = Path(__file__).resolve().parents[1]
torch.set_num_threads(1)

explore = bool(os.environ.get('RDDM_EXPLORE'))
phases = [Phase.explicit, Phase.generate] if os.environ.get('RDDM_NO_SHRINK') else list(settings.default.phases)
settings.register_profile('rddm', max_examples=int(os.environ.get('RDDM_EXAMPLES', 40)), deadline=None,
                          derandomize=not explore, database=None, phases=phases,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
settings.load_profile('rddm')

# Files that start processes, browsers or long runs. Everything else is a unit test unless it carries the mark itself.
SLOW_FILES = {'test_bench', 'test_colab', 'test_distribution', 'test_firefox', 'test_lab', 'test_matrix', 'test_site',
              'test_trainer_kill'}
# Fixtures that make a test slow.
SLOW_FIXTURES = {'browser', 'colab', 'distribution', 'found', 'lab', 'mutant_server', 'site', 'wheel'}
# Files of which one worker runs all tests, as they share what is expensive: file -> its group.
# (The marks of pytest-xdist 3.8 have no effect with pytest 9.2.)
GROUPS = dict(test_site='site', test_figures='site', test_bench='bench', test_lab='lab', test_lab_photo='lab_photo',
              test_photo='photo', test_firefox='firefox', test_ledger='ledger')


def pytest_collection_modifyitems(items):
    "Mark what is slow, and leave the mutants to the end, where they fill gaps"
    for item in items:
        if ' at 0x' in item.nodeid:
            raise pytest.UsageError(f'{item.nodeid} has another name in every process: give ids')
        if item.path.stem in SLOW_FILES or SLOW_FIXTURES & {*item.fixturenames}: item.add_marker('slow')
    items.sort(key=lambda item: (item.path.stem == 'test_mutants', not item.get_closest_marker('slow')))


def pytest_collection_finish(session):
    "What is there now stays: nothing looks for rubbish among thousands of tests, and in PyTorch, again and again"
    gc.freeze()


def group(nodeid):
    "What one worker runs together with a test: the group of its file, or the test alone"
    return GROUPS.get(Path(nodeid.split('::')[0]).stem, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    "Hand out whole groups, the largest first, then one test after the other"
    from xdist.scheduler import LoadScopeScheduling
    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid): return group(nodeid)
    return ByGroup(config, log)


@pytest.fixture(scope='session')
def once(tmp_path_factory):
    "once(name, make): a folder that make(folder) has filled, the same for all workers of a run"
    base = tmp_path_factory.getbasetemp()
    if 'PYTEST_XDIST_WORKER' in os.environ: base = base.parent
    def shared(name, make):
        from filelock import FileLock
        folder, done = base/name, base/f'{name}.done'
        with FileLock(base/f'{name}.lock'):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True) # of a try that failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder
    return shared


def build(out):
    "The sdist, and the wheel made of it, from a copy of the repository"
    source = out/'source'
    for name in tracked():
        (source/name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT/name, source/name, follow_symlinks=False)
    words = [sys.executable, '-m', 'build', '--no-isolation', '--outdir', out, source]
    r = subprocess.run(words, capture_output=True, text=True)
    assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-2000:]


@pytest.fixture(scope='session')
def distribution(once):
    "A folder with the sdist and the wheel: those in the folder RDDM_WHEELS, or new ones"
    return Path(os.environ['RDDM_WHEELS']).resolve() if 'RDDM_WHEELS' in os.environ else once('distribution', build)


@pytest.fixture(scope='session')
def wheel(distribution):
    "The wheel, built from the sdist"
    return next(distribution.glob('rddm_nb-*.whl'))
