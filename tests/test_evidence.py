"""What compares objectives gives each of them the same, goes on where it was killed, and makes no number up."""
import json
import os
import signal
import subprocess
import sys
import pytest
import torch
from common import close, posix, random_images, rng
from PIL import Image
from places import ROOT
from rddm_nb.forward import q_sample
from rddm_nb.images import psnr, to_uint8
from rddm_nb.sample_images import crops
from rddm_nb.unet import NETWORKS, load_model, save_model

from bench import evidence as e
KEPT = sorted((ROOT/'bench/results/evidence').glob('*.json'))
ROWS = {p.stem: json.loads(p.read_text(encoding='utf-8')) for p in KEPT}


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    "The layout of both sets, from open images"
    root = tmp_path_factory.mktemp('data')
    for i, x in enumerate(crops(3, 80, 'train', 1)):
        for folder in ('denoise/train400', 'denoise/bsd68', 'denoise/set12', *sum(e.RAIN, ())):
            (root/folder).mkdir(parents=True, exist_ok=True)
            shown = x*.7 + .3 if folder.endswith('/rain') else x
            img = Image.fromarray(to_uint8(shown).permute(1, 2, 0).numpy())
            (img.convert('L') if 'denoise' in folder else img).save(root/folder/f'{i}.png')
    return root


@pytest.fixture
def quick(data, tmp_path, monkeypatch):
    "The command, with an own folder for runs and rows"
    monkeypatch.setenv('RDDM_DATA', str(data))
    monkeypatch.delenv('RDDM_LPIPS', raising=False)
    def call(*words):
        e.main([*words, '--quick', '--out', str(tmp_path/'runs'), '--folder', str(tmp_path/'rows')])
        return {p.stem: json.loads(p.read_text(encoding='utf-8')) for p in (tmp_path/'rows').glob('*.json')}
    return call


SAME = ('steps', 'looks', 'batch', 'crop', 'loss', 'lr', 'decay', 'ema', 'protocol', 'arithmetic')


@pytest.fixture
def drawn(monkeypatch):
    "The batches that each run has drawn, in the order of the runs"
    seen, crops_of = [], e.crops_of
    def noted(*args):
        draw, batches = crops_of(*args), []
        seen.append(batches)
        return lambda n, g: batches.append(draw(n, g)) or batches[-1]
    monkeypatch.setattr(e, 'crops_of', noted)
    return seen


@pytest.mark.slow
def test_a_trial_of_all_rows(quick, drawn, monkeypatch, tmp_path):
    monkeypatch.setattr(e, 'QUEUE', [r for r in e.QUEUE if r[2] == 0] + [(t, 'noise', 0, 'starts') for t in e.TASKS])
    rows, first = quick('--queue'), {}
    for (task, objective, _, kind), batches in zip(e.QUEUE, drawn, strict=True):
        assert len(batches) == (0 if kind else 3), 'a finished run was trained again'
        for ours, other in zip(batches, first.setdefault(task, batches)): assert all(map(torch.equal, ours, other))
    assert {e.named(*r) for r in e.QUEUE} == set(rows) and all(r['quick'] for r in rows.values())
    for name, row in rows.items():
        other = rows[f"{row['task']}-regression-0"]
        assert all(row[k] == other[k] for k in SAME) and row['processor_seconds'] > 0, name
        assert row['command'].split()[3:5] == name.split('-')[:1] + [row['objective']]
        if 'answers' in row:
            assert set(row['answers']) == {'1', '2', '4', '8', '16'} and row['spread'][0] > 0
            continue
        if 'starts' in row:
            assert {k: set(v) for k, v in row['starts'].items()} == dict.fromkeys(('input', 'training'), {*'125', '10'})
            continue
        for test in row['tests'].values():
            assert set(test['steps']) == ({'1'} if row['objective'] == 'regression' else {'1', '2', '5', '10'})
            for marks in (test['input'], *test['steps'].values()):
                assert {k: len(v) for k, v in marks.items()}.items() >= {'PSNR': 1, 'SSIM': 1}.items()
    inputs = [r['tests'] for r in rows.values() if r['task'] == 'denoise25' and 'tests' in r]
    assert all(t['bsd68']['input'] == inputs[0]['bsd68']['input'] for t in inputs), 'not the same noise in every row'
    (tmp_path/'rows/rain-both-0.json').write_text('{}', encoding='utf-8')
    assert quick('--queue')['rain-both-0'] == {}, 'a row that exists was made again'


