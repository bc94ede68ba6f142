"""Files are whole or not there, and nothing broken is taken for whole."""
import os
import threading
from pathlib import Path
import hostile
import pytest
import torch
from common import SLASH, posix
from hypothesis import given, strategies as st
from rddm_nb import files
from rddm_nb.files import (atomic_write, check_file, describe_names, one_line, read_tensors, stale_temporaries, to_json,
                           write_tensors)

TENSORS = {'w': torch.arange(6.).view(2, 3), 'n': torch.tensor(3), 'half': torch.ones(2, dtype=torch.bfloat16),
           'none': torch.zeros(0)}


def test_what_exists_is_kept(tmp_path):
    atomic_write(tmp_path/'a', b'one')
    with pytest.raises(FileExistsError, match='a exists; it is not overwritten without force=True'):
        atomic_write(tmp_path/'a', b'two')
    assert (tmp_path/'a').read_bytes() == b'one'
    atomic_write(tmp_path/'a', b'two', force=True)
    assert (tmp_path/'a').read_bytes() == b'two' and [p.name for p in tmp_path.iterdir()] == ['a']


@pytest.mark.parametrize('where', ['fsync', 'replace'])
def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch, where):
    atomic_write(tmp_path/'a', b'one')
    def fail(*a): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, where, fail)
    with pytest.raises(OSError, match=rf"No space left.*: '.*{SLASH}a'$"):
        atomic_write(tmp_path/'a', b'two', force=True)
    assert (tmp_path/'a').read_bytes() == b'one' and [p.name for p in tmp_path.iterdir()] == ['a']


def test_tensors_come_back_bit_for_bit(tmp_path):
    write_tensors(tmp_path/'t', {**TENSORS, 'turned': TENSORS['w'].T}, 'model', {'b': [1, None], 'a': {'x': 'é'}})
    back, about = read_tensors(tmp_path/'t', 'model')
    assert about == {'b': [1, None], 'a': {'x': 'é'}} and back.keys() == {*TENSORS, 'turned'}
    for k, v in {**TENSORS, 'turned': TENSORS['w'].T}.items():
        assert back[k].dtype == v.dtype and torch.equal(back[k], v)
    with pytest.raises(FileExistsError): write_tensors(tmp_path/'t', TENSORS, 'model', {})


def test_a_change_of_any_byte_is_seen(tmp_path):
    write_tensors(tmp_path/'t', TENSORS, 'model', {'note': 'a small one'})
    whole = (tmp_path/'t').read_bytes()
    read_tensors(tmp_path/'t', 'model')
    seen = 0
    for i in range(8, len(whole)):
        (tmp_path/'t').write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:])
        try: back = read_tensors(tmp_path/'t', 'model')
        except ValueError: seen += 1
        else:
            assert back[1] == {'note': 'a small one'} and all(torch.equal(v, TENSORS[k]) for k, v in back[0].items()), (
                f'byte {i}'
            )
    assert seen > .9*(len(whole) - 8)


@pytest.mark.parametrize('data', [b'', b'x', b'\0'*64, b'PK\3\4' + b'\0'*100])
def test_something_else_is_refused_by_name(tmp_path, data):
    (tmp_path/'t').write_bytes(data)
    with pytest.raises(ValueError, match='t is not a whole safetensors file'): read_tensors(tmp_path/'t', 'model')
    with pytest.raises(FileNotFoundError, match='there is no file'): read_tensors(tmp_path/'u', 'model')


def test_every_truncation_is_seen(tmp_path):
    write_tensors(tmp_path/'t', TENSORS, 'model', {})
    whole = (tmp_path/'t').read_bytes()
    for n in range(len(whole)):
        (tmp_path/'t').write_bytes(whole[:n])
        with pytest.raises(ValueError): read_tensors(tmp_path/'t', 'model')


