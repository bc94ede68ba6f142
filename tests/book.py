"""The course as a book: order, length and language of its pages. `python tests/book.py` prints the table.

Pages whose names start with two digits are the course, in the order of the sidebar; those that start with 0 are part I.
Words are counted in markdown, outside of folded parts, formulas and the targets of links."""
import itertools
import json
import re
import sys
from pathlib import Path
import yaml
from places import ROOT

PAGE_WORDS, PART_WORDS = 1425, 10_000
# plain words of the first page; the field's come after
PLAIN_ONLY_FIRST = (r'\b(fogs?|foggy|roads?|ghosts?|knobs?|routes?|ballots?|foretold|thin noise|thick noise|'
                    r'guess(es|ed)?|votes?|voters?|walks?|walked)\b')
TERMS = ('evidence lower bound', 'score', 'probability-flow ODE', "Tweedie's formula", 'trajectory', 'forward pass',
         'ground truth', 'posterior', 'effective noise level')
PACE = 100, 185 # words per minute of the reading time that a page names; what else there is to read counts as words
EQUATION, CELL = 75, 22 # words that an equation with a name and a code cell count for


def course():
    "The numbered pages, in the order of their names"
    return sorted((ROOT/'nbs').glob('[0-9][0-9]_*.ipynb'))


def cells(path): return json.loads(path.read_text(encoding='utf-8'))['cells']


def markdown(cells): return '\n\n'.join(''.join(c['source']) for c in cells if c['cell_type'] == 'markdown')


def prose(path):
    "The markdown of a page"
    return markdown(cells(path))


def words(text):
    "Words to read"
    for what in (r'<details>.*?</details>', r'\[!\[.*?\]\(.*?\)\]\(.*?\)', r'\$\$.*?\$\$(\s*\{#.*?\})?', r'\$.*?\$',
                 r'\]\(.*?\)'): text = re.sub(what, '', text, flags=re.S)
    return len(re.findall(r"[A-Za-z][\w'-]*", text))


def effort(path):
    "What there is to read before the exercises, in words"
    read = [*itertools.takewhile(lambda c: not ''.join(c['source']).startswith('## Exercises'), cells(path))]
    text = markdown(read)
    return words(text) + EQUATION*text.count('{#eq-') + CELL*sum(c['cell_type'] == 'code' for c in read)


def title(path):
    "The heading of a page"
    return prose(path).partition('\n')[0].removeprefix('# ')


def names():
    "Pages of the course that are titled without their number, and links that call a page something else"
    titles = {p.stem: title(p) for p in course()}
    yield from (f'{n} is titled {t!r}' for n, t in titles.items() if not t.startswith(f'{n[:2]} '))
    for p in sorted((ROOT/'nbs').glob('*.ipynb')):
        for said, n in re.findall(r'\[(\d\d [^\]]+)\]\((\w+)\.ipynb[#)]', prose(p)):
            if said not in (titles.get(n), titles.get(n, '').partition(':')[0]): yield f'{p.stem} calls {n} {said!r}'


def sidebar():
    "All pages in the order of the sidebar"
    contents = yaml.safe_load((ROOT/'nbs'/'sidebar.yml').read_text(encoding='utf-8'))['website']['sidebar']['contents']
    return [Path(p).stem for part in contents for p in ([part] if isinstance(part, str) else part['contents'])]


def order():
    "Pages that stand in another order in the sidebar than by their numbers, or whose Next link leads elsewhere"
    names, shown = [p.stem for p in course()], [p for p in sidebar() if re.match(r'\d\d_', p)]
    if names != shown: yield f'the sidebar shows {shown}, the numbers say {names}'
    for page, after in zip(names, names[1:]):
        if after[0] == '4': break # the last page before the appendix leads where it likes
        found = re.findall(r'\*\*Next:\*\*.*?\]\((\w+)\.ipynb\)', prose(ROOT/'nbs'/f'{page}.ipynb'), re.S)
        if found and found[0] not in (after, 'results', 'index'): yield f'{page} leads to {found[0]}, not to {after}'
        if not found: yield f'{page} leads nowhere'


def length():
    "Pages of part I that are too long to read in two evenings"
    n = {p.stem: words(prose(p)) for p in course() if p.stem[0] == '0'}
    yield from (f'{k} has {v} words > {PAGE_WORDS}' for k, v in n.items() if v > PAGE_WORDS)
    if sum(n.values()) > PART_WORDS: yield f'part I has {sum(n.values())} words > {PART_WORDS}'
    if len(n) != 8: yield f'part I has {len(n)} pages, not 8'


def language():
    "Plain words where the field has its own, and terms of the field that are neither a heading nor in the glossary"
    for p in course()[1:]:
        words = re.sub(r'`[^`]*`|@?eq-[\w-]+', '', prose(p))
        found = {m[0].lower() for m in re.finditer(PLAIN_ONLY_FIRST, words, re.I)}
        if found: yield f"{p.stem} says {', '.join(sorted(found))}"
    headings = re.findall(r'^#+ .*', '\n'.join(map(prose, (ROOT/'nbs').glob('*.ipynb'))), re.M)
    glossary = ROOT/'nbs'/'glossary.ipynb'
    defined = re.findall(r'^\| ([^|]*)\|', prose(glossary), re.M) if glossary.exists() else []
    known = '\n'.join(headings + defined).lower()
    yield from (f'{t} is neither a heading nor a defined term' for t in TERMS if t.lower() not in known)


def goals():
    "Pages that do not say how long they take, what comes before and what one can do then"
    for p in (p for p in course() if p.stem[0] < '4'):
        text = prose(p)
        minutes = re.search(r'Reading time: (\d+) minutes(?:, after \[|\. You need )', text)
        if not minutes: yield f'{p.stem} names no reading time and nothing that comes before'
        elif p.stem[0] < '3' and not PACE[0] <= (pace := effort(p)/int(minutes[1])) <= PACE[1]:
            yield f'{p.stem} would be read at {pace:.0f} words a minute'
        if 'Afterwards you can ' not in text: yield f'{p.stem} names no goal'


def progress():
    "Pages whose exercises keep their progress under another name than the page's"
    for p in course():
        named = re.findall(r"book = Book\('([^']+)'\)", p.read_text(encoding='utf-8'))
        yield from (f'{p.stem} counts the exercises of {n}' for n in named if n != p.stem.replace('_', ' '))


CHECKS = dict(order=order, names=names, length=length, language=language, goals=goals, progress=progress)

if __name__ == '__main__':
    for p in course(): print(f'{words(prose(p)):6}  {p.stem}')
    said = [f'{k}: {line}' for k, check in CHECKS.items() for line in check()]
    print(*said, sep='\n')
    sys.exit(bool(said))
