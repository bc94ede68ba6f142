"""Model files that are damaged, foreign or made to confuse: name -> how to write one. Every reader refuses each in
one line."""
import copy
import json
import os
import struct
import torch
from rddm_nb.files import _digest
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet

CONFIG = dict(dim=8, mults=(1,))
DEEP = 100_000


def good():
    "Tensors and what is said about them, of a small network"
    torch.manual_seed(0)
    net = UNet(**CONFIG)
    about = dict(network='UNet', config=net.config, schedule=Schedule.power(T=3).to_dict(), meta={})
    return dict(net.state_dict()), json.loads(json.dumps(about))


def pack(tensors, header=None):
    "A safetensors file; header is what stands under our key, as text"
    from safetensors.torch import save
    return save({k: v.contiguous() for k, v in tensors.items()}, None if header is None else {'rddm_nb': header})


def raw(text, data=b''):
    "A safetensors file with any header"
    text = text if isinstance(text, bytes) else text.encode()
    return struct.pack('<Q', len(text)) + text + data


def tensor(**kw): return json.dumps({'w': {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4], **kw}})


def header(change=lambda h: None):
    "A good file but for its header"
    tensors, about = good()
    h = dict(format=1, kind='model', sha256=_digest(tensors, about), about=about)
    change(h)
    return pack(tensors, json.dumps(h))


def about(change):
    "A file with a good checksum but for what is said in it"
    tensors, said = good()
    change(said)
    return pack(tensors, json.dumps(dict(format=1, kind='model', sha256=_digest(tensors, said), about=said)))


def weights(change):
    "A file with a good checksum but for its tensors"
    tensors, said = good()
    tensors = copy.copy(tensors)
    change(tensors)
    return pack(tensors, json.dumps(dict(format=1, kind='model', sha256=_digest(tensors, said), about=said)))


def put(part, key, value):
    def change(d): (d[part] if part else d)[key] = value
    return change


def drop(part, key):
    def change(d): del (d[part] if part else d)[key]
    return change


def pickled(path): torch.save({'w': torch.ones(2)}, path)
def folder(path): path.mkdir()
def fifo(path): os.mkfifo(path) if hasattr(os, 'mkfifo') else path.mkdir()
def missing(path): pass
def loop(path): path.symlink_to(path)
def dangling(path): path.symlink_to(path.with_name('nothing'))


whole = header()
first = next(iter(good()[0]))
BYTES = {
    'empty': b'', 'one byte': b'x', 'zeros': b'\0'*64, 'text': b'a model, honestly\n'*9,
    'image': b'\x89PNG\r\n\x1a\n' + b'\0'*99,
    'zip': b'PK\3\4' + b'\0'*99, 'endless header': struct.pack('<Q', 2**63) + b'{}',
    'header beyond the end': struct.pack('<Q', 10**6) + b'{}',
    'header not UTF-8': raw(b'{"\xff\xfe": 1}'), 'header not JSON': raw('{oops'), 'header a list': raw('[1]'),
    'header nested': raw('['*DEEP + ']'*DEEP), 'offsets beyond the end': raw(tensor(data_offsets=[0, 400]), b'\0'*4),
    'offsets backwards': raw(tensor(data_offsets=[4, 0]), b'\0'*4), 'unknown type': raw(tensor(dtype='F99'), b'\0'*4),
    'negative shape': raw(tensor(shape=[-1]), b'\0'*4), 'shape of another size': raw(tensor(shape=[3]), b'\0'*4),
    'huge shape': raw(tensor(shape=[2**62, 2**62]), b'\0'*4), 'metadata not a table': raw('{"__metadata__": [1]}'),
    'cut in the header': whole[:40], 'cut in the tensors': whole[:-9], 'more at the end': whole + b'more',
    'bit turned over': whole[:-1] + bytes([whole[-1] ^ 1]),
}
TEXTS = {'nothing': '', 'null': 'null', 'number': '1', 'huge number': '9'*5000, 'list': '[]', 'text': '"x"',
         'empty table': '{}', 'not JSON': '{',
         'nested lists': '['*DEEP + ']'*DEEP, 'nested tables': '{"a":'*DEEP + '1' + '}'*DEEP, 'NaN': 'NaN',
         'infinity': '{"format": Infinity}'}
