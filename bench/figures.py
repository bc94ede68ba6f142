"""How fast do the figures answer? A drawn road under Node.js, a redraw of each figure on a page in Chromium, and a key
press until the figure has been drawn again, on a page and in JupyterLab.

`python -m bench.figures` (it needs Node.js, Chromium and JupyterLab) prints the medians and writes
bench/results/figures.json. A redraw is given in processor time of the page's main thread, script, style, layout and
paint together, each for a value that the figure has not had; other work on the machine moves it less than the
wall-clock times, and `load` says how much work there was."""
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from .common import RESULTS, ROOT, about, load, write
from .site import ARGS, CHROMIUM, Quiet, served

sys.path[:0] = [str(ROOT/'tests'), str(ROOT/'tools')]
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
# of each figure a control, and values that it has not had
REDRAWN = dict(
    plane=('abar', [.3 + .01*i for i in range(40)]), explorer=('a_res', [1.5 + .05*i for i in range(40)]),
    film=('bbar_T', [.5 + .02*i for i in range(40)]), pathpad=('steps', [*range(20, 60)]),
    lens=('bbar', [5 + .5*i for i in range(40)]), eta=('eta', [.2 + .02*i for i in range(40)]),
    metro=('change', [.1 + .02*i for i in range(40)]), order=('steps', [*range(2, 40), 40, 2]),
    travel=('at', [i % 11 for i in range(40)]))
# controls that are folded away cannot be given the focus
OPEN = "e => e.shadowRoot.querySelectorAll('details').forEach(d => { d.open = true })"
REDRAW = """async ([key, values]) => {
  const {model} = document.querySelector('rddm-figure');
  for (const value of values) {
    if (key) model.set(key, value);
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
  }
}"""


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


def shown(browser, kinds):
    "Of every figure its kind, a page that shows it alone, and the figure"
    with served(FILES, Server) as url:
        for kind in kinds:
            page = browser.new_page(viewport=dict(width=1000, height=900))
            page.goto(f'{url}/page/{kind}')
            page.wait_for_selector('rddm-figure[data-drawn]')
            yield kind, page, page.locator('rddm-figure')
            page.close()


def on_a_page(browser):
    "Of every figure, milliseconds from a key press until it is drawn"
    out = {}
    for kind, page, fig in shown(browser, KINDS):
        fig.evaluate(OPEN)
        out[kind] = keys(page, fig, fig.locator(f'input[data-k={KINDS[kind]}]'))
    return out


def redraws(page, key, values):
    "Processor time of the main thread for a redraw, in milliseconds, less that of frames in which nothing changes"
    cdp = page.context.new_cdp_session(page)
    cdp.send('Performance.enable', dict(timeDomain='threadTicks'))
    def spent(key, values):
        read = lambda: {m['name']: m['value'] for m in cdp.send('Performance.getMetrics')['metrics']}['TaskDuration']
        before = read()
        page.evaluate(REDRAW, [key, values])
        return read() - before
    spent(key, values[:10])
    return round(1000*(spent(key, values[10:]) - spent('', values[10:]))/len(values[10:]), 2)


def redrawn(browser, pages):
    "Of every figure, milliseconds of processor time for a redraw: the median of several pages, and the most of them"
    took = {kind: [] for kind in REDRAWN}
    for kind, page, _ in shown(browser, [*REDRAWN]*pages): took[kind].append(redraws(page, *REDRAWN[kind]))
    return {kind: dict(median_ms=statistics.median(v), most_ms=max(v), pages=pages) for kind, v in took.items()}


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
            control.wait_for(timeout=60_000, state='attached')
            fig = page.locator('[data-drawn]').nth(('plane', 'explorer').index(kind))
            fig.evaluate(OPEN)
            out[kind] = keys(page, fig, control)
        page.close()
    return out


def run(quick=False, folder=RESULTS):
    "Measure, print, keep"
    from playwright.sync_api import sync_playwright
    out = dict(what='milliseconds; key press until drawn, and 40 steps of a drawn path over 256 known images of 32x32',
               **about(), load=load(), road=road())
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        out |= dict(chromium=browser.version, redraw_processor=redrawn(browser, 1 if quick else 9),
                    page=on_a_page(browser)) | ({} if quick else dict(jupyterlab=in_jupyterlab(browser)))
        browser.close()
    for k in ('road', 'redraw_processor', 'page', 'jupyterlab'):
        print(k, *(f"{name} {v['median_ms']} ms" for name, v in out.get(k, {}).items()), sep='  ')
    write('figures', dict(out, quick=quick), folder)


if __name__ == '__main__': run()
