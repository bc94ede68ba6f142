"The network keeps itself safely, and the demo command does its whole job"
import functools
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import rddm_nb.demo
import rddm_nb.report
from common import posix
from rddm_nb import cli
from rddm_nb.cli import demo
from rddm_nb.runtime import StopRequest
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, load_model, save_model

WORDS = ['--device', 'cpu', '--batch', '2']
PROGRAM = """
import functools, sys, rddm_nb.demo, rddm_nb.report
from rddm_nb.cli import demo
rddm_nb.report._LONGEST = 48
rddm_nb.demo.score_held_out = functools.partial(rddm_nb.demo.score_held_out, n=8)
sys.exit(demo(sys.argv[1:]))
"""


@pytest.fixture
def few(monkeypatch):
    "Eight held-out pictures instead of 128, and smaller photographs: what is written is the same"
    monkeypatch.setattr(rddm_nb.report, '_LONGEST', 48)
    monkeypatch.setattr(rddm_nb.demo, 'score_held_out', functools.partial(rddm_nb.demo.score_held_out, n=8))


def test_network_learns_everywhere():
    net, x = UNet(), torch.rand(2, 3, 13, 9)*2 - 1
    out = net(x, x, .5, .5).res
    assert out.shape == x.shape
    opt = torch.optim.SGD(net.parameters(), .1)
    for _ in range(2):
        opt.zero_grad()
        (net(x, x, .5, .5).res - x).square().mean().backward()
        opt.step()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_a_model_comes_back_bit_for_bit(tmp_path):
    net, x = UNet().double(), torch.rand(1, 3, 16, 16).double()
    torch.nn.init.normal_(list(net.parameters())[-1])
    save_model(tmp_path/'m', net, Schedule.circle(10), note=1)
    back = load_model(tmp_path/'m')
    assert torch.equal(back(x, x, .3, .4).res, net(x, x, .3, .4).res) and back.schedule == Schedule.circle(10)
    with pytest.raises(FileExistsError, match='force'): save_model(tmp_path/'m', net, Schedule.circle(10))


def test_a_damaged_model_is_named_and_refused(tmp_path):
    save_model(tmp_path/'m', UNet(), Schedule.circle(10))
    data = (tmp_path/'m').read_bytes()
    (tmp_path/'m').write_bytes(data[:-100])
    with pytest.raises(ValueError, match='cut short'): load_model(tmp_path/'m')
    (tmp_path/'m').write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match='damaged'): load_model(tmp_path/'m')


@pytest.mark.slow
@pytest.mark.parametrize('task', ['rain', 'generate'])
def test_demo_writes_everything_and_never_overwrites(tmp_path, few, capsys, task):
    solver = 'multistep' if task == 'rain' else 'heun'
    words = [*WORDS, '--task', task, '--max-steps', '3', '--solver', solver, '--out', str(tmp_path/'out')]
    assert demo(words) == 0, capsys.readouterr().err
    assert sorted(p.name for p in (tmp_path/'out').iterdir()) == ['.lock', 'metrics.json', 'model.safetensors',
                                                                  'report.html', 'sheet.png']
    metrics, net = json.loads((tmp_path/'out/metrics.json').read_text(encoding='utf-8')), load_model(
        tmp_path/'out/model.safetensors')
    assert (metrics['train_steps'], metrics['solver'], net.meta['solver']) == (3, solver, solver)
    assert net.schedule.T == 1000
    assert 100_000 < sum(p.stat().st_size for p in (tmp_path/'out').iterdir()) < cli._ROOM
    before = (tmp_path/'out/metrics.json').read_bytes()
    assert demo(words) == 2 and '--force' in capsys.readouterr().err
    assert (tmp_path/'out/metrics.json').read_bytes() == before


