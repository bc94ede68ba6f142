"""Random wrong versions: operators, comparisons, conditions and numbers changed where nobody chose the place.

`python tests/random_mutants.py --modules restore evaluate --count 40 --seed 0` draws them, runs each against the tests
that enter the changed function, those of its module first, and prints the share killed of each module and the survivors
with the line they change.
Which test enters which function is seen by running the tests once; `--reach FOLDER` keeps that between calls.
The named list is tests/mutants.py."""
import argparse
import ast
import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from mutants import HERE, LIMIT, OWN, PACKAGE, Mutant, results

MODULES = ('presets', 'experiment', 'config', 'command', 'data', 'imagefile', 'cli', 'restore', 'evaluate', 'hub',
           'models', 'metrics', 'widgets')
COMPARE = {ast.Lt: '<=', ast.LtE: '<', ast.Gt: '>=', ast.GtE: '>', ast.Eq: '!=', ast.NotEq: '==', ast.In: 'not in',
           ast.NotIn: 'in', ast.Is: 'is not', ast.IsNot: 'is'}
BINARY = {ast.Add: '-', ast.Sub: '+', ast.Mult: '+', ast.Div: '*', ast.FloorDiv: '*', ast.Mod: '*'}


# ---------------------------------------------------------------- the changes

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


# ---------------------------------------------------------------- the tests that can see them

class Reach:
    "A plugin of pytest that notes for every test its seconds and the functions of the package that it enters"
    def __init__(self): self.tests, self.now = {}, set()

    def enter(self, frame, event, arg):
        "What Python calls at every call of a function"
        code = frame.f_code
        if event == 'call' and code.co_filename.startswith(str(PACKAGE)):
            self.now.add(f'{Path(code.co_filename).stem}.{code.co_name}')

    def pytest_runtest_protocol(self, item, nextitem):
        self.start, self.now = time.perf_counter(), set()

    def pytest_runtest_logfinish(self, nodeid, location):
        self.tests[nodeid] = time.perf_counter() - self.start, sorted(self.now)


def record(name, into):
    "Run the unit tests of one file and write what each enters"
    import pytest
    seen = Reach()
    threading.setprofile(seen.enter)
    sys.setprofile(seen.enter)
    code = pytest.main(['-q', '--tb=short', '-p', 'no:cacheprovider', f'--rootdir={HERE}', '-c', os.devnull,
                        '-m', 'not slow', str(HERE/f'test_{name}.py')], plugins=[seen])
    sys.setprofile(None)
    if code > pytest.ExitCode.TESTS_FAILED and code != pytest.ExitCode.NO_TESTS_COLLECTED:
        sys.exit(f'test_{name}.py could not be run')
    Path(into).write_text(json.dumps(seen.tests), encoding='utf-8')


def test_files(modules):
    "Names of the test files that import one of these modules and start no browser or long run"
    from conftest import SLOW_FILES
    names = '|'.join(modules)
    uses = re.compile(rf'rddm_nb\.({names})\b|rddm_nb import [\w, ]*\b({names})\b')
    return [f.stem.removeprefix('test_') for f in sorted(HERE.glob('test_*.py'))
            if f.stem not in SLOW_FILES and uses.search(f.read_text(encoding='utf-8'))]


def reach(modules, folder, jobs):
    "Test -> (seconds, functions it enters), from files in a folder that are younger than the tests, or seen now"
    def one(name):
        kept, test = Path(folder)/f'{name}.json', HERE/f'test_{name}.py'
        if not kept.exists() or kept.stat().st_mtime < test.stat().st_mtime:
            env = dict(os.environ, RDDM_EXAMPLES='8', OMP_NUM_THREADS='1', PYTEST_DISABLE_PLUGIN_AUTOLOAD='1',
                       PYTHONPATH=os.pathsep.join(map(str, (PACKAGE.parent, PACKAGE.parent/'tools'))))
            words = [sys.executable, __file__, '--record', name, str(kept)]
            r = subprocess.run(words, env=env, capture_output=True, text=True, encoding='utf-8')
            if r.returncode: raise RuntimeError(f'{r.stdout[-2000:]}{r.stderr[-500:]}')
        return json.loads(kept.read_text(encoding='utf-8'))
    Path(folder).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        return {k: v for found in pool.map(one, test_files(modules)) for k, v in found.items()}


def tests_of(m, reached, budget=math.inf):
    "The tests that enter the function of a mutant, those of its module first, for so many seconds"
    function, own = f"{m.module}.{m.what.partition(':')[0]}", f'test_{OWN.get(m.module, m.module)}.py'
    found = sorted((not test.startswith(own), took, test)
                   for test, (took, entered) in reached.items() if function in entered)
    ends = itertools.accumulate(took for _, took, _ in found)
    return [test for (_, _, test), end in zip(found, ends) if end <= budget or test == found[0][2]]


# ---------------------------------------------------------------- the command

def told(todo, survived):
    "Killed and drawn of each module"
    drawn, alive = Counter(m.module for m in todo), Counter(m.module for m in survived)
    return {k: dict(killed=n - alive[k], drawn=n) for k, n in drawn.items()}


def show(todo, survived, seconds):
    "Print the share of each module, and the survivors"
    for module, n in told(todo, survived).items(): print(f"{module:12} {n['killed']:3} of {n['drawn']:3} killed")
    print(f'{len(todo) - len(survived)} of {len(todo)} random mutants killed in {seconds:.0f} s')
    for m in survived: print(f'  {m.module}: {m.what}')


def words(argv):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--modules', nargs='+', default=MODULES)
    parser.add_argument('--count', type=int, default=60)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--budget', type=float, default=math.inf,
                        help='seconds of tests for one mutant; without it all that enter its function')
    parser.add_argument('--limit', type=float, default=LIMIT,
                        help='seconds after which a mutant counts as one that does not end')
    parser.add_argument('--only', default='', help='of those drawn only what contains this')
    parser.add_argument('--reach', help='folder that keeps which test enters which function')
    parser.add_argument('--json', help='file for the share of each module and the survivors')
    parser.add_argument('--record', nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv=None):
    args = words(argv)
    if args.record: return record(*args.record)
    start, survived = time.perf_counter(), []
    todo = [m for m in draw(args.modules, args.count, args.seed) if args.only in m.what]
    with tempfile.TemporaryDirectory() as tmp: reached = reach(args.modules, args.reach or tmp, args.jobs)
    seen = [m for m in todo if tests_of(m, reached)]
    for m, red, took in results(seen, args.jobs, lambda m: tests_of(m, reached, args.budget), args.limit):
        print(f"{'killed  ' if red else 'SURVIVED'} {took:5.1f} s  {m.module:10} {m.what}  {red[:60]}", flush=True)
        if not red: survived.append(m)
    survived += [m._replace(what=f'{m.what} (no test enters it)') for m in todo if m not in seen]
    show(todo, survived, time.perf_counter() - start)
    if args.json:
        found = dict(seed=args.seed, modules=told(todo, survived), survived=[f'{m.module}: {m.what}' for m in survived])
        Path(args.json).write_text(json.dumps(found, indent=1), encoding='utf-8')
    return 1 if survived else 0


if __name__ == '__main__': sys.exit(main())
