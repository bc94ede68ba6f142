"""Where things are in the repository."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, NBS = ROOT/'rddm_nb', ROOT/'nbs'
DATA = Path(os.environ.get('RDDM_DATA', ROOT.parent/'shared/data')) # sets of images, where there are any
NOTEBOOKS = sorted(NBS.glob('*.ipynb'))


def git(*words, at=ROOT):
    "What git says in a folder, stripped; nothing where there is no git, no repository or no such commit"
    try: done = subprocess.run(['git', '-C', at, *words], capture_output=True, encoding='utf-8')
    except OSError: return ''
    return done.stdout.strip() if done.returncode == 0 else ''


def tracked():
    "The files of the repository, new ones too, or those there are where git does not know"
    names = [n for n in git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0') if n]
    if names: return [n for n in names if (ROOT/n).exists()]
    folders = 'rddm_nb', 'nbs', 'tests', 'tools', 'bench', 'js', 'i18n', 'constraints'
    inside = [p for f in folders for p in (ROOT/f).rglob('*') if p.is_file() and '__pycache__' not in p.parts]
    return [p.relative_to(ROOT).as_posix() for p in [*(p for p in ROOT.iterdir() if p.is_file()), *inside]]
