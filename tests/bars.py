"""Acceptance bars for the lesson notebooks, counted from their JSON. `python tests/bars.py` prints the table.

A lesson is a notebook whose name starts with two digits. Cells marked `#| hide` do not count. A line of code is one that is neither blank, comment nor directive;
of an exported function's signature only the first line counts, since one parameter a line with its meaning beside it is how the library documents itself."""
import ast
import builtins
import json
import re
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_LOC, CHECK = 25, re.compile(r'^\s*(?:with\s+|for .*?:\s+)?(?:test_\w+|expect_fail|is_close|assert|test)\b')
BIG = 150*1024


@dataclass
class Cell:
    "One visible cell"
    index: int
    kind: str
    src: str
    outputs: list = field(default_factory=list)
    @property
    def name(self): return f"cell {self.index} ({next((l for l in self.src.splitlines() if l.strip() and not l.startswith('#|')), '')[:60]!r})"
    @property
    def exported(self): return bool(re.search(r'^#\|\s*(export|exporti|exports)\b', self.src, re.M))


def read(path):
    "Visible cells of a notebook"
    out = []
    for i, c in enumerate(json.loads(Path(path).read_text())['cells']):
        src = ''.join(c['source'])
        if c['cell_type'] in ('markdown', 'code') and src.strip() and not re.search(r'^#\|\s*(hide|default_exp)\b', src, re.M):
            out.append(Cell(i, c['cell_type'], src, c.get('outputs', [])))
    return out


def signature_lines(src):
    "Lines of signatures after the first line of each, as a set"
    try: tree = ast.parse(re.sub(r'^[!%]', '#', src, flags=re.M))
    except SyntaxError: return set()
    return {l for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for l in range(f.lineno + 1, f.body[0].lineno)}


def loc(src):
    "Lines of code"
    skip = signature_lines(src)
    return sum(1 for i, l in enumerate(src.splitlines(), 1) if i not in skip and l.strip() and not l.strip().startswith('#') and not re.fullmatch(r'\s*\)?(->.*)?:?\s*(#.*)?', l))


def checks(src): return sum(1 for l in src.splitlines() if CHECK.match(l)) + len(re.findall(r';\s*(?:test_\w+|assert)\b', src))


def shows_picture(cell):
    "Does an output hold a picture?"
    return any('image/png' in o.get('data', {}) or 'image/svg+xml' in o.get('data', {}) or re.search(r'<(img|svg)', ''.join(o.get('data', {}).get('text/html', ''))) for o in cell.outputs)


def words(md): return len(re.findall(r"[A-Za-z][\w'-]+", re.sub(r'\[!\[.*?\]\(.*?\)\]\(.*?\)|^\|.*$|^>.*$|^#.*$', '', md, flags=re.M)))


def bar_length(cells):
    "median <= 5, 90 % <= 12, max <= 25 lines"
    n = sorted(loc(c.src) for c in cells if c.kind == 'code')
    if not n: return
    if statistics.median(n) > 5: yield f'median length {statistics.median(n)} > 5'
    if n[int(.9*(len(n) - 1))] > 12: yield f'90 % length {n[int(.9*(len(n) - 1))]} > 12'
    for c in cells:
        if c.kind == 'code' and loc(c.src) > MAX_LOC: yield f'{c.name} has {loc(c.src)} lines > {MAX_LOC}'


def bar_prose(cells):
    "markdown to code 0.9..1.3, 70 % of code cells right after markdown, at most 3 code cells in a row"
    md, code = (sum(c.kind == k for c in cells) for k in ('markdown', 'code'))
    if not .9 <= md/max(code, 1) <= 1.3: yield f'markdown : code is {md}:{code} = {md/max(code, 1):.2f}, not 0.9..1.3'
    after = sum(b.kind == 'code' and a.kind == 'markdown' for a, b in zip(cells, cells[1:]))
    if code and after/code < .7: yield f'only {after/code:.0%} of code cells follow markdown'
    run = 0
    for c in cells:
        run = run + 1 if c.kind == 'code' else 0
        if run == 4: yield f'{c.name} is the 4th code cell in a row'


def bar_pictures(cells):
    "30 % of code cells show a picture; the first comes within 3 code cells, 15 lines, 150 words"
    code = [c for c in cells if c.kind == 'code']
    share = sum(map(shows_picture, code))/max(len(code), 1)
    if share < .3: yield f'only {share:.0%} of code cells show a picture'
    n = lines = prose = 0
    for c in cells:
        if c.kind == 'markdown': prose += words(c.src); continue
        n, lines = n + 1, lines + loc(c.src)
        if shows_picture(c): break
    else: c = None
    if c is None: yield 'no picture'
    elif n > 3 or lines > 15 or prose > 150: yield f'first picture at code cell {n}, after {lines} lines and {prose} words ({c.name})'


