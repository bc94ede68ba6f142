"""Acceptance bars for the lesson notebooks, counted from their JSON. `python tests/bars.py` prints the table.

A lesson is a notebook whose name starts with two digits; the others are pages for reference, with fewer bars. Cells
marked `#| hide` do not count. A line of code is one that is neither blank, comment nor directive; of a function's
signature, and of the fields of a dataclass, only the first line counts, since one parameter a line with its meaning
beside it is how the library documents itself. A check is a statement that calls `test_...`, `check`, `is_close` or
`expect_fail`, or an `assert`."""
import ast
import builtins
import io
import json
import math
import re
import statistics
import symtable
import sys
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from places import ROOT

MAX_LOC, CHECK = 25, re.compile(r'test(_\w+)?|check|is_close|expect_fail')
BIG = 150*1024


@dataclass
class Cell:
    "One visible cell"
    index: int
    kind: str
    src: str
    outputs: list = field(default_factory=list)
    @property
    def name(self):
        return (f"cell {self.index} "
                f"({next((l for l in self.src.splitlines() if l.strip() and not l.startswith('#|')), '')[:60]!r})")
    @property
    def exported(self): return bool(re.search(r'^#\|\s*(export|exporti|exports)\b', self.src, re.M))


def read(path):
    "Visible cells of a notebook"
    out = []
    for i, c in enumerate(json.loads(Path(path).read_text(encoding='utf-8'))['cells']):
        src = ''.join(c['source'])
        if (
            c['cell_type'] in ('markdown', 'code')
            and src.strip()
            and not re.search(r'^#\|\s*(hide|default_exp)\b', src, re.M)
        ):
            out.append(Cell(i, c['cell_type'], src, c.get('outputs', [])))
    return out


def parse(src):
    "Syntax tree of a cell, its shell and magic lines left out; empty where it is no Python"
    try: return ast.parse(re.sub(r'^\s*[!%].*', 'pass', src, flags=re.M))
    except SyntaxError: return ast.Module([], [])


def signature_lines(src):
    "Lines of signatures after the first line of each, as a set"
    nodes = list(ast.walk(parse(src)))
    fields = [[b.lineno for b in c.body if isinstance(b, ast.AnnAssign)][1:]
              for c in nodes if isinstance(c, ast.ClassDef) and c.decorator_list]
    return {l for f in nodes if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef))
            for l in range(f.lineno + 1, f.body[0].lineno)} | {l for ls in fields for l in ls}


def loc(src):
    "Lines of code, a statement that is wrapped over several lines counted once"
    skip, src = signature_lines(src), re.sub(r'^\s*[!%].*', 'pass', src, flags=re.M)
    try: tokens = list(tokenize.generate_tokens(io.StringIO(src).readline))
    except (tokenize.TokenError, SyntaxError):
        return sum(bool(l.strip()) and not l.strip().startswith('#') for l in src.splitlines())
    starts, fresh = set(), True
    for t in tokens:
        if t.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER): continue
        if fresh: starts.add(t.start[0])
        fresh = t.type == tokenize.NEWLINE
    return len(starts - skip)


def called(call):
    "The name of a function that is called, or `test` for an exercise that tests itself"
    return getattr(call.func, 'id', '') or ('test' if getattr(call.func, 'attr', '') == 'test' else '')


def is_check(node):
    "Does this statement check something?"
    calls = (
        [node.value]
        if isinstance(node, ast.Expr)
        else [i.context_expr for i in node.items]
        if isinstance(node, ast.With)
        else []
    )
    return isinstance(node, ast.Assert) or any(isinstance(c, ast.Call) and CHECK.fullmatch(called(c)) for c in calls)


def checks(src):
    "The lines that each check of a cell spans"
    return [range(n.lineno, n.end_lineno + 1) for n in ast.walk(parse(src)) if is_check(n)]


def named(src):
    "Labels of the equations that checks of a cell name in a trailing comment"
    lines, spans = src.splitlines(), checks(src)
    return {m for span in spans for l in span if '#' in lines[l - 1]
            for m in re.findall(r'eq-[\w-]+', lines[l - 1].rsplit('#', 1)[1])}


def shows_figure(cell):
    "Does an output hold a figure?"
    return any('image/png' in o.get('data', {}) or 'image/svg+xml' in o.get('data', {})
               or re.search(r'<(img|svg)', ''.join(o.get('data', {}).get('text/html', ''))) for o in cell.outputs)


