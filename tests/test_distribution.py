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
from places import ROOT, git, tracked
import rddm_nb
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(ROOT/'tools'))
import lock

PROJECT = tomllib.loads((ROOT/'pyproject.toml').read_text(encoding='utf-8'))['project']
EXTRAS = PROJECT['optional-dependencies']
DEV = {'dev', *Requirement(EXTRAS['dev'][0]).extras} # what a developer's installation brings


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
            if n.endswith('METADATA'):
                text = text.split(b'\n\n')[0].replace(b'text/markdown', b'text/x-rst') + b'\n\n.. nothing::\n'
            z.writestr(n, text)
    assert twine(tmp_path/wheel.name).returncode != 0


def test_the_sdist_holds_what_the_wheel_is_made_of(distribution, wheel):
    with tarfile.open(next(distribution.glob('*.tar.gz'))) as t:
        made = {m.name.split('/', 1)[1] for m in t.getmembers() if m.isfile()}
    package = {n for n in zipfile.ZipFile(wheel).namelist() if '.dist-info/' not in n}
    sources = {n.replace('rddm_nb/course/', 'nbs/') for n in package}
    own = {'pyproject.toml', 'setup.py', 'MANIFEST.in', 'README.md', 'LICENSE'}
    assert package and {n for n in made if 'egg-info' not in n} == sources | own | {'PKG-INFO', 'setup.cfg'}


def test_every_link_of_the_description_works_on_the_index(wheel):
    with zipfile.ZipFile(wheel) as z: text = z.read(next(n for n in z.namelist() if n.endswith('METADATA'))).decode()
    links = re.findall(r'(!?\[[^][]*\]\(|src=")([^)"]*)', text)
    there = f'rddm-nb/rddm_nb/{{}}v{rddm_nb.__version__}/'
    assert len(links) > 40 and [url for _, url in links if not url.startswith(('https://', '#'))] == []
    for kind, url in links:
        image, home = kind.startswith(('!', 'src')), f"https://github.com/{there.format('blob/')}"
        if image: assert 'github.com/' not in url or '/actions/' in url, f'{url} is a page, no image'
        for start in (home, f"https://raw.githubusercontent.com/{there.format('')}"):
            if url.startswith(start): assert (ROOT/url.removeprefix(start).split('#')[0]).exists(), url


def test_a_licence_of_every_picture_is_named():
    text = (ROOT/'rddm_nb/assets/ATTRIBUTION.md').read_text(encoding='utf-8')
    names = {f'CC-{k}-{v}' for k, v in re.findall(r'\[CC (BY) ([\d.]+)\]', text)} | {'CC0-1.0', 'Apache-2.0'}
    assert len(names) == 4 and set(PROJECT['license'].split(' AND ')) == names


def test_an_editable_installation_is_found_from_the_folder_that_holds_the_clone(distribution, tmp_path):
    "A finder of setuptools comes after the current folder, in which `rddm_nb` is the clone"
    if 'RDDM_WHEELS' in os.environ: pytest.skip('there is no copy of the repository')
    code = f'from setuptools import build_meta; print(build_meta.build_editable({str(tmp_path)!r}))'
    done = subprocess.run([sys.executable, '-c', code], cwd=distribution/'source', capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob('*.whl'))) as z:
        paths = [n for n in z.namelist() if n.endswith('.pth')]
        assert [z.read(n).decode().split() for n in paths] == [[str(distribution/'source')]]


def test_the_published_site_has_the_network_in_every_language():
    job = (ROOT/'.github/workflows/docs.yml').read_text(encoding='utf-8')
    inside = job.split('for language in', 1)[1].split('done', 1)[0]
    assert 'python tools/runtime.py _docs ' in job and 'python tools/runtime.py "_docs/$language"' in inside


def test_nothing_that_git_ignores_is_in_it():
    assert git('ls-files', '--cached', '--ignored', '--exclude-standard') == ''
    assert not [n for n in tracked() if re.search(r'(^|/)(\.\w+_cache|__pycache__)/', n)]


