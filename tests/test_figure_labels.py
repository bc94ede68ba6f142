"""Every word that a living figure shows goes through the one table of labels: in Chromium the table answers each text
with a mark, so what lacks the mark on the page did not ask the table, and what was asked is in i18n/shared.json"""
import json
import re
import shutil

import pytest

from bench.site import ARGS, CHROMIUM, served
from places import ROOT
from rddm_nb import widgets
from test_figures import KINDS, in_browser

MARK = '\u203b'
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>figures</title>
<script>window.asked = new Set();
globalThis.rddmLabels = new Proxy({}, {get: (_, label) => {
  if (typeof label !== 'string' || label.startsWith('[object')) return undefined;
  asked.add(label);
  return label.startsWith('MARK') ? undefined : 'MARK' + label;
}});</script>
<rddm-figure kind="KIND" state="{}"></rddm-figure><script type="module" src="figures/MODULE"></script></html>"""
# what a figure shows, element by element: text that is its own, and names for screen readers
SHOWN = """e => [...e.shadowRoot.querySelectorAll('*')].filter(x => x.tagName !== 'STYLE').flatMap(x => [
  [...x.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join(''),
  ...['aria-label', 'alt', 'aria-valuetext'].map(a => x.getAttribute(a) || '')])"""
NAMES = {m['name'] for m in widgets._payload()['metro']}
LABELS = json.loads((ROOT/'i18n'/'shared.json').read_text(encoding='utf-8'))['label']
PAPERS = re.compile('|'.join(sorted(map(re.escape, NAMES), key=len, reverse=True)))


def has_words(text): return re.search('[A-Za-z]{3,}', re.sub(r'\bP\([^)]*\)', '', text))


@pytest.fixture(scope='module')
def shown(tmp_path_factory):
    "Kind -> what it shows, and all that was asked of the table"
    from playwright.sync_api import sync_playwright
    base = tmp_path_factory.mktemp('labels')
    shutil.copytree(ROOT/'rddm_nb'/'figures', base/'figures')
    shutil.copytree(ROOT/'rddm_nb'/'assets', base/'figures'/'photos')
    found, asked = {}, set()
    with served(base) as url, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page()
        for kind in (c.kind.default_value for c in KINDS.values()):
            module = 'photo.js' if kind == 'photo' else 'rddm.js'
            text = PAGE.replace('MARK', MARK).replace('KIND', kind).replace('MODULE', module)
            (base/f'{kind}.html').write_text(text, encoding='utf-8')
            page.goto(f'{url}/{kind}.html')
            page.wait_for_selector('rddm-figure[data-drawn]')
            fig = page.locator('rddm-figure')
            if kind == 'travel': fig.get_by_role('button', name='noise first').first.click()
            if kind == 'explorer': fig.get_by_role('button', name='pin this curve').click()
            found[kind] = fig.evaluate(SHOWN)
            asked |= {*page.evaluate('[...asked]')}
        browser.close()
    return found, asked


@in_browser
@pytest.mark.slow
def test_every_word_of_a_figure_goes_through_the_table(shown):
    found, _ = shown
    assert set(found) == {c.kind.default_value for c in KINDS.values()}
    unmarked = {k: [s for s in v if MARK not in s and has_words(PAPERS.sub('', s))] for k, v in found.items()}
    unmarked['metro'] = [s for s in unmarked['metro'] if not re.fullmatch(r'.*\b(19|20)\d\d', s)]
    assert {k: v for k, v in unmarked.items() if v} == {}


@in_browser
@pytest.mark.slow
def test_what_the_figures_ask_for_is_in_the_table(shown):
    _, asked = shown
    words = {s for s in asked if has_words(PAPERS.sub('', s)) and MARK not in s and not s.startswith('\n')}
    given = {s for s in words if re.search(r'\b20\d\d$', s) and ',' in s or s.startswith('CC')} # papers, licences
    assert words - given - set(LABELS) == set()