def test_files_of_another_kind_or_origin(tmp_path):
    from safetensors.torch import save_file
    save_file({'w': torch.ones(1)}, tmp_path/'foreign')
    with pytest.raises(ValueError, match='not one that this library wrote'): read_tensors(tmp_path/'foreign', 'model')
    write_tensors(tmp_path/'t', TENSORS, 'checkpoint', {})
    instead = "t is a checkpoint, not a model: the network of its run is the run's model.safetensors, or model_unfini"
    with pytest.raises(ValueError, match=instead): read_tensors(tmp_path/'t', 'model')
    with pytest.raises(ValueError, match='is a checkpoint, not a model'): read_tensors(tmp_path/'t', 'model')
    with pytest.raises(ValueError): write_tensors(tmp_path/'nan', TENSORS, 'model', {'x': float('nan')})
    assert not (tmp_path/'nan').exists()


@pytest.mark.parametrize('name', ['n'*255, 'é'*127, '.hidden', 'a b\tc'])
def test_any_legal_name_can_be_written(tmp_path, name):
    atomic_write(tmp_path/name, b'one')
    assert [p.name for p in tmp_path.iterdir()] == [name] and (tmp_path/name).read_bytes() == b'one'


def test_threads_that_write_the_same_file_do_not_meet(tmp_path):
    failed = []
    def write(i):
        try:
            for _ in range(20): atomic_write(tmp_path/'a', bytes([i])*1000, force=True)
        except Exception as e: failed.append(e)
    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    data = (tmp_path/'a').read_bytes()
    assert not failed and len(data) == 1000 and len(set(data)) == 1 and [p.name for p in tmp_path.iterdir()] == ['a']


def test_what_a_killed_write_leaves_is_found_and_nothing_else(tmp_path, monkeypatch):
    class Killed(BaseException): pass
    def kill(*a): raise Killed
    with monkeypatch.context() as m:
        m.setattr(os, 'fsync', kill)
        m.setattr(Path, 'unlink', lambda *a, **kw: None)
        with pytest.raises(Killed): atomic_write(tmp_path/'a', b'one')
    left = [p for p in tmp_path.iterdir()]
    for name in ('.mine.tmp', 'x.tmp', '.rddm-1.tmp', 'a.12.tmp', '.letter.2024.tmp'): (tmp_path/name).write_bytes(b'')
    (tmp_path/('.rddm-' + '0'*32 + '.tmp')).mkdir()
    assert len(left) == 1 and stale_temporaries(tmp_path) == left


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='there is no folder .*nowhere to write a into'):
        atomic_write(tmp_path/'nowhere'/'a', b'')


def test_tensors_that_share_memory_are_kept_each(tmp_path):
    w = torch.arange(6.)
    write_tensors(tmp_path/'t', dict(a=w, b=w, c=w[2:4], d=torch.zeros(0), e=torch.zeros(0)), 'model', {})
    back, _ = read_tensors(tmp_path/'t', 'model')
    assert torch.equal(back['a'], w) and torch.equal(back['b'], w) and torch.equal(back['c'], w[2:4])
    assert back['e'].shape == (0,)


@pytest.mark.parametrize('about', [{'x': float('inf')}, {'x': [float('nan')]}, {'x': {1, 2}}, {'x': torch.ones(1)}])
def test_what_is_no_json_is_refused_before_anything_is_written(tmp_path, about):
    with pytest.raises(ValueError, match='what is said about .*t cannot be written as JSON: .*finite numbers'):
        write_tensors(tmp_path/'t', TENSORS, 'model', about)
    assert not list(tmp_path.iterdir())


@given(st.text(), st.integers(4, 300))
def test_one_line_is_one_printable_line(text, most):
    said = one_line(text, most)
    assert said.isprintable() and len(said) <= most
    if text.isprintable() and text == ' '.join(text.split()) and len(text) <= most: assert said == text


def test_words_for_what_a_file_holds():
    assert describe_names([]) == 'no tensors' and describe_names(['a']) == '1 tensor (a)'
    assert describe_names('abc') == '3 tensors (a, b, c)'
    assert describe_names('abcd') == '4 tensors (a, b, c, ...)' and describe_names(['a\nb']) == '1 tensor (a b)'
    assert to_json({'a': 1.5}, 'mine', indent=1) == '{\n "a": 1.5\n}'


