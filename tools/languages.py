"""The site in another language, for both of its builds. What has no translation is shown in English.

    python tools/languages.py stage zh _proc _proc_zh    from the project that nbdev staged, one in Chinese
    python tools/languages.py link _docs                 the pages of a built site, _docs/zh among them, name each other

Code and outputs stay what they are: nothing runs. `tools/docs.py` calls both; the build with Quarto does after
`nbdev-docs`, which leaves the staged pages in _proc."""
import functools
import html
import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from generated import ROOT
from translate import ALT, SUMMARY, TABLE, languages, notebook, said, shared, texts

CONFIG = '_quarto.yml', 'sidebar.yml', 'nbdev.yml'
# what scripts of the site say later, by the names that Quarto has for it
LATER = {'search-no-results-text': 'No results', 'copy-button-tooltip': 'Copy to Clipboard',
         'copy-button-tooltip-success': 'Copied!'}
HEADING = r'^```.*?^```|^(#{1,6} +)([^\n]*)$'
PENDING = 'What has not been translated yet is shown in English on this page.'
NAMED = 'document.getElementById(decodeURIComponent(location.hash.slice(1)))?.getBoundingClientRect().top ?? -1'
SWITCH = ('<a class="language" lang="{tag}" hreflang="{tag}" href="{href}" onclick="const top = ' + NAMED + '; '
          'this.hash = top >= 0 && top < innerHeight || scrollY <= 200 ? location.hash : '
          'document.querySelector(\'#TOC a.active\')?.hash || location.hash">{name}</a>')


def headings(md): return [m[2] for m in re.finditer(HEADING, md, re.M | re.S) if m[2]]


def anchor(heading, seen):
    "The name that a heading of the English page gets, as Pandoc makes it; `seen` counts those before it"
    from smalldocs.markdown import pandoc_id
    name = pandoc_id(re.sub(r'\]\([^)]*\)', '', heading))
    seen[name] += 1
    return name if seen[name] == 1 else f'{name}-{seen[name] - 1}'


def anchored(md, names):
    "A translation whose headings have the names of the English ones, so that links reach them in every language"
    left = iter(names)
    def named(m): return m[0] if not m[2] or '{#' in m[2] else f'{m[0].rstrip()} {{#{next(left)}}}'
    return re.sub(HEADING, named, md, flags=re.M | re.S)


def translations(page, words):
    "Cell id -> the cell in the other language, for each Markdown cell that has one"
    out, seen = {}, Counter()
    for c in notebook(page)['cells']:
        source = ''.join(c['source'])
        if c['cell_type'] != 'markdown': continue
        names = [anchor(h, seen) for h in headings(source) if '{#' not in h]
        if source in words: out[c['id']] = anchored(words[source], names)
    return out


def table(md, words):
    "A table that code has written, with the words that are known"
    def known(m): return f'{m[1]}{words.get(m[2], m[2])}{m[3]}'
    md = re.sub(SUMMARY, lambda m: words.get(m[1], m[1]), md)
    return re.sub(r'((?<=\|)[ ]*)([^|\n]*?)([ ]*(?=\|))', known, md)


def output(data, words):
    "The descriptions of an output's figures, and its table, in the other language; in place"
    def described(m): return f'alt="{html.escape(words.get(html.unescape(m[1]), html.unescape(m[1])))}"'
    for kind, of in (('text/html', lambda s: re.sub(ALT, described, s)),
                     (TABLE, lambda s: table(s, words))):
        if kind in data: data[kind] = of(''.join(data[kind]))


def front_matter(cell, page, words):
    "The title and the promise of a page in the other language; in place"
    import yaml
    from fastcore.nbio import md_frontmatter
    fm = yaml.safe_load(''.join(cell['source']).strip().strip('-'))
    first = next(''.join(c['source']) for c in notebook(page)['cells'] if c['cell_type'] == 'markdown')
    fm |= md_frontmatter(words.get(first, first))
    cell['source'] = f'---\n{yaml.dump(fm, allow_unicode=True)}---\n'


def translate(nb, page, words, link):
    "A staged notebook in another language; `link` brings the library's names in a text to their pages"
    cells = translations(page, words)
    for c in nb['cells']:
        if c['cell_type'] == 'raw': front_matter(c, page, words)
        elif c['cell_type'] == 'code':
            c['source'] = re.sub(r'(?<=code-summary: ")(.*)(?="$)', lambda m: words.get(m[1], m[1]),
                                 ''.join(c['source']), flags=re.M)
            for o in c['outputs']: output(o.get('data', {}), words)
        elif c.get('id') in cells: c['source'] = link(cells[c['id']])
    if any(t.source not in words for t in texts(page)):
        note = f'::: {{.callout-note appearance="minimal"}}\n{words.get(PENDING, PENDING)}\n:::'
        nb['cells'].insert(1, dict(cell_type='markdown', id='pending', metadata={}, source=note))


def named(config, words):
    "A part of the site's configuration with the names of places in the other language"
    if isinstance(config, list): return [named(x, words) for x in config]
    if not isinstance(config, dict): return config
    return {k: words.get(v, v) if k in ('text', 'section') and isinstance(v, str) else named(v, words)
            for k, v in config.items()}


