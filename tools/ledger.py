"""Write the ledger of equations, nbs/ledger.ipynb: every displayed equation of the notebooks, the code that
computes it, the check that it passes, the figure that shows it.

    python tools/ledger.py            write the page
    python tools/ledger.py --check    only say whether it is what the notebooks hold"""
import ast
import re
import sys
from typing import NamedTuple
import generated
from generated import ROOT

PAGE = ROOT/'nbs'/'ledger.ipynb'
AROUND = 'viz', 'sample_images', 'demo', 'degrade', 'exercises'  # modules that bring figures, not equations
sys.path.insert(0, str(ROOT/'tests'))
import bars


class Row(NamedTuple):
    "One equation"
    label: str # without 'eq-'
    latex: str # its source
    code: tuple # names of the library that its check runs
    checks: tuple # lines that check it
    figure: str # what the figure of its section shows; '' if there is none


def library():
    "Public name -> module, over the whole package"
    out = {}
    for p in sorted((ROOT/'rddm_nb').glob('*.py')):
        if p.stem in AROUND: continue
        out |= dict.fromkeys(bars.public(p.read_text(encoding='utf-8')), p.stem)
    return out


def check_lines(src, label):
    "The checks of a cell that name an equation, each as one line"
    lines = src.splitlines()
    spans = [s for s in bars.checks(src) if any(re.search(rf'#.*\b{label}(?![\w-])', lines[l - 1]) for l in s)]
    return [re.sub(r'\s*#[^#\'"]*$', '', ' '.join(lines[l - 1].strip() for l in s)).strip() for s in spans]


def alt(src):
    "What the figure of a cell shows, as told to those who cannot see it"
    for n in ast.walk(bars.parse(src)):
        if isinstance(n, ast.keyword) and n.arg == 'alt':
            return ''.join(v.value if isinstance(v, ast.Constant) else '…'
                           for v in (n.value.values if isinstance(n.value, ast.JoinedStr) else [n.value])
                           if isinstance(v, (ast.Constant, ast.FormattedValue)))
    return ''


def names(tree):
    "Names that are read, without those of attributes"
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def defined(src):
    "Name -> names read by its definition, for what a cell defines"
    out = {}
    for n in bars.parse(src).body:
        new = [n.name] if isinstance(n, (ast.FunctionDef, ast.ClassDef)) else [t.id for t in ast.walk(n)
                                                                               if isinstance(t, ast.Name)
                                                                               and isinstance(t.ctx, ast.Store)]
        for name in new: out.setdefault(name, set()).update(names(n) - {name})
    return out


def reached(first, where, known):
    "The nearest names of the library: these, or those behind what the notebook defines"
    layer, seen = set(first), set()
    while layer:
        if found := layer & set(known): return found
        seen |= layer
        layer = set().union(*(where.get(n, set()) for n in layer)) - seen
    return set()


def figure(cells, i):
    "What shows the equation of a cell: the next figure of its section, or the one before it"
    new = [j for j, c in enumerate(cells) if c.kind == 'markdown' and re.search('^## ', c.src, re.M)]
    start, end = max((j for j in new if j <= i), default=0), min((j for j in new if j > i), default=len(cells))
    near = [*cells[i:min(end, i + 9)], *cells[start:i][::-1]]
    return next((s for d in near if d.kind == 'code' and bars.shows_figure(d) and (s := alt(d.src))), '')


def rows(path, known):
    "The equations of a notebook"
    cells, where, out = bars.read(path), {}, []
    for c in cells:
        if c.kind == 'code':
            for k, v in defined(c.src).items(): where.setdefault(k, set()).update(v)
    own = set().union(*(defined(c.src) for c in cells if c.kind == 'code' and not c.exported))
    known = {k: v for k, v in known.items() if k not in own}
    for i, c in enumerate(cells):
        if c.kind != 'markdown': continue
        for m in re.finditer(r'\$\$(.+?)\$\$\s*\{#(eq-[\w-]+)\}', c.src, re.S):
            found = [(d, line) for d in cells if d.kind == 'code' for line in check_lines(d.src, m[2])]
            read = set().union(*(names(bars.parse(line)) or names(bars.parse(d.src)) for d, line in found))
            out.append(Row(m[2][3:], ' '.join(m[1].split()), tuple(sorted(reached(read, where, known))),
                           tuple(line for _, line in found), figure(cells, i)))
    return out