HEADERS = {
    'format missing': drop('', 'format'), 'format 2': put('', 'format', 2), 'format a text': put('', 'format', 'one'),
    'format a list': put('', 'format', [1]),
    'kind missing': drop('', 'kind'), 'kind a list': put('', 'kind', ['model']),
    'kind another': put('', 'kind', 'checkpoint'),
    'kind of two lines': put('', 'kind', 'a\nb\x1b[31m'), 'kind endless': put('', 'kind', 'k'*10**6),
    'checksum missing': drop('', 'sha256'), 'checksum a number': put('', 'sha256', 7),
    'checksum wrong': put('', 'sha256', '0'*64),
    'about missing': drop('', 'about'), 'about a list': put('', 'about', [1]), 'about null': put('', 'about', None),
    'about a text': put('', 'about', 'me'),
}
ABOUTS = {
    'network missing': drop('', 'network'), 'network unknown': put('', 'network', 'VNet'),
    'network a number': put('', 'network', 3),
    'network a place': put('', 'network', 'os:system'), 'network of two lines': put('', 'network', 'a\nb'),
    'config missing': drop('', 'config'), 'config a list': put('', 'config', [1]),
    'option unknown': put('config', 'depth', 3),
    'option self': put('config', 'self', 3), 'dim a text': put('config', 'dim', '64'),
    'dim zero': put('config', 'dim', 0), 'dim true': put('config', 'dim', True),
    'dim endless': put('config', 'dim', 8*10**12), 'dim missing': drop('config', 'dim'),
    'mults a text': put('config', 'mults', 'abc'),
    'mults empty': put('config', 'mults', []), 'mults broken': put('config', 'mults', [1.5]),
    'mults too many': put('config', 'mults', [1, 1]),
    'channels zero': put('config', 'channels', 0), 'channels true': put('config', 'channels', True),
    'channels grey': put('config', 'channels', 1),
    'predicts unknown': put('config', 'predicts', 'v'), 'predicts a list': put('config', 'predicts', []),
    'embedding a number': put('config', 'embedding', 3),
    'takes_input a number': put('config', 'takes_input', 1), 'takes_cond a text': put('config', 'takes_cond', 'yes'),
    'schedule missing': drop('', 'schedule'), 'schedule null': put('', 'schedule', None),
    'schedule a list': put('', 'schedule', [0, 1]),
    'schedule empty': put('', 'schedule', {}), 'abar a text': put('schedule', 'abar', '0 1'),
    'abar falls': put('schedule', 'abar', [0, 1, .5, 1]),
    'abar nested': put('schedule', 'abar', [[0, 1], [0]]),
    'abar of texts': put('schedule', 'abar', ['0', '1', '1', '1']), 'abar short': put('schedule', 'abar', [0, 1]),
    'abar huge': put('schedule', 'abar', [0, 10**400, 1, 1]), 'bbar negative': put('schedule', 'bbar', [0, -1, 0, 1]),
    'bbar null': put('schedule', 'bbar', [0, None, 1, 1]),
    'name a number': put('schedule', 'name', 3), 'allow a text': put('schedule', 'allow', 'bridge'),
    'allow lists': put('schedule', 'allow', [[1]]),
    'allow unknown': put('schedule', 'allow', ['all']), 'meta missing': drop('', 'meta'),
    'meta a list': put('', 'meta', [1]),
}
WEIGHTS = {
    'none': lambda t: t.clear(), 'one missing': lambda t: t.pop(first),
    'one more': lambda t: t.update(extra=torch.ones(1)),
    'an integer first': lambda t: t.update({'0': torch.arange(3)}),
    'a name of two lines': lambda t: t.update({'a\nb': torch.ones(1)}),
    'another shape': lambda t: t.update({first: torch.ones(3)}),
    'no dimensions': lambda t: t.update({first: torch.tensor(1.)}),
    'whole numbers': lambda t: t.update({k: v.long() for k, v in t.items()}),
    'truth values': lambda t: t.update({first: t[first] > 0}),
    'complex': lambda t: t.update({first: t[first].to(torch.complex64)}),
    'eight bits': lambda t: t.update({first: t[first].to(torch.float8_e4m3fn)}),
    'NaN': lambda t: t.update({first: t[first]*float('nan')}),
    'infinite': lambda t: t.update({first: t[first] + float('inf')}),
    'NaN in half': lambda t: t.update({k: v.half()*float('nan') for k, v in t.items()}),
}
CASES = {f.__name__: f for f in (pickled, folder, fifo, missing, loop, dangling)}
CASES |= {f'bytes: {k}': lambda p, v=v: p.write_bytes(v) for k, v in BYTES.items()}
CASES |= {f'header: {k}': lambda p, v=v: p.write_bytes(pack(good()[0], v)) for k, v in TEXTS.items()}
CASES |= {f'header: {k}': lambda p, v=v: p.write_bytes(header(v)) for k, v in HEADERS.items()}
CASES |= {f'about: {k}': lambda p, v=v: p.write_bytes(about(v)) for k, v in ABOUTS.items()}
CASES |= {f'weights: {k}': lambda p, v=v: p.write_bytes(weights(v)) for k, v in WEIGHTS.items()}
CASES |= {'foreign': lambda p: p.write_bytes(pack(good()[0]))}