def configure(folder, language, words):
    "The configuration of the site in another language"
    import yaml
    for name in CONFIG:
        config = named(yaml.safe_load((folder/name).read_text(encoding='utf-8')), words)
        if name == '_quarto.yml':
            config['lang'] = languages()[language]['tag']
            config['language'] = {k: words.get(v, v) for k, v in LATER.items()}
            config['website'].pop('llms-txt', None)
            config['project']['resources'].append('labels.js')
            config['format']['html'] |= {'toc-title': words.get('On this page', 'On this page'), 'include-in-header':
                                         [{'text': '<script src="labels.js"></script>'}]}
        if name == 'nbdev.yml': config['website']['site-url'] += f'/{language}'
        (folder/name).write_text(yaml.dump(config, allow_unicode=True, sort_keys=False), encoding='utf-8')


def labels(words):
    "What the living figures read their labels from"
    known = {t.source: words[t.source] for t in shared() if t.kind == 'label' and t.source in words}
    return f'globalThis.rddmLabels = {json.dumps(known, ensure_ascii=False, indent=0)};\n'


@functools.cache
def address():
    "Where the site is published"
    import yaml
    return yaml.safe_load((ROOT/'nbs'/'nbdev.yml').read_text(encoding='utf-8'))['website']['site-url']


def at_home(text, language):
    "A text whose links to the site go to its pages in the text's own language"
    return text if language == 'en' else text.replace(f']({address()}/', f']({address()}/{language}/')


def stage(language, source, folder):
    "From a project that nbdev staged, one in another language"
    from nbdev.doclinks import NbdevLookup
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns('_docs', '.quarto'))
    for f in folder.glob('*.ipynb'):
        nb = json.loads(f.read_text(encoding='utf-8'))
        translate(nb, f.stem, said(language, f.stem), NbdevLookup().linkify)
        f.write_text(at_home(json.dumps(nb, ensure_ascii=False), language), encoding='utf-8')
    words = said(language, 'site')
    configure(folder, language, words)
    (folder/'labels.js').write_text(labels(words), encoding='utf-8')


def page_of(name): return re.sub(r'^\d+[a-z]?_', '', name) + '.html'


def complete(language): return {page_of(name) for name in languages()[language]['complete']}


def alternates(name, site):
    "Links for a page's head: the same page in all languages that have it"
    urls = {'en': f'{site}/{name}', 'x-default': f'{site}/{name}'}
    urls |= {v['tag']: f'{site}/{k}/{name}' for k, v in languages().items() if name in complete(k)}
    if len(urls) == 2: return f'<link rel="canonical" href="{urls["en"]}">'
    return ''.join(f'<link rel="alternate" hreflang="{tag}" href="{url}">' for tag, url in urls.items())


def switch(name, here, words):
    "The links from a page in the language `here` to the same page in the others, which keep the place"
    known = {'en': dict(tag='en', name='English')} | languages()
    to = {k: ('' if here == 'en' else '../') + ('' if k == 'en' else f'{k}/') + name for k in known if k != here}
    links = ' '.join(SWITCH.format(href=href, tag=known[k]['tag'], name=known[k]['name']) for k, href in to.items())
    return f'<nav class="languages" aria-label="{words.get("Language", "Language")}">{links}</nav>'


def linked(page, name, here, site, words):
    "A page that names itself in other languages, for readers and for search engines"
    page = page.replace('</head>', alternates(name, site) + '</head>', 1)
    return re.sub(r'<main\b[^>]*>', lambda m: m[0] + switch(name, here, words), page, count=1)


def mapped(out, language):
    "Put the pages of a language into the map of the whole site"
    whole, part = out/'sitemap.xml', out/language/'sitemap.xml'
    rows = re.findall(r'\s*<url>.*?</url>', part.read_text(encoding='utf-8'), re.S)
    mine = ''.join(r for r in rows if re.search(r'([^/]*)</loc>', r)[1] in complete(language))
    text = whole.read_text(encoding='utf-8').replace('\n</urlset>', f'{mine}\n</urlset>')
    whole.write_text(text, encoding='utf-8')
    part.unlink()


def link(out):
    "The pages of a built site and those of its languages, each in a folder, name each other"
    site = address()
    for here in ('en', *languages()):
        folder, words = (out, {}) if here == 'en' else (out/here, said(here, 'site'))
        for f in folder.glob('*.html'):
            page = linked(f.read_text(encoding='utf-8'), f.name, here, site, words)
            f.write_text(page, encoding='utf-8')
        if here != 'en': mapped(out, here)


def main():
    match sys.argv[1:]:
        case 'stage', language, source, folder if language in languages():
            stage(language, Path(source), Path(folder))
        case 'link', folder: link(Path(folder))
        case _:
            print(f"{__doc__}\n\nlanguages: {', '.join(languages())}", file=sys.stderr)
            raise SystemExit(2)


if __name__ == '__main__': main()
