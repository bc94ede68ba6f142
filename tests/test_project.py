"""The project holds together: settings agree, modules import in order, nothing heavy is imported, badges and
licences are in place"""
import ast
import configparser
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from places import NOTEBOOKS, PACKAGE, ROOT

ORDER = ['files', 'runtime', 'images', 'viz', 'schedule', 'forward', 'estimate', 'exact', 'reverse', 'sampler',
         'objective',
         'optim', 'sample_images', 'degrade', 'command', 'imagefile', 'course', 'exercises', 'unet', 'demo',
         'variants', 'aosa', 'quality', 'metrics', 'ddim', 'scheduler', 'paths', 'atlas', 'official', 'models',
         'export', 'trainer', 'watch', 'data', 'config', 'experiment', 'presets', 'restore', 'widgets',
         'puzzles', 'report', 'cli', 'evaluate', 'hub']


def test_settings_ini_agrees_with_pyproject():
    get_config = pytest.importorskip('nbdev.config').get_config
    cfg, ini = get_config(ROOT), configparser.ConfigParser()
    ini.read(ROOT/'settings.ini')
    old = dict(ini['DEFAULT'])
    for key in ('repo', 'branch', 'author', 'description', 'user'): assert old.pop(key) == getattr(cfg, key), key
    for key in ('lib_path', 'nbs_path', 'doc_path'): assert ROOT/old.pop(key) == Path(getattr(cfg, key)), key
    assert old == {'update_pyproject': 'False', 'put_version_in_init': 'False'}


def test_quarto_config_is_one_file():
    assert (ROOT/'nbs/_quarto.yml').resolve() == ROOT/'_quarto.yml'


def test_sidebar_lists_every_notebook_once():
    listed = re.findall(r'[\w.]+\.ipynb', (ROOT/'nbs/sidebar.yml').read_text(encoding='utf-8'))
    assert sorted(listed) == sorted(nb.name for nb in NOTEBOOKS)


def test_version_has_one_source():
    project = tomllib.loads((ROOT/'pyproject.toml').read_text(encoding='utf-8'))
    assert 'version' in project['project']['dynamic']
    assert not re.search(r'^version\s*=\s*"', (ROOT/'pyproject.toml').read_text(encoding='utf-8'), re.M)
    from rddm_nb import __version__
    assert re.fullmatch(r'\d+\.\d+\.\d+', __version__)


def imports(path):
    "Modules of this package that a module imports anywhere, also inside functions"
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.ImportFrom) and (node.level == 1 or (node.module or '').startswith('rddm_nb')):
            name = (node.module or '').removeprefix('rddm_nb').strip('.')
            yield from [name] if name else [a.name for a in node.names]
        if isinstance(node, ast.Import):
            yield from [a.name.removeprefix('rddm_nb.') for a in node.names if a.name.startswith('rddm_nb.')]


def too_late(order, found):
    "Imports that go against the order, as 'module imports later'"
    return [f'{m} imports {i}' for m, names in found.items()
            for i in names if i in order and order.index(i) >= order.index(m)]


def test_no_module_imports_a_later_one():
    found = {p.stem: set(imports(p)) for p in PACKAGE.glob('*.py') if not p.stem.startswith('_')}
    assert set(found) <= set(ORDER), f'not in the order of modules: {set(found) - set(ORDER)}'
    assert too_late(ORDER, found) == []


def test_the_order_check_can_fail(tmp_path):
    (tmp_path/'a.py').write_text('import os\ndef f():\n    from rddm_nb.b import g\n    from . import c\n    import '
                                 'rddm_nb.d')
    assert set(imports(tmp_path/'a.py')) == {'b', 'c', 'd'}
    assert too_late(['a', 'b'], {'a': {'b'}, 'b': {'a'}}) == ['a imports b']


def test_importing_the_sampler_stays_light():
    code = "import sys; from rddm_nb.sampler import sample; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    seen = set(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True,
                              cwd=ROOT).stdout.split())
    assert 'torch' in seen
    assert not seen & {'datasets', 'accelerate', 'jupyterlab', 'nbdev', 'matplotlib', 'diffusers', 'IPython', 'PIL',
                       'anywidget', 'ipywidgets'}


def test_commands_exist():
    from importlib.metadata import entry_points
    ours = [e for e in entry_points(group='console_scripts') if e.value.startswith('rddm_nb.')]
    assert {e.name for e in ours} == {'rddm-demo', 'rddm-train', 'rddm-restore', 'rddm-evaluate', 'rddm-export',
                                      'rddm-notebooks'}
    for e in ours: assert callable(e.load())


