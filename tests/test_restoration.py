"""The command behind the results page: what it feeds the network, what it measures, and that it measures the same
again."""
import json
from dataclasses import replace
import pytest
import torch
from common import close, needs_data, random_images, rng
from PIL import Image
from places import DATA, ROOT
from rddm_nb.degrade import degrade
from rddm_nb.images import to_uint8
from rddm_nb.sample_images import crops

from bench import restoration as r
RESULTS = ROOT/'bench/results/restoration'


def data(root):
    "A tiny copy of the layout of a set, from open images"
    for split, n in (('train', 6), ('test', 2)):
        x0 = crops(n, 64, split, 3, shrink=1)
        for k, x in (('rain', degrade(x0, 'rain', rng(), scale=1.)), ('norain', x0)):
            for i, v in enumerate(x):
                f = root/'rain100l'/split/k/f'{i}.png'
                f.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(to_uint8(v).permute(1, 2, 0).numpy()).save(f)
    return root


@pytest.fixture
def small(tmp_path, monkeypatch):
    "The command with a tiny set and smaller batches; its arguments are the words of the command line"
    monkeypatch.setenv('RDDM_DATA', str(data(tmp_path/'data')))
    monkeypatch.setitem(r.SETS, 'rain100l', replace(r.SETS['rain100l'], size=32, batch=4))
    return lambda *words: r.main(['rain100l', *words, '--dim', '8', '--folder', str(tmp_path/'out')])


@pytest.mark.slow
@pytest.mark.parametrize('what, steps', [('residual', {'1', '3'}), ('regression', {'1'})])
def test_a_row_says_what_was_done(what, steps, small, tmp_path):
    small(what, '--seconds', '.5', '--steps', '1', '3')
    (name, row), = ((p.stem, json.loads(p.read_text(encoding='utf-8'))) for p in (tmp_path/'out').glob('*.json'))
    assert name == f'rain100l-{what}-0' and set(row['steps']) == steps
    assert (row['train_images'], row['test_images']) == (6, 2)
    assert row['commit'] and row['name'] and row['threads'] == 1 and row['train_steps'] >= 1
    assert row['train_seconds'] >= .5
    for m in (row['input'], *row['steps'].values()):
        assert set(m) == {'PSNR', 'SSIM', 'VIF', 'frechet', 'each_PSNR'} and len(m['each_PSNR']) == 2
        close(sum(m['each_PSNR'])/2, m['PSNR'], 1e-9)
    assert row['prepared'] == row['input']


@needs_data
def test_train_and_test_share_no_file():
    for name, plan in r.SETS.items():
        train, test = ({p.x0 for p in r.files_of(plan, DATA, s)} for s in ('train', 'test'))
        assert train and test and not train & test, name


def test_the_curve_of_a_known_darkening():
    x0 = random_images(1, 3, 80, 80, dtype=torch.float32)
    x_in = x0*.5 - .5
    curve = r.fit_curve([(x_in, x0, None)])
    assert (curve.diff(dim=1) >= 0).all()
    inner = (x0.abs() < .8)
    assert (r.curved(x_in, curve) - x0)[inner].abs().max() < .06 < (x_in - x0)[inner].abs().max()


def test_light_in_a_shadow_comes_back():
    x0 = torch.full((1, 3, 16, 16), .2)
    mask = torch.full((1, 3, 16, 16), -1.)
    mask[..., :8] = 1
    x_in = torch.where(mask > 0, (x0 + 1)*.3 - 1, x0)
    close(r.scaled(x_in, mask), x0, 1e-6)


def test_crops_keep_pairs_together():
    plan = r.SETS['rain100l']
    x0 = [random_images(1, 3, 60, 70, seed=i, dtype=torch.float32) for i in range(3)]
    clean, degraded = r.draw_from(plan, [(x*.5, x, None) for x in x0])(rng())
    assert clean.shape == (plan.batch, 3, plan.size, plan.size)
    close(degraded, clean*.5, 0)
    again = r.draw_from(plan, [(x*.5, x, None) for x in x0])(rng())
    assert torch.equal(again[0], clean)
    assert not torch.equal(r.draw_from(plan, [(x*.5, x, None) for x in x0])(rng(1))[0], clean)


