"""The JavaScript of the figures is what its sources make, and the sources can be read and added to. That the modules
are fresh is tested everywhere; what builds is skipped where esbuild cannot be had (tools/build_js.py)"""
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_js import JS, NODE, pytestmark as with_node

import build_js
import npm
from places import ROOT

ASIDE = re.compile(r"^\s*//.*|`[^`]*`|'[^'\n]*'", re.M)
JOINED = re.compile(r'^(?!\s*for \().*;[ \t]*(?!//)[^\s;].*', re.M)


def joined(text):
    "Lines with more than one statement; comments and what is quoted do not count"
    return [m[0] for m in JOINED.finditer(ASIDE.sub("''", text))]


@pytest.fixture
def sources(tmp_path): return Path(shutil.copytree(ROOT/'js', tmp_path/'js'))


@pytest.fixture
def modules(tmp_path): return Path(shutil.copytree(JS.parent, tmp_path/'built'))


@pytest.fixture
def build(tmp_path):
    "build(sources) -> the modules by name"
    try: build_js.esbuild(tmp_path/'esbuild')
    except npm.MissingError as e: pytest.skip(str(e))
    return build_js.built


def change(path, old, new):
    text = path.read_text(encoding='utf-8')
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding='utf-8')


def stale(sources, modules):
    return [name for name in build_js.ENTRIES if not build_js.is_fresh(modules/name, sources)]


def test_the_modules_are_what_the_sources_make():
    assert build_js.main(['--check']) == 0


CHANGES = {
    'a byte of a source': lambda js: change(js/'math/random.js', '0x6D2B79F5', '0x6D2B79F4'),
    'a source more': lambda js: (js/'math/more.js').write_text('// More.\n', encoding='utf-8'),
    'a source less': lambda js: (js/'photo/rain.js').unlink(),
    'a source elsewhere': lambda js: (js/'math/span.js').rename(js/'ui/span.js'),
}


@pytest.mark.parametrize('how', CHANGES.values(), ids=CHANGES)
def test_modules_of_other_sources_are_stale(sources, modules, how):
    assert stale(sources, modules) == []
    how(sources)
    assert stale(sources, modules) == [*build_js.ENTRIES]


@pytest.mark.parametrize('name,value', [('VERSION', '0.0.0'), ('OPTIONS', [])])
def test_modules_of_another_esbuild_or_other_settings_are_stale(monkeypatch, name, value):
    monkeypatch.setattr(build_js, name, value)
    assert stale(ROOT/'js', JS.parent) == [*build_js.ENTRIES]


def test_a_module_that_was_edited_or_is_gone_is_stale(modules, monkeypatch, capsys):
    (modules/'photo_worker.js').unlink()
    with (modules/'rddm.js').open('a', encoding='utf-8') as f: f.write('0;\n')
    monkeypatch.setattr(build_js, 'BUILT', modules)
    assert build_js.main(['--check']) == 1
    out = capsys.readouterr().out
    assert out.count('python tools/build_js.py') == 2 and 'rddm.js is' in out and 'photo_worker.js is' in out


def test_esbuild_makes_the_modules_byte_by_byte(build):
    assert {name: JS.with_name(name).read_text(encoding='utf-8') for name in build_js.ENTRIES} == build()


MISSING = {
    'npm': (lambda m: m.setenv('PATH', ''), 'there is no npm: install Node.js 18 or newer'),
    'the registry': (lambda m: m.setattr(npm.shutil, 'which', lambda name: 'false'), 'npm registry is out of reach'),
    'esbuild': (lambda m: m.setattr(build_js.platform, 'machine', lambda: 'abacus'), 'abacus has no checksum'),
}


@pytest.mark.parametrize('how,message', MISSING.values(), ids=MISSING)
def test_what_is_missing_is_said_in_a_line_and_nothing_is_written(how, message, modules, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build_js, 'BUILT', modules)
    monkeypatch.setattr(npm, 'KEPT', tmp_path/'kept')
    monkeypatch.setattr(build_js.platform, 'machine', lambda: 'x86_64')
    how(monkeypatch)
    assert build_js.main([]) == 2
    assert re.fullmatch(f'nothing is built: .*{message}.*\n', capsys.readouterr().err)
    assert stale(ROOT/'js', modules) == [] and [*(tmp_path/'kept').glob('*')] == []


