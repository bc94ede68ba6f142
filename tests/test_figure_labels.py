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
def base(tmp_path_factory):
    "A folder with the figures alone"
    base = tmp_path_factory.mktemp('labels')
    shutil.copytree(ROOT/'rddm_nb'/'figures', base/'figures')
    shutil.copytree(ROOT/'rddm_nb'/'assets', base/'figures'/'photos')
    return base


@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def shown(base, browser):
    "Kind -> what it shows, and all that was asked of the table"
    found, asked = {}, set()
    with served(base) as url:
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
        page.close()
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


def test_no_word_names_a_color_that_the_theme_turns():
    assert [s for s in LABELS if re.search(r'\b(black|white)\b', s, re.I)] == []


# ---------------------------------------------------------------- where words stand in the drawings

PLAIN = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>figures</title><style>body { background: rgb(250, 240, 230) }
@media (prefers-color-scheme: dark) { body { background: rgb(20, 30, 40); color: #eee } }</style>
<rddm-figure kind="KIND" state="{}"></rddm-figure><script type="module" src="figures/rddm.js"></script></html>"""
# words that lie on each other or stand out of their drawing, by their ink: the box without an eighth above and below
CROWDED = """e => [...e.shadowRoot.querySelectorAll('svg')].flatMap(svg => {
  const all = svg.getBoundingClientRect();
  const words = [...svg.querySelectorAll('text')].map(text => {
    const {left, right, top, bottom, width, height} = text.getBoundingClientRect();
    const [x, y] = text.hasAttribute('transform') ? [width/8, 0] : [0, height/8];
    return {words: text.textContent, left: left + x, right: right - x, top: top + y, bottom: bottom - y};
  }).filter(b => b.right > b.left && b.bottom > b.top);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const pairs = words.flatMap((a, i) => words.slice(i + 1).filter(b => meet(a, b)).map(b => [a.words, b.words]));
  const out = words.filter(b => b.left < all.left - 1 || b.right > all.right + 1 || b.top < all.top - 1
    || b.bottom > all.bottom + 1).map(b => [b.words, 'stands out']);
  return [...pairs, ...out];
})"""


@pytest.fixture
def drawn(base, browser):
    "Open a figure of the module, in a window of a width; returns the page and the figure"
    pages = []
    with served(base) as url:
        def open_(kind, width, **kw):
            (base/f'plain_{kind}.html').write_text(PLAIN.replace('KIND', kind), encoding='utf-8')
            pages.append(page := browser.new_page(viewport=dict(width=width, height=800), **kw))
            page.goto(f'{url}/plain_{kind}.html')
            page.wait_for_selector('rddm-figure[data-drawn]')
            return page, page.locator('rddm-figure')
        yield open_
        for page in pages: page.close()


def values(fig, **values):
    fig.evaluate('(e, values) => Object.entries(values).forEach(([k, v]) => e.model.set(k, v))', values)


@in_browser
@pytest.mark.parametrize('kind', ['plane', 'explorer', 'pathpad', 'eta', 'metro', 'order', 'travel'])
def test_no_words_of_a_drawing_lie_on_others_or_are_cut(drawn, kind):
    page, fig = drawn(kind, 1400)
    crowded = {}
    for width in (1400, 1000, 600, 390, 360):
        page.set_viewport_size(dict(width=width, height=800))
        page.evaluate('() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
        crowded[width] = fig.evaluate(CROWDED)
    assert crowded == dict.fromkeys(crowded, [])


@in_browser
@pytest.mark.parametrize('scheme, color', [('light', 'rgb(250, 240, 230)'), ('dark', 'rgb(20, 30, 40)')])
def test_every_line_of_the_map_has_its_name_on_the_color_of_the_page(drawn, scheme, color):
    _, fig = drawn('metro', 1000, color_scheme=scheme)
    names = fig.locator('text.name')
    assert {n for words in names.all_text_contents() for n in words.split(' · ')} == NAMES
    styles = names.evaluate_all("""all => all.map(e => getComputedStyle(e))
        .map(s => [s.paintOrder.split(' ')[0], s.stroke])""")
    assert styles == [['stroke', color]]*len(styles)


@in_browser
def test_names_find_a_place_wherever_a_run_changes(drawn):
    _, fig = drawn('metro', 1000)
    for start, then in (('rectified flow', 'RDDM'), ('GOUB', 'IR-Flow'), ('ResShift', 'RDBM'), ('VE', 'InDI')):
        values(fig, start=start, then=then, change=.8)
        assert fig.locator('text.chosen').count() == 2
        assert fig.evaluate(CROWDED) == []


@in_browser
def test_a_curve_is_pinned_once(drawn):
    page, fig = drawn('explorer', 700)
    pin = lambda: (fig.get_by_role('button', name='pin this curve').click(), fig.locator('li').count())[1]
    assert [pin(), pin()] == [1, 1]
    values(fig, family='circle')
    assert pin() == 2
    values(fig, a_res=3.) # of the power family: the circle stays what it is
    assert pin() == 2
    values(fig, family='power')
    assert pin() == 3


@in_browser
def test_pinned_curves_and_coefficients_on_each_other_are_both_seen(drawn):
    _, fig = drawn('explorer', 700)
    fig.get_by_role('button', name='a straight line').click()
    values(fig, pins=[dict(family='circle'), dict(family='cosine')])
    paths = lambda i: fig.evaluate("""(e, i) => [...e.shadowRoot.querySelectorAll('svg')[i].querySelectorAll('.curve')]
        .map(p => ['stroke-dasharray', 'stroke-dashoffset'].map(a => p.getAttribute(a)))""", i)
    [(dash, offset), (dash2, offset2)] = paths(0)[:2]
    assert dash == dash2 and offset != offset2
    rho, abar, bbar, now = paths(1)
    assert abar[0] is None and bbar[0]


@in_browser
def test_the_story_of_ddim_starts_where_ddpm_does(drawn):
    _, fig = drawn('explorer', 700)
    fig.get_by_role('button', name='generation: DDIM').click()
    abar, bbar = widgets.ScheduleExplorer(family='ddim linear').schedule[1000]
    assert fig.locator('output[data-n=end]').inner_text() == f'({abar:.3f}, {round(bbar, 3):g})' == '(0.994, 1)'
