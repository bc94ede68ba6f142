"""Random wrong versions: operators, comparisons, conditions and numbers changed where nobody chose the place.

`python tests/random_mutants.py --modules restore evaluate --count 40 --seed 0` draws them, runs each against the tests
of its module, and prints the survivors with the line they change. The named list is tests/mutants.py."""
import argparse
import ast
import random
import sys
import time
from mutants import PACKAGE, Mutant, results

MODULES = ('presets', 'experiment', 'config', 'command', 'data', 'imagefile', 'cli', 'restore', 'evaluate', 'hub',
           'models', 'metrics', 'widgets')
COMPARE = {ast.Lt: '<=', ast.LtE: '<', ast.Gt: '>=', ast.GtE: '>', ast.Eq: '!=', ast.NotEq: '==', ast.In: 'not in',
           ast.NotIn: 'in', ast.Is: 'is not', ast.IsNot: 'is'}
BINARY = {ast.Add: '-', ast.Sub: '+', ast.Mult: '+', ast.Div: '*', ast.FloorDiv: '*', ast.Mod: '*'}


def changed(node):
    "The text of an expression with one thing changed; None where nothing can be"
    part = ast.unparse
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
        return f'({part(node.left)} {COMPARE[type(node.ops[0])]} {part(node.comparators[0])})'
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY and not isinstance(node.left,
                                                                                  (ast.Constant, ast.JoinedStr)):
        return f'({part(node.left)} {BINARY[type(node.op)]} {part(node.right)})'
    if isinstance(node, ast.BoolOp):
        return '(' + (' or ' if isinstance(node.op, ast.And) else ' and ').join(part(v) for v in node.values) + ')'
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not): return f'({part(node.operand)})'
    if isinstance(node, ast.IfExp): return f'({part(node.orelse)} if {part(node.test)} else {part(node.body)})'
    if isinstance(node, ast.Constant) and type(node.value) is bool: return repr(not node.value)
    if isinstance(node, ast.Constant) and type(node.value) is int: return repr(node.value + 1)
    return None


def inside(f):
    "Expressions of a function that are computed: no annotations, defaults, docstrings or texts of messages"
    skip = {id(n) for a in ast.walk(f) if isinstance(a, ast.arguments) for n in ast.walk(a)}
    skip |= {id(n) for r in ast.walk(f) if isinstance(r, (ast.Raise, ast.JoinedStr)) for n in ast.walk(r)}
    skip |= {id(n) for d in f.decorator_list for n in ast.walk(d)}
    return [n for n in ast.walk(f) if isinstance(n, ast.expr) and id(n) not in skip]


def places(module):
    "(function, expression, its new text) for every change that can be made in a module, with the module's text"
    source = (PACKAGE/f'{module}.py').read_text(encoding='utf-8')
    found = []
    for f in ast.walk(ast.parse(source)):
        if not isinstance(f, ast.FunctionDef): continue
        for n in inside(f):
            new = changed(n)
            if new is not None: found.append((f, n, new))
    return source, found


def mutant(module, source, f, node, new):
    "The change as a mutant whose old text is the whole function"
    lines = source.split('\n')
    at = lambda row, col: sum(len(l) + 1 for l in lines[:row - 1]) + len(lines[row - 1].encode()[:col].decode())
    a, b = at(f.lineno, f.col_offset), at(f.end_lineno, f.end_col_offset)
    i, j = at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)
    what = f"{f.name}:{node.lineno}: {' '.join(source[i:j].split())[:60]} -> {new[:60]}"
    return Mutant(module, source[a:b], source[a:i] + new + source[j:b], what)


def draw(modules, count, seed):
    "So many mutants of some modules, as many of each"
    rng, out = random.Random(seed), []
    for module in modules:
        source, found = places(module)
        for f, n, new in rng.sample(found, min(len(found), -(-count//len(modules)))):
            m = mutant(module, source, f, n, new)
            if source.count(m.old) == 1: out.append(m)
    return out[:count]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--modules', nargs='+', default=MODULES)
    parser.add_argument('--count', type=int, default=60)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=2)
    args = parser.parse_args(argv)
    todo, start, survived = draw(args.modules, args.count, args.seed), time.perf_counter(), []
    for m, red, took in results(todo, args.jobs):
        print(f"{'killed  ' if red else 'SURVIVED'} {took:5.1f} s  {m.module:10} {m.what}  {red[:60]}", flush=True)
        if not red: survived.append(m)
    print(f'{len(todo) - len(survived)} of {len(todo)} random mutants killed in {time.perf_counter() - start:.0f} s')
    for m in survived: print(f'  {m.module}: {m.what}')
    return 1 if survived else 0


if __name__ == '__main__': sys.exit(main())