@pytest.mark.parametrize('case', [c for c in hostile.CASES if not c.startswith(('about: ', 'weights: '))])
def test_no_damaged_or_foreign_file_is_read(tmp_path, case):
    hostile.CASES[case](tmp_path/'m')
    with pytest.raises((ValueError, FileNotFoundError, IsADirectoryError)) as e: read_tensors(tmp_path/'m', 'model')
    assert str(e.value).isprintable() and str(tmp_path/'m') in str(e.value)


@pytest.mark.parametrize('case', [c for c in hostile.CASES if c.startswith(('about: ', 'weights: '))])
def test_whole_files_are_read_whatever_they_say(tmp_path, case):
    hostile.CASES[case](tmp_path/'m')
    read_tensors(tmp_path/'m', 'model')


@pytest.mark.parametrize('case, said',
                         [('header: list', 'its header is \\[\\], not a table'),
                          ('header: kind missing', 'no kind of the right form'), ('header: nested lists', 'not JSON'),
                                        ('header: about null', 'no about of'),
                                        ('header: format 2', 'is in format 2; this version reads format 1'),
                                        ('bytes: bit turned over', 'checksum')])
def test_what_is_wrong_with_a_file(tmp_path, case, said):
    hostile.CASES[case](tmp_path/'m')
    with pytest.raises(ValueError, match=said): read_tensors(tmp_path/'m', 'model')


def test_what_is_read_must_be_a_file(tmp_path):
    (tmp_path/'a').write_text('', encoding='utf-8')
    assert check_file(tmp_path/'a') == tmp_path/'a'
    with pytest.raises(IsADirectoryError, match='is a folder'): check_file(tmp_path)
    with pytest.raises(FileNotFoundError, match='there is no file'): check_file(tmp_path/'b')


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='pipes with names are POSIX here')
def test_nobody_waits_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path/'c')
    other_end = threading.Thread(target=(tmp_path/'c').write_bytes, args=(b'',)) # who opens the pipe sees its end
    other_end.start()
    with pytest.raises(ValueError, match='pipe or a device'): check_file(tmp_path/'c')
    end = os.open(tmp_path/'c', os.O_RDONLY | os.O_NONBLOCK) # without it the other end would wait for ever
    other_end.join()
    os.close(end)


@pytest.mark.parametrize('where', ['open', 'replace'])
def test_on_a_disk_that_cannot_be_written_the_file_is_named(tmp_path, monkeypatch, where):
    def fail(*a, **kw): raise OSError(30, 'Read-only file system', str(a[0]))
    monkeypatch.setattr(Path, 'unlink', fail)
    monkeypatch.setattr(*(files, 'open') if where == 'open' else (os, 'replace'), fail, raising=False)
    with pytest.raises(OSError, match=rf"Read-only file system: '.*{SLASH}mine.png'$"):
        atomic_write(tmp_path/'mine.png', b'one')


@posix
def test_a_link_that_leads_nowhere_is_not_overwritten_and_permissions_stay(tmp_path, monkeypatch):
    (tmp_path/'link').symlink_to('nowhere')
    with pytest.raises(FileExistsError): atomic_write(tmp_path/'link', b'x')
    (tmp_path/'own').write_bytes(b'old')
    (tmp_path/'own').chmod(0o600)
    atomic_write(tmp_path/'own', b'new', force=True)
    assert (tmp_path/'own').read_bytes() == b'new' and (tmp_path/'own').stat().st_mode & 0o777 == 0o600
    def fails(*a, **kw): raise PermissionError
    monkeypatch.setattr(os, 'chmod', fails) # a disk without permissions
    atomic_write(tmp_path/'own', b'newer', force=True)
    assert (tmp_path/'own').read_bytes() == b'newer'