def words(md):
    return len(re.findall(r"[A-Za-z][\w'-]+",
                          re.sub(r'\[!\[.*?\]\(.*?\)\]\(.*?\)|^\|.*$|^>.*$|^#.*$', '', md, flags=re.M)))


def p90(n): return n[math.ceil(.9*len(n)) - 1]


def bar_longest(cells):
    "no cell above 25 lines"
    for c in cells:
        if c.kind == 'code' and loc(c.src) > MAX_LOC: yield f'{c.name} has {loc(c.src)} lines > {MAX_LOC}'


def bar_length(cells):
    "median <= 5 lines, 90 % <= 12"
    n = sorted(loc(c.src) for c in cells if c.kind == 'code')
    if n and statistics.median(n) > 5: yield f'median length {statistics.median(n)} > 5'
    if n and p90(n) > 12: yield f'90 % length {p90(n)} > 12'


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


def bar_figures(cells):
    "30 % of code cells show a figure; the first comes within 3 code cells, 15 lines, 150 words"
    code = [c for c in cells if c.kind == 'code']
    share = sum(map(shows_figure, code))/max(len(code), 1)
    if share < .3: yield f'only {share:.0%} of code cells show a figure'
    n = lines = prose = 0
    for c in cells:
        if c.kind == 'markdown':
            prose += words(c.src)
            continue
        n, lines = n + 1, lines + loc(c.src)
        if shows_figure(c): break
    else: c = None
    if c is None: yield 'no figure'
    elif n > 3 or lines > 15 or prose > 150:
        yield f'first figure at code cell {n}, after {lines} lines and {prose} words ({c.name})'


def bar_checks(cells):
    "at least 40 checks per 100 code cells"
    code = [c for c in cells if c.kind == 'code']
    n = sum(len(checks(c.src)) for c in code)
    if n < .4*len(code): yield f'{n} checks in {len(code)} code cells: fewer than 40 per 100'


def bar_equations(cells):
    "every displayed equation is labelled, and a check names it"
    seen = {m for c in cells if c.kind == 'code' for m in named(c.src)}
    for c in cells:
        if c.kind != 'markdown': continue
        for m in re.finditer(r'\$\$(.+?)\$\$(\s*\{#(eq-[\w-]+)\})?', c.src, re.S):
            if not m[3]: yield f'{c.name}: the equation {m[1].strip()[:40]!r} has no label'
            elif m[3] not in seen: yield f'{c.name}: no check names {m[3]}'


def bar_outputs(cells):
    "outputs of code are committed, none is an error, none is above 150 KiB"
    code = [c for c in cells if c.kind == 'code']
    if code and not any(c.outputs for c in code): yield 'no outputs: execute the notebook'
    for c in cells:
        for o in c.outputs:
            if o.get('output_type') == 'error': yield f"{c.name} failed: {o.get('ename')}"
            if len(json.dumps(o)) > BIG: yield f'{c.name} has an output of {len(json.dumps(o))//1024} KiB'


# lessons with exercises; this must grow to all of them
EXERCISED = {'01_forward', '02_schedules', '12_curves', '03_estimate', '10_exact', '11_score', '04_reverse',
             '13_sampler', '05_objective', '16_variants', '17_aosa', '14_quality', '06_ddim', '15_paths', '20_tasks',
             '21_unet', '22_demo', '07_training', '23_measuring', '18_map', '19_table', '31_break_it', '40_figures'}
FOLDED = re.compile(r'^#\|\s*code-fold:\s*true', re.M)


def bar_exercises(cells):
    """4..6 exercises, each with a folded hint and a folded solution that is run; what a lesson gives to call, and
    what comes next"""
    md, code = ([c for c in cells if c.kind == k] for k in ('markdown', 'code'))
    n = sum('.exercise(' in c.src and bool(FOLDED.search(c.src)) for c in code)
    if not 4 <= n <= 6: yield f'{n} exercises, not 4..6'
    for what, found in (('folded hints', sum('<summary>Hint</summary>' in c.src for c in md)),
                        ('cells to fill in',
                         sum(bool(re.search(r'\.\.\.', c.src)) and '.check(' in c.src for c in code)),
                        ('folded solutions', sum(bool(re.search(r'^\w+(\[.*?\])?\.test\(', c.src, re.M))
                                                 and bool(FOLDED.search(c.src)) for c in code))):
        if found != n: yield f'{n} exercises, but {found} {what}'
    for part in ('| code |', '## What would go wrong', '## Exercises', '## What you can now call', '**Next:**'):
        if not any(part in c.src for c in md): yield f'no {part!r}'


