"""The photograph's figure in a real JupyterLab: the kernel's network restores, and what the browser shows is what
Python computes"""
import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
import torch

from common import error
from rddm_nb.images import to_uint8
from rddm_nb.widgets import PhotoExplorer
from test_lab import RUN, jupyterlab
from test_site import ARGS, CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason='no Chromium: install it, or name it in '
                                                   'the environment variable CHROMIUM'),
              pytest.mark.skipif(not find_spec('jupyterlab'), reason='no JupyterLab: pip install -e .[lab]')]
CELLS = ['from rddm_nb.widgets import PhotoExplorer\nphoto = PhotoExplorer(photo=1, side=96, steps=2)', 'photo']
HOST = "document.querySelector('[data-drawn]')"
# the states that come of a run of 20 steps which is stopped at the first of them, up to the end of the next run
STOPPED = f"""async () => {{
  const {{figure}} = {HOST};
  const heard = [];
  const {{model}} = figure.network;
  model.on('msg:custom', ({{kind, id}}) => heard.push({{kind, id}}));
  figure.ui.set({{steps: 20}});
  const run = figure.restore();
  while (!heard.length) await new Promise(resolve => setTimeout(resolve));
  figure.stop();
  await run;
  figure.ui.set({{steps: 1}});
  await figure.restore();
  return heard.filter(({{kind, id}}) => id === heard[0].id).map(({{kind}}) => kind);
}}"""
WAIT = 120_000 # milliseconds, on a machine that does other work too


@pytest.fixture(scope='module')
def seen(tmp_path_factory):
    "What the browser got after a click on restore: input, states and guesses, words, and what went wrong"
    from playwright.sync_api import sync_playwright
    wrong = []
    with jupyterlab(tmp_path_factory.mktemp('lab'), CELLS) as (url, _), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport=dict(width=1200, height=1600))
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.goto(url, wait_until='domcontentloaded')
        page.wait_for_function('() => window.jupyterapp?.shell.currentWidget?.context', timeout=90_000)
        page.evaluate(RUN)
        go = page.locator('.go:not([disabled])')
        go.wait_for(timeout=WAIT)
        assert go.inner_text() == 'restore', 'the network is in the kernel: there is nothing to load'
        go.click()
        page.wait_for_function(f'() => +{HOST}.figure.ui.root.dataset.done > 0', timeout=WAIT)
        first = page.evaluate(f"""() => {{ const {{run, input, status}} = {HOST}.figure; return {{
          x: [...input.x], size: [input.height, input.width], words: status.textContent,
          run: run.map(images => images.map(image => [...image]))}} }}""")
        yield first | dict(wrong=wrong, stopped=page.evaluate(STOPPED))
        browser.close()


def test_the_kernel_restores_what_the_figure_shows(seen):
    h, w = seen['size']
    got = torch.tensor(seen['run']).view(-1, 2, h, w, 4)[..., :3]
    run = PhotoExplorer(photo=1, side=96, steps=2).trace(torch.tensor(seen['x'], dtype=torch.float32).view(1, 3, h, w))
    want = torch.stack([torch.cat([s.x_t, s.x0]) for s in run] + [torch.cat([run.x0, run.x0])])
    assert got.shape[0] == 3 and max(h, w) == 96
    assert error(got, to_uint8(want).permute(0, 1, 3, 4, 2)) <= 1, 'one grey level'
    assert error(got[0], got[-1]) > 20


def test_nothing_goes_wrong_and_the_end_is_said(seen):
    assert seen['wrong'] == [] and 'PSNR' in seen['words'] and 'done in' in seen['words']


def test_states_come_one_by_one_and_a_stop_is_heard_between_them(seen):
    assert 1 <= len(seen['stopped']) < 20 and set(seen['stopped']) == {'state'}


def test_what_fails_in_the_kernel_is_told():
    figure, sent = PhotoExplorer(), []
    figure.send = lambda content, buffers=None: sent.append(content)
    async def ask():
        figure._answer(figure, dict(kind='restore', id=3, height=5, width=5), [b'1234'])
        await figure._work
    with ThreadPoolExecutor() as pool: pool.submit(asyncio.run, ask()).result() # the browser's loop runs in this thread
    assert [(m['kind'], m['id']) for m in sent] == [('failed', 3)] and 'shape' in sent[0]['message']
