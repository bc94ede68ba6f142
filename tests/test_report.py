"""What rddm-demo shows: whole photographs, on a sheet and on a page in one file that works without a network."""
import json
import re
import shutil
import numpy as np
import pytest
import torch
import rddm_nb.report as module
from common import close, random_images
from rddm_nb import cli
from rddm_nb.degrade import degrade
from rddm_nb.estimate import Prediction
from rddm_nb.imagefile import save_image
from rddm_nb.models import load_network
from rddm_nb.report import _even_nodes, _reduced, held_out, photo_scores, photo_sheet, report_page, restore_whole
from rddm_nb.restore import Tiled
from rddm_nb.runtime import generator_for
from rddm_nb.sampler import SOLVERS, sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
WORDS = ['--device', 'cpu', '--batch', '2', '--max-steps', '1', '--steps', '1']


class Half(torch.nn.Module):
    "Takes away half of what it sees above black, wherever it is"
    schedule = Schedule.power(T=10, bbar_T=.1)
    def __init__(self):
        super().__init__()
        self.anything = torch.nn.Parameter(torch.zeros(1))
    def forward(self, x_t, x_in, abar, bbar, t=None): return Prediction(res=(x_in + 1)/2 + .1*(x_t - x_in))


class Bends(Half):
    "What it takes away depends on how much noise it sees"
    def forward(self, x_t, x_in, abar, bbar, t=None): return Prediction(res=.3*torch.sin(2*x_t) + .5*abar)


@pytest.fixture
def shown(): return restore_whole(Half(), 'a <b>', random_images(3, 20, 31, dtype=torch.float32), 'rain', 3)


@pytest.fixture
def small(monkeypatch):
    from rddm_nb import demo
    real = demo.score_held_out
    monkeypatch.setattr(demo, 'score_held_out', lambda *a, **kw: real(*a, n=4, **kw))
    monkeypatch.setattr(module, '_LONGEST', 32)


def test_a_photograph_is_degraded_restored_and_compared(shown):
    photo = random_images(3, 20, 31, dtype=torch.float32)
    close(shown.x0, photo, 0)
    close(shown.x_in, degrade(photo[None], 'rain', generator_for('cpu', 0, 'report', 'a <b>'))[0], 0)
    assert shown.restored.shape == (3, 20, 31) and shown.spread.shape == (1, 20, 31) and shown.spread.max() > 1e-3
    assert shown.film.shape == (4, 3, 20, 31) and shown.note == ''
    close(shown.film[0], shown.x_in, 1e-6)
    fading = [(f - shown.film[-1]).abs().mean() for f in shown.film]
    assert all(a > b for a, b in zip(fading, fading[1:])), 'the rain fades from frame to frame'
    got, = photo_scores([shown])
    assert got['psnr_input'] == pytest.approx(10*torch.log10(4/(shown.x_in - photo).square().mean()).item(), rel=1e-4)


def test_a_photograph_is_restored_by_the_solver_that_is_asked_for():
    photo = random_images(3, 20, 31, dtype=torch.float32)
    made = {k: restore_whole(Bends(), 'mine', photo, None, 4, solver=k) for k in SOLVERS}
    for k, s in made.items():
        want = sample(Bends(), photo[None], steps=4, solver=k, generator=generator_for('cpu', 0, 0, 'mine'))[0]
        assert torch.equal(s.restored, want) and torch.equal(s.spread, made['euler'].spread)
        assert k == 'euler' or not torch.equal(s.film, made['euler'].film)


def test_as_it_is(shown):
    photo = random_images(3, 20, 31, dtype=torch.float32)
    s = restore_whole(Half(), 'mine', photo, None, 2)
    close(s.x_in, photo, 0)
    assert s.x0 is None and photo_scores([s]) == [dict(name='mine', psnr_input=None, psnr_restored=None)]
    assert 'mine: truth' not in report_page('t', [s], [], '', {}, '', []) and photo_sheet(s).data[:4] == b'\x89PNG'


def test_large_photographs_are_reduced_and_it_is_said(monkeypatch):
    monkeypatch.setattr(module, '_LONGEST', 16)
    s = restore_whole(Half(), 'mine', random_images(3, 20, 32, dtype=torch.float32), None, 1)
    assert s.x_in.shape == (3, 10, 16) and s.note == 'reduced from 32x20 to 16x10' and s.note in report_page('t', [s],
                                                                                                             [], '',
                                                                                                             {}, '', [])
    x = random_images(3, 8, 2000)
    assert _reduced(x, 2000) is x and _reduced(x, 20).shape == (3, 1, 20)