def test_a_run_that_is_finished_is_measured_again_alike(quick):
    first = quick('denoise25', 'residual')['denoise25-residual-0']
    again = quick('denoise25', 'residual')['denoise25-residual-0']
    assert again['tests'] == first['tests'] and again['processor_seconds'] == first['processor_seconds']
    other = quick('denoise25', 'residual', '--seed', '1')['denoise25-residual-1']
    assert other['tests']['bsd68']['steps'] != first['tests']['bsd68']['steps']
    assert other['tests']['bsd68']['input'] == first['tests']['bsd68']['input']


@posix
@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(data, tmp_path):
    code = ("import os, sys; from dataclasses import replace; from bench import evidence as e; plan = e.config_of\n"
            "e.config_of = lambda *a: replace(plan(*a), steps=6, save_every=2, log_every=1)\n"
            "if sys.argv[1:]:\n"
            "    told = e.Clock.__call__\n"
            "    def call(self, row):\n"
            "        told(self, row)\n"
            "        if row['step'] == 5: os.kill(os.getpid(), 9)\n"
            "    e.Clock.__call__ = call\n"
            "e.run('rain', 'both', 0, '', 'runs', 'rows', True)")
    env = dict(os.environ, PYTHONPATH=str(ROOT), RDDM_DATA=str(data), RDDM_LPIPS='')
    def go(folder, *words):
        (tmp_path/folder).mkdir(exist_ok=True)
        return subprocess.run([sys.executable, '-c', code, *words], cwd=tmp_path/folder, env=env, capture_output=True,
                              text=True)
    row = lambda folder: json.loads((tmp_path/folder/'rows/rain-both-0.json').read_text(encoding='utf-8'))
    assert go('killed', 'kill').returncode == -signal.SIGKILL and not (tmp_path/'killed/rows').exists()
    clock = tmp_path/'killed/runs/rain-both-0/seconds.json'
    assert json.loads(clock.read_text(encoding='utf-8'))['step'] == 5
    clock.write_text('{"seconds": 1000, "step": 5}', encoding='utf-8')
    assert 'step 5' in (on := go('killed').stdout) and 'step 3' not in on, on
    assert go('whole').returncode == 0 and row('killed')['tests'] == row('whole')['tests']
    assert 1000 < row('killed')['processor_seconds'] < 1600 and row('whole')['processor_seconds'] < 600


def test_batches_are_pairs_and_do_not_depend_on_the_objective():
    images = [(str(i), *(to_uint8(x[0]) for x in (v, v*.5))) for i, v in enumerate(random_images(3, 1, 3, 40, 30))]
    x0, x_in = e.crops_of(images, 16)(5, rng())
    assert x0.shape == (5, 3, 16, 16)
    close(x_in, x0*.5, .01)
    again, _ = e.crops_of(images, 16)(5, rng())
    assert torch.equal(again, x0) and not torch.equal(e.crops_of(images, 16)(5, rng(1))[0], x0)
    clean, noisy = e.crops_of([i[:2] for i in images], 16, e.noisy)(500, rng())
    close((noisy - clean).std()*127.5, 25, .3)


@pytest.mark.parametrize('predicts, parts', [('res', 1), ('eps', 1), ('both', 2)])
def test_the_network_is_a_predictor_of_any_size_that_can_be_kept(predicts, parts, tmp_path, monkeypatch):
    net = e.HalfSize(16, 2, 1, predicts)
    for p in net.last.parameters(): torch.nn.init.normal_(p, generator=rng())
    x = random_images(2, 1, 13, 18, dtype=torch.float32)
    out = [v for v in net(x, x*.5, .3, .2) if v is not None]
    assert len(out) == parts and all(v.shape == x.shape for v in out)
    for other in (net(x*.9, x*.5, .3, .2), net(x, x*.6, .3, .2), net(x, x*.5, .4, .2), net(x, x*.5, .3, .1)):
        assert all((a - b).abs().max() > 1e-4 for a, b in zip(out, [v for v in other if v is not None]))
    monkeypatch.setitem(NETWORKS, 'half_size', 'bench.evidence:HalfSize')
    save_model(tmp_path/'n.safetensors', net, e.schedule_of('both', .1))
    assert torch.equal([v for v in load_model(tmp_path/'n.safetensors')(x, x*.5, .3, .2) if v is not None][0], out[0])


