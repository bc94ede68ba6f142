"""The photograph that a network restores in the page: in Chromium, compared with the library; nothing leaves the
browser. The runtime comes from the npm registry (tools/runtime.py); where it cannot be had these tests are skipped"""
import base64
import json
import shutil
import socket
import struct
import subprocess
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import npm
import runtime
from bench.site import ARGS, CHROMIUM, Quiet, served
from common import error
from places import ROOT
from rddm_nb.images import to_uint8
from rddm_nb.widgets import PhotoExplorer, _seeded_normals
from test_figure_labels import LABELS, has_words
from test_js import NODE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not CHROMIUM, reason='no Chromium: install it, or name it in the environment variable CHROMIUM')]
PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>photo</title><rddm-figure kind="photo" state="%s"><img alt="still"></rddm-figure>
<script type="module" src="figures/photo.js"></script><script type="module" src="figures/rddm.js"></script></html>"""
WAIT = 240_000 # milliseconds, on a machine that does other work too
# numbers of the page as they lie in its memory: far quicker than one by one
BYTES = """parts => Promise.all(parts.map(part => new Promise(resolve => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.split(',')[1]);
  reader.readAsDataURL(new Blob([part]));
})))"""
ASKED = """globalThis.asked = new Set();
globalThis.rddmLabels = new Proxy({}, {get: (_, label) => { asked.add(String(label)); }});"""
FIGURE = 'document.querySelector("rddm-figure").figure'


def folder(base):
    "A page with the figure"
    shutil.copytree(ROOT/'rddm_nb/figures', base/'figures')
    (base/'page.html').write_text(PAGE % '{}', encoding='utf-8')
    return base


@pytest.fixture(scope='session')
def site(once):
    "A page with the figure, and the network"
    base = once('photo', lambda base: runtime.put(folder(base)))
    if not json.loads((base/'figures/runtime/runtime.json').read_text(encoding='utf-8'))['runtimes']:
        pytest.skip('the npm registry, or a package of the extra onnx, is out of reach')
    return base


@pytest.fixture(scope='module')
def bare(tmp_path_factory):
    "A page as it is built without a network"
    base = folder(tmp_path_factory.mktemp('bare'))
    with pytest.MonkeyPatch.context() as m:
        m.setattr(runtime, 'package', lambda: None)
        assert not runtime.put(base)
    return base


@pytest.fixture(scope='module')
def chromium():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p: yield p.chromium


@pytest.fixture(scope='module')
def browser(chromium):
    b = chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield b
    b.close()


@pytest.fixture(scope='module')
def with_card(chromium):
    "A browser that plays a graphics card on the processor"
    args = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']
    b = chromium.launch(executable_path=CHROMIUM, args=[a for a in ARGS if a != '--disable-gpu'] + args)
    yield b
    b.close()


@pytest.fixture
def opened(browser):
    "Open the figure of a site: page, figure, what the page asked for, what went wrong"
    open_ = []
    def visit(url, query='', prefix='', script='', browser=browser, **kw):
        page, asked, wrong = browser.new_page(**kw), [], []
        page.add_init_script(script)
        open_.append(page)
        page.on('request', lambda r: asked.append((r.method, r.url)))
        page.on('console', lambda m: wrong.append(m.text) if m.type == 'error' else None)
        page.on('pageerror', lambda e: wrong.append(str(e)))
        worker = prefix + (ROOT/'rddm_nb/figures/photo_worker.js').read_text(encoding='utf-8')
        if prefix: page.route('**/photo_worker.js', lambda r: r.fulfill(body=worker, content_type='text/javascript'))
        page.goto(f'{url}/page.html{query}')
        page.wait_for_selector('rddm-figure[data-drawn]', timeout=WAIT)
        return page, page.locator('rddm-figure'), asked, wrong
    yield visit
    for page in open_: page.close()


def watched(seen):
    "A handler that notes each request, also those that are not for it"
    class Watched(Quiet):
        def log_message(self, *words): seen.append(self.requestline)
    return Watched


def ready(fig): fig.locator('.go:not([disabled])').wait_for(timeout=WAIT)


def set_values(page, fig, **values):
    "Settings as a reader gives them, drawn"
    fig.evaluate('(e, values) => Object.entries(values).forEach(([k, v]) => e.model.set(k, v))', values)
    page.wait_for_timeout(50)


def arrays(fig, values, dtype):
    "A list of typed arrays of the figure, one after the other"
    data = fig.evaluate(f'e => ({BYTES})({values})')
    return torch.from_numpy(np.frombuffer(b''.join(map(base64.b64decode, data)), dtype).copy())


def done(page): return int(page.evaluate(f'{FIGURE}.ui.root.dataset.done || 0'))


def until_done(page, before):
    page.wait_for_function(f'n => +{FIGURE}.ui.root.dataset.done > n', arg=before, timeout=WAIT)


def result(fig):
    "The bytes (steps + 1, 2, H, W, 3) of states and guesses, and the input (1, 3, H, W)"
    h, w = fig.evaluate('e => [e.figure.input.height, e.figure.input.width]')
    x_in = arrays(fig, '[e.figure.input.x]', np.float32).view(1, 3, h, w)
    return arrays(fig, '[...e.figure.run].flat()', np.uint8).view(-1, 2, h, w, 4)[..., :3], x_in


def restored(page, fig):
    "Run, and what comes out: states and guesses, and the input"
    before = done(page)
    fig.locator('.go').click()
    until_done(page, before)
    return result(fig)


def by_python(x_in, values):
    "What the library makes of the same input, as bytes"
    run = PhotoExplorer(**values).trace(x_in)
    want = torch.stack([torch.cat([s.x_t, s.x0]) for s in run] + [torch.cat([run.x0, run.x0])])
    return to_uint8(want).permute(0, 1, 3, 4, 2)


def fresh(seed):
    "The fresh noise of a run in the browser, in place of `randn_like`"
    drawn = [0]
    def draw(x, generator=None):
        drawn[0] += x.numel()
        return _seeded_normals(drawn[0], seed + 1000)[-x.numel():].view(x.shape).to(x.dtype)
    return draw


@pytest.mark.parametrize('values', [dict(side=256, steps=2),
                                    dict(side=96, steps=4, order='noise_first', seed=3),
                                    dict(side=96, steps=3, eta=1., photo=2, rain=.2)], ids=str)
def test_the_page_restores_what_python_restores(opened, site, values, monkeypatch):
    with served(site) as url:
        page, fig, _, wrong = opened(url)
        ready(fig)
        set_values(page, fig, **values)
        got, x_in = restored(page, fig)
    monkeypatch.setattr('rddm_nb.sampler.randn_like', fresh(values.get('seed', 1)))
    assert error(got, by_python(x_in, values)) <= 1, 'one grey level'
    assert error(got[0], got[-1]) > 20 and not wrong


def test_a_large_photograph_shows_each_tile_as_it_is_done(opened, site):
    values = dict(side=400, steps=1)
    with served(site) as url:
        page, fig, _, wrong = opened(url, script=ASKED)
        ready(fig)
        set_values(page, fig, **values)
        fig.evaluate("""({figure}) => {
          const [{addTile}, seen] = [figure, figure.seen = []];
          figure.addTile = tile => {
            addTile.call(figure, tile);
            const {left, top, width, height} = tile;
            const {data} = figure.right.canvas.getContext('2d').getImageData(left, top, width, height);
            const isShown = tile.image.every((value, i) => value === data[i]);
            seen.push([isShown, figure.detail.textContent, figure.progress.value, figure.status.textContent]);
          };
        }""")
        got, x_in = restored(page, fig)
        shown, words, shares, aloud = zip(*fig.evaluate('e => e.figure.seen'))
        labels = {s for s in page.evaluate('[...asked]') if '{0}' in s and has_words(s)}
    n = len(shown)
    assert n > 1 and all(shown) and not wrong
    assert [w.split(' · ')[:2] for w in words] == [['step 1 of 1', f'tile {i + 1} of {n}'] for i in range(n)]
    assert error(shares, [(i + 1)/n for i in range(n)]) < 1e-6 and len(set(aloud)) == 1, 'tiles are not read out'
    assert error(got, by_python(x_in, values)) <= 1, 'one grey level'
    assert {'tile {0} of {1}', 'about {0} s more'} <= labels <= {*LABELS}


def in_node(tmp_path, code):
    "What code gives that imports the sources of the figures from ./js"
    shutil.copytree(ROOT/'js', tmp_path/'js')
    (tmp_path/'package.json').write_text('{"type": "module"}', encoding='utf-8')
    (tmp_path/'code.js').write_text(code, encoding='utf-8')
    run = subprocess.run([NODE, 'code.js'], capture_output=True, text=True, check=True, cwd=tmp_path)
    return json.loads(run.stdout)


CARD, PLAYED = '{info: {isFallbackAdapter: false}}', '{info: {isFallbackAdapter: true}}'
# a browser's adapters (null: it knows none), can its WebAssembly wait, what the address asks for, and what is taken
BROWSERS = [(None, True, None, 'wasm'), ('null', True, None, 'wasm'), (PLAYED, True, None, 'wasm'),
            ('{isFallbackAdapter: true}', True, None, 'wasm'), ("fail('no')", True, None, 'wasm'),
            (CARD, True, None, 'webgpu'), ('{}', True, None, 'webgpu'), (CARD, False, None, 'wasm'),
            (CARD, True, 'wasm', 'wasm'), (PLAYED, True, 'webgpu', 'webgpu'), (PLAYED, False, 'webgpu', 'wasm')]


def test_a_graphics_card_is_taken_where_there_is_one(tmp_path):
    cases = ', '.join(f"[{f'() => ({a})' if a else 'null'}, {json.dumps([s, q])}]" for a, s, q, _ in BROWSERS)
    taken = in_node(tmp_path, f"""import {{chooseRuntime}} from './js/photo/runtimes.js';
      const taken = [], fail = words => {{ throw new Error(words); }};
      for (const [adapter, [suspends, asked]] of [{cases}]) {{
        const gpu = adapter && {{requestAdapter: async () => adapter()}};
        Object.defineProperty(globalThis, 'navigator', {{value: {{gpu}}, configurable: true}});
        WebAssembly.Suspending = suspends ? class {{}} : undefined;
        taken.push(await chooseRuntime(asked));
      }}
      console.log(JSON.stringify(taken));""")
    assert taken == [want for *_, want in BROWSERS]


RUNTIME = """export const env = {wasm: {}};
export class Tensor { constructor(type, data) { this.data = data; } }
export const InferenceSession = {create: async (bytes, {executionProviders: [provider]}) => ({
  run: async given => ({res: {data: given.x_t.data.map(v => v + (provider.name ? OFF : 0))}}), release() {}})};"""


@pytest.mark.parametrize('off, opens', [('1e-5', True), ('.01', False), ('NaN', False)])
def test_a_graphics_card_that_counts_wrong_is_refused(tmp_path, off, opens):
    (tmp_path/'runtime.mjs').write_text(RUNTIME.replace('OFF', off), encoding='utf-8')
    said = in_node(tmp_path, """import {openNetwork} from './js/photo/runtimes.js';
      const network = openNetwork('webgpu', new URL('runtime.mjs', import.meta.url).href, null, new ArrayBuffer(8));
      console.log(JSON.stringify(await network.then(({runtime}) => runtime, error => error.message)));""")
    assert said == ('webgpu' if opens else 'its answer is wrong')


def test_a_graphics_card_that_fails_is_left(opened, site):
    card = f"Object.defineProperty(navigator, 'gpu', {{value: {{requestAdapter: async () => ({CARD})}}}});"
    asked = []
    with served(site, watched(asked)) as url:
        page, fig, _, wrong = opened(url, prefix=card)
        ready(fig)
        set_values(page, fig, side=32, steps=1)
        got, x_in = restored(page, fig)
        place = fig.evaluate('e => e.figure.place.textContent')
    assert any('.jspi.wasm' in line for line in asked) and wrong in ([], ['Aborted()']), 'what the runtime says of it'
    assert place.startswith('The graphics card could not run the network (') and place.endswith('in WebAssembly.')
    assert error(got, by_python(x_in, dict(side=32, steps=1))) <= 1


def test_the_graphics_card_restores_what_python_restores_until_it_is_lost(opened, site, with_card):
    "The second run finds the card gone, and goes on without"
    lose = """addEventListener('message', ({data}) => {
      if (data.seed === 2) GPUQueue.prototype.submit = () => { throw new Error('the card is gone') };
    });"""
    with served(site) as url:
        page, fig, _, _ = opened(url, '?runtime=webgpu', lose, browser=with_card)
        if not page.evaluate('navigator.gpu?.requestAdapter().then(Boolean)'):
            pytest.skip('this Chromium has no WebGPU, not even one that the processor plays')
        ready(fig)
        for seed, words in (1, 'The network runs on the graphics card'), (2, 'could not run the network'):
            values = dict(side=32, steps=1, seed=seed)
            set_values(page, fig, **values)
            got, x_in = restored(page, fig)
            assert error(got, by_python(x_in, values)) <= 1, 'one grey level'
            assert words in fig.evaluate('e => e.figure.place.textContent')


def test_tiles_are_those_of_the_library(tmp_path):
    from rddm_nb.models import load_network
    from rddm_nb.restore import Tiled, _tile_weights
    sizes = [(171, 256), (320, 320), (341, 512), (683, 1024), (1024, 1024), (1024, 37), (5, 3)]
    plans = in_node(tmp_path, f"""import {{planTiles, tileWeights}} from './js/photo/tiles.js';
      console.log(JSON.stringify({json.dumps(sizes)}.map(([h, w]) => {{ const tile = planTiles(h, w);
      return [tile, tileWeights(h, tile[0]), tileWeights(w, tile[1])]; }})))""")
    for size, (tile, *ways) in zip(sizes, plans):
        sides, overlap = Tiled(load_network('rain')).layout(*size)
        assert tuple(tile) == sides
        for n, side, way in zip(size, sides, ways):
            want = _tile_weights(n, side, overlap)
            assert [(t['start'], t['start'] + t['length']) for t in way] == [(s.start, s.stop) for s, _ in want]
            assert max(error(t['weights'], w) for t, (_, w) in zip(way, want)) < 1e-12


def test_nothing_leaves_the_browser(opened, site, tmp_path):
    "All that is not for the site's own server goes to a proxy, which gets nothing"
    Image.effect_mandelbrot((96, 72), (-2, -1, 1, 1), 20).convert('RGB').save(tmp_path/'own.png')
    got, outside = [], []
    (tmp_path/'nothing').mkdir()
    with served(site, watched(got)) as url, served(tmp_path/'nothing', watched(outside)) as proxy:
        page, fig, _, wrong = opened(url, proxy=dict(server=proxy, bypass='127.0.0.1'))
        ready(fig)
        assert not [line for line in got if any(end in line for end in ('.wasm', '.onnx', '.mjs'))], 'before a click'
        fig.locator('input[type=file]').set_input_files(tmp_path/'own.png')
        page.wait_for_function('document.querySelector("rddm-figure").model.get("photo") === -1')
        set_values(page, fig, steps=1)
        restored(page, fig)
        assert {line.split()[1].rsplit('/', 1)[-1] for line in got if '/runtime/' in line} == {
            'runtime.json', 'ort-wasm-simd-threaded.wasm', 'rain.onnx', 'ort.wasm.bundle.min.mjs'}
        n = len(got)
        restored(page, fig)
        assert len(got) == n, 'once it is there, a run asks for nothing'
        assert {line.split()[0] for line in got} == {'GET'} and outside == [] and not wrong
        with page.expect_download() as saved: fig.get_by_text('save the result').click()
        assert Image.open(saved.value.path()).size == (96, 72)
        page.evaluate("fetch('http://elsewhere.test/').catch(() => null)")
        assert {*outside} == {'GET http://elsewhere.test/ HTTP/1.1'}, 'the proxy sees what leaves'


def test_without_the_network_a_sentence_says_so(opened, bare):
    with served(bare) as url:
        page, fig, _, wrong = opened(url)
        fig.get_by_text('built without the network').wait_for(timeout=WAIT)
        assert fig.locator('.go').is_disabled() and fig.locator('.views canvas').first.is_visible() and not wrong


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_it_fits_a_phone_and_can_be_used_by_keyboard(opened, bare, scheme):
    with served(bare) as url:
        page, fig, _, _ = opened(url, viewport=dict(width=360, height=740), color_scheme=scheme)
        assert page.evaluate('document.documentElement.scrollWidth') <= 360
        fig.locator('.choice button').nth(1).focus()
        page.keyboard.press('Enter')
        page.wait_for_function('document.querySelector("rddm-figure").model.get("photo") === 1')
        fig.locator('input[data-k=rain]').focus()
        page.keyboard.press('ArrowRight')
        assert fig.evaluate('e => e.model.get("rain")') == pytest.approx(.12)
        unnamed = fig.evaluate("""e => [...e.shadowRoot.querySelectorAll('button, input, select, canvas')].filter(x =>
          !(x.getAttribute('aria-label') || x.closest('label') || x.textContent.trim() || x.querySelector('img[alt]')))
          .map(x => x.outerHTML)""")
        assert unnamed == []


@pytest.fixture(scope='module')
def fig(chromium, browser, bare):
    "The figure of a page without a network"
    with served(bare) as url:
        page = browser.new_page()
        page.goto(f'{url}/page.html')
        page.wait_for_selector('rddm-figure[data-drawn]', timeout=WAIT)
        yield page.locator('rddm-figure')
        page.close()


def until_drawn(fig, before):
    fig.page.wait_for_function('n => document.querySelector("rddm-figure").dataset.drawn !== n', arg=before)


class Unwilling(Quiet):
    "A server that cuts the line, or keeps one waiting, where it is told to"
    cut, wait = '', ''
    go_on = threading.Event()
    def do_GET(self):
        if self.cut and self.cut in self.path: return self.connection.shutdown(socket.SHUT_RDWR)
        if self.wait and self.wait in self.path: self.go_on.wait(60)
        super().do_GET()


def says(page, words): page.wait_for_function(f'words => {FIGURE}.status.textContent.includes(words)', arg=words)


def test_a_download_that_fails_or_is_stopped_can_be_had_again(opened, site, monkeypatch):
    with served(site, Unwilling) as url:
        page, fig, _, _ = opened(url)
        ready(fig)
        set_values(page, fig, side=32, steps=1)
        monkeypatch.setattr(Unwilling, 'cut', '.onnx')
        fig.locator('.go').click()
        says(page, 'It did not work: a file could not be fetched')
        monkeypatch.setattr(Unwilling, 'cut', '')
        monkeypatch.setattr(Unwilling, 'wait', '.wasm')
        fig.locator('.go').click()
        fig.get_by_role('button', name='stop').click()
        says(page, 'stopped')
        assert fig.locator('progress').is_hidden() and done(page) == 0
        Unwilling.go_on.set()
        restored(page, fig)


def test_a_run_is_stopped_begun_anew_and_given_up_with_its_photograph(opened, site):
    states = lambda: fig.evaluate('e => e.figure.run?.length ?? 0')
    with served(site) as url:
        page, fig, _, wrong = opened(url)
        ready(fig)
        set_values(page, fig, side=96, steps=20)
        fig.locator('.go').click()
        page.wait_for_function(f'{FIGURE}.run?.length > 1', timeout=WAIT)
        fig.get_by_role('button', name='stop').focus()
        page.keyboard.press('Enter')
        says(page, 'stopped')
        assert 1 < states() < 21 and done(page) == 0
        assert page.evaluate('document.activeElement.shadowRoot.activeElement.textContent') == 'restore'
        fig.locator('.strip button').first.click()
        assert 'state 0' in fig.locator('.views').inner_text(), 'what there was can be looked at'
        set_values(page, fig, steps=3)
        fig.locator('.go').evaluate('e => { e.click(); e.click(); }') # the second while the first is at work
        until_done(page, 0)
        got, x_in = result(fig)
        assert len(got) == 4 and error(got, by_python(x_in, dict(side=96, steps=3))) <= 1
        set_values(page, fig, steps=20)
        fig.locator('.go').click()
        page.wait_for_function(f'{FIGURE}.run?.length > 1', timeout=WAIT)
        set_values(page, fig, rain=.3)
        page.wait_for_function(f'{FIGURE}.halt.hidden')
        assert states() == 0 and fig.locator('.compare').is_hidden() and done(page) == 1 and not wrong


def test_before_and_after_by_keyboard(opened, site):
    "To the left of the line the photograph as it was, to the right as it is; the line covers no pixel"
    with served(site) as url:
        page, fig, _, _ = opened(url)
        ready(fig)
        set_values(page, fig, side=32, steps=1)
        got, _ = restored(page, fig)
        fig.get_by_label('before and after').focus()
        for key, share in ('Home', 0), ('End', 1), ('ArrowLeft', .99), ('Home', 0), ('PageUp', .1):
            page.keyboard.press(key)
            at = round(share*got.shape[3])
            pixels = fig.evaluate("""({figure: {both}}) =>
              [...both.getContext('2d').getImageData(0, 0, both.width, both.height).data]""")
            before = arrays(fig, '[e.figure.before]', np.uint8).view(*got.shape[2:4], 4)[..., :3]
            want = torch.cat([before[:, :at], got[-1, 1][:, at:]], 1)
            assert error(torch.tensor(pixels).view(*got.shape[2:4], 4)[..., :3], want) == 0, key


@pytest.mark.parametrize('name', ['notes.txt', 'photo.png'])
def test_what_is_no_image_is_named(fig, tmp_path, name):
    (tmp_path/name).write_text('not an image', encoding='utf-8')
    fig.locator('input[type=file]').set_input_files(tmp_path/name)
    says(fig.page, f'{name} is not an image')


def test_of_two_photographs_dropped_the_first_is_taken(fig):
    before = fig.get_attribute('data-drawn')
    fig.evaluate("""async ({figure}) => {
      const drop = files => {
        const dataTransfer = new DataTransfer();
        files.forEach(file => dataTransfer.items.add(file));
        figure.ui.root.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
      };
      const canvas = new OffscreenCanvas(20, 10);
      canvas.getContext('2d').fillRect(0, 0, 20, 10);
      const blob = await canvas.convertToBlob();
      drop([]);
      drop([new File([blob], 'one.png'), new File(['?'], 'two.png')]);
    }""")
    until_drawn(fig, before)
    says(fig.page, 'one photograph at a time: this is one.png')
    assert fig.evaluate('e => [e.figure.input.width, e.figure.input.height]') == [20, 10]


def test_another_package_is_not_used(tmp_path, monkeypatch):
    (tmp_path/f'onnxruntime-web-{runtime.VERSION}.tgz').write_bytes(b'something else')
    monkeypatch.setattr(npm, 'KEPT', tmp_path)
    monkeypatch.setenv('PATH', '')
    assert runtime.package() is None


def test_the_runtime_is_in_no_repository_and_no_wheel():
    assert '_runtime/' in (ROOT/'.gitignore').read_text(encoding='utf-8').splitlines()
    assert not [p for p in (ROOT/'rddm_nb').rglob('*') if p.suffix in ('.wasm', '.onnx')]


def test_the_photographs_are_open_and_held_out():
    photos = json.loads((ROOT/'rddm_nb/figures/photos.json').read_text(encoding='utf-8'))['photos']
    index = json.loads((ROOT/'rddm_nb/assets/images.json').read_text(encoding='utf-8'))['photos']
    known = {o['file']: o for o in index}
    assert len(photos) == 3
    assert all(known[Path(p['src']).name]['split'] == 'test' and p['credit'] for p in photos)


def test_the_schedule_of_the_page_is_that_of_the_network():
    from rddm_nb.models import load_network
    from rddm_nb.schedule import Schedule
    s = json.loads((ROOT/'rddm_nb/figures/photos.json').read_text(encoding='utf-8'))['schedule']
    ours = Schedule.power(s['T'], (s['side_res'], s['a_res']), (s['side_eps'], s['a_eps']), s['bbar_T'])
    theirs = load_network('rain').schedule
    assert s['family'] == 'power' and error(ours.abar, theirs.abar) < 1e-12 and error(ours.bbar, theirs.bbar) < 1e-12


def test_a_setting_is_kept_in_the_address(opened, bare):
    with served(bare) as url:
        page, fig, _, wrong = opened(url)
        set_values(page, fig, photo=2, steps=9)
        page.wait_for_function("location.search.includes('photo=')")
        page.reload()
        page.wait_for_selector('rddm-figure[data-drawn]', timeout=WAIT)
        values = 'e => ["photo", "steps", "rain"].map(k => e.model.get(k))'
        assert fig.evaluate(values) == [2, 9, .1]
        page.goto(f'{url}/page.html?photo={{"photo":-1,"steps":1e9,"rain":"wet"}}')
        page.wait_for_selector('rddm-figure[data-drawn]', timeout=WAIT)
        assert fig.evaluate(values) == [0, 20, .1], 'an own photograph is not shared; numbers stay within their sliders'
        assert not wrong


def saved_as(folder, name, image, **kw):
    image.save(folder/name, **kw)
    return folder/name


def sixteen_bits(path, rows):
    "A PNG of 16 bits per channel, which Pillow does not write"
    chunk = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    head = struct.pack('>IIBBBBB', rows.shape[1], rows.shape[0], 16, 2, 0, 0, 0)
    lines = b''.join(b'\0' + row.astype('>u2').tobytes() for row in rows)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(lines))
                     + chunk(b'IEND', b''))
    return path


def turned(folder):
    "A photograph taken with the camera on its side: to be seen upright, it is turned by what its EXIF says"
    upright = np.zeros((30, 20, 3), np.uint8)
    upright[:10] = 200
    exif = Image.Exif()
    exif[0x112] = 6
    lying = Image.fromarray(np.rot90(upright).copy())
    return saved_as(folder, 'turned.jpg', lying, exif=exif, quality=95), Image.fromarray(upright)


def strangers(folder):
    "Files as readers have them: name -> (path, what should be seen of it)"
    rows = (np.arange(20*30*3).reshape(20, 30, 3)*36).astype(np.uint16)
    color = Image.effect_noise((30, 20), 60).convert('RGB')
    veil = Image.fromarray(np.linspace(0, 255, 600).reshape(20, 30).astype(np.uint8))
    on_white = Image.composite(color, Image.new('RGB', color.size, 'white'), veil)
    clear = color.copy()
    clear.putalpha(veil)
    wide, three = color.resize((5000, 300)), color.crop((0, 0, 3, 1))
    return {'turned by EXIF': turned(folder),
            '16 bits': (sixteen_bits(folder/'deep.png', rows), Image.fromarray((rows/257 + .5).astype(np.uint8))),
            'transparent': (saved_as(folder, 'clear.png', clear), on_white),
            'three pixels': (saved_as(folder, 'three.png', three), three),
            'a name': (saved_as(folder, 'Bild 图 #1%.png', color), color),
            'grey': (saved_as(folder, 'grey.png', color.convert('L')), color.convert('L').convert('RGB')),
            'panorama': (saved_as(folder, 'wide.png', wide), wide.resize((256, 15), Image.Resampling.BOX))}


@pytest.mark.parametrize('name', ['turned by EXIF', '16 bits', 'transparent', 'three pixels', 'a name', 'grey',
                                  'panorama'])
def test_photographs_as_readers_have_them(fig, tmp_path, name):
    path, seen = strangers(tmp_path)[name]
    before = fig.get_attribute('data-drawn')
    fig.locator('input[type=file]').set_input_files(path)
    until_drawn(fig, before)
    h, w = fig.evaluate('e => [e.figure.input.height, e.figure.input.width]')
    got = arrays(fig, '[e.figure.before]', np.uint8).view(h, w, 4)
    want = torch.from_numpy(np.array(seen))
    assert (w, h) == seen.size and (got[..., 3] == 255).all()
    assert error(got[..., :3], want) <= (32 if name == 'panorama' else 3), 'made smaller in another way'
