"""The code can be read: lines, imports, public names and repetitions stay within limits; what exceeds them is seen."""
import legibility
import pytest

PUBLIC = 258 # so many names there were when the library was half as large: fewer concepts, not more


@pytest.mark.parametrize('group', legibility.GROUPS)
def test_no_line_is_too_long(group):
    assert len(legibility.files(group)) > 5 and legibility.long_lines(group, 120) == []


@pytest.mark.parametrize('group', [g for g in legibility.GROUPS if g != 'javascript'])
def test_no_statements_are_joined(group):
    assert legibility.joined(group) == []


def test_modules_stand_on_few_floors():
    chain = legibility.import_depth()
    assert 3 <= len(chain) <= 6, ' < '.join(chain)


def test_there_are_few_public_names():
    names = {*legibility.public_names()} # every command has a `main`
    assert {'sample', 'Trainer', 'match'} <= names and len(names) < PUBLIC


def test_nothing_is_written_twice():
    assert legibility.repeated() == []


@pytest.fixture
def project(tmp_path, monkeypatch):
    "A project of two modules; what it returns writes one"
    (tmp_path/'rddm_nb').mkdir()
    monkeypatch.setattr(legibility, 'ROOT', tmp_path)
    def write(name, *lines): (tmp_path/f'rddm_nb/{name}.py').write_text('\n'.join(lines), encoding='utf-8')
    return write


def test_a_long_line_is_seen(project):
    project('a', 'x = 1', 'y = "' + 'y'*120 + '"', f"__all__ = ['{'z'*200}']")
    assert legibility.long_lines('library', 120) == [('a.py', 2, 126)] and legibility.long_lines('library', 160) == []


def test_joined_statements_are_seen(project):
    project('a', "x = ';' # ;", 'x = 1; y = 2', 'for i in (1, 2): x = i; y = i')
    assert legibility.joined('library') == [('a.py', 2), ('a.py', 3)]


def test_imports_are_counted_from_the_bottom_up(project):
    project('a', 'import os')
    project('b', 'from .a import x')
    project('c', 'from .b import x', 'def f():', '    from .d import y')
    project('d', 'from .c import f')
    assert legibility.import_depth() == ['a', 'b', 'c', 'd']


def test_public_names_are_those_of_all(project):
    project('a', "__all__ = ['one', 'two',", "           'three']", 'four = 4')
    assert legibility.public_names() == ['one', 'three', 'two']


@pytest.mark.parametrize('n, found', [(5, 0), (6, 1), (7, 2)])
def test_equal_lines_are_seen_from_six_on(project, n, found):
    same = [f'value_{i} = compute_something_of({i}, {i})' for i in range(n)]
    project('a', 'import os', *same)
    project('b', *same, 'print(value_0)')
    assert len(legibility.repeated()) == found
