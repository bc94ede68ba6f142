"""How soon is a page of the built site there to read, and how heavy is it? Chromium and a server on this machine,
an empty cache for every page.

`python tools/docs.py && python -m bench.site` prints a line for every page and writes bench/results/site.json."""
import contextlib
import functools
import gzip
import http.server
import os
import shutil
import statistics
import threading
from pathlib import Path
from urllib.parse import unquote, urlparse
from bench.common import RESULTS, ROOT, load, write

SITE = ROOT/'_docs'
CHROMIUM = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')
ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync']
TIMES = """() => {
  const of = kind => performance.getEntriesByType(kind);
  return {paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
          ready: of('navigation')[0].domContentLoadedEventEnd,
          weight: [...of('navigation'), ...of('resource')].reduce((n, e) => n + e.encodedBodySize, 0)};
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words): pass


@contextlib.contextmanager
def served(folder, handler=Quiet):
    "The address under which a server on this machine hands out a folder"
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try: yield f'http://127.0.0.1:{server.server_port}'
    finally: server.shutdown()


@functools.cache
def sent(path):
    "Bytes of a file on the way to the reader: text is compressed, as web hosts do"
    data = path.read_bytes()
    return len(gzip.compress(data, 6)) if path.suffix in ('.html', '.css', '.js', '.mjs', '.json', '.svg', '.txt',
                                                          '.md', '.xml') else len(data)


def transferred(site, addresses):
    "Bytes on the way to the reader of all these addresses, each once"
    return sum(sent(Path(site)/unquote(urlparse(a).path).lstrip('/'))
               for a in set(a.split('#')[0].split('?')[0] for a in addresses))


def look(browser, address, site):
    "Milliseconds to first text and finished document, bytes and bytes on the way, of one page opened afresh"
    ctx = browser.new_context(viewport=dict(width=1280, height=900))
    page = ctx.new_page()
    asked = []
    page.on('request', lambda r: None if r.url.startswith(('data:', 'blob:')) else asked.append(r.url))
    page.goto(address, wait_until='networkidle')
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    out = page.evaluate(TIMES) | dict(transferred=transferred(site, asked))
    ctx.close()
    return {k: round(v) for k, v in out.items()}


def run(site=SITE, folder=RESULTS):
    "Measure, print, keep"
    from playwright.sync_api import sync_playwright
    names = sorted(p.name for p in Path(site).glob('*.html'))
    with sync_playwright() as p, served(site) as url:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        look(browser, f'{url}/{names[0]}', site)  # the browser's own start
        pages = {n: look(browser, f'{url}/{n}', site) for n in names}
        browser.close()
    for n, v in pages.items():
        print(f"{n:24} first text {v['paint']:5} ms, document {v['ready']:5} ms, {v['weight']/1e6:.2f} MB, "
              f"{v['transferred']/1e6:.2f} MB on the way")
    middle, most = ({k: f(v[k] for v in pages.values()) for k in ('paint', 'ready', 'weight', 'transferred')}
                    for f in (statistics.median, max))
    print(f"median {middle}, most {most}")
    write('site', dict(pages=pages, median=middle, most=most, load=load()), folder)


if __name__ == '__main__': run()
