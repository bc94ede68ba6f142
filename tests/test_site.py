"The documentation site, built and opened page by page in a real browser"
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import book
import languages
from bench.site import ARGS, CHROMIUM, served, transferred
from page_text import FAINT
from translate import shared
from places import NOTEBOOKS, ROOT

pytestmark = pytest.mark.skipif(not CHROMIUM,
                                reason='no Chromium: install it, or name it in the environment variable CHROMIUM')


def build(out):
    "The site, put into a folder"
    r = subprocess.run([sys.executable, ROOT/'tools/docs.py', out], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr


@pytest.fixture(scope='module')
def site(once, tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    if 'PYTEST_XDIST_WORKER' in os.environ: (base.parent/f'asks-for-site-{base.name}').touch()
    return once('site', build)


@pytest.fixture(scope='module')
def url(site):
    with served(site) as address: yield address


@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, '--process-per-site'])
        yield b
        b.close()


def moved(page): return 'http-equiv="refresh"' in page.read_text(encoding='utf-8')


def pages(site): return sorted(p.name for p in site.glob('*.html') if not moved(p))


def open_page(ctx, url, name, asked=None):
    "Open a page; what went wrong, and, in the list `asked`, what it asked for"
    page = ctx.new_page()
    seen = dict(errors=[], missing=[], outside=[])
    page.on('console', lambda m: seen['errors'].append(m.text) if m.type == 'error' else None)
    page.on('pageerror', lambda e: seen['errors'].append(str(e)))
    page.on('response', lambda r: seen['missing'].append(r.url) if r.status >= 400 else None)
    page.on('request', lambda r: None if r.url.startswith((url, 'data:', 'blob:')) else seen['outside'].append(r.url))
    page.on('request', lambda r: asked.append(r.url) if asked is not None and r.url.startswith(url) else None)
    page.goto(f'{url}/{name}') # waits for scripts, as the equations': where much else runs, the network is idle before
    page.wait_for_load_state('networkidle')
    return page, seen


def visit(browser, url, name, **kw):
    "Open a page as one who was never here"
    ctx = browser.new_context(**kw)
    return ctx, *open_page(ctx, url, name)


# what stands out of the window on the right and cannot be scrolled to
CUT_OFF = """() => { const scrolls = e => e && e.tagName != 'MAIN' && (['auto', 'scroll',
    'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 &&
    !scrolls(e.parentElement) && !(scrolls(e) && e.clientWidth <= innerWidth))
    .map(e => `${e.tagName.toLowerCase()} ${e.textContent.trim().slice(0, 30)}`) }"""


# what the living figures say, to the eye and to the ear
LABELS = """() => [...document.querySelectorAll('rddm-figure')].filter(f => f.shadowRoot).flatMap(f => {
  const said = [...f.shadowRoot.querySelectorAll('[aria-label]')].map(e => e.getAttribute('aria-label'));
  const words = document.createTreeWalker(f.shadowRoot, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) if (words.currentNode.parentElement.tagName != 'STYLE') said.push(words.currentNode.data);
  return said.filter(s => /[a-z]{3}/.test(s)) })"""


# equations whose number lies on top of them
COVERED = """() => [...document.querySelectorAll('.katex-display')].filter(d => {
  const n = d.querySelector('.katex-tag')?.getBoundingClientRect();
  return n && [...d.querySelectorAll('.katex-base')].some(b => { const r = b.getBoundingClientRect();
    return r.right > n.left + 1 && r.left < n.right && r.bottom > n.top + 1 &&
    r.top < n.bottom - 1 }) }).map(d => d.textContent.slice(0, 60))"""


# equations that are wider than their column
WIDE = """() => [...document.querySelectorAll('.katex-display')].filter(d => d.scrollWidth > d.clientWidth)
  .map(d => d.textContent.slice(0, 60))"""


def look(ctx, url, name):
    "What a page is like, wide and on a phone"
    page, seen = open_page(ctx, url, name, asked := [])
    out = dict(asked=asked, titles=page.locator('h1.title').count(), text=page.inner_text('main'),
               levels=page.evaluate(LEVELS), equations=page.locator('.katex-display .katex-tag').count(),
               maths=page.locator('.katex').count(), labels=page.evaluate(LABELS),
               bad_maths=page.locator('.katex-error').count(), wide=page.evaluate(WIDE))
    covered = page.evaluate(COVERED)
    for width in (1000, 360): # the former has the narrowest column between two others
        page.set_viewport_size(dict(width=width, height=740))
        covered += page.evaluate(COVERED)
    out |= dict(seen=seen, width=page.evaluate('document.documentElement.scrollWidth'),
                cut_off=page.evaluate(CUT_OFF), covered=covered)
    page.close()
    return out


