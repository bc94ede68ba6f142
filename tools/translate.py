"""Translations of the pages: i18n/LANGUAGE/PAGE.po holds what a page says to its readers, the English text as the key.

    python tools/translate.py extract zh [PAGE...]    write new texts into the files (all pages of the language)
    python tools/translate.py check zh [PAGE...]      what is missing or stale, and what differs from the source

`extract` loses no translation: where a text was edited, the old translation stays, marked `fuzzy`, with the old
text beside it; where a text is gone, its translation stays at the end, marked obsolete. Both count as stale until
somebody has looked at them and taken the mark away.

Texts are the Markdown cells of nbs/PAGE.ipynb, the descriptions of its figures, of those in exercises too, and the
words of tables that code has written. i18n/LANGUAGE/site.po holds what many pages share. i18n/languages.toml names the
languages and their complete pages."""
import argparse
import difflib
import html
import json
import re
import tomllib
from collections import Counter
from typing import NamedTuple
from generated import ROOT

FOLDER = ROOT/'i18n'
ENOUGH = .6 # how alike an edited text is to what it was
WORD = 20 # what is shorter is another text when edited
TABLE = 'text/markdown'
RUN = 'figure', 'cell' # kinds of texts that a run writes: a page that has not been run yet lacks them
SMALL = 12 # numbers up to this may be words in the source


class Text(NamedTuple):
    "What a page says to its readers in one place"
    kind: str # text, figure or cell of a table; of what pages share: summary, place, interface or label
    source: str # in English


def languages(): return tomllib.loads((FOLDER/'languages.toml').read_text(encoding='utf-8'))


def notebook(page): return json.loads((ROOT/'nbs'/f'{page}.ipynb').read_text(encoding='utf-8'))


def summaries(source): return re.findall(r'^#\|\s*code-summary:\s*"(.*)"\s*$', source, re.M)


ALT = r'\balt="([^"]*)"' # the description of an image in HTML


def descriptions(cell):
    "What the figures of a cell show, in words"
    outputs = cell.get('outputs', [])
    metas = [o.get('metadata', {}).get('image/png', {}) for o in outputs]
    pages = [''.join(o.get('data', {}).get('text/html', '')) for o in outputs]
    inside = [html.unescape(alt) for page in pages for alt in re.findall(ALT, page) if alt]
    return [m['alt'] for m in metas if 'alt' in m] + inside


SUMMARY = r'(?<=<summary>)(.*?)(?=</summary>)' # the title of a table that is folded


def table_cells(md):
    "The titles of folded tables, and what stands in tables"
    rows = (r.strip('|').split('|') for r in md.splitlines() if r.startswith('|'))
    return re.findall(SUMMARY, md) + [x.strip() for r in rows for x in r]


def written(cell):
    "What stands in the tables that a cell's code has written, names of commits left out"
    found = [x for o in cell.get('outputs', []) for x in table_cells(''.join(o.get('data', {}).get(TABLE, '')))]
    return [x for x in found if re.search(r'[a-z]{3}|\bof\b', x) and not re.fullmatch('[0-9a-f]{7,40}', x)]


def texts(page):
    "The texts of a page that have words, in its order, each once; titles of folded code stand in site.po"
    found = []
    for c in notebook(page)['cells']:
        if c['cell_type'] == 'markdown': found.append(Text('text', ''.join(c['source'])))
        else: found += [Text('figure', s) for s in descriptions(c)] + [Text('cell', s) for s in written(c)]
    return list({t.source: t for t in found if re.search('[A-Za-z]{2}', prose(t.source))}.values())


def shared():
    """What many pages share: titles of folded code, names of places in the sidebar and the bar, and what
    i18n/shared.json lists, words of the site's interface and labels of the living figures"""
    code = [''.join(c['source']) for p in sorted((ROOT/'nbs').glob('*.ipynb')) for c in notebook(p.stem)['cells']
            if c['cell_type'] == 'code']
    found = [Text('summary', s) for source in code for s in summaries(source)]
    for name in ('sidebar.yml', '_quarto.yml'):
        said = re.findall(r'(?:section|text): "?([^"\n]+)"?', (ROOT/'nbs'/name).read_text(encoding='utf-8'))
        found += [Text('place', s) for s in said if s.strip('-')]
    for kind, said in json.loads((FOLDER/'shared.json').read_text(encoding='utf-8')).items():
        found += [Text(kind, s) for s in said]
    return list({t.source: t for t in found}.values())


def wanted(page): return shared() if page == 'site' else texts(page)


def path(language, page): return FOLDER/language/f'{page}.po'


