"""The page of results says what its row files say: with none, some or all of them, and nothing else."""
import io
import json
import math
import re
import shutil
from contextlib import redirect_stdout
import pytest
from places import ROOT

pytestmark = pytest.mark.slow
LAST = '18a00074' # the cell after which the page no longer reads the rows of `bench.evidence`
N = dict(bsd68=68, set12=12, rain100l=100)


def made_up(task, objective, seed, psnr, lpips, answers=False):
    "A row as bench.evidence writes it, with numbers that are known"
    many = ('1',) if objective == 'regression' else ('1', '2', '5', '10')
    psnrs = lambda n, k: [psnr - .1*k + .01*i for i in range(n)]
    marks = lambda n, k: dict(PSNR=psnrs(n, k), SSIM=[.9]*n, LPIPS=[lpips - .01*k]*n) | (
        {'PSNR RGB': [v - 1.4 for v in psnrs(n, k)]} if task == 'rain' else {})
    row = dict(task=task, objective=objective, seed=seed, steps=22000, looks=1, batch=8, crop=64, loss='l2', lr=.001,
               decay='cosine', processor_seconds=2400., schedule='P(1-x,1), P(x,1)', bbar_T=.1, name='a processor',
               commit='abc', command='python -m bench.evidence')
    several = {k: marks(12, -i) for i, k in enumerate(('1', '2', '4', '8'))}
    if answers: return dict(row, answers=several, spread=[.02]*12)
    tests = dict(denoise25=('bsd68', 'set12'), rain=('rain100l',), holes=('bsd68',))[task]
    steps = lambda n: {s: marks(n, k) for k, s in enumerate(many)}
    return dict(row, tests={t: dict(steps=steps(N[t]), input=marks(N[t], 50)) for t in tests})


@pytest.fixture
def page(tmp_path, monkeypatch):
    "Runs the page with these rows; returns what its cells show, by id"
    cells = json.loads((ROOT/'nbs/results.ipynb').read_text(encoding='utf-8'))['cells']
    shutil.copytree(ROOT/'bench/results', tmp_path/'bench/results', ignore=shutil.ignore_patterns('evidence'))
    (tmp_path/'bench/results/evidence').mkdir()
    (tmp_path/'nbs').mkdir()
    monkeypatch.chdir(tmp_path/'nbs')
    def run(**rows):
        for name, row in rows.items():
            (tmp_path/'bench/results/evidence'/f'{name}.json').write_text(json.dumps(row), encoding='utf-8')
        space, shown = {}, {}
        for c in cells[:next(i for i, c in enumerate(cells) if c['id'] == LAST) + 1]:
            if c['cell_type'] != 'code': continue
            *body, last = ''.join(c['source']).split('\n')
            with redirect_stdout(io.StringIO()):
                exec(compile('\n'.join([*body, f'_last = {last}' if not re.match(r'\s|from|import', last) else last]),
                             c['id'], 'exec'), space)
            shown[c['id']] = getattr(space.get('_last'), 'data', space.get('_last'))
        return shown
    return run


def test_without_rows_it_says_so(page):
    shown = page()
    assert set(shown['18a00003'].values()) == set(shown['18a00008'].values()) == {'not yet measured'}
    assert set(shown['18a00011'].values()) == {'not yet measured'} and 'not yet measured' in shown['18a00014']
    assert all(len(gone) == 5 for gone in shown['18a00015'].values())
    assert shown['18a00005'].count('not yet measured') == 3


def test_with_one_task_the_other_is_missing(page):
    shown = page(**{'rain-regression-0': made_up('rain', 'regression', 0, 36.006, .02)})
    assert shown['18a00003'] == {k: 'not yet measured' for k in shown['18a00003']}
    (_, noise), (_, rain) = shown['18a00008'].items()
    assert noise == 'not yet measured' and rain == 'reached: 36.50 dB (regression, steps: 1)'


def test_with_all_rows_the_differences_are_theirs(page):
    height = dict(regression=29., residual=28.8, noise=27., both=28.5) | {'residual-bbar1': 28.6}
    rows = {f'{t}-{w}-{s}': made_up(t, w, s, h + .1*s, .2 if w == 'regression' else .19)
            for t in ('denoise25', 'rain', 'holes') for w, h in height.items() for s in range(3)}
    rows['rain-residual-0-answers'] = made_up('rain', 'residual', 0, 28.45, .16, True)
    shown = page(**rows)
    assert shown['18a00003'] == {k: 'below regression: -0.200 ± 0.000 dB' for k in shown['18a00003']}
    assert [v[:12] for v in shown['18a00008'].values()] == ['reached: 29.', 'not reached:']
    few = ['residual, steps: 1', 'residual, steps: 2', 'residual, steps: 5', 'residual-bbar1, steps: 1']
    for task, good in shown['18a00011'].items():
        means = [f'residual, mean of {k}' for k in ('2', '4', '8')] if task == 'rain, Rain100L' else []
        assert [g.split(': LPIPS')[0] for g in good] == [*few[:3], *means, *few[3:]]
        assert 'residual, steps: 1: LPIPS -0.0100 ± 0.0000, PSNR -0.200 ± 0.000 dB' in good
    assert '-0.200 ± 0.000' in shown['18a00005'] and 'not yet measured' not in shown['18a00005']
    assert shown['18a00012'].count('rain, Rain100L') == 4 and '-0.450 ± 0.000 | -0.0300 ± 0.0000' in shown['18a00012']
    error = math.sqrt(sum(4*10**(-(28.45 + .3 + .01*i - 1.4)/10) for i in range(12))/12)/.02
    assert f'| 8 | {error:.2f} | 1.06 |' in shown['18a00069'], 'spread is over colours, and so is the error'
    assert shown['18a0006d'] == (52, 52, 15, 15)
    assert not any(shown['18a00015'].values())


def test_differences_are_of_the_seeds_that_both_have(page):
    "A third training of regression that is 5 dB better changes no difference"
    rows = {f'rain-{w}-{s}': made_up('rain', w, s, dict(regression=29., residual=28.8)[w] + 5*(s == 2), .2)
            for w, s in (('regression', 0), ('regression', 1), ('regression', 2), ('residual', 0), ('residual', 1))}
    shown = page(**rows)
    assert shown['18a00003']['rain, Rain100L'] == 'below regression: -0.200 ± 0.000 dB'
    assert '| Rain100L | residual | 1 | -0.200 ± 0.000 | -0.20 |' in shown['18a00074']
