"""How long does the page take to restore a photograph? The network `rain` in WebAssembly, in Chromium on this machine:
256 pixels, 5 steps, from the click until the first state and until the end, once the runtime is there; and for how
long the interface was blocked at most meanwhile. Then a photograph of the reader's, 24 megapixels shown at 1024 pixels
in one step, and for how long it blocked the interface, from the file on.

`python -m bench.browser` (it needs Chromium, npm or a kept runtime, and the extra onnx) prints the numbers and writes
bench/results/browser.json. These are wall-clock times, so other work on the machine counts: `load` says how much."""
import json
import shutil
import sys
import tempfile
from pathlib import Path
from PIL import Image
from .common import RESULTS, ROOT, about, load, write
from .site import ARGS, CHROMIUM, served

sys.path.insert(0, str(ROOT/'tools'))
PAGE = """<!doctype html><title>photo</title><rddm-figure kind="photo"></rddm-figure>
<script type="module" src="figures/photo.js"></script>"""
# the longest block of the interface while a promise of work is kept, in milliseconds
LONGEST_BLOCK = """window.longestBlock = async work => {
  const longest = [0];
  const observer = new PerformanceObserver(list => longest.push(...list.getEntries().map(entry => entry.duration)));
  observer.observe({entryTypes: ['longtask']});
  await work();
  await new Promise(resolve => setTimeout(resolve, 100));
  observer.disconnect();
  return Math.max(...longest);
}"""
# from the click to the first state and to the end, and the longest block, in milliseconds
TIMES = """async ({figure}) => {
  const {root} = figure.ui;
  delete root.dataset.states;
  let [first, whole] = [null, null];
  const longest_block_ms = await longestBlock(async () => {
    const began = performance.now();
    new MutationObserver(() => first ??= performance.now() - began)
      .observe(root, {attributes: true, attributeFilter: ['data-states']});
    await figure.restore();
    whole = performance.now() - began;
  });
  return {first_state_ms: Math.round(first), all_ms: Math.round(whole), longest_block_ms};
}"""
# the same from the file on, which is taken, rained on at 1024 pixels and restored in one step
LARGE = """async ({figure, model}, file) => {
  let whole = null;
  const longest_block_ms = await longestBlock(async () => {
    await figure.take([new File([await (await fetch(file)).blob()], file)]);
    for (const [key, value] of Object.entries({side: 1024, rain: .1, steps: 1})) model.set(key, value);
    await new Promise(resolve => setTimeout(resolve, 100));
    const began = performance.now();
    await figure.restore();
    whole = performance.now() - began;
  });
  const {width, height} = figure.input;
  return {width, height, all_ms: Math.round(whole), longest_block_ms};
}"""


def opened(browser, url):
    "The figure of a new page, ready to be started"
    page = browser.new_page(viewport=dict(width=1000, height=1200))
    page.set_default_timeout(600_000)
    page.add_init_script(LONGEST_BLOCK)
    page.goto(f'{url}/page.html')
    figure = page.locator('rddm-figure')
    figure.locator('.go:not([disabled])').wait_for()
    return figure


def measured(browser, url, runs):
    "Times of several runs; those of the first include setting the runtime up and are left out"
    figure = opened(browser, url)
    return [figure.evaluate(TIMES) for _ in range(runs + 1)][1:]


def large(browser, url, site):
    "The same of a photograph that is large"
    photo = json.loads((site/'figures/photos.json').read_text(encoding='utf-8'))['photos'][0]
    Image.open(site/'figures'/photo['src']).resize((6000, 4000)).save(site/'large.jpg')
    return opened(browser, url).evaluate(LARGE, 'large.jpg')


def run(runs=3, folder=RESULTS):
    "Measure, print, keep"
    import runtime
    from playwright.sync_api import sync_playwright
    with tempfile.TemporaryDirectory() as tmp, sync_playwright() as p:
        site = Path(tmp)
        shutil.copytree(ROOT/'rddm_nb/figures', site/'figures')
        (site/'page.html').write_text(PAGE, encoding='utf-8')
        if not runtime.put(site): raise SystemExit('the runtime cannot be had: see tools/runtime.py')
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with served(site) as url: found, big = measured(browser, url, runs), large(browser, url, site)
        out = dict(what='a photograph of 256x171 restored in the page, 5 steps, one thread of WebAssembly', **about(),
                   chromium=browser.version, load=load(), runs=found, large=big)
        browser.close()
    for row in (*found, big): print(row)
    write('browser', out, folder)


if __name__ == '__main__': run()
