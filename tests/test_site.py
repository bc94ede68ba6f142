"The documentation site, built and opened page by page in a real browser"
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')
ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
pytestmark = pytest.mark.skipif(not CHROMIUM, reason='no Chromium: install it, or name it in the environment variable CHROMIUM')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp('site')
    r = subprocess.run([sys.executable, ROOT/'tools/docs.py', out], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr
    return out


@pytest.fixture(scope='module')
def url(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *a): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()


@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield b
        b.close()


def pages(site): return sorted(p.name for p in site.glob('*.html'))


def visit(browser, url, name, **kw):
    "Open a page; what it asked for, what went wrong"
    ctx = browser.new_context(**kw); page = ctx.new_page(); seen = dict(errors=[], missing=[], outside=[])
    page.on('console', lambda m: seen['errors'].append(m.text) if m.type == 'error' else None)
    page.on('pageerror', lambda e: seen['errors'].append(str(e)))
    page.on('response', lambda r: seen['missing'].append(r.url) if r.status >= 400 else None)
    page.on('request', lambda r: None if r.url.startswith((url, 'data:', 'blob:')) else seen['outside'].append(r.url))
    page.goto(f'{url}/{name}', wait_until='networkidle')
    return ctx, page, seen


def test_every_notebook_has_a_page(site):
    assert len(pages(site)) >= len(list((ROOT/'nbs').glob('*.ipynb')))
    assert (site/'index.html').exists()


def test_pages_open_cleanly(site, url, browser):
    problems = {}
    for name in pages(site):
        ctx, page, seen = visit(browser, url, name)
        if page.locator('h1').count() == 0: seen['errors'].append('no title')
        if '$$' in page.inner_text('main'): seen['errors'].append('unrendered equation')
        if page.locator('.katex-error').count(): seen['errors'].append('equation with an error: ' + page.locator('.katex-error').first.inner_text()[:80])
        if any(seen.values()): problems[name] = seen
        ctx.close()
    assert problems == {}


def test_derivation_pages_render_their_equations(site, url, browser):
    for name in ('forward.html', 'estimate.html', 'reverse.html'):
        ctx, page, _ = visit(browser, url, name)
        assert page.locator('.katex-display').count() >= 2, name
        ctx.close()


def test_no_page_is_wider_than_a_phone(site, url, browser):
    wide = {}
    for name in pages(site):
        ctx, page, _ = visit(browser, url, name, viewport=dict(width=360, height=740))
        w = page.evaluate('document.documentElement.scrollWidth')
        if w > 360: wide[name] = w
        ctx.close()
    assert wide == {}


def test_links_inside_the_site_resolve(site):
    dead = []
    for name in pages(site):
        html = (site/name).read_text()
        for link in set(re.findall(r'(?:href|src)="([^"#?]+)(?:[#?][^"]*)?"', html)):
            if re.match(r'[a-z]+:|//', link): continue
            if not (site/link.lstrip('./')).exists(): dead.append(f'{name} -> {link}')
    assert dead == []


def test_anchors_inside_a_page_resolve(site):
    dead = []
    for name in pages(site):
        html = (site/name).read_text(); ids = set(re.findall(r'\bid="([^"]+)"', html))
        dead += [f'{name}#{a}' for a in set(re.findall(r'href="#([^"]+)"', html)) if a not in ids and not a.startswith('quarto')]
    assert dead == []
