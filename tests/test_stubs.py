"""Type stubs are fresh, checked by mypy, and tell an editor what `@patch` and `@delegates` add."""
import ast
import subprocess
import sys
import pytest
from places import ROOT

import stubs


def test_every_module_has_a_fresh_stub(): assert not stubs.stale(), 'run `python tools/stubs.py`'


def members(module, cls):
    "Names in a class of a stub"
    tree = ast.parse((ROOT/f'rddm_nb/{module}.pyi').read_text(encoding='utf-8'))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls).body
    return {getattr(n, 'name', None) or ast.unparse(getattr(n, 'target', ast.Name(''))) for n in body}


def test_patched_methods_stand_in_their_classes():
    assert {'coeffs', 'at', 'power', 'circle', 'grid', 'to_dict'} <= members('schedule', 'Schedule')
    assert {'fit', 'save', 'step'} <= members('trainer', 'Trainer')


def test_delegated_arguments_stand_in_the_signature():
    tree = ast.parse((ROOT/'rddm_nb/sampler.pyi').read_text(encoding='utf-8'))
    f = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == 'sample')
    assert {'steps', 'eta', 'cond', 'trace', 'generator'} <= {a.arg for a in f.args.kwonlyargs} and f.args.kwarg is None


def test_a_changed_module_makes_its_stub_stale(tmp_path, monkeypatch):
    (tmp_path/'a.py').write_text('def f(x:int)->int: return x\n', encoding='utf-8')
    monkeypatch.setattr(stubs, 'PACKAGE', tmp_path)
    assert stubs.stale() == ['a.py']
    stubs.modules()[0].with_suffix('.pyi').write_text(stubs.text(tmp_path/'a.py'), encoding='utf-8')
    assert stubs.stale() == []
    (tmp_path/'a.py').write_text('def f(x:int)->str: return str(x)\n', encoding='utf-8')
    assert stubs.stale() == ['a.py']


def mypy(*files):
    "What mypy says of files, or of those that pyproject.toml names"
    pytest.importorskip('mypy')
    words = [sys.executable, '-m', 'mypy', '--cache-dir=/dev/null', '--no-error-summary', *map(str, files)]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.slow
def test_mypy_finds_nothing_in_the_stubs():
    done = mypy()
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_mypy_can_find_something(tmp_path):
    (tmp_path/'a.pyi').write_text('def f(x:Missing)->int: ...\n', encoding='utf-8')
    done = mypy(tmp_path/'a.pyi')
    assert done.returncode == 1 and 'Missing' in done.stdout
