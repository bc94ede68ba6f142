"""The list of wrong versions is complete, not stale, and every one of them turns a test red.

Each mutant is a test. By default those of what has changed run, and some of the rest; RDDM_MUTANTS=all runs all,
RDDM_MUTANTS=0 none."""
import ast
import functools
import json
import os
import shutil
import subprocess
import pytest
import mutants
from mutants import MUTANTS, PACKAGE, Mutant, Server, apply, chosen, name_of as name, place

RUN = chosen(os.environ.get('RDDM_MUTANTS', ''))

# what computes nothing of its own: data holders, drawing, and glue tested for its behaviour
EXEMPT = {'film', 'to_dict', 'from_dict', 'T', 'x0', '__init__', '__getitem__', 'attribution', 'atomic_write',
          'save_model', 'load_model',
          'train_demo', '_make_net', 'recipe', 'quick_score', 'result_sheet', 'stop'}
MODULES = ['images', 'schedule', 'forward', 'estimate', 'exact', 'reverse', 'sampler', 'objective', 'sample_images',
           'degrade', 'unet', 'demo']




def first_line(node): return min([node.lineno, *(d.lineno for d in getattr(node, 'decorator_list', []))])


def functions(source):
    "Every function of a module, methods and patched methods too: name -> line numbers, decorators included"
    spans = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            spans[node.name] = (first_line(node), node.end_lineno)
    return spans


@functools.lru_cache(1)
def statements(module):
    "The first lines of the statements of a module, decorators included"
    return [*map(first_line, ast.parse((PACKAGE/f'{module}.py').read_text(encoding='utf-8')).body)]


def around(m, source, changed):
    "The statements that a mutant changes, as they were and as they are"
    a, b = place(source, m.old)
    lines = [source.count('\n', 0, i) + 1 for i in (a, b)]
    first = max(k for k in statements(m.module) if k <= lines[0])
    after = min([k for k in statements(m.module) if k > lines[1]], default=None)
    more = changed.count('\n') - source.count('\n')
    part = lambda text, end: '\n'.join(text.split('\n')[first - 1:end])
    return part(source, after and after - 1), part(changed, after and after - 1 + more)


@pytest.mark.parametrize('m', MUTANTS, ids=name)
def test_mutant_fits_the_source(m):
    source, changed = (PACKAGE/f'{m.module}.py').read_text(encoding='utf-8'), apply(m)
    before, after = (ast.dump(ast.parse(text)) for text in around(m, source, changed))
    assert m.new != m.old and before != after


@pytest.mark.parametrize('module', MODULES)
def test_every_public_function_has_a_mutant(module):
    source = (PACKAGE/f'{module}.py').read_text(encoding='utf-8')
    lines = [source[:place(source, m.old)[0]].count('\n') + 1 for m in MUTANTS if m.module == module]
    def reached(name): return any(a <= l <= b for l in lines for a, b in [spans[name]])
    spans = functions(source)
    helpers = {n for n in spans if n.startswith('_') and reached(n)}
    public = {n for n in spans if not n.startswith('_') or n == '__call__'} - EXEMPT
    # a function that only hands on to helpers is covered by their mutants
    calls = {n: {c.id for c in ast.walk(ast.parse(source)) if isinstance(c, ast.Name)} & helpers for n in public}
    body = {n: '\n'.join(source.split('\n')[spans[n][0] - 1:spans[n][1]]) for n in public}
    missing = sorted(n for n in public if not reached(n) and not any(h in body[n] for h in calls[n]))
    assert not missing, f'{module}: no mutant touches {missing}'


@pytest.fixture(scope='session')
def mutant_server():
    server = Server()
    yield server
    server.close()


@pytest.mark.parametrize('m', RUN, ids=name)
def test_mutant_turns_a_test_red(mutant_server, m):
    red, _ = mutant_server.test(m)
    assert red, f'{name(m)}: no test sees that {m.old!r} has become {m.new!r}'


def test_of_every_mutant_a_test_is_known_that_sees_it():
    "Else all tests of its module run for it, which takes twenty times as long"
    names = [name(m) for m in mutants.unseen()]
    assert not names, f'python tests/mutants.py --new --trusted writes them to tests/killers.json: {names}'


def test_the_test_that_saw_a_mutant_last_time_goes_first_and_the_others_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, 'KILLERS', tmp_path/'killers.json')
    m, other = MUTANTS[0], MUTANTS[-1]
    whole = [(names, ()) for names in mutants.batches(m)]
    assert mutants.killers() == {} and mutants.rounds(m) == whole
    seen = 'test_images.py::test_psnr_of_known_errors[a::b]'
    mutants.remember({name(m): seen, 'gone: since': 'test_images.py::test_y'})
    assert other in mutants.unseen()
    mutants.remember({name(other): 'test_gone.py::test_z'})
    assert {*mutants.killers()} == {name(m), name(other)} and other in mutants.unseen()
    assert mutants.rounds(m) == [(['images'], [seen]), *whole] and m not in mutants.unseen()
    assert mutants.rounds(other) == [(names, ()) for names in mutants.batches(other)]
    assert mutants.rounds(m, ['test_files.py::test_z']) == [(['files'], ['test_files.py::test_z'])]


