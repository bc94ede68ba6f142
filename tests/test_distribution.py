"""What is published: an sdist and a wheel that the package index takes, and that install and import in a clean
environment."""
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
import conftest
import pytest
from places import ROOT
import rddm_nb

PROJECT = tomllib.loads((ROOT/'pyproject.toml').read_text(encoding='utf-8'))['project']


def twine(*files):
    "What `twine check --strict` says about files"
    return subprocess.run([sys.executable, '-m', 'twine', 'check', '--strict', *files], capture_output=True, text=True)


def test_there_is_one_sdist_and_one_wheel_of_this_version(distribution):
    names = sorted(p.name for p in distribution.iterdir() if p.is_file())
    assert names == [f'rddm_nb-{rddm_nb.__version__}-py3-none-any.whl', f'rddm_nb-{rddm_nb.__version__}.tar.gz']


def test_the_index_takes_both(distribution):
    done = twine(*distribution.glob('rddm_nb-*'))
    assert done.returncode == 0 and done.stdout.count('PASSED') == 2, done.stdout + done.stderr


def test_the_check_of_the_index_can_fail(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(tmp_path/wheel.name, 'w') as z:
        for n in whole.namelist():
            text = whole.read(n)
            if n.endswith('METADATA'): text = text.split(b'\n\n')[0].replace(b'text/markdown', b'text/x-rst') + b'\n\n.. nothing::\n'
            z.writestr(n, text)
    assert twine(tmp_path/wheel.name).returncode != 0


def test_the_sdist_holds_what_the_wheel_is_made_of(distribution, wheel):
    with tarfile.open(next(distribution.glob('*.tar.gz'))) as t: made = {n.split('/', 1)[1] for n in t.getnames() if '/' in n}
    package = {n for n in zipfile.ZipFile(wheel).namelist() if '.dist-info/' not in n}
    sources = {n.replace('rddm_nb/course/', 'nbs/') for n in package}
    assert package and sources | {'pyproject.toml', 'setup.py', 'README.md', 'LICENSE'} <= made


def test_the_wheel_imports_in_a_clean_environment(wheel, tmp_path):
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', tmp_path/'env'], check=True)
    scripts = tmp_path/'env'/('Scripts' if os.name == 'nt' else 'bin')
    python = scripts/('python.exe' if os.name == 'nt' else 'python')
    subprocess.run([sys.executable, '-m', 'pip', '--python', python, 'install', '--quiet', '--no-deps', '--no-index', wheel], check=True)
    code = ('import json, rddm_nb, importlib.metadata as m; d = m.distribution("rddm_nb")\n'
            'print(json.dumps([rddm_nb.__file__, rddm_nb.__version__, len(d.metadata["Description"]), [str(f) for f in d.files]]))')
    env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    done = subprocess.run([python, '-I', '-c', code], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    where, version, described, files = json.loads(done.stdout)
    assert Path(where).is_relative_to(tmp_path.resolve()) and version == rddm_nb.__version__ and described > 1000
    assert 'rddm_nb/py.typed' in files and 'rddm_nb/assets/ATTRIBUTION.md' in files
    assert {p.stem for p in scripts.iterdir()} >= set(PROJECT['scripts'])


def test_every_python_of_the_workflows_is_a_classifier():
    versions = re.findall(r'"(3\.\d+)"', re.search(r'python: \[(.*)\]', (ROOT/'.github/workflows/ci.yml').read_text(encoding='utf-8'))[1])
    assert versions and [f'Programming Language :: Python :: {v}' for v in versions] == [c for c in PROJECT['classifiers'] if re.search(r':: 3\.', c)]
    assert PROJECT['requires-python'] == f'>={versions[0]}'


def lowest():
    "The lowest declared version of every dependency of the package itself"
    return dict(re.match(r'([\w-]+)>=([\w.]+)', d).groups() for d in PROJECT['dependencies'])


def test_every_dependency_has_a_lower_bound_which_the_workflow_installs():
    pinned = dict(l.split('==') for l in (ROOT/'constraints/lowest.txt').read_text(encoding='utf-8').split() if '==' in l)
    for name, version in lowest().items(): assert pinned.get(name) == version, f'{name}: {version} declared, {pinned.get(name)} in constraints/lowest.txt'


def test_what_workers_share_is_made_once_and_again_only_after_a_failure(once):
    made = []
    def fail(folder): raise OSError('no room')
    def make(folder):
        made.append([p.name for p in folder.iterdir()])
        (folder/'result').touch()
    with pytest.raises(OSError, match='no room'): once('probe', fail)
    first, second = once('probe', make), once('probe', make)
    assert made == [[]] and first == second and (first/'result').exists()


def test_no_slow_file_or_fixture_is_listed_that_is_none():
    here = Path(__file__).parent
    sources = '\n'.join(p.read_text(encoding='utf-8') for p in here.glob('test_*.py')) + (here/'conftest.py').read_text(encoding='utf-8')
    assert all((here/f'{n}.py').exists() for n in conftest.SLOW_FILES)
    assert all(f'def {n}(' in sources for n in {*conftest.SLOW_FIXTURES, *conftest.ONE_WORKER})
