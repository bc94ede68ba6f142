"""Bundle the sources of the figures, js/, into the modules that ship in rddm_nb/figures/: rddm.js, and for the
photograph photo.js and photo_worker.js.

    python tools/build_js.py           write them
    python tools/build_js.py --check   exit with 1 if they are not what the sources make

esbuild bundles them, this version and no other, from the npm registry. Above each module stands a checksum of all that
went into it and of the module itself, so that --check needs neither esbuild nor a network."""
import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tarfile
import tempfile
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
import npm
from generated import ROOT
from rddm_nb.files import atomic_write

SOURCES, BUILT = ROOT/'js', ROOT/'rddm_nb'/'figures'
VERSION = '0.28.2'
PACKAGES = { # of systems and processors, and their checksums (sha512)
    'linux-x64': '4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==',
    'linux-arm64': 'pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug==',
    'darwin-x64': 'uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw==',
    'darwin-arm64': 'n4KqkOQrraxJHcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw==',
    'win32-x64': '5ebpxr3nWMzrL/rnUI755Jkuee0bHL/Gq0WTF9lvcpv73wAp5eu8MfBUgWK9bhWvZjj7yX8etf/8tI8Ney695g==',
}
PROCESSORS = dict(x86_64='x64', AMD64='x64', aarch64='arm64', arm64='arm64')
ENTRIES = {'rddm.js': 'main.js', 'photo.js': 'photo.js', 'photo_worker.js': 'photo_worker.js'}
OPTIONS = ['--bundle', '--minify', '--format=esm', '--target=chrome94,firefox93,safari15', '--charset=utf8',
           '--log-level=error', '--color=false',
           *(f"{name.removesuffix('.js')}={entry}" for name, entry in ENTRIES.items())]


class BuildError(ValueError):
    "The sources do not fit together"


def esbuild(folder):
    "The program, unpacked into a folder"
    name = f'{sys.platform}-{PROCESSORS.get(platform.machine(), platform.machine())}'
    if name not in PACKAGES: raise npm.MissingError(f'esbuild for {name} has no checksum: add it to PACKAGES')
    with tarfile.open(npm.package(f'@esbuild/{name}', VERSION, PACKAGES[name])) as tar:
        tar.extractall(folder, filter='data')
    return next(path for path in folder.rglob('esbuild*') if path.suffix in ('', '.exe'))


def names(folder): return {path.relative_to(folder).as_posix() for path in folder.rglob('*.js')}


def header(code, folder=SOURCES):
    "The line above a module: what made it, and a checksum of that, of the sources and of the module"
    sources = {name: (folder/name).read_text(encoding='utf-8') for name in names(folder)}
    made = json.dumps([VERSION, OPTIONS, sources, code], sort_keys=True)
    digest = hashlib.sha256(made.encode()).hexdigest()[:16]
    return f'// Made from js/ by tools/build_js.py with esbuild {VERSION}, not to be edited: {digest}\n'


def is_fresh(path, folder=SOURCES):
    "Is this module, as it stands, what the sources make?"
    if not path.is_file(): return False
    first, _, code = path.read_text(encoding='utf-8').partition('\n')
    return f'{first}\n' == header(code, folder)


def check_inputs(inputs, there):
    "Refuse sources that were left out, what is no source, and imports in a circle"
    needs = {name: [imported['path'] for imported in about['imports']] for name, about in inputs.items()}
    if unused := sorted(there - set(needs)):
        raise BuildError(f"nothing imports {', '.join(unused)}: a figure needs its line in figures/index.js")
    if foreign := sorted({path for paths in needs.values() for path in paths} - there):
        raise BuildError(f"{', '.join(foreign)} is imported: there are no dependencies, import files of js/")
    try: TopologicalSorter(needs).prepare()
    except CycleError as e: raise BuildError(f"imports go round in a circle: {' > '.join(e.args[1])}") from None


def built(folder=SOURCES):
    "The modules that the sources make, by name"
    with tempfile.TemporaryDirectory() as tmp:
        made, about = Path(tmp)/'made', Path(tmp)/'about.json'
        words = [esbuild(Path(tmp)), *OPTIONS, f'--outdir={made}', f'--metafile={about}']
        run = subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding='utf-8')
        if run.returncode: raise BuildError(run.stderr.strip())
        check_inputs(json.loads(about.read_text(encoding='utf-8'))['inputs'], names(folder))
        codes = {name: (made/name).read_text(encoding='utf-8') for name in ENTRIES}
    return {name: header(code, folder) + code for name, code in codes.items()}


def main(args=None):
    parser = argparse.ArgumentParser(description='Bundle js/ into the modules of rddm_nb/figures/')
    parser.add_argument('--check', action='store_true', help='write nothing; exit with 1 if a module is not fresh')
    if parser.parse_args(args).check:
        stale = [name for name in ENTRIES if not is_fresh(BUILT/name)]
        for name in stale: print(f'{name} is not what js/ makes: python tools/build_js.py writes it')
        return 1 if stale else 0
    try: modules = built()
    except (npm.MissingError, BuildError) as e:
        print(f'nothing is built: {e}', file=sys.stderr)
        return 2 if isinstance(e, npm.MissingError) else 1
    for name, text in modules.items():
        atomic_write(BUILT/name, text.encode(), force=True)
        print(f'{name}: {len(text.encode())} bytes')
    return 0


if __name__ == '__main__': sys.exit(main())
