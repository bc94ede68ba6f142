"""Build the documentation site without Quarto: nbdev stages the notebooks, smalldocs renders them, from the same
_quarto.yml that `nbdev-docs` uses.

    python tools/docs.py [FOLDER]        (default: _docs)

What is added to smalldocs: pages keep the names nbdev's links expect, equations and tables are numbered, KaTeX
comes from the site itself, and each language of i18n/ has its pages in a folder of its own."""
import functools
import gc
import html
import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
import runtime
from generated import ROOT
import languages

# options of _quarto.yml that this build settles in another way
QUARTO_ONLY = 'grid', 'html-math-method', 'respect-user-color-scheme'
NAMES = dict(eq='Equation', fig='Figure', tbl='Table', sec='Section')


class Numbers:
    "Running numbers of one page's labels, kind by kind; `words` are those of its language"
    def __init__(self, words): self.words, self.of, self.last = words, {}, dict.fromkeys(NAMES, 0)
    def name(self, kind): return self.words.get(NAMES[kind], NAMES[kind])
    def __call__(self, label):
        kind = label.split('-')[0]
        if label not in self.of:
            self.last[kind] += 1
            self.of[label] = self.last[kind]
        return self.of[label]
    def link(self, m): return f"[{self.name(m[1].split('-')[0])} {self.of[m[1]]}](#{m[1]})" if m[1] in self.of else m[0]


def text(cell): return cell['source'] if isinstance(cell['source'], str) else ''.join(cell['source'])


def number(nb, words):
    "Give labelled equations and tables of a notebook their numbers, and turn `@eq-name` into links"
    n, md = Numbers(words), [c for c in nb['cells'] if c['cell_type'] == 'markdown']
    for c in md:
        s = re.sub(r'\$\$(.+?)\$\$\s*\{#(eq-[\w-]+)\}',
                   lambda m: f'[]{{#{m[2]}}}\n\n$${m[1].rstrip()} \\tag{{{n(m[2])}}}$$', text(c), flags=re.S)
        c['source'] = re.sub(r'^: (.*?) \{#(tbl-[\w-]+)\}',
                             lambda m: f': {n.name("tbl")} {n(m[2])}: {m[1]} {{#{m[2]}}}', s, flags=re.M)
    for c in md: c['source'] = re.sub(r'(?<![\w`])@((?:fig|eq|tbl)-[\w-]+)', n.link, c['source'])


def front_matter(nb):
    "The front matter of a staged notebook, with the page name that nbdev gave it taken out"
    import yaml
    first = nb['cells'][0] if nb['cells'] else None
    if not first or first['cell_type'] != 'raw': return None
    fm = yaml.safe_load(text(first).strip().strip('-')) or {}
    page = fm.pop('output-file', None)
    first['source'] = f'---\n{yaml.dump(fm, allow_unicode=True)}---\n'
    return page


def once(module, name):
    "Let a function of a library, asked for the same thing thousands of times, work it out once"
    setattr(module, name, functools.cache(getattr(module, name)))


def stage(folder):
    "nbdev's staging of the notebooks, copied to `folder`; in this process, where the settings are read once"
    import nbdev.config
    from nbdev.config import get_config
    import nbdev.doclinks
    from nbdev.quarto import nbdev_sidebar, refresh_quarto_yml
    from nbdev.serve import proc_nbs
    once(nbdev.config, '_load_toml')
    os.chdir(ROOT)
    refresh_quarto_yml()
    nbdev.doclinks._build_modidx()
    nbdev_sidebar.__wrapped__(path=get_config().nbs_path)
    shutil.copytree(proc_nbs(get_config().nbs_path, n_workers=0), folder,
                    ignore=shutil.ignore_patterns('_docs', '.quarto'))


def adapt(src, words):
    "Rename pages, number equations, point links at the new names"
    import yaml
    pages = {}
    for f in sorted(src.rglob('*.ipynb')):
        nb = json.loads(f.read_text(encoding='utf-8'))
        page = front_matter(nb)
        for c in nb['cells']: c.get('metadata', {}).pop('execution', None)
        number(nb, words)
        pages[f] = nb, Path(page).with_suffix('.ipynb').name if page else f.name
    new = {f.name: name for f, (_, name) in pages.items()}
    for f, (nb, name) in pages.items():
        for c in nb['cells']:
            if c['cell_type'] == 'markdown':
                c['source'] = re.sub(r'\]\(([\w/.-]+\.ipynb)', lambda m: '](' + new.get(m[1], m[1]), text(c))
        f.unlink()
        (f.parent/name).write_text(json.dumps(nb), encoding='utf-8')
    for name in ('sidebar.yml', '_quarto.yml'):
        s = (src/name).read_text(encoding='utf-8')
        for a, b in new.items(): s = re.sub(rf'(?<![\w.]){re.escape(a)}', b, s)
        (src/name).write_text(s, encoding='utf-8')
    yml = yaml.safe_load((src/'nbdev.yml').read_text(encoding='utf-8'))
    yml.pop('format-links', None)
    (src/'nbdev.yml').write_text(yaml.dump(yml), encoding='utf-8')


def plain(md):
    "A Markdown copy without what only a browser shows: figures become their descriptions"
    md = re.sub(r'<img alt="([^"]*)"[^>]*>', lambda m: f'[Figure: {html.unescape(m[1])}]', md)
    return re.sub(r'<(script|style|svg)\b.*?</\1>', '', md, flags=re.S)


