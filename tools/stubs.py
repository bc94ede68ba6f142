"""Write type stubs beside the modules, so that editors see patched methods and delegated arguments.

    python tools/stubs.py            write rddm_nb/*.pyi
    python tools/stubs.py --check    only say whether they are what the modules hold

`@patch` adds methods to classes at run time and `@delegates` adds arguments; a static reader sees neither. In a
stub the methods stand in their classes and the arguments in their signatures, with the docstrings."""
import ast
import copy
import sys
from generated import ROOT

PACKAGE = ROOT/'rddm_nb'
HEAD = '# Written by tools/stubs.py from the module of the same name. Do not edit.\n'


def modules(): return [p for p in sorted(PACKAGE.glob('[a-z]*.py'))]


def name_of(node): return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def patched(f):
    "(class, kind) of a function that fastcore's patch puts into a class: kind is method, property or classmethod"
    for d in f.decorator_list:
        if name_of(d) != 'patch': continue
        words = {k.arg for k in d.keywords if ast.literal_eval(k.value)} if isinstance(d, ast.Call) else set()
        kind = 'property' if 'as_prop' in words else 'classmethod' if 'cls_method' in words else 'method'
        return ast.unparse(f.args.args[0].annotation), kind
    return None


def shortened(value):
    "A default that is short and plain stays, another becomes dots"
    plain = isinstance(value, (ast.Constant, ast.UnaryOp)) or ast.unparse(value) in ('()', '[]', 'None')
    return value if plain and len(ast.unparse(value)) <= 30 else ast.Constant(...)


def delegated(f, functions):
    "The arguments that `@delegates(other)` adds in the place of **kwargs"
    other = next((functions.get(ast.unparse(d.args[0])) for d in f.decorator_list
                  if isinstance(d, ast.Call) and name_of(d) == 'delegates' and d.args), None)
    if other is None: return f
    have = {a.arg for a in (*f.args.args, *f.args.kwonlyargs)}
    for a, default in zip(other.args.kwonlyargs, other.args.kw_defaults):
        if a.arg not in have:
            f.args.kwonlyargs.append(copy.deepcopy(a))
            f.args.kw_defaults.append(copy.deepcopy(default))
    f.args.kwarg = None
    return f


def stub(f, functions, kind='function'):
    "A function without its body"
    f = delegated(copy.deepcopy(f), functions)
    doc = ast.get_docstring(f, clean=False)
    f.body = [ast.Expr(ast.Constant(doc)), ast.Expr(ast.Constant(...))] if doc else [ast.Expr(ast.Constant(...))]
    kept = {'property', 'setter', 'classmethod', 'staticmethod', 'contextmanager', 'cache'}
    f.decorator_list = [d for d in f.decorator_list if name_of(d).split('.')[-1] in kept]
    if kind in ('property', 'classmethod'): f.decorator_list.append(ast.Name(kind))
    if kind != 'function' and f.args.args: f.args.args[0].annotation = None
    f.args.defaults = [shortened(d) for d in f.args.defaults]
    f.args.kw_defaults = [d and shortened(d) for d in f.args.kw_defaults]
    return f