def load(language, page):
    "The file of a page, or a new one"
    import polib
    file = path(language, page)
    if file.exists(): return polib.pofile(str(file), wrapwidth=0, encoding='utf-8')
    po = polib.POFile(wrapwidth=0, encoding='utf-8')
    po.metadata = {'Language': languages()[language]['tag'], 'MIME-Version': '1.0',
                   'Content-Type': 'text/plain; charset=UTF-8', 'Content-Transfer-Encoding': '8bit'}
    return po


def said(language, page):
    "What a page says in a language, and what all pages share: English text -> translation; stale ones are left out"
    files = [load(language, p) for p in ('site', page)]
    return {e.msgid: e.msgstr for po in files for e in po if e.translated()}


def edited(source, gone):
    "The entry among `gone` whose text was edited to become `source`; None if none is like it"
    near = [e for e in gone if e.msgstr and min(len(e.msgid), len(source)) > WORD]
    alike = [(difflib.SequenceMatcher(None, e.msgid, source, autojunk=False).ratio(), e) for e in near]
    likeness, entry = max(alike, key=lambda x: x[0], default=(0, None))
    return entry if likeness >= ENOUGH else None


def entry(t, known, gone):
    "The entry of a text: the one it has, the one of what it was, or a new one"
    import polib
    if t.source in known:
        e = known[t.source]
        e.obsolete = False
    elif e := edited(t.source, gone):
        gone.remove(e)
        e.previous_msgid, e.msgid, e.obsolete = e.msgid, t.source, False
        if 'fuzzy' not in e.flags: e.flags.append('fuzzy')
    else: e = polib.POEntry(msgid=t.source)
    e.comment = t.kind
    return e


def update(po, wanted):
    "Bring a file to the order and the texts of its page"
    known, sources = {e.msgid: e for e in po}, {t.source for t in wanted}
    gone = [e for e in po if e.msgid not in sources]
    now = [entry(t, known, gone) for t in wanted]
    for e in gone: e.obsolete = True
    po[:] = now + [e for e in gone if e.msgstr]
    return po


def extract(language, page):
    "Write the new texts of a page into its file; how many lack a translation"
    po, file = update(load(language, page), wanted(page)), path(language, page)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix('.new')
    po.save(str(new), newline='\n')
    new.replace(file)
    return sum(not e.translated() for e in po if not e.obsolete)


# What a translation has in common with its source. Each takes Markdown and returns what has to be equal.

CODE = r'```.*?```|(`+)(?!`).+?(?<!`)\1(?!`)'
MATHS = r'\$\$.+?\$\$|(?<![\\$\w])\$(?!\s)[^$]+?(?<!\s)\$(?!\d)'
LINK = r'\]\(([^)\s]+)(?: "[^"]*")?\)|<(https?:[^>\s]+)>|(?:href|src)="([^"]*)"'
TAG = r'</?[a-zA-Z][^<>]*>'


def without(pattern, md): return re.sub(pattern, ' ', md, flags=re.S)


def code(md): return Counter(m[0] for m in re.finditer(CODE, md, re.S))


def equations(md):
    "Equations, the words in them left out"
    return Counter(re.sub(r'\\text\{[^}]*\}|\s+', '', m[0]) for m in re.finditer(MATHS, without(CODE, md), re.S))


def links(md): return Counter(''.join(m) for m in re.findall(LINK, without(CODE, md)))


def labels(md): return Counter(re.findall(r'\{#[\w-]+\}|(?<![\w`])@(?:eq|fig|tbl|sec)-[\w-]+', without(CODE, md)))


def tags(md): return Counter(re.sub(r'\b(alt|title)="[^"]*"', '', t) for t in re.findall(TAG, bare(md)))


def headings(md): return [len(h) for h in re.findall(r'^(#{1,6}) ', without(CODE, md), re.M)]


def layout(md):
    "Rows of tables, quotations, boxes and items: how many there are"
    marks = dict(row=r'^\|', quotation=r'^>', box=r'^:::', item=r'^\s*(?:[-*+]|\d+\.) ')
    return {k: len(re.findall(m, without(CODE, md), re.M)) for k, m in marks.items()}


def bare(md): return without(MATHS, without(CODE, md))


def prose(md):
    "The words alone"
    return without(r'\{#[\w-]+\}|@(?:eq|fig|tbl|sec)-[\w-]+', without(TAG, without(LINK, bare(md))))


def figures(md):
    "Numbers, however they are written: 1,000 is 1000, and .5 is 0.5"
    found = re.findall(r'\d+(?:,\d{3})*(?:\.\d+)?|(?<!\w)\.\d+', prose(md))
    return Counter(re.sub(r'^\.', '0.', n.replace(',', '')) for n in found)