def bar_checks(cells):
    "at least 40 checks per 100 code cells"
    code = [c for c in cells if c.kind == 'code']
    n = sum(checks(c.src) for c in code)
    if n < .4*len(code): yield f'{n} checks in {len(code)} code cells: fewer than 40 per 100'


def bar_equations(cells):
    "every displayed equation is labelled, and a check names it"
    named = {m for c in cells if c.kind == 'code' for l in c.src.splitlines() if CHECK.match(l) and '#' in l for m in re.findall(r'eq-[\w-]+', l.rsplit('#', 1)[1])}
    for c in cells:
        if c.kind != 'markdown': continue
        for m in re.finditer(r'\$\$(.+?)\$\$(\s*\{#(eq-[\w-]+)\})?', c.src, re.S):
            if not m[3]: yield f'{c.name}: the equation {m[1].strip()[:40]!r} has no label'
            elif m[3] not in named: yield f'{c.name}: no check names {m[3]}'


def bar_outputs(cells):
    "outputs are committed, none is an error, none is above 150 KiB"
    if not any(c.outputs for c in cells): yield 'no outputs: execute the notebook'
    for c in cells:
        for o in c.outputs:
            if o.get('output_type') == 'error': yield f"{c.name} failed: {o.get('ename')}"
            if len(json.dumps(o)) > BIG: yield f'{c.name} has an output of {len(json.dumps(o))//1024} KiB'


def exports(path):
    "Public names of the module a notebook exports, and its source"
    m = re.search(r'#\|\s*default_exp\s+(\w+)', ''.join(''.join(c['source']) + '\n' for c in json.loads(Path(path).read_text())['cells']))
    if not m: return [], ''
    src = (ROOT/'rddm_nb'/f'{m[1]}.py').read_text()
    found = re.search(r'^__all__ = (\[.*?\])', src, re.M | re.S)
    return ast.literal_eval(found[1]) if found else [], src


def bar_used(cells, names):
    "every exported name is used in a visible lesson cell"
    lesson = '\n'.join(c.src for c in cells if c.kind == 'code' and not c.exported)
    return [f'{n} is exported but never used in a visible cell' for n in names if not re.search(rf'\b{n}\b', lesson)]


def bar_globals(src):
    "no exported function reads a name that the module does not define"
    tree = ast.parse(src)
    known = set(dir(builtins)) | {'__file__', '__name__', '__all__'}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)): known.add(node.name)
        if isinstance(node, (ast.Import, ast.ImportFrom)): known |= {(a.asname or a.name).split('.')[0] for a in node.names}
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store): known.add(node.id)
        if isinstance(node, ast.arg): known.add(node.arg)
        if isinstance(node, ast.ExceptHandler) and node.name: known.add(node.name)
    return [f'line {n.lineno} of the module reads {n.id!r}, which it does not define' for n in ast.walk(tree)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id not in known]


BARS = [bar_length, bar_prose, bar_pictures, bar_checks, bar_equations, bar_outputs]


def failures(path):
    "Everything in which a lesson falls short"
    cells, (names, src) = read(path), exports(path)
    out = [f for bar in BARS for f in bar(cells)] + bar_used(cells, names) + (bar_globals(src) if src else [])
    if Path(path).stat().st_size > 1.5*2**20: out.append(f'{Path(path).stat().st_size/2**20:.2f} MiB > 1.5 MiB')
    return out


def lessons(): return sorted(p for p in (ROOT/'nbs').glob('*.ipynb') if re.match(r'\d\d', p.stem))


def numbers(path):
    "The figures behind the bars, for the table"
    cells = read(path); code = [c for c in cells if c.kind == 'code']; n = sorted(loc(c.src) for c in code)
    return dict(code=len(code), median=statistics.median(n), p90=n[int(.9*(len(n) - 1))], max=n[-1], md_code=round((len(cells) - len(code))/len(code), 2),
                pictures=f'{sum(map(shows_picture, code))/len(code):.0%}', checks_per_100=round(100*sum(checks(c.src) for c in code)/len(code)), KiB=path.stat().st_size//1024)


if __name__ == '__main__':
    bad = 0
    for p in lessons():
        print(f'{p.stem:16}', *(f'{k} {v}' for k, v in numbers(p).items()), sep='  ')
        for f in failures(p): bad += 1; print('    ', f)
    sys.exit(bad > 0)
