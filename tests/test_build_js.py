"The JavaScript of the figures is what its sources make, and the sources can be read and added to"
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_js import JS, NODE, pytestmark as with_node

import build_js
from places import ROOT

ASIDE = re.compile(r"^\s*//.*|`[^`]*`|'[^'\n]*'", re.M)
JOINED = re.compile(r'^(?!\s*for \().*;[ \t]*(?!//)[^\s;].*', re.M)


def joined(text):
    "Lines with more than one statement; comments and what is quoted do not count"
    return [m[0] for m in JOINED.finditer(ASIDE.sub("''", text))]


@pytest.fixture
def sources(tmp_path): return Path(shutil.copytree(ROOT/'js', tmp_path/'js'))


def change(path, old, new):
    text = path.read_text(encoding='utf-8')
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding='utf-8')


def test_the_module_is_what_its_sources_make(tmp_path, monkeypatch, capsys):
    for entry, name in build_js.ENTRIES.items():
        assert JS.with_name(name).read_text(encoding='utf-8') == build_js.built(entry=entry)
    assert build_js.main(['--check']) == 0
    monkeypatch.setattr(build_js, 'BUILT', tmp_path)
    assert build_js.main(['--check']) == 1
    assert build_js.main([]) == 0 and build_js.main(['--check']) == 0
    (tmp_path/'rddm.js').write_text(build_js.built() + '\n', encoding='utf-8')
    assert build_js.main(['--check']) == 1 and 'python tools/build_js.py' in capsys.readouterr().out


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


TOGETHER = [
    ('const a = 1;\nconst b = 2;\n', 'const a = 1,\nb = 2;\n'),
    ('const f = () => {\n  const a = 1; // one\n  // two\n  const b = 2;\n};\n\nconst c = 3;\n',
     'const f = () => {\n  const a = 1, // one\n  // two\nb = 2;\n},\n\nc = 3;\n'),
]
APART = ['const a = 1;\nlet b = 2;\n', 'const a = 1;\nf();\nconst b = 2;\n', 'const a = () => {\n  const b = 2;\n};\n',
         'if (c) {\n  const a = 1;\n}\nconst b = 2;\n', '  const a = 1;\nif (c)\n  const b = 2;\n']


def test_declarations_after_each_other_share_their_word_and_no_others():
    assert [(build_js.together(text), want) for text, want in TOGETHER if build_js.together(text) != want] == []
    assert [text for text in APART if build_js.together(text) != text] == []


def test_words_over_several_lines_become_one_and_what_is_between_words_stays():
    text = "f('it\\'s '\n  + 'one', a + ' + ' + b, `c` + 'd', 'e' + 'f' + g, h !== 'i');"
    assert build_js.LOOSE.sub(build_js.tight, text) == "f('it\\'s one',a+' + '+b,`c`+'d','ef'+g,h!=='i');"


def test_own_names_get_short_ones_and_what_others_see_keeps_its_own():
    names = ['distance', 'schedule', 'inner', 'words', 'shared', 'listed', 'spread']
    text = ("const distance=x=>x.distance,schedule=2,inner=[...spread,schedule+1]\n"
            "f({words:1},`${shared}`,listed,inner(inner)?'inner ':spread)\n")
    assert build_js.shortened(text, names) == text.replace('schedule', '$0').replace('spread', '$1')
    assert build_js.shortened(text.replace("'inner '", '1'), ['inner']).count('$0') == 3


WRONG = {
    'a name that is not there': ('figures/lens.js', 'import {psnr}', 'import {ssim}', 'metrics.js does not export it'),
    'another name': ('figures/lens.js', 'import {psnr}', 'import {psnr as quality}', 'a thing has one name'),
    'a name twice': ('figures/lens.js', 'const entropy', 'const clamp', 'declared in .* and figures/lens.js'),
    'a file that is not there': ('figures/lens.js', '../math/metrics.js', '../math/missing.js', 'does not exist'),
    'a dependency': ('figures/lens.js', '../math/metrics.js', 'd3', 'no dependencies'),
    'a circle': ('math/arrays.js', '\n', "\nimport {P} from './schedules.js';\n", 'round in a circle'),
    'a figure without its line': ('figures/index.js', "export {lens} from './lens.js';\n", '', 'needs its line'),
    'no registry': ('main.js', './figures/index.js', './figures/lens.js', 'it is no registry'),
    'an unknown export': ('figures/lens.js', 'const SHOWN', 'export default 8;\nconst SHOWN', 'cannot join'),
}


@pytest.mark.parametrize('name,old,new,message', WRONG.values(), ids=WRONG)
def test_sources_that_do_not_fit_are_refused(sources, name, old, new, message):
    text = (sources/name).read_text(encoding='utf-8')
    assert old in text
    (sources/name).write_text(text.replace(old, new, 1), encoding='utf-8')
    with pytest.raises(build_js.BuildError, match=message): build_js.built(sources)


def evaluate(module, expression):
    "What an expression of the module `R` gives"
    code = f'import * as R from {json.dumps(module.as_uri())}; console.log(JSON.stringify({expression}))'
    run = subprocess.run([NODE, '--input-type=module', '-e', code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@with_node
def test_a_figure_is_one_file_and_one_line(sources, tmp_path):
    (sources/'figures/dummy.js').write_text('// A dummy.\nexport const dummy = {state: {value: 3}, draw() {}};\n')
    with (sources/'figures/index.js').open('a') as f: f.write("export {dummy as mine} from './dummy.js';\n")
    (module := tmp_path/'rddm.mjs').write_text(build_js.built(sources), encoding='utf-8')
    states = evaluate(module, 'R.states')
    assert states.pop('mine') == {'value': 3} and states == evaluate(JS, 'R.states')


@with_node
def test_a_family_of_schedules_is_one_entry(sources, tmp_path):
    change(sources/'math/schedules.js', '  cosine: {', '  flat: {settings: [], make: s => line(s.T, 0)},\n  cosine: {')
    (module := tmp_path/'rddm.mjs').write_text(build_js.built(sources), encoding='utf-8')
    made = evaluate(module, "R.makeSchedule({family: 'flat', T: 2})")
    assert made == {'abar': [0, .5, 1], 'bbar': [0, 0, 0]}


@with_node
def test_the_sources_are_a_module_too(sources):
    (sources/'package.json').write_text('{"type": "module"}')
    assert evaluate(sources/'main.js', 'Object.keys(R)') == evaluate(JS, 'Object.keys(R)')
