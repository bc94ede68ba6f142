"""Write the index of the library, nbs/api.ipynb: every module, and every public name in it with what it is.

    python tools/api.py            write the page
    python tools/api.py --check    only say whether it is what the modules hold"""
import ast
import re
import sys
import generated
from generated import ROOT

PAGE = ROOT/'nbs'/'api.ipynb'
sys.path.insert(0, str(ROOT/'tests'))
import bars


def first_line(node):
    "What a docstring says first"
    said = (ast.get_docstring(node) or '').split('\n')[0]
    return said.replace('|', r'\|')


def arguments(node):
    "Names of the arguments of a function, or of what makes a class"
    if isinstance(node, ast.ClassDef):
        init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == '__init__'), None)
        if init is None: return ', '.join(n.target.id for n in node.body if isinstance(n, ast.AnnAssign))
        node = init
    a = node.args
    names = [v.arg for v in (*a.posonlyargs, *a.args) if v.arg not in ('self', 'cls')]
    names += [f'*{a.vararg.arg}'] if a.vararg else []
    names += [v.arg for v in a.kwonlyargs] + ([f'**{a.kwarg.arg}'] if a.kwarg else [])
    return ', '.join(names)


def module(path):
    "What a module is for, the notebook that makes it, and its names: (purpose, notebook, [(name, arguments, what)])"
    src = path.read_text(encoding='utf-8')
    tree = ast.parse(src)
    nodes = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    rows = [(n, arguments(nodes[n]), first_line(nodes[n])) for n in bars.public(src) if n in nodes]
    return first_line(tree), re.search(r'File to edit: \.\./nbs/(\S+\.ipynb)', src)[1], rows


def plain(s): return re.sub(r'([*_])', r'\\\1', s)


def modules():
    "Module -> what `module` says of it, for those with names"
    return {p.stem: m for p in sorted((ROOT/'rddm_nb').glob('[a-z]*.py')) if (m := module(p))[2]}


def page(found):
    "The cells of the page: (kind, source)"
    yield 'markdown', ('# All of the library\n\n> Every public function and class, what it takes and what it is, '
                       'with the page that makes it.')
    yield 'markdown', ('Residual Denoising Diffusion Models (RDDM; Liu et al., CVPR 2024) as a library. Each name '
                       'leads to its documentation, with the meaning of every argument. This page is made from the '
                       'modules by `python tools/api.py`.')
    yield 'code', 'names = {' + ', '.join(f'{k!r}: {len(rows)}'
                                          for k, (_, _, rows) in found.items()) + '}\nsum(names.values())'
    for k, (purpose, notebook, rows) in found.items():
        table = '\n'.join(['| name | takes | what |', '|---|---|---|',
                           *(f'| `{n}` | {plain(takes)} | {what} |' for n, takes, what in rows)])
        yield 'markdown', f'## rddm_nb.{k}\n\n{purpose} [{notebook[:-6]}]({notebook})\n\n{table}'


def fresh(): return generated.fresh(PAGE, page(modules()))


def main():
    if '--check' in sys.argv:
        sys.exit(0 if fresh() else 'nbs/api.ipynb is not what the modules hold: run `python tools/api.py`')
    found = modules()
    generated.write(PAGE, generated.notebook(page(found), 'api', sum(len(rows) for _, _, rows in found.values())))


if __name__ == '__main__': main()