def ledger():
    "Notebook -> its equations, in reading order"
    known = library()
    order = re.findall(r'^\s*-\s+([\w-]+\.ipynb)', (ROOT/'nbs/sidebar.yml').read_text(encoding='utf-8'), re.M)
    found = {n: rows(ROOT/'nbs'/n, known) for n in order if n != PAGE.name}
    return {n: r for n, r in found.items() if r}


def gaps(found):
    "What must not be: equations without a check, labels that are used twice"
    seen = {}
    for n, rs in found.items():
        for r in rs:
            if not r.checks: yield f'{n}: no check names eq-{r.label}'
            if r.label in seen: yield f'eq-{r.label} is the label of an equation in {seen[r.label]} and in {n}'
            seen[r.label] = n


def short(s, n): return s if len(s) <= n else s[:n - 1].rstrip() + '…'
def in_table(s): return s.replace('|', r'\|')


def line(notebook, r):
    "A row of the table"
    latex = re.sub(r'\\begin\{(aligned|split|gathered)\}|\\end\{(aligned|split|gathered)\}|&|\\\\', ' ',
                   r.latex).replace(r'\|', r'\Vert ').replace('|', r'\vert ').strip()
    checks = ' '.join(f'`{in_table(short(c, 110))}`'
                      for c in r.checks[:2]) + (f' and {len(r.checks) - 2} more' if len(r.checks) > 2 else '')
    shown = f'<br>figure: {in_table(short(r.figure, 110))}' if r.figure else ''
    return (f"| [{r.label}]({notebook}#eq-{r.label})<br>${latex}$ | "
            f"{' '.join(f'`{c}`' for c in r.code) or 'both sides written out'} | {checks}{shown} |")


def title(notebook):
    "The heading of a notebook"
    return next(m[1] for c in bars.read(ROOT/'nbs'/notebook) if (m := re.match(r'# (.+)', c.src)))


def page(found):
    "The cells of the page: (kind, source)"
    yield 'markdown', ('# Ledger of equations\n\n> Every displayed equation, the code that computes it, the check '
                       'that it passes, and the figure that shows it.')
    yield 'markdown', ('The notebooks about Residual Denoising Diffusion Models (RDDM; Liu et al., CVPR 2024) '
                       'display an equation only if a cell checks it. This page is made from them by `python '
                       'tools/ledger.py`; the tests fail on an equation without a check, and when this '
                       'page is not what the notebooks hold.\n\n*Code* names the functions of the library behind the '
                       'values that the check compares, the nearest ones. Where there is none, both sides are '
                       'written out in the notebook. *Check* is the line itself: `test_close(a, b, tol)` allows a '
                       'difference of `tol`.')
    yield 'code', 'equations = {' + ', '.join(f'{p[:-6]!r}: {len(r)}'
                                              for p, r in found.items()) + '}\nsum(equations.values())'
    for p, r in found.items():
        table = '\n'.join(['| equation | code | check |', '|---|---|---|', *(line(p, row) for row in r)])
        yield 'markdown', f'## {title(p)}\n\n[{p[:-6]}]({p}), {len(r)} equation{"s" if len(r) > 1 else ""}.\n\n{table}'


def notebook(found):
    "The page as a notebook, with the output of its one cell"
    return generated.notebook(page(found), 'ledger', sum(map(len, found.values())))


def fresh(found, path=PAGE):
    "Is the page what the notebooks hold?"
    return generated.fresh(path, page(found))


def main():
    found = ledger()
    wrong = list(gaps(found))
    if '--check' in sys.argv and not fresh(found):
        wrong.append('nbs/ledger.ipynb is not what the notebooks hold: run `python tools/ledger.py`')
    for w in wrong: print(w)
    if wrong: sys.exit(1)
    if '--check' not in sys.argv: generated.write(PAGE, notebook(found))
    print(f'{sum(map(len, found.values()))} equations in {len(found)} notebooks, each with a check')


if __name__ == '__main__': main()