@pytest.mark.parametrize('what', r.PREDICTS)
def test_schedules_suit_what_is_predicted(what):
    s = r.schedule_of(what, .1)
    end = s[s.T]
    assert (end.bbar == 0) == (what == 'regression') and (end.abar < 1) == (what == 'noise')
    assert s[s.T].bbar in (0., pytest.approx(.1))


@pytest.mark.slow
def test_what_is_compared_sees_the_same_batches_once(small, tmp_path, monkeypatch):
    seen, steps = {}, r.training_steps
    def spy(net, draw, *args):
        def noted(g):
            seen[what].append(draw(g))
            return seen[what][-1]
        return steps(net, noted, *args)
    monkeypatch.setattr(r, 'training_steps', spy)
    for what in r.PREDICTS:
        seen[what] = []
        small(what, '--train-steps', '3', '--steps', '1')
        row = json.loads((tmp_path/f'out/rain100l-{what}-0.json').read_text(encoding='utf-8'))
        assert (row['train_steps'], row['looks'], len(seen[what])) == (3, 1, 3)
        for ours, first in zip(seen[what], seen['residual']): assert all(map(torch.equal, ours, first)), what
    assert not torch.equal(seen['residual'][0][0], seen['residual'][1][0])


def test_results_that_are_kept_are_of_whole_runs():
    for p in RESULTS.glob('*.json'):
        row = json.loads(p.read_text(encoding='utf-8'))
        assert row['dim'] == 16 and '+' not in row['commit'], p.name
        assert row['test_images'] == dict(rain100l=15, lol=8, shadow=16, polyu=20, blur=24,
                                          holes=24)[row['task']] and row['train_steps'] > 400, p.name


def test_rows_that_are_compared_had_the_same_steps_and_looks():
    rows = [json.loads(p.read_text(encoding='utf-8')) for p in RESULTS.glob('*.json')]
    assert rows
    for task in {row['task'] for row in rows}:
        assert len({row['train_steps'] for row in rows if row['task'] == task}) == 1, task
    for row in rows: assert row['what'] == 'regression' or row['looks'] == 1, row['task'] # regression has one state


@pytest.mark.parametrize('words, command', [
    (['residual', '--seconds', '200'], 'residual --seconds 200.0'), (['regression', '--seed', '0'], 'regression'),
    (['residual', '--train-steps', '1801', '--bbar-T', '.5', '--keep', 'here', '--folder', 'there', '--quick'],
     'residual --train-steps 1801 --bbar-T 0.5'),
    (['residual', '--steps', '1', '3', '--name', 'my row'], "residual --steps 1 3 --name 'my row'")])
def test_a_row_names_the_command_that_makes_it_again(words, command, monkeypatch):
    seen = []
    monkeypatch.setattr(r, 'run', lambda **kw: seen.append(kw))
    r.main(['rain100l', *words])
    assert seen[0]['command'] == f'python -m bench.restoration rain100l {command}'


@pytest.mark.slow
def test_a_trial_is_short_and_leaves_the_results_alone(tmp_path, monkeypatch):
    monkeypatch.setenv('RDDM_DATA', str(data(tmp_path/'data')))
    monkeypatch.setattr(r.tempfile, 'mkdtemp', lambda: str(tmp_path))
    before = sorted(RESULTS.iterdir())
    r.main(['rain100l', 'residual', '--quick'])
    row = json.loads((tmp_path/'rain100l-residual-0.json').read_text(encoding='utf-8'))
    assert row['train_steps'] == 2 and row['dim'] == 8 and set(row['steps']) == {'1', '2'} and row['test_images'] == 2
    assert sorted(RESULTS.iterdir()) == before
