"""Training as a program: killed at any moment and resumed, stopped, shared by two processes, out of disk. What is learned stays the same, bit for bit."""
import os
import signal
import subprocess
import sys
from pathlib import Path
import pytest
import torch
from common import error
from rddm_nb.files import read_tensors
from rddm_nb.trainer import Checkpoints, Log

SCRIPT = Path(__file__).with_name('one_run.py')
posix = pytest.mark.skipif(os.name != 'posix', reason='signals are POSIX here')


def run(*args, launcher=(), **env):
    "The program one_run.py to its end, whatever that is"
    cmd = [sys.executable, *launcher, str(SCRIPT), *map(str, args)]
    return subprocess.run(cmd, capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(SCRIPT.parents[1]), **env})


def end(folder): return read_tensors(Path(folder)/'end.safetensors', 'end')[0]


def same(a, b): return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope='module')
def at_once(tmp_path_factory):
    "Six steps without a break"
    folder = tmp_path_factory.mktemp('at_once')
    done = run(folder, 6, 4)
    assert done.returncode == 0, done.stderr
    return end(folder)


# Each checkpoint is one file: fsync of the file, rename, fsync of the folder. plan.json and log.csv come first.
@posix
@pytest.mark.parametrize('die', ['write:1', 'renamed:2', 'write:5', 'rename:3', 'renamed:3', 'write:7', 'rename:4', 'renamed:5'])
def test_killed_at_any_moment_and_resumed_is_the_same_bit_for_bit(tmp_path, at_once, die):
    dead = run(tmp_path, 6, 4, die)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    before = [p.name for p in Checkpoints(tmp_path).paths()]
    for p in Checkpoints(tmp_path).paths(): read_tensors(p, 'checkpoint')  # whatever has a name is whole
    again = run(tmp_path, 6, 4)
    assert again.returncode == 0, again.stderr
    assert same(end(tmp_path), at_once)
    steps = [r['step'] for r in Log(tmp_path/'log.csv').rows()]
    assert steps == [1, 2, 3, 4, 5, 6]
    done = int(before[-1][5:14]) if before else 0
    assert [int(l.split()[1]) for l in again.stdout.splitlines()] == list(range(done + 1, 7))


@posix
def test_ctrl_c_and_sigterm_write_a_checkpoint_and_end(tmp_path, at_once):
    for s in (signal.SIGTERM, signal.SIGINT):
        p = subprocess.Popen([sys.executable, str(SCRIPT), str(tmp_path/s.name), '100000', '4'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
        assert p.stdout.readline().startswith('step 1 ')
        p.send_signal(s)
        p.communicate()
        assert p.returncode == 0
        done = read_tensors(tmp_path/s.name/'end.safetensors', 'end')[1]['step']
        assert Checkpoints(tmp_path/s.name).newest()[1]['step'] == done < 100000


def test_two_processes_learn_what_one_does_with_the_same_batch(tmp_path, at_once):
    done = run(tmp_path, 6, 4, launcher=['-m', 'torch.distributed.run', '--nproc-per-node', '2', '--master-port', str(20000 + os.getpid() % 20000)], ACCELERATE_USE_CPU='1')
    assert done.returncode == 0, done.stderr[-3000:]
    two = end(tmp_path)
    assert two.keys() == at_once.keys() and max(error(two[k], at_once[k]) for k in two) < 1e-10


@posix
def test_a_full_disk_loses_nothing(tmp_path, at_once):
    full = run(tmp_path, 6, 4, 'full:7')  # plan.json and log.csv take two each, then two per checkpoint: this is the second
    assert full.returncode == 1 and 'the disk is full: step 4 could not be saved' in full.stderr and 'step_000000002.safetensors' in full.stderr
    assert [p.name for p in (tmp_path/'checkpoints').iterdir()] == ['step_000000002.safetensors']
    assert run(tmp_path, 6, 4).returncode == 0 and same(end(tmp_path), at_once)