def copies(out):
    "The Markdown copy of each page made plain, and all of them in `llms-full.txt`, in the order of `llms.txt`"
    for f in out.glob('*.llms.md'): f.write_text(plain(f.read_text(encoding='utf-8')), encoding='utf-8')
    names = re.findall(r'\]\((?:[^)]*/)?([\w.-]+\.llms\.md)\)', (out/'llms.txt').read_text(encoding='utf-8'))
    whole = '\n\n'.join((out/n).read_text(encoding='utf-8') for n in names)
    (out/'llms-full.txt').write_text(whole, encoding='utf-8')


def reachable(page):
    "A page whose scrolling parts take the keyboard's focus and whose navigations have names of their own"
    page = re.sub(r'<pre(?![^>]*tabindex)', '<pre tabindex="0"', page)
    page = re.sub(r'<table(?![^>]*tabindex)', '<table tabindex="0"', page)
    page = page.replace('<nav class="navbar',
                        '<nav aria-label="Site" class="navbar').replace('<nav class="page-navigation"',
                                                                        '<nav aria-label="Previous and next page" '
                                                                        'class="page-navigation"')
    page = page.replace('<nav id="quarto-sidebar"',
                        '<nav aria-label="Pages" id="quarto-sidebar"').replace('<nav class="quarto-secondary-nav"',
                                                                               '<nav aria-label="This page" '
                                                                               'class="quarto-secondary-nav"')
    page = re.sub(r'<nav (?=[^>]*id="TOC")', '<nav aria-label="On this page" ', page)
    return page.replace('<div class="toc-actions">',
                        '<div class="toc-actions" role="navigation" aria-label="Repository">')


def polish(out):
    "What the rendered site still lacks for readers by keyboard, by ear and by machine"
    for f in out.glob('*.html'): f.write_text(reachable(f.read_text(encoding='utf-8')), encoding='utf-8')
    copies(out)


def render(src, words):
    "A staged project as a site"
    import smalldocs.site
    adapt(src, words)
    return smalldocs.site.build(src, quiet=True)


def spoken(page, words):
    "A page with the renderer's own words in its language"
    page = re.sub(r'\b(title|aria-label|placeholder)="([^"]*)"', lambda m: f'{m[1]}="{words.get(m[2], m[2])}"', page)
    return re.sub(r'(?<=</i> )([^<]*)(?=</a>)', lambda m: words.get(m[1], m[1]), page)


def spoken_later(script, words):
    "A script of the renderer with what it says to readers in their language"
    said = '|'.join(map(re.escape, languages.LATER.values()))
    return re.sub(rf'(?<=[">])(?:{said})(?=["<])', lambda m: words.get(m[0], m[0]), script)


def beside(page, folder, out):
    "A page in a folder of the site, with what it does not have beside it taken from the site's own folder"
    @functools.cache
    def lacks(name): return not (folder/name).exists() and (out/name).exists()
    return re.sub(r'(\b(?:href|src)=")([\w.-][\w./-]*)(?=["#?])', lambda m: m[1] + '../'*lacks(m[2]) + m[2], page)


def add_language(src, language, out):
    "Render the pages in a language into their folder of the site, which has scripts, styles and fonts already"
    words, folder = languages.said(language, 'site'), out/language
    site = render(src, words)
    folder.mkdir()
    for f in (*site.out.glob('*.html'), *(site.out/n for n in ('search.json', 'sitemap.xml', 'labels.js'))):
        shutil.copy(f, folder)
    for f in site.out.rglob('smalldocs.js'):
        (own := folder/f.relative_to(site.out)).parent.mkdir(parents=True, exist_ok=True)
        own.write_text(spoken_later(f.read_text(encoding='utf-8'), words), encoding='utf-8')
    for f in folder.glob('*.html'):
        page = spoken(reachable(f.read_text(encoding='utf-8')), words)
        f.write_text(beside(page, folder, out), encoding='utf-8')


def build(out):
    "Stage, adapt, render, and put the site at `out`, in all languages; the English site"
    import smalldocs.highlight
    import smalldocs.layout
    import smalldocs.markdown
    for module, name in ((smalldocs.highlight, 'css_class'), (smalldocs.markdown, 'highlight')): once(module, name)
    smalldocs.layout.KATEX = 'katex'
    with tempfile.TemporaryDirectory() as tmp:
        src = Path(tmp)/'site'
        stage(src)
        gc.freeze() # what nbdev has imported stays: nothing looks for rubbish in it while pages are made
        for language in languages.languages(): languages.stage(language, src, Path(tmp)/language)
        site = render(src, {})
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(site.out, out)
        for language in languages.languages(): add_language(Path(tmp)/language, language, out)
        languages.link(out)
        polish(out)
    runtime.put(out)
    return site


def main():
    t, out = time.time(), Path(sys.argv[1] if len(sys.argv) > 1 else ROOT/'_docs').resolve()
    site = build(out)
    for w in site.warnings:
        if not re.search(f'({"|".join(QUARTO_ONLY)}) is ignored', w): print('warning:', w)
    print(f'{len(site.pages)} pages in {time.time() - t:.0f} s; open {os.path.relpath(out)}/index.html')


if __name__ == '__main__': main()