@pytest.mark.parametrize('schedule', [Schedule.power(alpha=('1-x', 3), beta2=('1-x', 3)), Schedule.power(T=10),
                                      Schedule.power(T=1, bbar_T=0.)])
def test_the_residual_fades_evenly(schedule):
    nodes = _even_nodes(schedule, 5)
    assert nodes[0] == schedule.T and nodes[-1] == 0 and nodes == sorted(set(nodes), reverse=True)
    if schedule.T == 1000: close(torch.tensor([float(schedule[t].abar) for t in nodes]), torch.linspace(1, 0, 6), .01)


def test_held_out_photographs_are_large_and_no_training_picture():
    from rddm_nb.sample_images import photos
    assert not set(held_out()) & set(photos('train')) and all(min(x.shape[1:]) >= 256 and x.abs().max() <= 1
                                                              for x in held_out().values())


def test_a_page_holds_everything_and_escapes_names(shown):
    page = report_page('<i>', [shown], [(1, 10.), (5, 20.), (9, 15.)], 'PSNR', {'a < b': 1.005, 'n': 7},
                       'means & more', ['run <x>'])
    assert set(re.findall(r'(?:src|href)="(.{5})', page)) == {'data:'} and '<b>' not in page and '<i>' not in page
    for said in ('a &lt; b', '1.00', '<td>7</td>', 'means &amp; more', 'run &lt;x&gt;',
                 'from 10 at step 1 to 15 at step 9'):
        assert said in page
    assert re.search('points="0.0,160.0 300.0,0.0 600.0,80.0"', page)


def page_of(tmp_path, *words):
    assert cli.demo([*WORDS, '--out', str(tmp_path/'out'), *words]) == 0
    metrics = json.loads((tmp_path/'out/metrics.json').read_text(encoding='utf-8'))
    return (tmp_path/'out/report.html').read_text(encoding='utf-8'), metrics['photographs']


def test_photographs_of_the_user(tmp_path, small, capsys):
    for name in ('a.png', 'b/a.png', 'grey.png'):
        (tmp_path/name).parent.mkdir(exist_ok=True)
        save_image(tmp_path/name, random_images(1 if name == 'grey.png' else 3, 20, 30))
    files = [str(tmp_path/name) for name in ('a.png', 'b/a.png', 'grey.png')]
    page, rows = page_of(tmp_path, '--photo', *files)
    assert [r['name'] for r in rows] == [files[0], files[1], 'grey.png'] and all(r['psnr_input'] > 0 for r in rows)
    assert page.count('type="range"') == 3 and f"open {tmp_path/'out/report.html'} next" in capsys.readouterr().out
    page, rows = page_of(tmp_path, '--photo', files[0], '--as-is', '--force')
    assert [r['psnr_input'] for r in rows] == [None] and 'no truth' in page


@pytest.mark.parametrize('words, why', [(['--as-is'], 'name them with --photo'), (['--photo', 'none.jpg'], 'none.jpg'),
                                        (['--photo', __file__], 'cannot be read as an image'),
                                        (['--photo', 'a.jpg', '--task', 'generate'], 'restores nothing')])
def test_photographs_that_cannot_be_shown_cost_no_training(tmp_path, capsys, words, why):
    assert cli.demo([*WORDS, '--out', str(tmp_path/'out'), *words]) == 2
    said = capsys.readouterr().err
    assert why in said and len(said.splitlines()) == 1 and not (tmp_path/'out').exists()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason='needs Chromium')
def test_in_a_browser_the_keys_move_the_border(tmp_path, shown):
    from playwright.sync_api import sync_playwright
    (tmp_path/'r.html').write_text(report_page('Rain', [shown], [(1, 1.), (2, 2.)], 'PSNR', {}, '', []),
                                   encoding='utf-8')
    asked, wrong = [], []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        page = browser.new_page(viewport=dict(width=400, height=700))
        page.on('request', lambda r: asked.append(r.url))
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.on('console', lambda m: wrong.append(m.text) if m.type == 'error' else None)
        page.goto((tmp_path/'r.html').as_uri())
        edge = lambda: page.evaluate("getComputedStyle(document.querySelector('.compare .before')).clipPath")
        before = edge()
        page.keyboard.press('Tab')
        for _ in range(10): page.keyboard.press('ArrowRight')
        assert page.evaluate('document.activeElement.value') == '60' and edge() != before and '40%' in edge()
        assert page.evaluate('[...document.images].every(i => i.complete && i.naturalWidth > 0)')
        assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
        browser.close()
    assert wrong == [] and [u for u in asked if not u.startswith('data:')] == [(tmp_path/'r.html').as_uri()]


