"""Training as a program: killed at any moment and resumed, stopped, shared by two processes, out of disk.

What is learned stays the same, bit for bit; among several processes, to rounding. The processes are forked from one
that has imported everything once: real processes, really killed, but started at once."""
import multiprocessing
import os
import signal
import socket
from pathlib import Path
import pytest
import torch
from common import error
from one_run import run
from rddm_nb.files import read_tensors
from rddm_nb.trainer import Checkpoints, Log

pytestmark = pytest.mark.skipif('forkserver' not in multiprocessing.get_all_start_methods(),
                                reason='signals are POSIX here')


@pytest.fixture(scope='module')
def start():
    "Start one_run.run as a process: start(folder, steps, batch, die='', ...)"
    context = multiprocessing.get_context('forkserver')
    path = os.environ.get('PYTHONPATH', '')
    os.environ['PYTHONPATH'] = os.pathsep.join([str(Path(__file__).parent), *([path] if path else [])])
    context.set_forkserver_preload(['one_run'])
    def begin(*args, said, **kw):
        process = context.Process(target=run, args=args, kwargs=dict(kw, said=str(said)))
        process.start()
        return process
    yield begin
    os.environ['PYTHONPATH'] = path


@pytest.fixture
def ended(start, tmp_path):
    "Run to the end, whatever that is; returns (exit code, negative for a signal, what it said)"
    def go(*args, **kw):
        process = start(*args, said=tmp_path/'said', **kw)
        process.join()
        return process.exitcode, (tmp_path/'said').read_text(encoding='utf-8')
    return go


def end(folder): return read_tensors(Path(folder)/'end.safetensors', 'end')[0]


def same(a, b): return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope='module')
def at_once(start, tmp_path_factory):
    "Six steps without a break"
    folder = tmp_path_factory.mktemp('at_once')
    process = start(folder, 6, 4, said=folder/'said')
    process.join()
    assert process.exitcode == 0, (folder/'said').read_text(encoding='utf-8')
    return end(folder)


# Each checkpoint is one file: fsync of the file, rename, fsync of the folder. train.json and log.csv come first.
@pytest.mark.parametrize('die', ['write:1', 'renamed:2', 'write:5', 'rename:3', 'renamed:3', 'write:7', 'rename:4',
                                 'renamed:5'])
def test_killed_at_any_moment_and_resumed_is_the_same_bit_for_bit(tmp_path, ended, at_once, die):
    code, said = ended(tmp_path/'run', 6, 4, die)
    assert code == -signal.SIGKILL, said
    before = [p.name for p in Checkpoints(tmp_path/'run').paths()]
    for p in Checkpoints(tmp_path/'run').paths(): read_tensors(p, 'checkpoint')  # whatever has a name is whole
    code, said = ended(tmp_path/'run', 6, 4)
    assert code == 0, said
    assert same(end(tmp_path/'run'), at_once)
    assert [r['step'] for r in Log(tmp_path/'run/log.csv').rows()] == [1, 2, 3, 4, 5, 6]
    done = int(before[-1][5:14]) if before else 0
    assert [int(l.split()[1]) for l in said.splitlines()] == list(range(done + 1, 7))
    assert not list((tmp_path/'run').rglob('.*.tmp'))


@pytest.mark.parametrize('signum', [signal.SIGTERM, signal.SIGINT])
def test_ctrl_c_and_sigterm_write_a_checkpoint_and_end(tmp_path, start, signum):
    os.mkfifo(tmp_path/'said')
    process = start(tmp_path/'run', 100000, 4, said=tmp_path/'said')
    with open(tmp_path/'said', encoding='utf-8') as said:
        assert said.readline().startswith('step 1 ')
        os.kill(process.pid, signum)
        for _ in said: pass
    process.join()
    assert process.exitcode == 128 + signum
    done = read_tensors(tmp_path/'run/end.safetensors', 'end')[1]['step']
    assert Checkpoints(tmp_path/'run').newest()[1]['step'] == done < 100000


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def test_two_processes_learn_what_one_does_with_the_same_batch(tmp_path, start, at_once):
    world = dict(WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(free_port()), ACCELERATE_USE_CPU='1')
    both = [start(tmp_path/'run', 6, 4, said=tmp_path/f'said{k}', env=dict(world, RANK=str(k), LOCAL_RANK=str(k)))
            for k in (0, 1)]
    for k, process in enumerate(both):
        process.join()
        assert process.exitcode == 0, (tmp_path/f'said{k}').read_text(encoding='utf-8')[-3000:]
    assert (tmp_path/'said1').read_text(encoding='utf-8') == '', 'only the first process tells'
    two = end(tmp_path/'run')
    assert two.keys() == at_once.keys() and max(error(two[k], at_once[k]) for k in two) < 1e-10


def test_a_full_disk_loses_nothing(tmp_path, ended, at_once):
    code, said = ended(tmp_path/'run', 6, 4, 'full:7')  # train.json and log.csv take two each, then two per checkpoint
    assert code == 1 and 'the disk is full: step 4 could not be saved' in said and 'step_000000002.safetensors' in said
    assert 'step 4 is saved: run it again' in said, 'the disk had room again on the way out'
    assert [p.name for p in Checkpoints(tmp_path/'run').paths()] == [f'step_{k:09d}.safetensors' for k in (2, 4)]
    assert not list((tmp_path/'run').rglob('.*.tmp'))
    assert ended(tmp_path/'run', 6, 4)[0] == 0 and same(end(tmp_path/'run'), at_once)