def test_the_wheel_imports_in_a_clean_environment(wheel, tmp_path):
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', tmp_path/'env'], check=True)
    scripts = tmp_path/'env'/('Scripts' if os.name == 'nt' else 'bin')
    python = scripts/('python.exe' if os.name == 'nt' else 'python')
    subprocess.run([sys.executable, '-m', 'pip', '--python', python, 'install', '--quiet', '--no-deps', '--no-index',
                    wheel], check=True)
    code = ('import json, rddm_nb, importlib.metadata as m; d = m.distribution("rddm_nb")\n'
            'print(json.dumps([rddm_nb.__file__, rddm_nb.__version__, len(d.metadata["Description"]), [str(f) for f '
            'in d.files]]))')
    env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    done = subprocess.run([python, '-I', '-c', code], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    where, version, described, files = json.loads(done.stdout)
    assert Path(where).is_relative_to(tmp_path.resolve()) and version == rddm_nb.__version__ and described > 1000
    assert 'rddm_nb/py.typed' in files and 'rddm_nb/assets/ATTRIBUTION.md' in files
    assert {p.stem for p in scripts.iterdir()} >= set(PROJECT['scripts'])


def test_every_python_of_the_workflows_is_a_classifier():
    versions = re.findall(r'"(3\.\d+)"', re.search(r'python: \[(.*)\]',
                                                   (ROOT/'.github/workflows/ci.yml').read_text(encoding='utf-8'))[1])
    assert versions
    assert [f'Programming Language :: Python :: {v}'
            for v in versions] == [c for c in PROJECT['classifiers'] if re.search(r':: 3\.', c)]
    assert PROJECT['requires-python'] == f'>={versions[0]}'


def declared(extras):
    "The declared dependencies of the package and of some extras: name -> what is asked of it"
    wanted = map(Requirement, [*PROJECT['dependencies'], *(d for e in extras for d in EXTRAS[e])])
    return {canonicalize_name(r.name): r.specifier for r in wanted if r.name != 'rddm_nb'}


def lowest(specifier): return next((s.version for s in specifier if s.operator == '>='), None)


def pins(name):
    "What a constraints file says: name -> version"
    lines = (ROOT/'constraints'/name).read_text(encoding='utf-8').splitlines()
    return {canonicalize_name(n): v for n, v in (l.split('==') for l in lines if l and not l.startswith('#'))}


def test_the_lowest_versions_are_the_declared_ones():
    job = (ROOT/'.github/workflows/nightly.yml').read_text(encoding='utf-8')
    extras = re.search(r"-c constraints/lowest.txt -e '.\[([\w,]+)\]'", job)[1].split(',')
    known, needed = pins('lowest.txt'), {n: lowest(s) for n, s in declared(extras).items()}
    assert None not in needed.values() and {n: v for n, v in known.items() if n in needed} == needed
    assert not {*known} - {*needed} & {*declared(EXTRAS)}, 'what is not declared stands there because of what is'


def test_every_bound_has_its_reason():
    text = (ROOT/'pyproject.toml').read_text(encoding='utf-8')
    part = text.split('dependencies = [', 1)[1].split('[project.scripts]')[0]
    bounded = [l for l in part.splitlines() if '>=' in l.split('#')[0]]
    assert len(bounded) > len(PROJECT['dependencies']) and [l for l in bounded if not re.search('# .{9,}', l)] == []
    assert all(lowest(s) for s in declared([]).values())


def test_the_lock_holds_all_that_is_declared_and_within_its_bounds():
    known = pins('known_good.txt')
    assert {n: known.get(n) for n, s in declared(DEV).items() if not s.contains(known.get(n, '0'))} == {}


def test_the_tool_finds_what_a_package_brings_and_what_that_brings():
    found = lock.closure('rddm_nb', ['dev'])
    assert found['rddm-nb'] == rddm_nb.__version__ and set(declared(DEV)) <= set(found)
    assert {'jinja2', 'markupsafe'} <= set(found) and all('+' not in v for v in found.values())


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
    sources = '\n'.join(p.read_text(encoding='utf-8')
                        for p in here.glob('test_*.py')) + (here/'conftest.py').read_text(encoding='utf-8')
    assert all((here/f'{n}.py').exists() for n in {*conftest.SLOW_FILES, *conftest.GROUPS})
    assert all(f'def {n}(' in sources for n in conftest.SLOW_FIXTURES)
