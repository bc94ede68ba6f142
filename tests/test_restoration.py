"""The command behind the results page: what it feeds the network, what it measures, and that it measures the same
again."""
import json
import os
from dataclasses import replace
from pathlib import Path
import pytest
import torch
from common import close, random_images, rng
from PIL import Image
from places import ROOT
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


def least_steps(margin, lr, beta1=.9, beta2=.99):
    """Fewer steps of Adam never move a number by more than the margin.

    Step n moves it by lr*|m|/sqrt(v): m is the average of the gradients so far with weights w, v that of their squares
    with weights u. By Cauchy-Schwarz that is at most lr*sqrt(sum of w^2/u); it is lr where all gradients are equal."""
    moved, n = 0., 0
    while moved <= margin:
        n += 1
        w, u = ([(1 - b)*b**j/(1 - b**n) for j in range(n)] for b in (beta1, beta2))
        moved += lr*sum(x*x/y for x, y in zip(w, u))**.5
    return n


@pytest.mark.slow
def test_a_choice_is_a_row_of_its_own(small, tmp_path):
    small('aosa', '--choose', '--bbar-T', '1')
    row = json.loads((tmp_path/'out/rain100l-aosa-0-bbar1.json').read_text(encoding='utf-8'))
    assert row['objective'] == dict(res='residual',
                                    eps='noise')[row['choice']] and row['chosen_after'] >= least_steps(.01, 2e-4)
    assert row['bbar_T'] == 1.
    with pytest.raises(SystemExit): r.main(['rain100l', 'noise', '--choose'])


def test_train_and_test_share_no_file():
    root = ROOT.parent/'shared/data' if 'RDDM_DATA' not in os.environ else Path(os.environ['RDDM_DATA'])
    if not root.is_dir(): pytest.skip(f'no sets in {root}; RDDM_DATA names another folder')
    for name, plan in r.SETS.items():
        train, test = ({p.x0 for p in r.files_of(plan, root, s)} for s in ('train', 'test'))
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


@pytest.mark.parametrize('what', r.WHAT[:3] + r.WHAT[4:])
def test_schedules_suit_what_is_predicted(what):
    s = r.schedule_of(what, .1)
    end = s[s.T]
    assert (end.bbar == 0) == (what == 'regression') and (end.abar < 1) == (what == 'noise')
    assert s[s.T].bbar in (0., pytest.approx(.1))


ROWS = [p for folder in ('restoration', 'objectives') for p in (ROOT/'bench/results'/folder).glob('*.json')]
def test_results_that_are_kept_are_of_whole_runs():
    assert len(ROWS) > 30
    for p in ROWS:
        row = json.loads(p.read_text(encoding='utf-8'))
        assert row['dim'] == 16 and '+' not in row['commit'], p.name
        if 'objective' in row: continue # a choice
        assert row['test_images'] == dict(rain100l=15, lol=8, shadow=16, polyu=20, blur=24,
                                          holes=24)[row['task']] and row['train_seconds'] > 100, p.name


def test_rows_that_are_compared_had_the_same_time():
    rows = [json.loads(p.read_text(encoding='utf-8')) for p in ROWS]
    times = [r['train_seconds'] for p, r in zip(ROWS, rows) if p.parent.name == 'objectives' and 'train_seconds' in r]
    assert len(times) == 24 and max(times) - min(times) < 5
    for task in ('rain100l', 'lol', 'shadow', 'polyu', 'blur', 'holes'):
        a, b = (json.loads((RESULTS/f'{task}-{w}-0.json').read_text(encoding='utf-8'))['train_seconds']
                for w in ('residual', 'regression'))
        assert abs(a - b) < .02*a, task