def test_a_package_with_another_checksum_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npm, 'KEPT', tmp_path/'kept')
    monkeypatch.setattr(npm.shutil, 'which', lambda name: 'npm')
    packed = lambda words, cwd, **kw: Path(cwd, 'some-1.0.0.tgz').write_bytes(b'another')
    monkeypatch.setattr(npm.subprocess, 'run', packed)
    with pytest.raises(npm.MissingError, match='some 1.0.0 .* another checksum'): npm.package('some', '1.0.0', 'AAAA')
    checksum = npm.checksum(b'another')
    assert npm.package('some', '1.0.0', checksum).read_bytes() == b'another'
    monkeypatch.setattr(npm.subprocess, 'run', None)
    assert npm.package('some', '1.0.0', checksum).read_bytes() == b'another', 'what is kept is not fetched again'


def test_only_the_modules_and_their_payloads_ship():
    assert sorted(p.name for p in JS.parent.iterdir()) == ['figures.json', 'photo.js', 'photo_worker.js', 'photos.json',
                                                           'rddm.js']


@pytest.mark.parametrize('path', sorted((ROOT/'js').rglob('*.js')), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_sources_can_be_read(path):
    text = path.read_text(encoding='utf-8')
    assert [line for line in text.splitlines() if len(line) > 120] == []
    assert joined(text) == []
    assert text.startswith('// '), 'a source begins with what it holds'


def test_joined_statements_are_found():
    assert joined('a = 1; b = 2;\n') and joined('  f(); g();\n')
    assert not joined("for (let i = 0; i < n; i++) f(i);\na = 'x; y';\nb = 1; // one\n")


WRONG = {
    'a name that is not there': ('figures/lens.js', 'import {psnr}', 'import {ssim as psnr}', 'export .* "ssim"'),
    'a file that is not there': ('figures/lens.js', '../math/metrics.js', '../math/missing.js', 'math/missing.js'),
    'a dependency': ('figures/lens.js', '../math/metrics.js', 'd3', 'd3'),
    'a dependency of the web': ('figures/lens.js', '../math/metrics.js', 'https://a.b/c.js', 'no dependencies'),
    'a file from outside': ('figures/lens.js', '../math/metrics.js', '../../outside.js', 'outside.js is imported: '),
    'a circle': ('math/arrays.js', '\n', "\nimport {P} from './schedules.js';\n", 'round in a circle: .*arrays.js'),
    'a figure without its line': ('figures/index.js', "export {lens} from './lens.js';\n", '', 'needs its line'),
}


@pytest.mark.parametrize('name,old,new,message', WRONG.values(), ids=WRONG)
def test_sources_that_do_not_fit_are_refused(sources, build, name, old, new, message):
    (sources.parent/'outside.js').write_text('export const psnr = () => 0;\n', encoding='utf-8')
    text = (sources/name).read_text(encoding='utf-8')
    assert old in text
    (sources/name).write_text(text.replace(old, new, 1), encoding='utf-8')
    with pytest.raises(build_js.BuildError) as e: build(sources)
    assert re.search(message, str(e.value), re.S), str(e.value)


def evaluate(module, expression):
    "What an expression of the module `R` gives"
    code = f'import * as R from {json.dumps(module.as_uri())}; console.log(JSON.stringify({expression}))'
    run = subprocess.run([NODE, '--input-type=module', '-e', code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@with_node
def test_a_figure_is_one_file_and_one_line(sources, build, tmp_path):
    (sources/'figures/dummy.js').write_text('// A dummy.\nexport const dummy = {state: {value: 3}, draw() {}};\n')
    with (sources/'figures/index.js').open('a') as f: f.write("export {dummy as mine} from './dummy.js';\n")
    (module := tmp_path/'rddm.mjs').write_text(build(sources)['rddm.js'], encoding='utf-8')
    states = evaluate(module, 'R.states')
    assert states.pop('mine') == {'value': 3} and states == evaluate(JS, 'R.states')


@with_node
def test_a_family_of_schedules_is_one_entry(sources, build, tmp_path):
    change(sources/'math/schedules.js', '  cosine: {', '  flat: {settings: [], make: s => line(s.T, 0)},\n  cosine: {')
    (module := tmp_path/'rddm.mjs').write_text(build(sources)['rddm.js'], encoding='utf-8')
    made = evaluate(module, "R.makeSchedule({family: 'flat', T: 2})")
    assert made == {'abar': [0, .5, 1], 'bbar': [0, 0, 0]}


@with_node
def test_the_sources_are_a_module_too(sources):
    (sources/'package.json').write_text('{"type": "module"}')
    assert evaluate(sources/'main.js', 'Object.keys(R)') == evaluate(JS, 'Object.keys(R)')