def attributes(init):
    "Names that `__init__` gives to self, in order"
    found = [t for n in ast.walk(init) if isinstance(n, ast.Assign) for t in n.targets]
    found = [e for t in found for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return list(dict.fromkeys(t.attr for t in found if isinstance(t, ast.Attribute) and ast.unparse(t.value) == 'self'))


def class_stub(c, functions, methods):
    "A class with its fields, the attributes it gives itself, its methods, and those patched into it"
    doc, fields = ast.get_docstring(c, clean=False), [n for n in c.body if isinstance(n, ast.AnnAssign)]
    own = [n for n in c.body if isinstance(n, ast.FunctionDef)]
    init = next((n for n in own if n.name == '__init__'), None)
    taken = {n.name for n in own} | {n.name for n, _ in methods} | {f.target.id for f in fields}
    names = [a for a in (attributes(init) if init else []) if a not in taken]
    new = ast.ClassDef(c.name, c.bases, c.keywords, [], c.decorator_list)
    new.body = [ast.Expr(ast.Constant(doc))] if doc else []
    for f in fields:
        f = copy.deepcopy(f)
        f.value = f.value and shortened(f.value)
        new.body.append(f)
    if any(getattr(b, 'id', '').endswith('Enum') for b in c.bases):
        new.body += [n for n in c.body if isinstance(n, ast.Assign)]
    new.body += [ast.AnnAssign(ast.Name(a), ast.Name('Any'), None, 1) for a in names]
    new.body += [stub(n, functions, 'own') for n in own if n.name not in {m.name for m, _ in methods}]
    new.body += [stub(n, functions, kind) for n, kind in methods]
    new.body = new.body or [ast.Expr(ast.Constant(...))]
    return new


def constant(node):
    "A name given at the top of a module, with the kind of its value"
    kinds = {ast.Dict: 'dict', ast.DictComp: 'dict', ast.Tuple: 'tuple', ast.List: 'list', ast.Set: 'set'}
    kind = kinds.get(type(node.value), 'Any')
    if isinstance(node.value, ast.Call) and name_of(node.value) in ('dict', 'tuple', 'list', 'set'):
        kind = name_of(node.value)
    if isinstance(node.value, ast.Constant): kind = type(node.value.value).__name__
    names = [e for t in node.targets for e in (t.elts if isinstance(t, ast.Tuple) else [t]) if isinstance(e, ast.Name)]
    if len(names) > 1: kind = 'Any'
    return [ast.AnnAssign(ast.Name(n.id), ast.Name(kind), None, 1) for n in names if n.id != '__all__']


def imported(node):
    "An import without the private functions of other modules, which stubs leave out"
    if isinstance(node, ast.ImportFrom) and node.level:
        names = [a for a in node.names if not (a.name[0] == '_' and a.name[1:2].islower())]
        return [ast.ImportFrom(node.module, names, node.level)] if names else []
    return [node]


def text(path):
    "The stub of a module"
    tree = ast.parse(path.read_text(encoding='utf-8'))
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    methods = {}
    for n in tree.body:
        if isinstance(n, ast.FunctionDef) and (where := patched(n)):
            methods.setdefault(where[0], []).append((n, where[1]))
    body = [ast.parse('from typing import Any').body[0]]
    for n in tree.body:
        if isinstance(n, (ast.Try, ast.If)): body += [m for m in n.body if isinstance(m, (ast.Import, ast.ImportFrom))]
        elif isinstance(n, (ast.Import, ast.ImportFrom)): body += imported(n)
        elif isinstance(n, ast.ClassDef): body.append(class_stub(n, functions, methods.get(n.name, [])))
        elif isinstance(n, ast.FunctionDef) and not patched(n) and n.name[0] != '_': body.append(stub(n, functions))
        elif isinstance(n, ast.Assign): body += constant(n)
        elif isinstance(n, ast.AnnAssign): body.append(ast.AnnAssign(n.target, n.annotation, None, 1))
    return HEAD + ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + '\n'


def stale():
    "Modules whose stub is not what they hold"
    return [p.name for p in modules() if not p.with_suffix('.pyi').exists()
            or p.with_suffix('.pyi').read_text(encoding='utf-8') != text(p)]


def main():
    if '--check' in sys.argv:
        sys.exit(f"stubs are stale ({', '.join(old)}): run `python tools/stubs.py`" if (old := stale()) else 0)
    for p in PACKAGE.glob('*.pyi'):
        if not p.with_suffix('.py').exists(): p.unlink()
    for p in modules(): p.with_suffix('.pyi').write_text(text(p), encoding='utf-8')


if __name__ == '__main__': main()