def test_marks_are_the_published_protocols():
    x0 = random_images(1, 1, 48, 48, dtype=torch.float32)
    x = e.noisy(x0, rng())
    close(e.marks(x, x0, e.TASKS['denoise25'])['PSNR'], psnr(x.double(), x0.double()).item(), 1e-9)
    assert x.abs().max() > 1.2 # nothing has clipped it
    rgb = random_images(1, 3, 48, 48, dtype=torch.float32)
    m = e.marks((rgb + .05).clamp(-1, 1), rgb, e.TASKS['rain'])
    close(m['PSNR'], e.measure('PSNR', (rgb + .05).clamp(-1, 1), rgb, 'Rain100L').value, 1e-9)
    close(m['PSNR RGB'], e.measure('PSNR', (rgb + .05).clamp(-1, 1), rgb).value, 1e-9)
    assert m['PSNR'] > m['PSNR RGB']


def test_a_perfect_network_restores_what_noise_took():
    x0 = random_images(1, 1, 16, 16, dtype=torch.float32)
    x_in = e.noisy(x0, rng())
    class Perfect(torch.nn.Module):
        schedule = e.schedule_of('residual', .1)
        def forward(self, x_t, x_in, abar, bbar, t): return e.Prediction(res=x_in - x0)
    for steps in e.STEPS: close(e.restored(Perfect(), x_in, steps, 0), x0, 1e-5)
    close(q_sample(x0, x_in, torch.zeros_like(x0), 1., 0.), x_in, 1e-6)


@pytest.mark.parametrize('words, why', [([], 'name a task'), (['rain'], 'name a task'),
                                        (['rain', 'both', '--queue'], 'name a task'),
                                        (['rain', 'regression', '--answers'], 'regression has one answer'),
                                        (['rain', 'regression', '--starts'], '--starts goes with an objective'),
                                        (['snow', 'both'], 'invalid choice')])
def test_commands_that_ask_for_nothing_are_refused(words, why, capsys):
    with pytest.raises(SystemExit) as stop: e.main(words)
    assert stop.value.code == 2 and why in capsys.readouterr().err


def test_rows_that_are_kept_are_whole_and_equal():
    for name, row in ROWS.items():
        assert '+' not in row['commit'] and not row.get('quick') and row['looks'] == 1, name
        other = next(iter(ROWS.values()))
        assert all(row[k] == other[k] for k in SAME if k != 'protocol') and row['steps'] >= 20_000, name
        for test, marks in row.get('tests', {}).items():
            n = dict(bsd68=68, set12=12, rain100l=100)[test]
            assert all(len(v) == n for m in (marks['input'], *marks['steps'].values()) for v in m.values()), name


@pytest.mark.parametrize('task, test, want', [('denoise25', 'bsd68', 20.17), ('denoise25', 'set12', 20.17),
                                              ('rain', 'rain100l', 26.90)])
def test_inputs_score_as_published(task, test, want):
    found = [r['tests'][test]['input']['PSNR'] for r in ROWS.values() if r['task'] == task and 'tests' in r]
    assert found
    for v in found: close(sum(v)/len(v), want, .01)


def test_rows_are_where_the_queue_puts_them(): assert set(ROWS) <= {e.named(*r) for r in e.QUEUE}


def test_where_the_sampler_starts_and_where_the_training_ends(data, monkeypatch):
    monkeypatch.setenv('RDDM_DATA', str(data))
    monkeypatch.delenv('RDDM_LPIPS', raising=False)
    seen = []
    class Trusting(torch.nn.Module):
        "Takes what it is shown for noise, as one must who knows no image"
        schedule = e.schedule_of('noise', .1)
        def forward(self, x_t, x_in, abar, bbar, t):
            seen.append(x_t - x_in)
            return e.Prediction(eps=(x_t - x_in)/bbar)
    row = e.starts(Trusting(), e.TASKS['denoise25'], 0, 1, 32)
    assert row['abar_T'] == pytest.approx(.95) and row['test'] == 'bsd68'
    (_, x0, x_in), = e.tests_of(e.TASKS['denoise25'], ('denoise/bsd68',), 1, 32)
    start, training = seen[0], seen[18] # of 1, 2, 5 and 10 steps each
    close(training - start, .05*(x0 - x_in), 1e-4)
    close(start.std(), .1, .01)
    close(torch.tensor(row['starts']['input']['1']['PSNR']), psnr(x_in.double(), x0.double()), .01)