def source(nb): return '\n'.join(''.join(c['source']) for c in json.loads(nb.read_text(encoding='utf-8'))['cells'])


@pytest.mark.parametrize('nb', NOTEBOOKS, ids=lambda p: p.stem)
def test_badges_name_their_own_file(nb):
    for url in re.findall(r'https://colab\.research\.google\.com/[^)\s]+', source(nb)):
        assert url.endswith(f'/rddm-nb/rddm_nb/blob/main/nbs/{nb.name}'), url


MACHINE = re.compile(r'(?<![\w.])/(?:root|work|home|tmp|Users|mnt|opt)/[\w.-]+')

@pytest.mark.parametrize('path', [*NOTEBOOKS, *PACKAGE.glob('*.py'), ROOT/'README.md', ROOT/'CONTRIBUTING.md'],
                         ids=lambda p: p.name)
def test_no_path_of_a_machine(path):
    found = MACHINE.findall(re.sub(r'[A-Za-z0-9+/]{200,}={0,2}', '',
                                   path.read_text(encoding='utf-8').replace('\\n', '\n')))
    assert not found, f'{path.name} names {found[:3]}'


def test_the_machine_path_check_can_fail():
    assert MACHINE.search('saved in /home/someone/x') and not MACHINE.search('https://site/home/page')


def test_licences_are_in_place():
    assert 'Apache License' in (ROOT/'LICENSE').read_text(encoding='utf-8')[:300]
    assert (ROOT/'nbs/katex/LICENSE').exists() and (PACKAGE/'assets/ATTRIBUTION.md').exists()


def test_readme_is_written_from_the_index():
    pytest.importorskip('polib')
    r = subprocess.run([sys.executable, ROOT/'tools/readme.py', '--check'], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr


def test_readme_drops_hidden_cells_and_keeps_images(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT/'tools'))
    from readme import render
    png = {'output_type': 'execute_result', 'data': {'image/png': 'UE5H', 'text/plain': 'x'},
           'metadata': {'image/png': {'alt': 'a "quoted" cat', 'width': 5}}}
    text, files = render({'cells': [
        dict(cell_type='markdown',
             source=['[two](00_two.ipynb) [web](https://x.org/y) [top](../LICENSE)\n', '$$ a $$ {#eq-a}']),
        dict(cell_type='code', source=['#| hide\n', 'secret'], outputs=[png]),
        dict(cell_type='code', source=['#| echo: true\n', 'shown'],
             outputs=[png, {'output_type': 'stream', 'text': ['said\n']}])]})
    assert 'secret' not in text and '```python\nshown\n```' in text and '```text\nsaid\n```' in text
    assert '[two](nbs/00_two.ipynb) [web](https://x.org/y) [top](LICENSE)\n$$ a $$\n' in text
    assert '<img src="nbs/images/index-1.png" alt="a &quot;quoted&quot; cat" width="5">' in text
    assert files == {'nbs/images/index-1.png': b'PNG'}


def test_the_readme_tells_what_the_bench_measured():
    runs = json.loads((ROOT/'bench/results/demo.json').read_text(encoding='utf-8'))['runs']
    lines = [f"| {r['seed']} | {r['train_steps']} | {r['psnr_input']:.2f} | {r['psnr_1_step']:.2f} | "
             f"{r['psnr_restored']:.2f} | {r['regression']['psnr']:.2f} |" for r in runs]
    for page in ('README.md', 'i18n/zh/index.po'):
        text = (ROOT/page).read_text(encoding='utf-8')
        assert [l for l in lines if l not in text] == [], page
    better = sum(r['regression']['psnr'] > r['psnr_restored'] for r in runs)
    assert ('for all three seeds' in (ROOT/'README.md').read_text(encoding='utf-8')) == (better == 3)


@pytest.mark.parametrize('nb', NOTEBOOKS, ids=lambda p: p.stem)
def test_the_first_cell_is_title_and_promise_alone(nb):
    # the site makes a page's front matter of it, and whatever else it holds is lost
    first = ''.join(json.loads(nb.read_text(encoding='utf-8'))['cells'][0]['source']).split('\n')
    assert first[0].startswith('# ') and all(not l or l.startswith('>') for l in first[1:])


def test_every_notebook_has_a_page_of_its_own():
    pages = [re.sub(r'^\d+[a-z]?_', '', p.stem) for p in NOTEBOOKS]
    twice = sorted({n for n in pages if pages.count(n) > 1})
    assert not twice, f"notebooks whose names differ only by their number share a page: {', '.join(twice)}"
