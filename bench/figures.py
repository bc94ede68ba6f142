"""How fast do the figures answer? A drawn road under Node.js, and a key press until the figure has been drawn
again, in Chromium: on a page and in JupyterLab.

`python -m bench.figures` (it needs Node.js, Chromium and JupyterLab) prints the medians and writes
bench/results/figures.json. Both processor and wall-clock times of the road are given, for other work on the machine
moves only the second."""
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from .common import RESULTS, ROOT, about, write
from .site import ARGS, CHROMIUM, Quiet, served

sys.path.insert(0, str(ROOT/'tests'))
FILES = ROOT/'rddm_nb'/'figures'
ROAD = """import * as R from %s;
const z = R.normals(1), n = 256, dim = 3*32*32, cpu = [], wall = [];
const model = new R.ExactPredictor(z(n*dim).map(v => .3*v), n, {tau: 8});
const path = R.drawPath([[1, 1], [.8, .4], [.2, .5], [0, 0]], 40), xin = z(dim), x = xin.map((v, i) => v + z(1)[0]);
for (let i = 0; i < 25; i++) {
  const c = process.cpuUsage(), t = performance.now();
  R.sampleSteps(model, x, xin, path);
  const d = process.cpuUsage(c);
  wall.push(performance.now() - t);
  cpu.push((d.user + d.system)/1000);
}
console.log(JSON.stringify({cpu, wall}));"""
# from the key event's own time stamp to the mark that the figure leaves when it has been drawn
LISTEN = """(el) => { window.took = []; let t = null; addEventListener('keydown', e => { t = e.timeStamp; }, true);
  const drawn = () => { if (t !== null) { window.took.push(performance.now() - t); t = null; } };
  new MutationObserver(drawn).observe(el, {attributes: true, attributeFilter: ['data-drawn']}); }"""


def middle(v):
    return dict(median_ms=round(statistics.median(v), 2), p90_ms=round(sorted(v)[int(.9*len(v))], 2), n=len(v))


def road():
    "40 steps of a drawn road, 256 known images of 32x32"
    t = json.loads(subprocess.run(['node', '--input-type=module', '-e', ROAD % json.dumps((FILES/'rddm.js').as_uri())],
                                  capture_output=True, text=True, check=True).stdout)
    return dict(processor=middle(t['cpu'][5:]), wall=middle(t['wall'][5:]))


def keys(page, figure, control, n=40):
    "Milliseconds from key press to drawn"
    figure.evaluate(LISTEN)
    control.focus()
    for i in range(n):
        page.keyboard.press('ArrowLeft' if i % 2 else 'ArrowRight')
        page.wait_for_function('n => window.took.length > n', arg=i)
    return middle(page.evaluate('window.took')[5:])


KINDS = dict(plane='abar', explorer='a_res', film='bbar_T', pathpad='steps')


class Server(Quiet):
    "The files of the figures, and a page per kind"
    def do_GET(self):
        if not self.path.startswith('/page/'): return super().do_GET()
        body = (f'<!doctype html><title>figure</title><rddm-figure kind="{self.path[6:]}"></rddm-figure><script '
                f'type="module" src="/rddm.js"></script>').encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(body)


def on_a_page(browser):
    out = {}
    with served(FILES, Server) as url:
        for kind, k in KINDS.items():
            page = browser.new_page(viewport=dict(width=1000, height=900))
            page.goto(f'{url}/page/{kind}')
            page.wait_for_selector('rddm-figure[data-drawn]')
            fig = page.locator('rddm-figure')
            out[kind] = keys(page, fig, fig.locator(f'input[data-k={k}]'))
            page.close()
    return out


def in_jupyterlab(browser):
    from test_lab import RUN, jupyterlab
    cells, out = ['from rddm_nb.widgets import *', 'StateExplorer()', 'ScheduleExplorer()'], {}
    with tempfile.TemporaryDirectory() as tmp, jupyterlab(Path(tmp), cells) as (url, _):
        page = browser.new_page(viewport=dict(width=1200, height=1600))
        page.goto(url, wait_until='domcontentloaded')
        page.wait_for_function('() => window.jupyterapp?.shell.currentWidget?.context', timeout=90_000)
        page.evaluate(RUN)
        for kind in ('plane', 'explorer'):
            control = page.locator(f'input[data-k={KINDS[kind]}]').first
            control.wait_for(timeout=60_000)
            out[kind] = keys(page, page.locator('[data-drawn]').nth(('plane', 'explorer').index(kind)), control)
        page.close()
    return out


def run(quick=False, folder=RESULTS):
    "Measure, print, keep"
    from playwright.sync_api import sync_playwright
    out = dict(what='milliseconds; key press until drawn, and 40 steps of a drawn path over 256 known images of 32x32',
               **about(), road=road())
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        out |= dict(chromium=browser.version,
                    page=on_a_page(browser)) | ({} if quick else dict(jupyterlab=in_jupyterlab(browser)))
        browser.close()
    for k in ('road', 'page', 'jupyterlab'):
        print(k, *(f"{name} {v['median_ms']} ms" for name, v in out.get(k, {}).items()), sep='  ')
    write('figures', dict(out, quick=quick), folder)


if __name__ == '__main__': run()