EQUAL = dict(code=code, equations=equations, links=links, labels=labels, tags=tags, headings=headings, layout=layout)


def lost_numbers(source, said):
    "Numbers that the translation lacks, and those that it made up; small ones may be words in the source"
    a, b = figures(source), figures(said)
    made_up = {n for n in b - a if '.' in n or int(n) > SMALL}
    return sorted({*(a - b), *made_up})


def untranslated(source, said):
    return source == said and len(re.findall(r"[A-Za-z]{3,}", prose(source))) > 3


def terms(language):
    """English term -> what it may be called: the glossary's table, where it has a column of the language, and
    i18n/LANGUAGE/terms.toml, which adds terms and changes them; an empty list leaves a term to the translator"""
    out, head = {}, languages()[language].get('glossary')
    for t in texts('glossary') if head else ():
        rows = [[x.strip() for x in r.strip('|').split('|')] for r in t.source.splitlines() if r.startswith('|')]
        for r in rows[2:] if rows and head in rows[0] else ():
            for name in re.sub(r'\s*\([^)]*\)', '', r[0]).split(', '): out[name.lower()] = re.split('[，,、]', r[1])
    file = FOLDER/language/'terms.toml'
    own = tomllib.loads(file.read_text(encoding='utf-8')) if file.exists() else {}
    return {k: [x.strip() for x in v] for k, v in (out | own).items() if v}


def lost_terms(source, said, terms):
    "Terms of the source, the longest first, none of whose names the translation has"
    words, lost = ' '.join(prose(source).lower().split()), []
    for term in sorted(terms, key=len, reverse=True):
        rest = re.sub(rf'(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])', '|', words)
        if rest != words and not any(x.lower() in said.lower() for x in terms[term]):
            lost.append(f"{term} ({' or '.join(terms[term])})")
        words = rest
    return lost


def asterisks(md):
    "Asterisks that a reader sees: an emphasis that ends between a mark and a letter without a space is none"
    from markdown_it import MarkdownIt
    return MarkdownIt().render(re.sub(f'{CODE}|{MATHS}', 'x', md, flags=re.S)).count('*')


def differs(source, said, terms):
    "What is wrong with a translation, in words"
    for name, of in EQUAL.items():
        a, b = of(source), of(said)
        if a != b and isinstance(a, Counter): yield f'{name}: lacks {[*(a - b)]}, has {[*(b - a)]} instead'
        elif a != b: yield f'{name}: {b}, the source has {a}'
    if lost := lost_numbers(source, said): yield f'numbers: {lost}'
    if lost := lost_terms(source, said, terms): yield f"terms: {', '.join(lost)}"
    if asterisks(said) > asterisks(source): yield 'emphasis: the asterisks are shown as they are'
    if untranslated(source, said): yield 'untranslated: it is the source'


def state(entries, source):
    "'' of a text that is translated, or what is the matter"
    e = entries.get(source)
    if e is None: return 'new'
    if e.fuzzy: return 'stale'
    return '' if e.msgstr else 'missing'


def check(language, page):
    "Lines that say what is missing, stale or different in a page's file"
    po, known, out = load(language, page), terms(language), []
    entries, sources = {e.msgid: e for e in po if not e.obsolete}, wanted(page)
    for t in sources:
        what = state(entries, t.source)
        faults = [what] if what else differs(t.source, entries[t.source].msgstr, known)
        out += [f'{page}: {f}: {t.kind} "{" ".join(t.source.split())[:70]}"' for f in faults]
    gone = {e.msgid for e in entries.values() if e.comment not in RUN} - {t.source for t in sources}
    return out + [f'{page}: stale: no such text any more: "{" ".join(s.split())[:70]}"' for s in sorted(gone)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('action', choices=['extract', 'check'])
    p.add_argument('language', choices=list(languages()))
    p.add_argument('pages', nargs='*', metavar='PAGE', help='names of notebooks, or site; all complete pages if none')
    a = p.parse_args()
    pages = a.pages or ['site', *languages()[a.language]['complete']]
    if unknown := [x for x in pages if x != 'site' and not (ROOT/'nbs'/f'{x}.ipynb').exists()]:
        p.error(f"no notebook is called {', '.join(unknown)}: give names of nbs/ without .ipynb")
    if a.action == 'extract':
        for page in pages: print(f'i18n/{a.language}/{page}.po: {extract(a.language, page)} to translate')
        return
    faults = [f for page in pages for f in check(a.language, page)]
    print('\n'.join(faults) if faults else f'{len(pages)} files: nothing missing, stale or different')
    raise SystemExit(bool(faults))


if __name__ == '__main__': main()