def test_a_test_that_is_gone_or_sees_nothing_any_more_is_not_the_last_word(tmp_path, monkeypatch):
    last = {'to_uint8: multiplies by 128': 'test_images.py::test_there_is_none',
            'to_uint8: truncates instead of rounding': 'test_images.py::test_psnr_of_known_errors'}
    (tmp_path/'seen.json').write_text(json.dumps({f'images: {k}': v for k, v in last.items()}), encoding='utf-8')
    monkeypatch.setenv('RDDM_KILLERS', str(tmp_path/'seen.json'))
    server = Server()
    for what, test in last.items():
        red, _ = server.test(next(m for m in MUTANTS if m.what == what))
        assert red.startswith('test_images.py::') and red != test
    server.close()


MARK = '# AUTOGENERATED!'


@pytest.mark.parametrize('new, want', [('# Autogenerated!', ''), ('import os; os._exit(3) #', 'ended with code 3'),
                                       ('1/0 #', 'import of')])
def test_what_happens_to_a_mutant_is_told(mutant_server, new, want):
    red, _ = mutant_server.test(Mutant('files', MARK, new, 'harmless, deadly, broken'))
    assert want in red and bool(want) == bool(red)


def test_a_mutant_that_does_not_end_is_stopped():
    assert mutants.apart(None, limit=0.) == 'no end within 0 s'


SOME = [Mutant('one', 'a', 'b', 'first'), Mutant('one', 'c', 'd', 'second'), Mutant('two', 'e', 'f', 'third'),
        Mutant('degrade', 'g', 'h', 'fourth')]


@pytest.mark.parametrize('files, lines, want', [
    ({'rddm_nb/one.py'}, '', ['first', 'second']), ({'tests/test_two.py'}, '', ['third']),
    ({'tests/test_sample_images_degrade.py'}, '', ['fourth']),
    ({'nbs/one.ipynb'}, '', []), (set(), "+    ('one', 'c', 'd', 'second'),", ['second'])])
def test_what_has_changed(files, lines, want):
    assert [m.what for m in SOME if mutants.differs(m, files, lines)] == want


def test_all_or_none_on_request():
    assert chosen('all', mutants=SOME) == SOME and chosen('0', mutants=SOME) == []
    with pytest.raises(ValueError, match="RDDM_MUTANTS is 'many'"): chosen('many')


@pytest.fixture
def repository(tmp_path, monkeypatch):
    "A repository of its own with one commit on main; what it returns runs git there"
    if not shutil.which('git'): pytest.skip('there is no git')
    (tmp_path/'rddm_nb').mkdir()
    (tmp_path/'tests').mkdir()
    monkeypatch.setattr(mutants, 'HERE', tmp_path/'tests')
    monkeypatch.delenv('RDDM_MUTANTS_BASE', raising=False)
    def git(*words):
        who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'commit.gpgsign=false']
        return subprocess.run(['git', *who, *words], cwd=tmp_path, check=True, capture_output=True,
                              text=True).stdout.strip()
    def commit(file):
        (tmp_path/file).write_text('changed', encoding='utf-8')
        git('add', '.')
        git('commit', '-m', file)
        return git('rev-parse', 'HEAD')
    git('init', '-b', 'main')
    return git, commit


def test_the_base_is_where_a_branch_left_main_and_on_main_the_commit_before(repository, monkeypatch):
    git, commit = repository
    monkeypatch.setattr(mutants, 'REST', 0)
    first = commit('rddm_nb/one.py')
    assert mutants.base() == '' and chosen(mutants=SOME) == []
    second = commit('rddm_nb/two.py')
    assert mutants.base() == first and [m.what for m in chosen(mutants=SOME)] == ['third']
    git('switch', '-c', 'branch')
    commit('rddm_nb/one.py2')
    commit('tests/test_one.py')
    assert mutants.base() == second and [m.what for m in chosen(mutants=SOME)] == ['first', 'second']
    (mutants.HERE.parent/'rddm_nb/two.py').write_text('not committed', encoding='utf-8')
    assert [m.what for m in chosen(mutants=SOME)] == ['first', 'second', 'third']
    monkeypatch.setenv('RDDM_MUTANTS_BASE', 'HEAD')
    assert [m.what for m in chosen(mutants=SOME)] == ['third']


def test_without_git_some_run(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, 'HERE', tmp_path)
    monkeypatch.setenv('GIT_CEILING_DIRECTORIES', str(tmp_path.parent))
    monkeypatch.setattr(mutants, 'REST', 2)
    assert mutants.base() == '' and len(chosen(mutants=SOME)) == 2 == len({*chosen(mutants=SOME)})
