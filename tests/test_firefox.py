"""The figures in a real Firefox: they are drawn, answer to keys, and the photograph's restores what Python restores."""
import inspect
import shutil
import pytest
import torch
import runtime
from bench.site import served
from common import error
from places import ROOT
from rddm_nb import widgets
from rddm_nb.images import to_uint8

pytest.importorskip('websocket')
from firefox import FIREFOX, Firefox

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not FIREFOX, reason='no Firefox: install it, or name it in the environment variable FIREFOX')]
CLASSES = [c for c in vars(widgets).values() if inspect.isclass(c) and issubclass(c, widgets.Figure)]
KINDS = sorted({c.kind.default_value for c in CLASSES} - {'', 'photo'})
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>figures</title>
%s<script type="module" src="figures/%s.js"></script></html>"""
RIGHT, UP = '\ue014', '\ue013' # as WebDriver calls them
FIG = 'document.querySelector("rddm-figure")'


def put(folder, kinds, script):
    shutil.copytree(ROOT/'rddm_nb/figures', folder/'figures')
    figures = ''.join(f'<rddm-figure kind="{k}"><img alt="still"></rddm-figure>' for k in kinds)
    (folder/'page.html').write_text(PAGE % (figures, script), encoding='utf-8')


@pytest.fixture(scope='module')
def firefox():
    with Firefox() as f: yield f


def test_every_figure_is_drawn_and_answers(tmp_path, firefox):
    put(tmp_path, KINDS, 'rddm')
    with served(tmp_path) as url:
        firefox.open(f'{url}/page.html')
        firefox.until(f'document.querySelectorAll("rddm-figure[data-drawn]").length === {len(KINDS)}')
        drawn = firefox.evaluate('[...document.querySelectorAll("rddm-figure")].map(e => e.shadowRoot ? '
                                 'e.shadowRoot.childElementCount : e.querySelectorAll("canvas, svg").length)')
        assert len(KINDS) > 5 and min(drawn) > 0 and firefox.wrong == []
        assert [u for u in firefox.asked if not u.startswith((url, 'data:', 'blob:'))] == []


def test_the_plane_by_keyboard(tmp_path, firefox):
    put(tmp_path, ['plane'], 'rddm')
    with served(tmp_path) as url:
        firefox.open(f'{url}/page.html')
        firefox.until('document.querySelector("rddm-figure[data-drawn]")?.dataset.drawn')
        place = lambda: firefox.evaluate(f'["abar", "bbar"].map(k => {FIG}.model.get(k))')
        abar, bbar = place()
        firefox.evaluate(f'{FIG}.shadowRoot.querySelector(".knob").focus()')
        firefox.press(RIGHT, UP, UP)
        assert place() == pytest.approx([abar + .02, bbar + .04]) and firefox.wrong == []


def test_firefox_restores_what_python_restores(tmp_path, firefox):
    put(tmp_path, ['photo'], 'photo')
    if not runtime.put(tmp_path): pytest.skip('the npm registry, or a package of the extra onnx, is out of reach')
    values = dict(side=96, steps=3, order='noise_first', seed=3)
    with served(tmp_path) as url:
        firefox.open(f'{url}/page.html')
        firefox.until(f'{FIG}.figure?.ui.root.querySelector(".go:not([disabled])")')
        for k, v in values.items(): firefox.evaluate(f'{FIG}.model.set("{k}", {v!r})')
        firefox.evaluate('new Promise(kept => setTimeout(() => kept(1), 100))')
        firefox.evaluate(f'{FIG}.figure.restore().then(() => 1)')
        got = firefox.evaluate(f'{FIG}.figure.run.map(images => images.map(image => [...image]))')
        h, w = firefox.evaluate(f'[{FIG}.figure.input.height, {FIG}.figure.input.width]')
        x_in = torch.tensor(firefox.evaluate(f'[...{FIG}.figure.input.x]')).view(1, 3, h, w)
        wrong = firefox.wrong
    run = widgets.PhotoExplorer(**values).trace(x_in)
    want = torch.stack([torch.cat([s.x_t, s.x0]) for s in run] + [torch.cat([run.x0, run.x0])])
    got = torch.tensor(got).view(-1, 2, h, w, 4)[..., :3]
    assert error(got, to_uint8(want).permute(0, 1, 3, 4, 2)) <= 1 and error(got[0], got[-1]) > 20 and wrong == []
