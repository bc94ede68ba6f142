"""What would break on Windows, found without one: parts of it are simulated, the sources and names are read.

Simulated: locks by msvcrt in the place of fcntl, no locks at all, a file that cannot be replaced because another
program holds it open, a folder whose name the system refuses. (Encodings of consoles: test_config.py.)
Read: names of files, what exists on POSIX alone, texts without an encoding."""
import ast
import errno
import json
import os
import re
import sys
import types
from pathlib import Path, PureWindowsPath
import pytest
from common import posix
from places import NOTEBOOKS, ROOT, tracked
from rddm_nb.files import atomic_write
from rddm_nb.runtime import claim_folder, folder_lock

PROGRAMS = sorted(p for folder in ('rddm_nb', 'tools', 'bench') for p in (ROOT/folder).glob('*.py'))
TESTS = sorted((ROOT/'tests').glob('*.py'))


def tree(path): return ast.parse(path.read_text(encoding='utf-8'))
def where(path, node): return f'{path.parent.name}/{path.name}:{node.lineno}'


# ---------------------------------------------------------------- locks

@pytest.fixture
def msvcrt(monkeypatch):
    "Windows' locks in the place of POSIX's: a file that is locked cannot be locked again, and the error is another one"
    import fcntl
    def locking(descriptor, mode, n):
        try: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError: raise PermissionError(errno.EACCES, 'Permission denied') from None
    monkeypatch.setitem(sys.modules, 'fcntl', None)
    monkeypatch.setitem(sys.modules, 'msvcrt', types.SimpleNamespace(locking=locking, LK_NBLCK=2))


@posix
def test_windows_locks_keep_others_out(tmp_path, msvcrt):
    with folder_lock(tmp_path/'new'):
        with pytest.raises(BlockingIOError, match='another process is at work in .*new'):
            with folder_lock(tmp_path/'new'): pass
    with folder_lock(tmp_path/'new'): pass


def test_a_system_without_locks_works_without(tmp_path, monkeypatch):
    for module in ('fcntl', 'msvcrt'): monkeypatch.setitem(sys.modules, module, None)
    with folder_lock(tmp_path), folder_lock(tmp_path): (tmp_path/'result').touch()
    assert (tmp_path/'result').exists()


def test_a_lock_empties_no_file(tmp_path):
    "Windows refuses to empty a file of which another process has locked a part: the refusal has to come from the lock"
    (tmp_path/'.lock').write_text('x', encoding='utf-8')
    with folder_lock(tmp_path): pass
    assert (tmp_path/'.lock').read_text(encoding='utf-8') == 'x'


# ---------------------------------------------------------------- files that are open, names that are refused

def refuse(code, text):
    "A function that refuses as the system would"
    def no(*words, **kw): raise OSError(code, text)
    return no


def test_a_file_that_another_program_holds_stays_whole(tmp_path, monkeypatch):
    (tmp_path/'kept.json').write_text('old', encoding='utf-8')
    monkeypatch.setattr(os, 'replace', refuse(errno.EACCES, 'Access is denied'))
    with pytest.raises(PermissionError, match='Access is denied'):
        atomic_write(tmp_path/'kept.json', b'new', force=True)
    assert [(p.name, p.read_text(encoding='utf-8')) for p in tmp_path.iterdir()] == [('kept.json', 'old')]


def test_a_folder_whose_name_is_refused_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, 'mkdir', refuse(errno.EINVAL, 'The directory name is invalid'))
    for make in (lambda p: claim_folder(p, []), lambda p: folder_lock(p).__enter__()):
        with pytest.raises(OSError, match=r'cannot write into .*CON \(The directory name is invalid\): choose another'):
            make(tmp_path/'CON')


# ---------------------------------------------------------------- names

