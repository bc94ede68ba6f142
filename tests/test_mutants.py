"""The list of wrong versions is complete, not stale, and every one of them turns a test red."""
import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path
import pytest
from mutants import HERE, MUTANTS, PACKAGE, apply

# what computes nothing of its own: data holders, drawing, and glue tested for its behaviour
EXEMPT = {'film', 'to_dict', 'from_dict', 'T', 'x0', '__init__', '__getitem__', 'attribution', 'atomic_write', 'save_model', 'load_model',
          'train_demo', 'make_net', 'recipe', 'quick_score', 'result_sheet', 'interruptible', 'stop'}
MODULES = ['images', 'schedule', 'forward', 'estimate', 'exact', 'reverse', 'sampler', 'objective', 'sample_images', 'degrade', 'unet', 'demo']


def functions(source):
    "Every function of a module, methods and patched methods too: name -> line numbers, decorators included"
    spans = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef): spans[node.name] = (min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno)
    return spans


@pytest.mark.parametrize('m', MUTANTS, ids=lambda m: f'{m.module}: {m.what}')
def test_mutant_fits_the_source(m):
    changed = apply(m)
    assert m.new != m.old and ast.dump(ast.parse(changed)) != ast.dump(ast.parse((PACKAGE/f'{m.module}.py').read_text()))


@pytest.mark.parametrize('module', MODULES)
def test_every_public_function_has_a_mutant(module):
    source = (PACKAGE/f'{module}.py').read_text()
    lines = [source[:source.index(m.old)].count('\n') + 1 for m in MUTANTS if m.module == module]
    def reached(name): return any(a <= l <= b for l in lines for a, b in [spans[name]])
    spans = functions(source)
    helpers = {n for n in spans if n.startswith('_') and reached(n)}
    public = {n for n in spans if not n.startswith('_') or n == '__call__'} - EXEMPT
    # a function that only hands on to helpers is covered by their mutants
    calls = {n: {c.id for c in ast.walk(ast.parse(source)) if isinstance(c, ast.Name)} & helpers for n in public}
    body = {n: '\n'.join(source.split('\n')[spans[n][0] - 1:spans[n][1]]) for n in public}
    missing = sorted(n for n in public if not reached(n) and not any(h in body[n] for h in calls[n]))
    assert not missing, f'{module}: no mutant touches {missing}'


@pytest.mark.skipif(os.environ.get('RDDM_MUTANTS') == '0', reason='RDDM_MUTANTS=0 skips the run of all mutants')
def test_every_mutant_turns_a_test_red():
    done = subprocess.run([sys.executable, str(Path(HERE)/'mutants.py'), '--trusted'], capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, '\n'.join(l for l in done.stdout.splitlines() if 'SURVIVED' in l) + done.stderr[-2000:]