def look_at(browser, url, names):
    "What pages are like, each opened once, all by one reader: a page kept open keeps the scripts compiled"
    ctx = browser.new_context(viewport=dict(width=1200, height=900))
    ctx.new_page().goto(f'{url}/llms.txt')
    out = {name: look(ctx, url, name) for name in names}
    ctx.close()
    return out


@pytest.fixture(scope='module')
def visits(site, url, browser): return look_at(browser, url, pages(site))


@pytest.fixture(scope='module')
def chinese(url, browser): return look_at(browser, url, [f'zh/{name}' for name in sorted(languages.complete('zh'))])


def source(nb):
    return '\n'.join(''.join(c['source'])
                     for c in json.loads(nb.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'markdown')
def page_of(nb): return re.sub(r'^\d+[a-z]?_', '', nb.stem) + '.html'


@pytest.mark.skipif('PYTEST_XDIST_WORKER' not in os.environ, reason='there is one process')
def test_one_worker_has_the_site(site): assert len(list(site.parent.glob('asks-for-site-*'))) == 1


def test_every_notebook_has_a_page(site):
    assert set(map(page_of, NOTEBOOKS)) <= set(pages(site))


def test_pages_open_without_an_error_or_another_host(visits):
    assert {name: v['seen'] for name, v in visits.items() if any(v['seen'].values())} == {}


def test_pages_have_a_title(visits):
    assert [name for name, v in visits.items() if v['titles'] != 1] == []


def test_equations_are_rendered_and_numbered(visits):
    assert {name: v['bad_maths'] for name, v in visits.items() if v['bad_maths']} == {}
    assert [name for name, v in visits.items() if '$$' in v['text']
            or re.search(r'\\(?:bar|alpha|beta|epsilon|frac|sqrt)\b', v['text'])] == []
    wanted = {page_of(nb): source(nb).count('$$')//2 for nb in NOTEBOOKS}
    assert sum(wanted.values()) > 0
    assert {name: visits[name]['equations'] for name in wanted} == wanted
    assert [page_of(nb)
            for nb in NOTEBOOKS if re.search(r'\$[^$\n]+\$', source(nb)) and not visits[page_of(nb)]['maths']] == []


def test_links_are_rendered(visits):
    "nbdev links a name of the library by itself; a link around it stays as it was typed"
    typed = r'\S+\]\([\w./-]+\.ipynb\S*'
    assert {name: found for name, v in visits.items() if (found := re.findall(typed, v['text']))} == {}


def test_references_to_equations_are_links(visits):
    assert {name: refs for name, v in visits.items()
            if (refs := re.findall(r'@(?:eq|fig|tbl)-[\w-]+|\{#[\w-]+\}', v['text']))} == {}


def test_no_page_is_wider_than_a_phone(visits):
    assert {name: v['width'] for name, v in visits.items() if v['width'] > 360} == {}
    assert {name: v['cut_off'] for name, v in visits.items() if v['cut_off']} == {}


def test_no_number_lies_on_its_equation(visits):
    assert {name: v['covered'] for name, v in visits.items() if v['covered']} == {}


def everywhere(site, url, browser, scheme, measure):
    "What is found on all pages, by page"
    found = {}
    for name in pages(site):
        ctx, page, _ = visit(browser, url, name, color_scheme=scheme)
        found[name] = measure(page)
        ctx.close()
    return {name: f for name, f in found.items() if f}


def faint(page):
    "Words of an open page that are too faint or too small, wide and on a phone"
    found = {}
    for width in (1200, 360):
        page.set_viewport_size(dict(width=width, height=800))
        for what, *measured, words in page.evaluate(FAINT): found[what, width] = (*measured, words)
    return found


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('name', ['index.html', 'reverse.html', 'map.html', 'cli.html', 'zh/why.html'])
def test_words_are_legible(url, browser, name, scheme):
    ctx, page, _ = visit(browser, url, name, color_scheme=scheme)
    found = faint(page)
    ctx.close()
    assert found == {}


@pytest.mark.skipif(os.environ.get('RDDM_AXE') != 'all', reason='RDDM_AXE=all measures every page (some minutes)')
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_words_are_legible_everywhere(site, url, browser, scheme):
    assert everywhere(site, url, browser, scheme, faint) == {}


def test_faint_and_small_words_can_be_found(browser):
    page = browser.new_page()
    page.set_content("""<main style="background: #272b30; color: #ccc"><p>fine</p><p class="grey">#777</p>
      <p style="opacity: .4" class="faded">through</p><div style="background: #fff9"><i class="veil">a veil</i></div>
      <small style="font-size: 9px" class="small">small</small><p hidden>#777</p><span id="host"></span>
      <svg viewBox="0 0 100 10" width="300" class="drawn"><text y="9" font-size="8" fill="#555">svg</text></svg></main>
      <style>.grey { color: #777 } .veil { color: #999 }</style>""")
    page.evaluate("""() => document.querySelector('#host').attachShadow({mode: 'open'}).innerHTML =
      '<u class="shadow" style="color: #666">in a shadow</u>'""")
    found = {what for what, width in faint(page) if width == 1200}
    page.close()
    assert found == {'main p.grey', 'main p.faded', 'div i.veil', 'main small.small', 'span u.shadow', 'svg.drawn text'}


def test_search_finds_a_function(url, browser):
    ctx, page, seen = visit(browser, url, 'index.html')
    page.locator('#quarto-header input').first.fill('q_sample')
    hit = page.locator('a[href*="forward.html"]').filter(has_text=re.compile('q_sample|forward', re.I)).last
    hit.wait_for(state='visible', timeout=10_000)
    assert not any(seen.values())
    ctx.close()


def test_search_knows_the_terms_of_the_field(site):
    index = json.loads((site/'search.json').read_text(encoding='utf-8'))
    words = ' '.join(f"{entry['section']} {entry['text']}" for entry in index).lower().replace('-', ' ')
    terms = {t.lower().replace('-', ' ').replace("’", "'") for t in (*book.TERMS, 'ELBO', 'Tweedie', 'flow matching')}
    assert {t for t in terms if t not in words.replace("’", "'")} == set()


def test_images_carry_descriptions(site):
    bare = {name: n for name in pages(site)
            if (n := len(re.findall(r'<img(?![^>]*\balt="[^"]+")', (site/name).read_text(encoding='utf-8'))))}
    assert bare == {}


def test_links_inside_the_site_resolve(site):
    dead = []
    for name in pages(site):
        source = (site/name).read_text(encoding='utf-8')
        for link in set(re.findall(r'(?:href|src)="([^"#?]+)(?:[#?][^"]*)?"', source)):
            if re.match(r'[a-z]+:|//', link): continue
            if not (site/link.removeprefix('./')).exists(): dead.append(f'{name} -> {link}')
    assert dead == []


def test_anchors_resolve(site):
    texts = {name: (site/name).read_text(encoding='utf-8') for name in pages(site)}
    ids = {name: set(re.findall(r'\bid="([^"]+)"', h)) for name, h in texts.items()}
    dead = []
    for name, h in texts.items():
        for target, anchor in set(re.findall(r'href="(?:\./)?([\w.-]*)#([^"]+)"', h)):
            if (target or name) in ids and anchor not in ids[target or name]:
                dead.append(f'{name} -> {target}#{anchor}')
    assert dead == []


@pytest.fixture(scope='module')
def texts(site):
    return {p.name: ' '.join(html.unescape(re.sub(r'<[^>]+>', '', p.read_text(encoding='utf-8'))).split())
            for p in site.glob('*.html')}


@pytest.mark.parametrize('nb', NOTEBOOKS, ids=lambda p: p.stem)
def test_every_paragraph_of_a_notebook_is_on_its_page(texts, nb):
    prose = '\n\n'.join(''.join(c['source']) for c in json.loads(nb.read_text(encoding='utf-8'))['cells'][1:]
                        if c['cell_type'] == 'markdown')
    plain = [m[0] for part in re.split(r'\n\s*\n', re.sub(r'\$\$.*?\$\$[^\n]*|@eq-[\w-]+', '$', prose, flags=re.S))
             if (m := re.search(r'[A-Za-z][A-Za-z ,]{24,}', part))]
    lost = min(([p for p in plain if ' '.join(p.split()) not in text] for text in texts.values()), key=len)
    assert plain and lost == []


def test_equations_fit_their_column(visits):
    assert {name: v['wide'] for name, v in visits.items() if v['wide']} == {}


def axe(page):
    "What axe-core finds serious or critical, maths left out: KaTeX brings its own markup for readers by ear"
    import axe_playwright_python
    page.evaluate((Path(axe_playwright_python.__file__).parent/'axe.min.js').read_text(encoding='utf-8'))
    where = "{include: [['body']], exclude: [['.katex']]}"
    found = page.evaluate(f"axe.run({where}, {{resultTypes: ['violations']}})")['violations']
    return {v['id']: [n['html'][:120] for n in v['nodes'][:3]] for v in found if v['impact'] in ('serious', 'critical')}


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('name', ['cli.html', 'index.html', 'zh/index.html'])
def test_axe_finds_nothing_serious(url, browser, name, scheme):
    ctx, page, _ = visit(browser, url, name, color_scheme=scheme)
    found = axe(page)
    ctx.close()
    assert found == {}


@pytest.mark.skipif(os.environ.get('RDDM_AXE') != 'all', reason='RDDM_AXE=all asks axe about every page (some minutes)')
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_nothing_serious_anywhere(site, url, browser, scheme):
    assert everywhere(site, url, browser, scheme, axe) == {}


def test_axe_can_find_something(browser):
    page = browser.new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><p '
                     'style="color:#ccc;background:#fff">faint<img src="data:,"></p></main></html>')
    assert {'color-contrast', 'image-alt'} <= set(axe(page))
    page.close()


def test_the_cheat_sheet_prints_on_one_page(url, browser):
    ctx, page, _ = visit(browser, url, 'cheatsheet.html')
    printed = page.pdf(prefer_css_page_size=True)
    page.add_style_tag(content='@media print { main { columns: 1 !important; font-size: 20pt !important } }')
    longer = page.pdf(prefer_css_page_size=True)
    ctx.close()
    count = lambda pdf: len(re.findall(rb'/Type\s*/Page\b', pdf))
    assert count(printed) == 1 < count(longer)


def test_no_page_is_heavy(site, visits):
    "What a first visit brings over the wire, the page and all that it asks for, text compressed"
    weights = {name: transferred(site, v['asked']) for name, v in visits.items()}
    assert min(weights.values()) > 100_000 and {n: w for n, w in weights.items() if w > 1_500_000} == {}


LEVELS = ("[...document.querySelectorAll('main :is(h1, h2, h3, h4, h5, h6)')].filter(h => h.checkVisibility()).map(h "
          "=> [+h.tagName[1], h.textContent.trim().slice(0, 40)])")

def test_headings_skip_no_level(site, visits):
    skipped = {n: [b[1] for a, b in zip(v['levels'], v['levels'][1:]) if b[0] > a[0] + 1] for n, v in visits.items()}
    assert all(v['levels'][0][0] == 1 for v in visits.values()) and {n: s for n, s in skipped.items() if s} == {}


def test_machines_find_every_page(site):
    "llms.txt and the sitemap list every page; the Markdown copies have words, and descriptions in the place of images"
    listed, mapped = (site/'llms.txt').read_text(encoding='utf-8'), (site/'sitemap.xml').read_text(encoding='utf-8')
    for name in pages(site):
        copy = site/name.replace('.html', '.llms.md')
        assert f'/{copy.name})' in listed and f'/{name}<' in mapped, name
        assert len(copy.read_text(encoding='utf-8')) > 200 and 'base64' not in copy.read_text(encoding='utf-8'), name
        assert copy.read_text(encoding='utf-8') in (site/'llms-full.txt').read_text(encoding='utf-8'), name


def test_every_page_is_there_in_chinese(site):
    assert pages(site/'zh') == pages(site)


def test_chinese_pages_open_without_an_error_or_another_host(chinese):
    assert len(chinese) == len(languages.complete('zh')) > 10
    assert {name: v['seen'] for name, v in chinese.items() if any(v['seen'].values())} == {}


def test_chinese_pages_hold_what_the_english_ones_hold(chinese, visits):
    for what in ('titles', 'equations', 'bad_maths'):
        assert {n: v[what] for n, v in chinese.items()} == {n: visits[n[3:]][what] for n in chinese}, what
    assert {n: [level for level, _ in v['levels']] for n, v in chinese.items()} == {
        n: [level for level, _ in visits[n[3:]]['levels']] for n in chinese}
    raw = r'\*\*[\u4e00-\u9fff]|[\u4e00-\u9fff]\*\*|\$\$|\{#[a-z-]+\}'
    assert {n: found for n, v in chinese.items() if (found := re.findall(raw, v['text']))} == {}


def test_chinese_pages_fit_a_phone(chinese):
    assert {n: v['width'] for n, v in chinese.items() if v['width'] > 360} == {}
    assert {n: v['cut_off'] or v['covered'] for n, v in chinese.items() if v['cut_off'] or v['covered']} == {}
    assert {n: v['wide'] for n, v in chinese.items() if v['wide']} == {}


def test_links_of_chinese_pages_resolve(site):
    dead, ids = [], {}
    for name in pages(site):
        for folder in (site, site/'zh'):
            page = (folder/name).read_text(encoding='utf-8')
            ids[(folder/name).resolve()] = set(re.findall(r'\bid="([^"]+)"', page))
    for name in pages(site/'zh'):
        page = (site/'zh'/name).read_text(encoding='utf-8')
        for link, anchor in set(re.findall(r'(?:href|src)="([^"#?:]*)(?:#([^"]*))?"', page)):
            target = (site/'zh'/(link or name)).resolve()
            if not target.exists() or anchor and target in ids and anchor not in ids[target]:
                dead.append(f'{name} -> {link}#{anchor}')
    assert dead == []


def test_headings_have_the_same_names_in_both_languages(site):
    for name in languages.complete('zh'):
        named = [re.findall(r'data-anchor-id="([^"]+)"', (folder/name).read_text(encoding='utf-8'))
                 for folder in (site, site/'zh')]
        assert named[0] == named[1], name


def test_the_language_switch_keeps_the_place(url, browser):
    ctx, page, seen = visit(browser, url, 'questions.html')
    assert page.locator('html').get_attribute('lang') == 'en'
    page.locator('#is-it-the-state-of-the-art').evaluate('e => e.scrollIntoView()')
    page.locator('#TOC a.active[href="#is-it-the-state-of-the-art"]').wait_for()
    page.locator('a.language[hreflang="zh-Hans"]').evaluate('e => e.click()')
    page.wait_for_url('**/zh/questions.html#is-it-the-state-of-the-art')
    assert page.locator('html').get_attribute('lang') == 'zh-Hans'
    assert page.locator('#is-it-the-state-of-the-art').count() == 1
    fonts = page.evaluate('getComputedStyle(document.querySelector("main p")).fontFamily')
    assert all(f in fonts for f in ('PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC'))
    page.locator('#TOC a.active[href="#is-it-the-state-of-the-art"]').wait_for() # the scroll has ended
    page.locator('a.language[hreflang="en"]').evaluate('e => e.click()')
    page.wait_for_url(re.compile(r'://[^/]*/questions.html#is-it-the-state-of-the-art'))
    assert not any(seen.values())
    ctx.close()


def test_search_is_in_the_language_of_the_page(url, browser):
    ctx, page, seen = visit(browser, url, 'zh/index.html')
    page.locator('#quarto-header input').first.fill('前向过程')
    hit = page.locator('a.search-result[href*="forward.html"]').first
    hit.wait_for(state='visible', timeout=10_000)
    hit.click()
    page.wait_for_url('**/zh/forward.html**')
    assert not any(seen.values())
    ctx.close()


# texts of living figures that come from numbers and choices
MADE = (r'frame \d+ of|^known image|^point \d|^abar |^fork at step|; PSNR in dB: |^figure: |^(?:line|bridge), '
        r'|^the input[:,] |^the estimate will|restore$|^This copy of the page|: PSNR, dB$'
        r'|: [A-Z]\w+ (?:et al\.|and [A-Z]).*\b\d{4}$') # names of methods with their papers


def test_labels_of_living_figures_are_in_the_table(visits):
    figures = json.loads((ROOT/'rddm_nb/figures/figures.json').read_text(encoding='utf-8'))
    methods, papers = ({line[k] for line in figures['metro']} for k in ('name', 'source'))
    said = {s for v in visits.values() for s in v['labels'] if not re.search(MADE, s)}
    left = said - {t.source for t in shared() if t.kind == 'label'}
    assert len(said) > 60 and {s for s in left - papers if not methods >= {*s.split(' · ')}} == set()


def test_living_figures_speak_the_language_of_the_page(chinese):
    table = {t.source for t in shared() if t.kind == 'label'}
    alive = {n: v['labels'] for n, v in chinese.items() if v['labels']}
    assert alive and {n: left for n, v in alive.items() if (left := table & {*v})} == {}