def test_names_are_escaped_once_and_a_curve_has_finite_points(shown):
    page = report_page('t', [shown], [(1, .5), (2, float('nan')), (3, .25)], 'w', {}, 'p', [])
    assert 'alt="a &lt;b&gt;: truth"' in page and 'amp;lt' not in page
    assert 'nan' not in page.split('<svg')[1].split('</svg>')[0] and 'to 0.25 at step 3' in page


def test_a_grey_photograph_has_a_sheet_and_a_page():
    s = restore_whole(Half(), 'grey', random_images(1, 20, 31, dtype=torch.float32), None, 2)
    assert s.restored.shape[0] == 1 and photo_sheet(s).data and 'grey' in report_page('t', [s], [], 'w', {}, 'p', [])


@pytest.mark.parametrize('schedule', [Schedule.bridge(9), Schedule.ddim_linear(9)])
def test_a_curve_that_starts_elsewhere_is_named(schedule):
    net = Half()
    net.schedule = schedule
    with pytest.raises(ValueError, match='from the input in noise, at abar = 1, but this network lives on Schedule'):
        restore_whole(net, 'x', random_images(3, 8, 8, dtype=torch.float32), None, 2)
    net.schedule = Schedule.line(9, 0.)
    assert restore_whole(net, 'x', random_images(3, 8, 8, dtype=torch.float32), None, 2).spread.max() < 1e-6


@pytest.mark.parametrize('photo, error, said', [
    (random_images(1, 3, 8, 8), ValueError, r'photo must be one image \(C, H, W\), got shape .*: give photo\[0\]'),
    (random_images(8, 8), ValueError, r'photo must be one image .*got shape \(8, 8\)$'),
    (torch.zeros(3, 8, 8, dtype=torch.uint8), TypeError, r'from_uint8\(photo\)')], ids=['batch', 'plane', 'bytes'])
def test_what_is_no_photograph_is_named(photo, error, said):
    for task in ('rain', None):
        with pytest.raises(error, match=said): restore_whole(Half(), 'x', photo, task, 2)


def test_a_network_without_a_schedule_takes_the_one_of_sample(monkeypatch):
    photo = random_images(3, 8, 8, dtype=torch.float32)
    given = restore_whole(Half(), 'x', photo, None, 2)
    monkeypatch.setattr(Half, 'schedule', None)
    s = restore_whole(Half(), 'x', photo, None, 2)
    assert torch.equal(s.restored, sample(Half(), photo[None], steps=2, generator=generator_for('cpu', 0, 0, 'x'))[0])
    assert not torch.equal(s.restored, given.restored)


def test_small_numbers_keep_their_digits():
    numbers = dict(a=.0042, b=-.00051, c=0., d=25.314, e=12345.678, f=float('nan'), g=.5, h=np.float32(.3), i=7,
                   j=np.int64(8))
    page = report_page('t', [], [], 'w', numbers, 'p', [])
    want = ['0.0042', '-0.00051', '0.00', '25.31', '12345.68', 'nan', '0.50', '0.30', '7', '8']
    assert re.findall('<td>(.*?)</td>', page) == want


def test_whole_photographs_are_restored_by_any_predictor():
    photo, net = random_images(3, 20, 31, dtype=torch.float32), Half()
    want = restore_whole(net, 'x', photo, None, 2)
    for predictor in (Tiled(net), lambda *a: net(*a)):
        assert torch.equal(restore_whole(predictor, 'x', photo, None, 2).restored, want.restored)


def test_a_photograph_has_the_channels_of_the_network():
    net = load_network('rain')
    assert restore_whole(net, 'x', random_images(1, 8, 8, dtype=torch.float32), None, 1).restored.shape == (3, 8, 8)
    net = UNet(8, mults=(1,), channels=1)
    with pytest.raises(ValueError, match='mine has colours, but the network restores images of 1 channel'):
        restore_whole(net, 'mine', random_images(3, 8, 8, dtype=torch.float32), None, 1)
