"""Colab: notebooks with a badge run from a built wheel, outside the repository, without what only developers install.

RDDM_COLAB=all runs every one of them (some minutes); otherwise three quick ones."""
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from places import ROOT

BADGED = [nb for nb in sorted((ROOT/'nbs').glob('*.ipynb'))
          if 'colab.research.google.com' in nb.read_text(encoding='utf-8')]
QUICK = '04_reverse', 'files', 'index'
RUN = BADGED if os.environ.get('RDDM_COLAB') == 'all' else [nb for nb in BADGED if nb.stem in QUICK]
ABSENT = ('nbdev', 'execnb', 'jupyterlab', 'pytest', 'hypothesis', 'playwright', 'axe_playwright_python', 'smalldocs',
          'build', 'xdist', 'twine')
EXTRAS = dict(tables=('datasets',), diffusers=('diffusers',), metrics=('skimage', 'torchmetrics'),
              perceptual=('torchvision', 'torch_fidelity'), tensorboard=('tensorboard',), onnx=('onnx', 'onnxruntime'))
INSTALL = re.compile(r'#\| hide\n#\| eval: false\n! \[ -e /content \] && pip install -Uqq "(rddm_nb\[\w+\] @ '
                     r')?git\+https://github\.com/rddm-nb/rddm_nb"')


@pytest.fixture(scope='module')
def colab(wheel, tmp_path_factory):
    "Folders like Colab's: the wheel installed, developers' packages out of reach, and an empty place to work in"
    packages, work = tmp_path_factory.mktemp('packages'), tmp_path_factory.mktemp('content')
    subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', '--target', packages,
                    wheel], check=True)
    (packages / 'sitecustomize.py').write_text('''import os, sys
HIDDEN = os.environ['RDDM_HIDDEN'].split()
class Hiding:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, *args):
        return None if name.split('.')[0] in HIDDEN else self.finder.find_spec(name, *args)
sys.meta_path[:] = [Hiding(f) for f in sys.meta_path]
''')
    return packages, work


def named(nb):
    "The extras that the first cell of a notebook installs"
    return re.findall(r'rddm_nb\[(\w+)\]', code(nb)[0])


def hidden(nb):
    "What is not there after the first cell of a notebook has installed the package: the extras that it does not name"
    there = named(nb)
    return ' '.join([*ABSENT, *(name for extra, names in EXTRAS.items() if extra not in there for name in names)])


def run(nb, packages, work):
    "Run a notebook in `work`, in a kernel that finds this package in `packages` alone; where the kernel found it"
    away = hidden(Path(nb))
    import nbformat
    from nbclient import NotebookClient
    nb = nbformat.read(nb, 4)
    for c in nb.cells:
        if c.cell_type == 'code': c.outputs = []
    nb.cells.append(nbformat.v4.new_code_cell("import rddm_nb; print(rddm_nb.__file__)"))
    keep = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'MPLBACKEND')}
    NotebookClient(nb, timeout=600, kernel_name='python3', resources={'metadata': {'path': str(work)}}).execute(
        env=keep | dict(PYTHONPATH=str(packages), OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1',
                         RDDM_HIDDEN=away))
    return Path(nb.cells[-1].outputs[0].text.strip())


@pytest.mark.parametrize('nb', RUN, ids=lambda p: p.stem)
def test_a_badged_notebook_runs_from_the_wheel(colab, nb):
    packages, work = colab
    if nb.stem == 'scheduler' and not importlib.util.find_spec('diffusers'):
        pytest.skip('needs diffusers, which its first cell installs on Colab')
    assert run(shutil.copy(nb, work), packages, work).is_relative_to(packages)


def test_a_notebook_for_developers_only_would_fail(colab, tmp_path):
    import nbformat
    from nbclient.exceptions import CellExecutionError
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('from nbdev.showdoc import *')])
    nbformat.write(nb, tmp_path/'x.ipynb')
    with pytest.raises(CellExecutionError, match='nbdev'): run(tmp_path/'x.ipynb', *colab)


def test_the_wheel_holds_the_package_with_the_course_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {str(p.relative_to(ROOT))
               for p in (ROOT/'rddm_nb').rglob('*') if p.is_file() and '__pycache__' not in p.parts}
    shipped |= {f'rddm_nb/course/{p.name}' for p in [*(ROOT/'nbs').glob('*.ipynb'), ROOT/'nbs'/'badge.svg']}
    assert {n for n in names if '.dist-info/' not in n} == shipped


def code(nb):
    return [''.join(c['source'])
            for c in json.loads(nb.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']


@pytest.mark.parametrize('nb', BADGED, ids=lambda p: p.stem)
def test_the_first_cell_installs_on_colab(nb): assert INSTALL.fullmatch(code(nb)[0]), code(nb)[0]


def test_jupyterlab_comes_with_what_the_first_cells_install():
    needed = {extra for nb in BADGED for extra in named(nb)}
    extras = tomllib.loads((ROOT/'pyproject.toml').read_text(encoding='utf-8'))['project']['optional-dependencies']
    lab = {extra for line in extras['lab'] for extra in re.findall(r'rddm_nb\[([\w,]+)\]', line)}
    assert needed and needed <= {*','.join(lab).split(',')} and {*EXTRAS} == extras.keys() - {'lab', 'dev'}


@pytest.mark.parametrize('there', [True, False])
def test_the_install_cell_installs_there_only(tmp_path, there):
    content, said = tmp_path/'content', tmp_path/'said'
    pip = tmp_path/'pip'
    pip.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    pip.chmod(0o755)
    if there: content.mkdir()
    line = code(ROOT/'nbs/index.ipynb')[0].split('! ')[1].replace('/content', str(content))
    subprocess.run(line, shell=True, env=os.environ | dict(PATH=f'{tmp_path}:{os.environ["PATH"]}'))
    assert said.exists() == there
    assert (not there or 'git+https://github.com/rddm-nb/rddm_nb' in said.read_text(encoding='utf-8'))