def refused(name):
    "Why Windows takes no file of this name; empty if it does"
    parts = PureWindowsPath(name).parts
    if any(re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', part) for part in name.split('/')): return 'a character'
    return 'reserved' if any(PureWindowsPath(part).is_reserved() for part in parts) else ''


@pytest.mark.parametrize('name, why', [
    ('a/b.png', ''), ('a:b', 'a character'), ('what?', 'a character'), ('end.', 'a character'), ('NUL', 'reserved'),
    ('x/con.txt', 'reserved'), ('a\\b', 'a character'), ('console', '')])
def test_what_windows_refuses(name, why): assert refused(name) == why


def test_the_repository_can_be_checked_out():
    names = tracked()
    assert len(names) > 100 and {n: why for n in names if (why := refused(n))} == {}
    assert len({n.casefold() for n in names}) == len(names), 'names that differ in case alone are one file there'
    assert max(map(len, names)) < 120, 'a path of 260 characters, the folders above included, is too long there'


FILE = re.compile(r'[^\s\\]*\.(png|jpg|json|csv|toml|txt|safetensors|tmp|lock|md|html)')

def file_names(path):
    "What a module calls files: its texts that end like a file's name, what is filled in written as 0"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            text = ''.join(p.value if isinstance(p, ast.Constant) else '0' for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str): text = node.value
        else: continue
        if FILE.fullmatch(text) and '*' not in text and '//' not in text: yield text


def test_no_module_gives_a_file_a_name_that_is_refused():
    names = {n for p in PROGRAMS if p.parent.name == 'rddm_nb' for n in file_names(p)}
    assert {'restore.json', 'evaluation.json'} <= names and {n: why for n in names if (why := refused(n))} == {}


PATH = re.compile(r'[\w$]/[\w$]+\\?\.(png|csv|json|toml|txt|tmp|safetensors)')

def expected(path):
    "The texts that a file of tests expects in messages"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and getattr(node.func, 'attr', '') == 'raises':
            match = next((k.value for k in node.keywords if k.arg == 'match'), None)
            if isinstance(match, ast.Constant): yield node, match.value


def test_no_message_is_expected_to_have_one_systems_slash():
    own = 'hub gave|holds no' # what begins so is written with that slash everywhere
    found = [where(p, n) for p in TESTS for n, text in expected(p) if PATH.search(text) and not re.search(own, text)]
    assert found == [], 'between folders stands SLASH of common.py'
    assert PATH.search(r'gt/2\.png cannot') and PATH.search('in/1.png') and not PATH.search('use x/127.5 - 1')


# ---------------------------------------------------------------- what exists on POSIX alone

POSIX_MODULES = {'fcntl', 'resource', 'pwd', 'grp', 'termios', 'pty', 'tty', 'syslog'}
POSIX_NAMES = dict(os={'fork', 'forkpty', 'mkfifo', 'mknod', 'getuid', 'geteuid', 'getgid', 'chown', 'killpg',
                       'getpgid', 'setsid', 'uname',
                       'sched_getaffinity', 'getloadavg', 'O_NONBLOCK', 'WNOHANG', 'statvfs', 'nice'},
                   signal={'SIGKILL', 'SIGHUP', 'SIGSTOP', 'SIGCONT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGCHLD',
                           'SIGPIPE', 'alarm', 'pause'})

def posix_only(node):
    "Does this name what Windows has not?"
    if isinstance(node, ast.Import): return any(a.name.split('.')[0] in POSIX_MODULES for a in node.names)
    if isinstance(node, ast.ImportFrom): return node.module in POSIX_MODULES
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name): return False
    return node.attr in POSIX_NAMES.get(node.value.id, ())


def at_import(node):
    "The nodes that run when a module is imported: not the bodies of functions"
    yield node
    for name, value in ast.iter_fields(node):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and name == 'body': continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST): yield from at_import(child)


@pytest.mark.parametrize('code, found', [('import fcntl', 1), ('import os\ndef f(): os.fork()', 0),
                                         ('@p(signal.SIGKILL)\ndef f(): pass', 1),
                                         ('signal.SIGTERM', 0), ('os.name == "posix" and os.geteuid()', 1)])
def test_what_runs_at_import_is_seen(code, found): assert sum(map(posix_only, at_import(ast.parse(code)))) == found


def test_every_file_imports_without_posix():
    assert [where(p, n) for p in [*PROGRAMS, *TESTS] for n in at_import(tree(p)) if posix_only(n)] == []


def asks(f):
    "Does a test say that it needs POSIX, or look first whether it is there?"
    marks = ' '.join(map(ast.unparse, f.decorator_list))
    return 'posix' in marks or 'hasattr(os' in ast.unparse(f)


def test_a_test_that_needs_posix_is_skipped_without():
    needy = [(p, f) for p in TESTS if 'pytestmark' not in p.read_text(encoding='utf-8') for f in ast.walk(tree(p))
             if isinstance(f, ast.FunctionDef) and f.name.startswith('test_') and any(map(posix_only, ast.walk(f)))]
    assert len(needy) > 5 and [f'{where(p, f)} {f.name}' for p, f in needy if not asks(f)] == []


# an import in a `try`, or after another way has failed
KNOWN = {'runtime.py', 'common.py', 'generation.py'}

def test_no_module_asks_for_posix_but_where_it_has_another_way():
    assert {where(p, n) for p in PROGRAMS for n in ast.walk(tree(p)) if posix_only(n) and p.name not in KNOWN} == set()


# ---------------------------------------------------------------- encodings

def without_encoding(node):
    "Is this a call that reads or writes text in whatever encoding the system has?"
    if not isinstance(node, ast.Call): return False
    name, given = getattr(node.func, 'attr', getattr(node.func, 'id', '')), {k.arg for k in node.keywords}
    if 'encoding' in given: return False
    if name == 'write_text' or name == 'read_text': return not (name == 'read_text' and node.args)
    mode = next((k.value for k in node.keywords if k.arg == 'mode'),
                node.args[1] if len(node.args) > 1 else ast.Constant('r'))
    if name != 'open' or not isinstance(node.func, ast.Name): return False
    return isinstance(mode, ast.Constant) and 'b' not in str(mode.value)


@pytest.mark.parametrize('code, found', [('p.read_text()', 1), ('open(p)', 1), ('open(p, "rb")', 0),
                                         ('p.write_text(x, encoding="utf-8")', 0)])
def test_a_text_without_an_encoding_is_seen(code, found):
    assert sum(map(without_encoding, ast.walk(ast.parse(code)))) == found


def test_every_text_that_a_program_reads_or_writes_has_an_encoding():
    assert [where(p, n) for p in PROGRAMS for n in ast.walk(tree(p)) if without_encoding(n)] == []


def test_so_has_every_text_that_a_notebook_reads_or_writes():
    found = [(p.name, ast.unparse(n)) for p in NOTEBOOKS for c in json.loads(p.read_text(encoding='utf-8'))['cells']
             if c['cell_type'] == 'code' and not re.search(r'^[%!]', ''.join(c['source']), re.M)
             for n in ast.walk(ast.parse(''.join(c['source']))) if without_encoding(n)]
    assert found == []
