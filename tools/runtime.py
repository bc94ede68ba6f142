"""Put what the photograph's figure needs beside it: the three photographs, and, for the network in the page, the
runtimes, one for the processor and one for the graphics card, and the network as ONNX.

    python tools/runtime.py SITE        (SITE: the folder of a built site)

The runtimes are onnxruntime-web from the npm registry, this version and no other: the package is kept in `_runtime/`
and used only if its checksum is the one below. A reader fetches one of them, the one that fits the browser
(js/photo/runtimes.js). Where the package cannot be had, or those of the extra `onnx` are missing, `runtime.json` says
that there is none, the figure says so to its reader, and nothing fails."""
import json
import shutil
import sys
import tarfile
from pathlib import Path
import npm
from generated import ROOT

VERSION = '1.30.0'
INTEGRITY = 'q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==' # sha512
RUNTIMES = dict(webgpu=dict(script='ort.jspi.bundle.min.mjs', wasm='ort-wasm-simd-threaded.jspi.wasm'),
                wasm=dict(script='ort.wasm.bundle.min.mjs', wasm='ort-wasm-simd-threaded.wasm'))
NETWORK = 'rain.onnx'
LICENSE = 'onnxruntime-web.LICENSE.txt'


def package():
    "The package, from where it is kept or from the registry; None where neither has it"
    try: return npm.package('onnxruntime-web', VERSION, INTEGRITY)
    except npm.MissingError: return None


def network(path):
    "The network `rain` as ONNX; whether it could be written"
    from rddm_nb.export import to_onnx
    from rddm_nb.models import load_network
    net = load_network('rain')
    try: to_onnx(net, path, force=True)
    except ImportError: return False # the packages of the extra are missing
    return True


def unpack(archive, folder):
    "The parts of the package that the page needs, and its licence"
    wanted = {f'package/dist/{name}': name for parts in RUNTIMES.values() for name in parts.values()}
    with tarfile.open(archive, 'r|gz') as tar:
        found = {wanted[m.name]: tar.extractfile(m).read() for m in tar if m.name in wanted}
    for name in wanted.values(): (folder/name).write_bytes(found[name])
    (folder/LICENSE).write_text(f'onnxruntime-web {VERSION}, (c) Microsoft Corporation, MIT License\n'
                                'https://github.com/microsoft/onnxruntime/blob/main/LICENSE\n', encoding='utf-8')


def put(site):
    "Put it all into the folder `figures` of a site; whether the network is there"
    figures = Path(site)/'figures'
    (folder := figures/'runtime').mkdir(parents=True, exist_ok=True)
    (figures/'photos').mkdir(exist_ok=True)
    for photo in json.loads((figures/'photos.json').read_text(encoding='utf-8'))['photos']:
        shutil.copy(ROOT/'rddm_nb'/'assets'/Path(photo['src']).name, figures/photo['src'])
    about, archive = dict(version=VERSION, runtimes=None), package()
    if archive and network(folder/NETWORK):
        unpack(archive, folder)
        sized = lambda name: dict(name=name, bytes=(folder/name).stat().st_size)
        runtimes = {kind: {part: sized(name) for part, name in parts.items()} for kind, parts in RUNTIMES.items()}
        about |= dict(runtimes=runtimes, network=sized(NETWORK))
    (folder/'runtime.json').write_text(json.dumps(about, indent=1) + '\n', encoding='utf-8')
    return about['runtimes'] is not None


def main():
    there = put(sys.argv[1])
    print('the network runs in the page' if there else
          'the page has no network: the npm registry or the packages of the extra onnx are out of reach')


if __name__ == '__main__': main()
