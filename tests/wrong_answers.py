"""Wrong answers made of a right one: an exercise that calls one of them solved is tried on too special cases

A changed answer may still be right (`1 - (1 - a)` for `a`). So it is compared with the right one elsewhere, on other
arguments of the same form; only one that differs there is wrong. A few answers of yes or no cannot tell two changes at
once apart, so those are tried on single changes only.
"""
import ast
import copy
import itertools
import linecache
import random

import torch
from rddm_nb.exercises import _fault, _tried

SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


def source(answer):
    "Syntax tree of a function or a lambda; None if it is not at hand"
    code = getattr(answer, '__code__', None)
    if code is None or code.co_freevars: return None
    tree = ast.parse(''.join(linecache.getlines(code.co_filename)))
    here = [n for n in ast.walk(tree) if getattr(n, 'lineno', None) == code.co_firstlineno]
    found = [n for n in here if isinstance(n, ast.Lambda | ast.FunctionDef)
             and tuple(a.arg for a in n.args.args) == code.co_varnames[:code.co_argcount]]
    return found[0] if len(found) == 1 else None


def is_number(v): return isinstance(v, int | float) and not isinstance(v, bool)


def form(v):
    "Values of one form are taken for each other by mistake"
    if torch.is_tensor(v): return tuple(v.shape) or 'number'
    if is_number(v): return 'number'
    return 'pair' if isinstance(v, tuple | list) and len(v) == 2 and all(map(is_number, v)) else None


def atoms(names, case):
    "What an answer is made of: arguments and the parts of pairs, with their values"
    for name, v in zip(names, case):
        if form(v) is not None: yield name, v
        if form(v) == 'pair': yield from ((f'{name}[{i}]', v[i]) for i in (0, 1))


def others(text, value, parts):
    "What may stand in the place of an atom by mistake"
    same = [t for t, v in parts.items() if form(v) == form(value) and t != text]
    if form(value) == 'pair': return [*same, f'{text}[::-1]']
    out = [*same, f'(-{text})', f'(2*{text})']
    if form(value) == 'number' or len(form(value)) == 1: # a level, or a list of levels
        out += [f'(1 - {t})' for t in (text, *same)] + [f'({a} - {b})' for t in same for a, b in ((t, text), (text, t))]
    return out


def constant(node, scope):
    "The number that an expression has in a case, if it has"
    try: v = eval(compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(node))), '', 'eval'), scope)
    except Exception: return None
    v = v.item() if torch.is_tensor(v) and v.numel() == 1 and v.ndim == 0 else v
    return v if is_number(v) and v == v and abs(v) < 1e9 else None


def changes(tree, parts, scope):
    "Each change: the places in the tree, and what stands there instead"
    nodes = list(ast.walk(tree))
    where = {}
    for i, n in enumerate(nodes):
        if not isinstance(n, ast.expr) or isinstance(getattr(n, 'ctx', None), ast.Store) or n is tree: continue
        if (text := ast.unparse(n)) in parts: where.setdefault(text, []).append(i)
        if type(getattr(n, 'op', None)) in SWAPPED: yield [i], ast.BinOp(n.left, SWAPPED[type(n.op)](), n.right)
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub): yield [i], n.operand
        if isinstance(n, ast.Constant) and is_number(n.value):
            for v in (n.value + 1, n.value - 1, 2*n.value, n.value/2, .95*n.value): yield [i], ast.Constant(v)
        elif (v := constant(n, scope)) is not None: yield [i], ast.Constant(v)
    for text, at in where.items():
        for new in others(text, parts[text], parts):
            for places in ([at] if len(at) > 1 else []) + [[i] for i in at]:
                yield places, ast.parse(new, mode='eval').body


def changed(tree, change, scope):
    "The function that a tree gives with other nodes at some places, and its text"
    put, places = {i: new for at, new in change for i in at}, {id(n): i for i, n in enumerate(ast.walk(tree))}
    def build(n):
        if isinstance(n, list): return [build(x) for x in n]
        if not isinstance(n, ast.AST): return n
        if places.get(id(n)) in put: return copy.deepcopy(put[places[id(n)]])
        return type(n)(**{k: build(v) for k, v in ast.iter_fields(n)})
    new, scope = build(tree), dict(scope)
    if isinstance(new, ast.Lambda): new = ast.Assign([ast.Name('answer', ast.Store())], new)
    else: new.name = 'answer'
    exec(compile(ast.fix_missing_locations(ast.Module([new], [])), '<changed>', 'exec'), scope)
    return scope['answer'], ast.unparse(new)


def elsewhere(v, rng):
    "Another value of the same form"
    if torch.is_tensor(v) and v.is_floating_point():
        return v*(1 - .2*torch.rand(v.shape, generator=torch.Generator().manual_seed(rng.randrange(2**31)))).to(v.dtype)
    if isinstance(v, tuple | list): return type(v)(elsewhere(x, rng) for x in v)
    if not is_number(v): return v
    return v + rng.choice([1, 2, 3])*(v > 0) if isinstance(v, int) else v*rng.uniform(.75, 1) or rng.uniform(.05, .1)


def differs(ex, answer, cases, wants, slack=1):
    "Whether an answer gives something else in one of the cases"
    for case, want in zip(cases, wants):
        got, fault = _tried(ex, answer, case)
        if fault or _fault(got, want, slack*ex.tol): return True
    return False


def accepted(ex, answer, pairs=60):
    "Texts of wrong answers that an exercise calls solved: made of a right one by one change, and by some pairs of them"
    tree, rng = source(answer), random.Random(0)
    if tree is None: return []
    names = answer.__code__.co_varnames[:answer.__code__.co_argcount]
    scope = {**answer.__globals__, **dict(zip(names, ex.cases[0]))}
    single = [[c] for c in changes(tree, dict(atoms(names, ex.cases[0])), scope)]
    both = [a + b for a, b in itertools.combinations([] if isinstance(ex.want[0], bool) else single, 2)
            if not {*a[0][0]} & {*b[0][0]}]
    tries = [tuple(elsewhere(v, rng) for v in c) for c in ex.cases for _ in range(3)]
    right = [(c, *_tried(ex, answer, c)) for c in tries]
    there = [(c, w) for c, w, fault in right if not fault and w is not None and not _fault(w, w, ex.tol)]
    out = []
    for change in single + rng.sample(both, min(pairs, len(both))):
        try: wrong, text = changed(tree, change, answer.__globals__)
        except Exception: continue # not even Python
        if not differs(ex, wrong, ex.cases, ex.want) and there and differs(ex, wrong, *zip(*there), slack=10):
            out.append(text.removeprefix('answer = '))
    return out