def public(src):
    "The names in a module's `__all__`"
    found = re.search(r'^__all__ = (\[.*?\])', src, re.M | re.S)
    return ast.literal_eval(found[1]) if found else []


def defined(src):
    "Names that a cell defines at its top"
    for n in parse(src).body:
        if isinstance(n, (ast.FunctionDef, ast.ClassDef)): yield n.name
        if isinstance(n, ast.Assign): yield from (t.id for t in n.targets if isinstance(t, ast.Name))


def exports(path):
    "The public names that a notebook adds to its module, and the module's source; another page may add more"
    cells = [''.join(c['source']) for c in json.loads(Path(path).read_text(encoding='utf-8'))['cells']]
    whole = '\n'.join(cells)
    m = re.search(r'^#\|\s*default_exp\s+(\w+)', whole, re.M) or re.search(r'^#\|\s*exports? (\w+)', whole, re.M)
    if not m: return [], ''
    src = (ROOT/'rddm_nb'/f'{m[1]}.py').read_text(encoding='utf-8')
    here = {n for c in cells if re.search(r'^#\|\s*exports?\b', c, re.M) for n in defined(c)}
    return [n for n in public(src) if n in here], src


def used(src):
    "Names that a cell reads, imports aside"
    return {n.id if isinstance(n, ast.Name) else n.attr
            for n in ast.walk(parse(src)) if isinstance(n, (ast.Name, ast.Attribute)) and isinstance(n.ctx, ast.Load)}


def bar_used(cells, names):
    "every exported name is used in a visible lesson cell"
    lesson = set().union(*(used(c.src) for c in cells if c.kind == 'code' and not c.exported))
    return [f'{n} is exported but never used in a visible cell' for n in names if n not in lesson]


def scopes(table):
    "A symbol table and all those inside"
    yield table
    for t in table.get_children(): yield from scopes(t)


def bar_globals(src):
    "no exported function reads a name that the module does not define"
    top = symtable.symtable(src, 'module', 'exec')
    known = {s.get_name() for s in top.get_symbols() if s.is_assigned()
             or s.is_imported()} | set(dir(builtins)) | {'__file__', '__name__'}
    return [f'{t.get_name()} in the module reads {s.get_name()!r}, which the module does not define'
            for t in scopes(top) for s in t.get_symbols()
            if s.is_referenced() and (s.is_global() or t is top) and s.get_name() not in known]


LIGHT = [bar_longest, bar_equations, bar_outputs]
BARS = [*LIGHT, bar_length, bar_prose, bar_figures, bar_checks]


def failures(path):
    "Everything in which a lesson, or a page for reference, falls short"
    cells, (names, src) = read(path), exports(path)
    out = [f for bar in (BARS if path in lessons() else LIGHT)
           for f in bar(cells)] + bar_used(cells, names) + bar_globals(src)
    if path.stem in EXERCISED: out += bar_exercises(cells)
    if path.stat().st_size > 1.5*2**20: out.append(f'{path.stat().st_size/2**20:.2f} MiB > 1.5 MiB')
    return out


def notebooks(): return sorted((ROOT/'nbs').glob('*.ipynb'))
def lessons(): return [p for p in notebooks() if re.match(r'\d\d', p.stem)]


def numbers(path):
    "The figures behind the bars, for the table"
    cells = read(path)
    code = [c for c in cells if c.kind == 'code']
    if not code: return dict(code=0)
    n = sorted(loc(c.src) for c in code)
    return dict(code=len(code), median=statistics.median(n), p90=p90(n), max=n[-1],
                md_code=round((len(cells) - len(code))/len(code), 2),
                figures=f'{sum(map(shows_figure, code))/len(code):.0%}',
                checks_per_100=round(100*sum(len(checks(c.src)) for c in code)/len(code)),
                KiB=path.stat().st_size//1024)


if __name__ == '__main__':
    bad = 0
    for p in notebooks():
        print(f'{p.stem:16}', *(f'{k} {v}' for k, v in numbers(p).items()), sep='  ')
        for f in failures(p):
            bad += 1
            print('    ', f)
    sys.exit(bad > 0)
