"""Packages of the npm registry, each of one version and one checksum, kept in `_runtime/`."""
import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from generated import ROOT

KEPT = ROOT/'_runtime'


class MissingError(LookupError):
    "What is missing here; the message is one line"


def checksum(data):
    "What the registry calls the integrity of a package, without its prefix sha512-"
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


def is_genuine(path, integrity):
    "Is this file the package that was chosen?"
    return path.is_file() and checksum(path.read_bytes()) == integrity


def package(name, version, integrity):
    "The archive of a package, from where it is kept or from the registry"
    path = KEPT/f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if is_genuine(path, integrity): return path
    npm = shutil.which('npm')
    if npm is None: raise MissingError('there is no npm: install Node.js 18 or newer')
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as tmp:
        words = [npm, 'pack', '--silent', '--pack-destination', tmp, f'{name}@{version}']
        try: subprocess.run(words, capture_output=True, timeout=180, check=True, cwd=tmp)
        except (OSError, subprocess.SubprocessError):
            raise MissingError(f'{name} {version} cannot be had: the npm registry is out of reach') from None
        found = Path(tmp)/path.name
        if not is_genuine(found, integrity):
            raise MissingError(f'{name} {version} of the npm registry has another checksum than the one expected')
        os.replace(found, path)
    return path
