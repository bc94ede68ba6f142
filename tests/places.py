"""Where things are in the repository."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, NBS = ROOT/'rddm_nb', ROOT/'nbs'
NOTEBOOKS = sorted(NBS.glob('*.ipynb'))
