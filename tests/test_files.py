"""Files are whole or not there, and nothing broken is taken for whole."""
import os
import pytest
import torch
from rddm_nb.files import atomic_write, read_tensors, write_tensors

TENSORS = {'w': torch.arange(6.).view(2, 3), 'n': torch.tensor(3), 'half': torch.ones(2, dtype=torch.bfloat16), 'none': torch.zeros(0)}


def test_what_exists_is_kept(tmp_path):
    atomic_write(tmp_path/'a', b'one')
    with pytest.raises(FileExistsError, match='a exists; it is not overwritten without force=True'): atomic_write(tmp_path/'a', b'two')
    assert (tmp_path/'a').read_bytes() == b'one'
    atomic_write(tmp_path/'a', b'two', force=True)
    assert (tmp_path/'a').read_bytes() == b'two' and [p.name for p in tmp_path.iterdir()] == ['a']


@pytest.mark.parametrize('where', ['fsync', 'replace'])
def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch, where):
    atomic_write(tmp_path/'a', b'one')
    def fail(*a): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, where, fail)
    with pytest.raises(OSError, match='No space'): atomic_write(tmp_path/'a', b'two', force=True)
    assert (tmp_path/'a').read_bytes() == b'one' and [p.name for p in tmp_path.iterdir()] == ['a']


def test_tensors_come_back_bit_for_bit(tmp_path):
    write_tensors(tmp_path/'t', {**TENSORS, 'turned': TENSORS['w'].T}, 'model', {'b': [1, None], 'a': {'x': 'é'}})
    back, about = read_tensors(tmp_path/'t', 'model')
    assert about == {'b': [1, None], 'a': {'x': 'é'}} and back.keys() == {*TENSORS, 'turned'}
    for k, v in {**TENSORS, 'turned': TENSORS['w'].T}.items(): assert back[k].dtype == v.dtype and torch.equal(back[k], v)
    with pytest.raises(FileExistsError): write_tensors(tmp_path/'t', TENSORS, 'model', {})


def test_a_change_of_any_byte_is_seen(tmp_path):
    write_tensors(tmp_path/'t', TENSORS, 'model', {'note': 'a small one'})
    whole = (tmp_path/'t').read_bytes()
    read_tensors(tmp_path/'t', 'model')
    seen = 0
    for i in range(8, len(whole)):
        (tmp_path/'t').write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:])
        try: back = read_tensors(tmp_path/'t', 'model')
        except (ValueError, KeyError): seen += 1
        else: assert back[1] == {'note': 'a small one'} and all(torch.equal(v, TENSORS[k]) for k, v in back[0].items()), f'byte {i}'
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
    with pytest.raises(ValueError, match='is a checkpoint, not a model'): read_tensors(tmp_path/'t', 'model')
    with pytest.raises(ValueError): write_tensors(tmp_path/'nan', TENSORS, 'model', {'x': float('nan')})
    assert not (tmp_path/'nan').exists()
