"""Write down the versions with which the tests have just passed: what is installed here of all that rddm_nb[dev] needs.

    bash tools/test.sh && .venv/bin/python tools/lock.py     writes constraints/known_good.txt
    pip install -c constraints/known_good.txt -e '.[dev]'    installs just these"""
import platform
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).resolve().parents[1]/'constraints/known_good.txt'
HEAD = f'''# The versions with which the tests pass, on Python {platform.python_version()}: pip install -c constraints/known_good.txt -e '.[dev]'
# Written by tools/lock.py; what a build of torch for GPUs brings is not among them.
'''


def needs(name, extras):
    "What an installed package asks for here, with these extras: (name, its extras)"
    for text in distribution(name).requires or []:
        r = Requirement(text)
        if r.marker is None or any(r.marker.evaluate(dict(extra=e)) for e in ('', *extras)): yield r.name, frozenset(r.extras)


def closure(name, extras):
    "All that a package brings, each with the version that is installed"
    found, seen, todo = {}, set(), [(name, frozenset(extras))]
    while todo:
        one = todo.pop()
        if one in seen: continue
        seen.add(one)
        try: found[canonicalize_name(one[0])] = distribution(one[0]).version.split('+')[0]
        except PackageNotFoundError: sys.exit(f"{one[0]} is not installed: pip install -e '.[dev]' first")
        todo += needs(*one)
    return found


def text():
    "The constraints file"
    found = closure('rddm_nb', ['dev'])
    del found['rddm-nb']
    return HEAD + ''.join(f'{name}=={version}\n' for name, version in sorted(found.items()))


if __name__ == '__main__':
    LOCK.write_text(text(), encoding='utf-8', newline='\n')
    print(f'{LOCK.name}: {len(LOCK.read_text(encoding="utf-8").splitlines()) - 2} packages')