@pytest.mark.slow
@posix
@pytest.mark.parametrize('signum', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_was_learned(tmp_path, signum):
    p = subprocess.Popen([sys.executable, '-c', PROGRAM, *WORDS, '--max-steps', '100000', '--out',
                          str(tmp_path/'out')], stderr=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    assert 'step 1,' in p.stderr.readline()
    p.send_signal(signum)
    p.communicate()
    m = json.loads((tmp_path/'out/metrics.json').read_text(encoding='utf-8'))
    assert p.returncode == 128 + signum and m['stopped_early'] and m['train_steps'] < 100000
    assert (tmp_path/'out/sheet.png').exists()


@posix
@pytest.mark.parametrize('signum', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_measuring_is_heard_at_once(tmp_path, monkeypatch, capsys, few, signum):
    def measure(*a, **kw):
        os.kill(os.getpid(), signum)
        pytest.fail('it goes on')
    monkeypatch.setattr(rddm_nb.demo, 'score_held_out', measure)
    before = signal.signal(signal.SIGINT, signal.default_int_handler) # a process in the background ignores it
    try: assert demo([*WORDS, '--max-steps', '1', '--out', str(tmp_path/'out')]) == 128 + signum
    finally: signal.signal(signal.SIGINT, before)
    said = capsys.readouterr().err
    assert 'measuring on held-out images, in 5 steps' in said and 'interrupted while measuring' in said
    assert {p.name for p in (tmp_path/'out').iterdir()} - {'.lock'} == {'model.safetensors'}


def test_what_comes_after_the_training_is_told(tmp_path, monkeypatch, capsys, few):
    assert demo([*WORDS, '--max-steps', '1', '--out', str(tmp_path/'out')]) == 0
    said = [l for l in capsys.readouterr().err.splitlines() if 'photograph' in l]
    assert said == ['restoring coffee, photograph 1 of 2', 'restoring china, photograph 2 of 2']


def test_demo_says_what_cannot_work(tmp_path, capsys):
    (tmp_path/'file').write_text('')
    assert demo([*WORDS, '--out', str(tmp_path/'file')]) == 2 and 'is a file' in capsys.readouterr().err


def test_a_failure_after_the_start_is_exit_code_1(tmp_path, monkeypatch, capsys):
    from rddm_nb import cli, demo
    def fails(*a, **kw): raise FloatingPointError('the loss is nan')
    monkeypatch.setattr(demo, 'train_demo', fails)
    assert cli.demo(['--out', str(tmp_path/'out'), '--device', 'cpu']) == 1
    assert capsys.readouterr().err == 'rddm-demo: the loss is nan\n'


@posix
def test_a_second_demo_in_the_same_folder_is_refused_at_its_start(tmp_path, monkeypatch, capsys):
    from rddm_nb import cli, demo
    monkeypatch.setattr(demo, 'train_demo', lambda *a, **kw: pytest.fail('it trains'))
    with cli.folder_lock(tmp_path/'out'): assert cli.demo([*WORDS, '--out', str(tmp_path/'out')]) == 2
    assert 'another process is at work' in capsys.readouterr().err


@pytest.mark.parametrize('name', ['model.safetensors', 'metrics.json', 'sheet.png', 'report.html'])
def test_a_full_disk_is_a_failure_that_names_the_file(tmp_path, monkeypatch, capsys, few, name):
    from rddm_nb import cli, files
    real = files.os.replace
    def full(tmp, path):
        if path.name == name: raise OSError(28, 'No space left on device')
        real(tmp, path)
    monkeypatch.setattr(files.os, 'replace', full)
    out = tmp_path/'out'
    assert cli.demo([*WORDS, '--max-steps', '1', '--steps', '1', '--out', str(out)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f'rddm-demo: {out/name}: No space left on device: make room, or train into another folder'


@posix
def test_a_disk_without_room_is_found_before_training(tmp_path, monkeypatch, capsys):
    import resource
    monkeypatch.setattr(rddm_nb.demo, 'train_demo', lambda *a, **kw: pytest.fail('it trains'))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try: assert demo([*WORDS, '--out', str(tmp_path/'out')]) == 2
    finally: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f'cannot write {cli._ROOM} bytes into {tmp_path}/out' in capsys.readouterr().err


def test_a_seed_beyond_64_bits_is_refused(tmp_path, capsys):
    assert demo([*WORDS, '--seed', '9'*23, '--out', str(tmp_path/'out')]) == 2
    assert 'seed must fit 64 bits, got 999' in capsys.readouterr().err and not (tmp_path/'out').exists()


def test_called_from_python_it_reads_no_words_of_the_process(tmp_path, monkeypatch, capsys):
    from rddm_nb import cli
    seen = []
    def fake(**kw):
        seen.append(kw)
        raise ValueError('not today')
    monkeypatch.setattr(cli, 'run_demo', fake)
    monkeypatch.setattr(sys, 'argv', ['/x/ipykernel_launcher.py', '-f', 'kernel.json'])
    assert cli.demo() == 2 and seen[0]['task'] == 'rain'
    monkeypatch.setattr(sys, 'argv', ['/x/bin/rddm-demo', '--task', 'blur'])
    assert cli.demo() == 2 and seen[1]['task'] == 'blur'


class Clock:
    "A budget of which ten seconds have gone"
    def elapsed(self): return 10.


class File(io.StringIO):
    flushed = 0
    def flush(self): self.flushed += 1


class Terminal(io.StringIO):
    def isatty(self): return True


@pytest.mark.parametrize('stream', [File, Terminal])
def test_progress_is_a_bar_or_a_line_at_every_tenth(monkeypatch, stream):
    asked = []
    monkeypatch.setattr(rddm_nb.demo, 'quick_score', lambda net, *ask: asked.append(ask) or f'mark {len(asked)}')
    out = stream()
    live = cli._DemoProgress('rain', 'schedule', Clock(), 4, 8, out)
    assert (live.step, live.seconds, live.loss, live.bar.total) == (0, 0., None, 100)
    for step, (u, loss) in enumerate([(.05, 2.), (.09, 1.), (.1, 1.), (.5, 1.)], 1): live(step, u, loss, None)
    live.close()
    assert asked == [('rain', 'schedule', 4, 8, 'euler')]*3 and live.step == 4
    assert live.seconds == 10 and abs(live.loss - 1.857375) < 1e-9
    if stream is Terminal: assert live.bar.n == 50 and 'mark 3, 10 s left' in out.getvalue().splitlines()[-1]
    else:
        assert out.getvalue() == ('  5% step 1, loss 2.0000, mark 1, 190 s left\n 10% step 3, loss 1.9025, mark 2, '
                                  '90 s left\n'
                                    ' 50% step 4, loss 1.8574, mark 3, 10 s left\n') and out.flushed == 3


@pytest.mark.parametrize('early', [False, True])
def test_the_summary_says_what_to_open_and_how_to_go_on(early):
    both = dict(seed=0, sampling_steps=4, solver='euler', device='cpu', train_steps=9, train_seconds=2.,
                stopped_early=early, parameters=1234)
    rain = cli._summary(dict(both, task='rain', crops=8, psnr_input=20., psnr_restored=25., gain=5., psnr_1_step=24.),
                        'x')
    made = cli._summary(dict(both, task='generate', images=8, held_out_loss=.5), 'x')
    for said, given in ((rain, 'x_in'), (made, 'shape=(8, 3, 32, 32)')):
        assert ('(stopped early)' in said) == early and f", {given}, steps=4)" in said
        assert str(Path('x/sheet.png')) in said and '1,234 parameters' in said
    other = dict(both, task='generate', images=8, held_out_loss=.5, solver='heun')
    assert "steps=4, solver='heun')" in cli._summary(other, 'x')
    assert '25.00 dB (+5.00) in 4 steps' in rain and 'held-out loss 0.5000' in made


@pytest.mark.parametrize('steps, solver', [(None, 'euler'), (3, 'multistep')])
def test_what_is_asked_for_reaches_training(tmp_path, monkeypatch, steps, solver):
    class Enough(Exception): pass
    seen, stop = [], StopRequest()
    def fake(task, budget, seed, batch, device, report):
        seen.append((task, seed, batch, device, budget.max_steps, report.ask[2], report.ask[4],
                     budget.stop is stop))
        raise Enough
    monkeypatch.setattr(rddm_nb.demo, 'train_demo', fake)
    more = dict(out=tmp_path/'out', seed=5, steps=steps, solver=solver, device='cpu', stream=io.StringIO())
    for stopped in (stop, None):
        with pytest.raises(Enough): cli.run_demo('blur', 60., 7, batch=1, stop=stopped, **more)
    want = 'blur', 5, 1, 'cpu', 7, steps or rddm_nb.demo.recipe('blur')['steps'], solver
    assert seen == [(*want, True), (*want, False)]
    with pytest.raises(ValueError, match='batch must be at least 1, got 0'): cli.run_demo('blur', batch=0, **more)


@posix
def test_a_signal_shows_in_the_exit_code(tmp_path, monkeypatch, few):
    from rddm_nb import cli
    real = cli._DemoProgress.__call__
    def first_step(self, step, *rest):
        real(self, step, *rest)
        if step == 1: os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setattr(cli._DemoProgress, '__call__', first_step)
    words = ['--max-steps', '9999', '--batch', '2', '--steps', '1', '--device', 'cpu', '--out', str(tmp_path/'out')]
    assert cli.demo(words) == 128 + signal.SIGTERM and (tmp_path/'out/model.safetensors').exists()


def test_with_force_a_model_never_stands_beside_numbers_of_another_run(tmp_path, monkeypatch, few):
    out = tmp_path/'out'
    out.mkdir()
    for name in cli._FILES: (out/name).write_text('old', encoding='utf-8')
    def stopped(*a, **kw): raise KeyboardInterrupt
    monkeypatch.setattr(rddm_nb.demo, 'score_held_out', stopped)
    with pytest.raises(KeyboardInterrupt, match='interrupted while measuring'):
        cli.run_demo(max_steps=1, out=out, force=True, device='cpu', stream=io.StringIO())
    assert {p.name for p in out.iterdir()} - {'.lock'} == {'model.safetensors'}
    assert load_model(out/'model.safetensors').meta['task'] == 'rain'


def small_net():
    net = UNet(8, (1, 2)).eval()
    net.schedule = Schedule.line(20, .5)
    return net


@pytest.mark.parametrize('task', ['rain', 'generate'])
def test_a_sheet_of_one_image(task):
    assert rddm_nb.demo.result_sheet(small_net(), task, 3, n=1, size=16).data.startswith(b'\x89PNG')


@pytest.mark.parametrize('n, said', [(0, 'n must be at least 1, got 0'), ('3', "n must be a whole number, got '3'")],
                         ids=['none', 'text'])
@pytest.mark.parametrize('task', ['rain', 'generate'])
def test_a_sheet_of_no_images_is_refused(n, said, task):
    with pytest.raises((ValueError, TypeError), match=said): rddm_nb.demo.result_sheet(small_net(), task, 1, n=n)
